load setup

prepare() {
	rootless_config
}

# with subordinate IDs
all_ids() {
	config 'del(.linux.uidMappings, .linux.gidMappings)'
}

@test "oomScoreAdj above the caller's is applied, and the caller keeps hers" {
	config '.process.oomScoreAdj = 500'
	run_guest oom
	assert_success
	assert_output_has 500
}

@test "oomScoreAdj below the caller's is refused, with the reason" {
	config '.process.oomScoreAdj = -100'
	run_guest
	assert_refused process.oomScoreAdj CAP_SYS_RESOURCE
}

@test "a resource limit above the hard one is refused, with the reason" {
	config '.process.rlimits = [{type: "RLIMIT_NPROC", soft: 100, hard: 600}]'
	printf '#!/bin/sh\nexec prlimit --nproc=500:500 %s "$@"\n' "$KAVEL" >"$HOMES/limited"
	chmod 755 "$HOMES/limited"
	KAVEL=$HOMES/limited
	run_guest
	assert_refused RLIMIT_NPROC CAP_SYS_RESOURCE
	config '.process.rlimits = [{type: "RLIMIT_NPROC", soft: 100, hard: 400}]'
	run_guest rlimits
	assert_success
	assert_matches 'NPROC.*100.*400'
}

@test "capabilities are those of the user namespace" {
	run_guest caps
	assert_success
	all_ids
	config '.process.capabilities |= map_values(["CAP_CHOWN"])'
	chmod 777 "$BUNDLE/rootfs/tmp"
	guest_shell 'echo >/tmp/new && busybox chown 33:44 /tmp/new'
	run_guest
	assert_success
	[[ $(stat -c %u:%g "$BUNDLE/rootfs/tmp/new") == 100032:200043 ]]
}

@test "a mapped user without capabilities cannot become root" {
	all_ids
	config '.process.user = {uid: 33, gid: 33} | .process.capabilities |= map_values([])'
	run_guest setuid=0 ids
	assert_line 'setuid=0: EPERM'
	assert_line 'uid: 33 33 33'
}

@test "without a cgroup of its own the guest can still be killed, listed and deleted" {
	start_guest fork=2 pause
	[[ $(jq -r .cgroup.inode "$ROOT/$ID/state.json" 2>/dev/null) != [1-9]* ]]
	must kavel ps -f json "$ID"
	jq -e 'length == 3' <<<"$output"
	try kavel pause "$ID"
	assert_refused "it has no cgroup" "delegated"
	must kavel kill --all "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
}

@test "exec has a terminal, and a terminal's owner is its user" {
	all_ids
	start_guest pause
	must kavel exec -t --user 33:44 "$ID" /bin/sh -c 'test -t 0 && stat -c %u "$(readlink /proc/self/fd/0)"'
	assert_line 33
}

@test "exec of an unmapped user is refused" {
	start_guest pause
	try kavel exec --user 33 "$ID" /bin/sh -c true
	((status != 0))
	assert_error_has "33 is not mapped"
}

@test "descriptors are passed on" {
	guest_does read-fd=3
	echo passed >"$HOMES/ann/file"
	chown $ANN "$HOMES/ann/file"
	try sh -c 'exec "$@" 3<'"$HOMES/ann/file" sh "$KAVEL" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID"
	assert_success
	assert_output_has passed
}

@test "the terminal's master goes to a console socket" {
	command -v python3 >/dev/null || skip "python3 is missing"
	config '.process.terminal = true'
	guest_shell 'test -t 0 && test -c /dev/console && echo on a terminal; sleep 5'
	python3 - "$HOMES/ann/socket" >"$HOMES/ann/out" 3>&- <<-'PYTHON' &
		import array, os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.listen(1)
		c, _ = s.accept()
		_, ancillary, _, _ = c.recvmsg(100, 100)
		fd = array.array("i", ancillary[0][2])[0]
		print(os.read(fd, 100).decode(), flush=True)
	PYTHON
	eventually test -S "$HOMES/ann/socket"
	must kavel create --console-socket "$HOMES/ann/socket" --bundle "$BUNDLE" "$ID"
	must kavel start "$ID"
	eventually grep -q "on a terminal" "$HOMES/ann/out"
	rm -f "$HOMES/ann/socket"
}

@test "a joined network namespace needs no right that the user namespace's owner has not" {
	start_guest pause
	# that of another guest of hers: its user namespace, and what that owns
	config --argjson pid "$(guest_pid)" '.linux.namespaces = [
		{type: "user", path: "/proc/\($pid)/ns/user"}, {type: "ipc", path: "/proc/\($pid)/ns/ipc"},
		{type: "uts"}, {type: "mount"}, {type: "pid"}, {type: "cgroup"}] | del(.linux.uidMappings, .linux.gidMappings)'
	guest_does namespaces
	try kavel run --bundle "$BUNDLE" second
	assert_success
	assert_output_has "$(readlink "/proc/$(guest_pid)/ns/user")"
	assert_output_has "$(readlink "/proc/$(guest_pid)/ns/ipc")"
}

@test "an unprivileged caller's guest, and exec in it, have a seccomp agent" {
	local agent=$HOMES/ann/agent.sock pid

	[[ $(uname -m) == x86_64 ]] || skip "the numbers are those of x86-64"
	cp "$TREE/tests/seccomp/agent" "$HOMES/agent"
	setpriv --reuid "$ANN" --regid "$ANN" --clear-groups "$HOMES/agent" "$agent" "$HOMES/ann/seen" 83=error:ENOMEDIUM 3>&- 4>&- &
	pid=$!
	eventually test -S "$agent"
	config --arg path "$agent" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path,
		syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
	run_guest mkdir=/x
	assert_success
	assert_line "mkdir=/x: ENOMEDIUM"
	guest_does pause
	must kavel run --detach --bundle "$BUNDLE" "$ID"
	try kavel exec "$ID" /guest mkdir=/x
	assert_line "mkdir=/x: ENOMEDIUM"
	[[ $(jq -r .document.pid "$HOMES/ann/seen/state.2.json") == "$(guest_pid)" ]]
	must kavel delete --force "$ID"
	kill "$pid"
	wait "$pid" || :
}

@test "on request the caller's groups stay, as nobody's" {
	all_ids
	config '.process.user = {uid: 0, gid: 0}'
	run_guest ids
	assert_line "groups:"
	config '.annotations["run.oci.keep_original_groups"] = "1"'
	run_guest ids
	assert_success
	assert_matches '^groups:.* 65534'
}
