load setup

prepare() {
	rootless_config
}

# A guest with a root of its own user namespace, in which this program, which needs no library, runs as that root.
prepare_outer() {
	! grep -q __asan_init "$HOMES/program" || skip "not with a sanitizer"
	add_capabilities CAP_SYS_ADMIN CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_MKNOD CAP_SYS_CHROOT \
		CAP_SETPCAP CAP_SETFCAP CAP_NET_ADMIN
	# the kernel lets a user namespace mount a procfs only where one is wholly visible already
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .process.noNewPrivileges = false'
	cp "$HOMES/program" "$BUNDLE/rootfs/bin/kavel"
	mkdir -p "$BUNDLE/rootfs/inner" "$BUNDLE/rootfs/run"
	cp -a "$BUNDLE/rootfs" "$BATS_TEST_TMPDIR/inner"
	mv "$BATS_TEST_TMPDIR/inner" "$BUNDLE/rootfs/inner/rootfs"
	jq 'del(.linux.namespaces[] | select(.type == "user")) | del(.linux.uidMappings, .linux.gidMappings)' \
		<"$BUNDLE/config.json" >"$BUNDLE/rootfs/inner/config.json"
	chown -R $ANN:$ANN "$BUNDLE"
}

inner() { # FILTER...
	jq "$@" <"$BUNDLE/rootfs/inner/config.json" >"$BATS_TEST_TMPDIR/inner.json"
	cp "$BATS_TEST_TMPDIR/inner.json" "$BUNDLE/rootfs/inner/config.json"
}

@test "a guest's root runs a guest of his own, without a further user namespace" {
	prepare_outer
	inner '.process.args = ["/bin/sh", "-c", "echo inner; cat /proc/self/uid_map; cat /proc/1/comm; ls /inner"]'
	guest_shell 'kavel run --bundle /inner nested; echo code $?; ls /run/kavel'
	run_guest
	assert_success
	assert_line inner
	assert_matches '^ +0 +1000 +1$'
	assert_line "code 0"
}

@test "a guest's root runs a guest of his own with a user namespace" {
	prepare_outer
	inner '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] |
		.linux.gidMappings = .linux.uidMappings | .process.args = ["/bin/sh", "-c", "echo inner; cat /proc/self/uid_map"]'
	guest_shell 'kavel run --bundle /inner nested; echo code $?'
	run_guest
	assert_success
	assert_line inner
	assert_matches '^ +0 +0 +1$'
	assert_line "code 0"
}

@test "the life of a nested guest" {
	prepare_outer
	inner '.process.args = ["/guest", "pause"]'
	guest_shell 'set -e; kavel create --bundle /inner nested; kavel start nested; kavel list; kavel exec nested /guest say=hello
		kavel ps -f json nested; kavel kill nested KILL; while ! kavel delete nested 2>/dev/null; do sleep 0.01; done
		kavel list -q | wc -l'
	run_guest
	assert_success
	assert_matches '^nested .* running .*'
	assert_line hello
	assert_line 0
}

@test "with subordinate IDs, a nested guest has a part of them" {
	prepare_outer
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	inner '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 500}] |
		.linux.gidMappings = .linux.uidMappings | .process.user = {uid: 33, gid: 33} |
		.process.args = ["/bin/sh", "-c", "id -u; cat /proc/self/uid_map"]'
	guest_shell 'busybox chown -R 1000:1000 /inner; kavel run --bundle /inner nested; echo code $?'
	run_guest
	assert_success
	assert_line 33
	assert_matches '^ +0 +1000 +500$'
	assert_line "code 0"
}

@test "where the outer guest's /proc is masked, the kernel's refusal is explained" {
	prepare_outer
	config '.linux.maskedPaths = ["/proc/keys"]'
	inner '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] |
		.linux.gidMappings = .linux.uidMappings'
	guest_shell 'kavel run --bundle /inner nested 2>&1; echo code $?'
	run_guest
	assert_line "code 1"
	assert_output_has "nothing is covered"
}

@test "an overlay in a nested guest" {
	prepare_outer
	inner '.root.path = "merged" | .annotations = {"org.kavel.overlay.lowerdirs": "rootfs",
		"org.kavel.overlay.upperdir": "tmpfs"} | .process.args = ["/bin/sh", "-c", "rm -r /inner && mkdir /inner && ls /inner | wc -l"]'
	mkdir "$BUNDLE/rootfs/inner/merged"
	chown $ANN:$ANN "$BUNDLE/rootfs/inner/merged"
	guest_shell 'kavel run --bundle /inner nested; echo code $?'
	run_guest
	assert_success
	assert_line 0
	assert_line "code 0"
}

holder_is_root() {
	grep -qE '^ +0 +1000 ' "/proc/$HOLDER/uid_map" && [[ $(<"/proc/$HOLDER/comm") == sleep ]]
}

@test "exec by root of the user namespace that the guest shares" {
	config 'del(.linux.uidMappings, .linux.gidMappings) | del(.linux.namespaces[] | select(.type == "user"))'
	# as an engine does it: everything in one user namespace, but in the host's pid namespace
	printf '#!/bin/sh\nexec setpriv --reuid %s --regid %s --init-groups -- nsenter --preserve-credentials -U -m -t "$HOLDER" %s "$@"\n' \
		$ANN $ANN "$HOMES/program" >"$KAVEL"
	setpriv --reuid $ANN --regid $ANN --init-groups -- unshare --user --map-root-user --mount sleep 60 3>&- &
	export HOLDER=$!
	eventually holder_is_root
	start_guest pause
	must kavel exec "$ID" /guest say=hello
	assert_output_is hello
	must kavel exec -t "$ID" /bin/sh -c 'test -t 0 && echo tty'
	assert_line tty
	must kavel ps -f json "$ID"
	must kavel delete --force "$ID"
	kill $HOLDER
}

@test "root of a user's namespace has a cgroup below the caller's own, where that is delegated" {
	local group=/sys/fs/cgroup/session

	mkdir "$group"
	chown $ANN "$group" "$group"/cgroup.{procs,threads,subtree_control}
	config 'del(.linux.uidMappings, .linux.gidMappings) | del(.linux.namespaces[] | select(.type == "user"))'
	printf '#!/bin/sh\necho $$ >%s && exec setpriv --reuid %s --regid %s --init-groups -- %s -r -m "$@"\n' \
		"$group/cgroup.procs" $ANN $ANN \
		"env XDG_RUNTIME_DIR=/run/user/$ANN USER=ann unshare" >"$HOMES/inside"
	chmod 755 "$HOMES/inside"
	try "$HOMES/inside" sh -c '"$1" create --bundle "$2" x && cat /sys/fs/cgroup/session/kavel-x/cgroup.procs | wc -l &&
		"$1" pause x && "$1" resume x && "$1" delete x' sh "$HOMES/program" "$BUNDLE"
	rmdir "$group"
	assert_success
	assert_line 1
}
