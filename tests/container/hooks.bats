load ../run/helpers

# What the hooks wrote, and in which order.
prepare() {
	SEEN=$BATS_TEST_TMPDIR/seen
	: >"$SEEN"
}

@test "all six hooks run, each at its time" {
	local kind

	for kind in prestart createRuntime poststart poststop; do
		add_hook "$kind" "echo $kind >>$SEEN"
	done
	add_mount "$SEEN" bind "$SEEN" bind rw
	touch "$BUNDLE/rootfs/seen"
	config --arg seen "$SEEN" '.mounts[-1].destination = "/seen"'
	add_hook createContainer "echo createContainer >>$SEEN"
	# this path is the guest's, the others are the host's
	add_hook startContainer "echo startContainer >>/seen"
	guest_shell 'echo program >>/seen; sleep 100'
	must kavel create --bundle "$BUNDLE" "$ID"
	[[ $(<"$SEEN") == $'prestart\ncreateRuntime\ncreateContainer' ]]
	must kavel start "$ID"
	eventually grep -q program "$SEEN"
	[[ $(grep -v program "$SEEN") == $'prestart\ncreateRuntime\ncreateContainer\nstartContainer\npoststart' ]]
	must kavel delete --force "$ID"
	[[ $(tail -1 "$SEEN") == poststop ]]
}

@test "hooks of one kind run in the order of their list" {
	local i

	for i in 1 2 3 4 5; do
		add_hook createRuntime "echo $i >>$SEEN"
	done
	run_guest exit=0
	assert_success
	[[ $(tr -d '\n' <"$SEEN") == 12345 ]]
}

@test "a hook reads the state from its standard input" {
	local kind

	for kind in prestart createRuntime createContainer poststart poststop; do
		add_hook "$kind" "cat >$BATS_TEST_TMPDIR/state.$kind"
	done
	config '.annotations = {"a": "b"}'
	guest_does sleep=0.2
	run_guest
	assert_success
	for kind in prestart createRuntime createContainer poststart poststop; do
		jq -e --arg id "$ID" --arg bundle "$BUNDLE" '
			.ociVersion == "1.3.0" and .id == $id and .bundle == $bundle and .annotations.a == "b"
			' "$BATS_TEST_TMPDIR/state.$kind"
	done
	jq -e '.status == "creating" and .pid > 1' "$BATS_TEST_TMPDIR/state.createRuntime"
	jq -e '.status == "running" and .pid > 1' "$BATS_TEST_TMPDIR/state.poststart"
	jq -e '.status == "stopped"' "$BATS_TEST_TMPDIR/state.poststop"
}

@test "a hook gets its args and its environment" {
	config --arg seen "$SEEN" '.hooks.createRuntime = [{path: "/bin/sh",
		args: ["zero", "-c", "echo $0 $1 $KEY >>\($seen); env | wc -l >>\($seen)", "first", "second"], env: ["KEY=value"]}]'
	run_guest exit=0
	assert_success
	[[ $(head -1 "$SEEN") == "first second value" ]]
}

@test "createRuntime runs in the runtime's namespaces, createContainer in the guest's" {
	add_hook createRuntime "readlink /proc/self/ns/mnt /proc/self/ns/net >>$SEEN"
	add_hook createContainer "readlink /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/uts >$BATS_TEST_TMPDIR/inside"
	guest_does namespaces
	run_guest
	assert_success
	[[ $(<"$SEEN") == "$(readlink /proc/self/ns/mnt /proc/self/ns/net)" ]]
	assert_output_has "$(sed -n 1p "$BATS_TEST_TMPDIR/inside")"
	assert_output_has "$(sed -n 2p "$BATS_TEST_TMPDIR/inside")"
	assert_output_has "$(sed -n 3p "$BATS_TEST_TMPDIR/inside")"
}

@test "startContainer sees the guest's own files as the guest does" {
	config '.hooks.startContainer = [{path: "/bin/busybox", args: ["sh", "-c", "cat /proc/1/comm >/seen; hostname >>/seen; ls / >>/seen"]}]'
	ln -s busybox "$BUNDLE/rootfs/bin/hostname"
	guest_does read=/seen
	run_guest
	assert_success
	assert_line guest
	refute_line work
}

@test "a failing hook before the program: create fails, says which hook and what it said, and leaves nothing" {
	local kind

	for kind in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		add_hook "$kind" "echo something is missing >&2; exit 7"
		create_guest pause
		assert_refused "$kind" "#0" "something is missing"
		assert_clean
	done
}

@test "the second of three hooks fails: the third does not run" {
	add_hook createRuntime "echo 1 >>$SEEN"
	add_hook createRuntime "exit 1"
	add_hook createRuntime "echo 3 >>$SEEN"
	create_guest pause
	assert_refused "createRuntime hook #1"
	[[ $(<"$SEEN") == 1 ]]
	assert_clean
}

@test "a failing startContainer hook makes start fail and the program never runs" {
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo no way >&2; exit 3"]}]'
	guest_does write=/ran:yes
	must kavel create --bundle "$BUNDLE" "$ID"
	try kavel start "$ID"
	assert_refused startContainer "#0"
	[[ ! -e $BUNDLE/rootfs/ran ]]
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "a failing poststart hook makes start fail and stops the guest" {
	add_hook poststart "echo too late >&2; exit 3"
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	try kavel start "$ID"
	assert_refused poststart "#0" "too late"
	[[ ! -e $ROOT/$ID ]] || eventually status_is stopped
}

@test "a failing poststop hook is a warning: the container is deleted and the next hook runs" {
	add_hook poststop "exit 3"
	add_hook poststop "echo next >>$SEEN"
	start_guest exit=0
	eventually status_is stopped
	try kavel delete "$ID"
	assert_success
	assert_error_has "poststop"
	[[ $(<"$SEEN") == next ]]
	assert_clean
}

@test "a hook that hangs is killed after its timeout, with its children" {
	local start=$SECONDS

	add_hook createRuntime "sleep 77 & sleep 78" 1
	create_guest pause
	assert_refused createRuntime "#0"
	((SECONDS - start < 5 * SLOWNESS)) || fail "took $((SECONDS - start)) seconds"
	eventually no_process_named 'sleep 7[78]'
	assert_clean
}

no_process_named() { # PATTERN
	! pgrep -f "^$1" >/dev/null
}

@test "a hook that is killed by a signal fails" {
	add_hook createRuntime 'kill -SEGV $$'
	create_guest pause
	assert_refused createRuntime "#0"
	assert_clean
}

@test "a hook that does not exist or cannot be executed fails" {
	local path

	touch "$BATS_TEST_TMPDIR/plain"
	for path in /nonexistent "$BATS_TEST_TMPDIR/plain" /tmp; do
		config --arg path "$path" '.hooks.createRuntime = [{path: $path}]'
		create_guest pause
		assert_refused createRuntime "$path"
		assert_clean
	done
}

@test "a relative hook path and a timeout of 0 or less are refused" {
	config '.hooks.createRuntime = [{path: "bin/true"}]'
	create_guest pause
	assert_refused "hooks.createRuntime[0].path"
	config '.hooks.createRuntime = [{path: "/bin/true", timeout: 0}]'
	create_guest pause
	assert_refused "hooks.createRuntime[0].timeout"
	config '.hooks.createRuntime = [{path: "/bin/true", timeout: -1}]'
	create_guest pause
	assert_refused "hooks.createRuntime[0].timeout"
	assert_clean
}

@test "a hook may close its standard input, write 10 MB and leave a child behind" {
	add_hook createRuntime "exec 0<&-; yes | head -c 10000000; yes | head -c 10000000 >&2; exit 0"
	add_hook createRuntime "sleep 0.5 & exit 0"
	run_guest say=fine
	assert_success
	assert_output_has fine
}

@test "of a failing hook's long complaint the last 4 KiB are told, whatever it prints besides" {
	add_hook createRuntime "echo begin >&2; yes complaint | head -c 100000 >&2; echo the end >&2; yes | head -c 200000; exit 1"
	create_guest pause
	assert_status 1
	((${#error} > 4096 && ${#error} < 4500)) || fail "the error has ${#error} bytes"
	(($(wc -l <<<"$error") == 1)) || fail "the error should be one line"
	assert_error_has "createRuntime"
	assert_error_has "complaint the end)"
	[[ $error != *begin* && $error != *" y y "* ]] || fail "there is more"
	assert_clean
	# also where one line of JSON is all that a caller reads
	try kavel --log "$BATS_TEST_TMPDIR/log" --log-format json create --bundle "$BUNDLE" "$ID"
	[[ $(jq -r 'select(.level == "error").msg' "$BATS_TEST_TMPDIR/log") == *"complaint the end)"* ]]
}

@test "a hook that fails without a complaint is told by what it said" {
	add_hook createRuntime "echo so it is; exit 1"
	create_guest pause
	assert_refused createRuntime "output: so it is"
}

@test "a hook gets no descriptors but its three" {
	local dir

	add_hook createRuntime "ls /proc/self/fd | tr '\n' ' ' >>$SEEN"
	exec 7</
	run_guest exit=0
	exec 7<&-
	assert_success
	# 3 is the folder that ls reads
	[[ $(<"$SEEN") == "0 1 2 3 " ]] || fail "$(<"$SEEN")"
}

@test "hooks start in the bundle's directory, createContainer hooks in the rootfs with its mounts" {
	local kind

	for kind in prestart createRuntime createContainer poststart poststop; do
		add_hook "$kind" "pwd >$BATS_TEST_TMPDIR/pwd.$kind"
	done
	add_hook createContainer "test -e proc/self"
	guest_does sleep=0.2
	run_guest
	assert_success
	for kind in prestart createRuntime poststart poststop; do
		[[ $(<"$BATS_TEST_TMPDIR/pwd.$kind") == "$BUNDLE" ]] || fail "$kind: $(<"$BATS_TEST_TMPDIR/pwd.$kind")"
	done
	[[ $(<"$BATS_TEST_TMPDIR/pwd.createContainer") == "$BUNDLE/rootfs" ]]
}

@test "called as crun, createContainer hooks start in the bundle" {
	ln -s "$KAVEL" "$BATS_TEST_TMPDIR/crun"
	KAVEL=$BATS_TEST_TMPDIR/crun
	add_hook createContainer "pwd >$SEEN; test -e rootfs/proc/self"
	run_guest exit=0
	assert_success
	[[ $(<"$SEEN") == "$BUNDLE" ]]
}

@test "a poststop hook runs although the bundle is gone" {
	add_hook poststop "echo poststop >$SEEN"
	start_guest exit=0
	eventually status_is stopped
	mv "$BUNDLE" "$BUNDLE.moved"
	must kavel delete "$ID"
	[[ $(<"$SEEN") == poststop ]]
}

@test "a startContainer hook without an environment of its own gets the guest's, others get the runtime's" {
	config '.process.env += ["ONE=two"]
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo $ONE/$OUTSIDE/$HOME >/seen"]}]'
	add_hook createRuntime "echo \$ONE/\$OUTSIDE >$SEEN"
	OUTSIDE=outside run_guest read=/seen
	assert_success
	assert_line two///root
	[[ $(<"$SEEN") == /outside ]]
}

@test "a hook that floods its output is killed after its timeout, and a child that floods is not waited for" {
	add_hook createRuntime "yes & yes & yes & exec yes" 1
	LIMIT=15 create_guest pause
	assert_status 1
	assert_error_has "createRuntime hook #0"
	assert_error_has timeout
	assert_clean
	config 'del(.hooks)'
	add_hook createRuntime "yes & yes & sleep 0.2"
	LIMIT=15 run_guest say=fine
	assert_success
	assert_output_has fine
}

@test "hooks get the caller's umask, and leave the guest's alone" {
	local kind

	for kind in createRuntime createContainer poststart poststop; do
		add_hook "$kind" "umask >$BATS_TEST_TMPDIR/umask.$kind"
	done
	config '.process.user.umask = 23 | .hooks.startContainer = [{path: "/bin/true"}]'
	umask 0077
	run_guest umask sleep=0.2
	umask 0022
	assert_success
	assert_line "umask: 0027"
	for kind in createRuntime createContainer poststart poststop; do
		[[ $(<"$BATS_TEST_TMPDIR/umask.$kind") == 0077 ]] || fail "$kind: $(<"$BATS_TEST_TMPDIR/umask.$kind")"
	done
}

@test "poststop hooks of a failed create get the caller's umask" {
	add_hook createRuntime "exit 1"
	add_hook poststop "umask >$SEEN"
	umask 0077
	create_guest pause
	umask 0022
	assert_refused createRuntime
	[[ $(<"$SEEN") == 0077 ]]
}

@test "a guest that waits with startContainer hooks shows nothing of the host" {
	local link

	config '.hooks.startContainer = [{path: "/bin/true"}]'
	guest_does pause
	SECRET=of-the-caller try kavel --log "$BATS_TEST_TMPDIR/log" --log-level debug create --bundle "$BUNDLE" "$ID"
	assert_success
	for link in "/proc/$(guest_pid)/fd"/*; do
		((${link##*/} > 2)) || continue
		[[ $(readlink "$link") == @(socket:*|/memfd:*) ]] || fail "$link is $(readlink "$link")"
	done
	! grep -q of-the-caller "/proc/$(guest_pid)/environ"
	must kavel start "$ID"
	status_is running
}

@test "startContainer hooks run under any limit of the guest, each with the state from its beginning" {
	config '.process.rlimits = [{type: "RLIMIT_FSIZE", soft: 0, hard: 0}]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}
		| .hooks.startContainer = [range(2) | {path: "/bin/sh", args: ["sh", "-c", "grep -q \"status.:.created\""]}]'
	ln -s busybox "$BUNDLE/rootfs/bin/grep"
	run_guest exit=7
	assert_status 7
	assert_clean
}

@test "a container counts as created until its startContainer hooks have run" {
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "sleep 1"]}]'
	create_guest pause
	kavel start "$ID" </dev/null 3>&- 4>&- &
	sleep 0.4
	status_is created
	wait $!
	status_is running
}
