load ../run/helpers

# The guest in a user namespace of its own, with a rootfs that belongs to it.
new_user() { # [UIDS [GIDS]], as JSON
	local uids='[{"containerID": 0, "hostID": 100000, "size": 65536}]'
	local gids='[{"containerID": 0, "hostID": 200000, "size": 65536}]'

	config --argjson uids "${1-$uids}" --argjson gids "${2-$gids}" \
		'.linux.namespaces += [{type: "user"}] | .linux.uidMappings = $uids | .linux.gidMappings = $gids'
	chown -R 100000:200000 "$BUNDLE/rootfs"
}

@test "the guest is root in its user namespace, which has the mappings of the configuration" {
	new_user '[{"containerID": 0, "hostID": 100000, "size": 1000}, {"containerID": 1000, "hostID": 5, "size": 1}]'
	run_guest namespaces ids read=/proc/self/uid_map read=/proc/self/gid_map read=/proc/self/setgroups
	assert_success
	refute_line "ns: $(readlink /proc/self/ns/user)"
	assert_line "uid: 0 0 0"
	assert_line "gid: 0 0 0"
	assert_line "groups:"
	assert_line "         0     100000       1000"
	assert_line "      1000          5          1"
	assert_line "         0     200000      65536"
	assert_line "allow"
	assert_clean
}

@test "on the host it is who the mappings say, and what it makes belongs to that" {
	new_user
	guest_shell 'mkdir /made; touch /made/file; cp /proc/self/status /made/; exec sleep 1000'
	must kavel create --bundle "$BUNDLE" "$ID"
	must kavel start "$ID"
	eventually test -s "$BUNDLE/rootfs/made/status"
	[[ $(stat -c %u:%g "$BUNDLE/rootfs/made" "$BUNDLE/rootfs/made/file" | uniq) == 100000:200000 ]]
	[[ $(awk '/^Uid:/ { print $2 $3 $4 $5 }' "/proc/$(guest_pid)/status") == 100000100000100000100000 ]]
	[[ $(awk '/^Gid:/ { print $2 $3 $4 $5 }' "/proc/$(guest_pid)/status") == 200000200000200000200000 ]]
}

@test "each new namespace is owned by the new user namespace, with offsets of the time namespace too" {
	local pid type

	new_user
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets.monotonic.secs = 9'
	start_guest pause
	pid=$(guest_pid)
	for type in cgroup ipc mnt net pid time uts; do
		[[ $(owner_of "/proc/$pid/ns/$type") == "$(readlink "/proc/$pid/ns/user")" ]] || fail "$type"
	done
}

@test "the process has the user, group and groups of the configuration, as far as they are mapped" {
	new_user
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 7]}'
	run_guest ids
	assert_success
	assert_line "uid: 1000 1000 1000"
	assert_line "gid: 1001 1001 1001"
	assert_line "groups: 5 7"
	config '.process.user.uid = 65536'
	run_guest ids
	assert_refused "process.user.uid: 65536 is not mapped by linux.uidMappings"
	config '.process.user |= (.uid = 0 | .gid = 70000)'
	run_guest ids
	assert_refused "process.user.gid: 70000 is not mapped by linux.gidMappings"
	config '.process.user |= (.gid = 0 | .additionalGids = [1, 65536])'
	run_guest ids
	assert_refused "process.user.additionalGids[1]: 65536 is not mapped by linux.gidMappings"
	config '.process.user.additionalGids = [] | .linux.devices = [{type: "c", path: "/dev/x", major: 1, minor: 3, gid: 65536}]'
	run_guest ids
	assert_refused "linux.devices[0].gid: 65536 is not mapped by linux.gidMappings"
	assert_clean
}

@test "a rootfs that the root of the user namespace cannot enter is refused with the reason; the way to it is the caller's" {
	new_user
	chmod 700 "$BUNDLE"
	run_guest ids
	assert_success
	chown 0:0 "$BUNDLE/rootfs"
	chmod 700 "$BUNDLE/rootfs"
	run_guest ids
	assert_refused "root.path: enter $BUNDLE/rootfs: Permission denied" "org.kavel.rootfs.idmap"
	assert_clean
}

@test "without pivot_root, with a read-only root, with any propagation" {
	local propagation

	new_user
	guest_does ids
	try kavel run --no-pivot --bundle "$BUNDLE" "$ID"
	assert_success
	for propagation in private rshared slave unbindable; do
		config --arg propagation $propagation '.root.readonly = true | .linux.rootfsPropagation = $propagation'
		run_guest ids write=/x:y
		assert_success
		assert_line "uid: 0 0 0"
		assert_line "write=/x:y: EROFS"
	done
}

@test "a user namespace alone, and without a mount namespace" {
	new_user
	config '.mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	without_namespace mount
	run_guest ids
	assert_success
	assert_line "uid: 0 0 0"
	config '.linux.namespaces |= map(select(.type == "user")) | del(.hostname)'
	run_guest ids
	assert_success
	assert_line "uid: 0 0 0"
}

@test "a seccomp filter without no_new_privs, for a user who is not root" {
	new_user
	config '.process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000} | .linux.seccomp =
		{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	run_guest security mkdir=/tmp/x
	assert_success
	assert_line "seccomp: 2"
	assert_line "mkdir=/tmp/x: EOPNOTSUPP"
}

@test "a container without a process belongs to the user namespace's root" {
	new_user
	config 'del(.process)'
	must kavel create --bundle "$BUNDLE" "$ID"
	[[ $(awk '/^Uid:/ { print $2 }' "/proc/$(guest_pid)/status") == 100000 ]]
	must kavel delete --force "$ID"
}

@test "capabilities are those of the user namespace, and reach nothing of the host" {
	new_user
	add_capabilities CAP_SYS_ADMIN CAP_SYS_TIME CAP_NET_ADMIN CAP_SETUID CAP_DAC_OVERRIDE
	guest_shell 'mount -t tmpfs none /tmp && echo mounted; ip link set lo down && echo down; date -s @1'
	ln -s busybox "$BUNDLE/rootfs/bin/date"
	echo secret >"$BUNDLE/rootfs/secret"
	chmod 600 "$BUNDLE/rootfs/secret"
	run_guest
	assert_line mounted
	assert_line down
	assert_error_has "can't set date"
	guest_shell 'cat /secret || echo unreadable'
	run_guest
	assert_line unreadable
}

@test "where ID 0 is not mapped the guest is set up by the user of its process" {
	new_user '[{"containerID": 1000, "hostID": 100000, "size": 10}]' '[{"containerID": 1000, "hostID": 200000, "size": 10}]'
	config '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/made/by/kavel" |
		.mounts |= map(select(.type != "devpts" and .type != "tmpfs"))'
	run_guest ids cwd
	assert_success
	assert_line "uid: 1000 1000 1000"
	assert_line "cwd: /made/by/kavel"
	[[ $(stat -c %u:%g "$BUNDLE/rootfs/made/by") == 100000:200000 ]]
}

@test "wrong mappings are refused by their place" {
	local rows=(
		'linux.uidMappings: missing|[]'
		'linux.uidMappings[0].size: must not be 0|[{"containerID": 0, "hostID": 1, "size": 0}]'
		'linux.uidMappings[1]: overlaps with linux.uidMappings[0]|[{"containerID": 0, "hostID": 1, "size": 5}, {"containerID": 4, "hostID": 100, "size": 1}]'
		'linux.uidMappings[1]: overlaps with linux.uidMappings[0]|[{"containerID": 0, "hostID": 1, "size": 5}, {"containerID": 9, "hostID": 5, "size": 1}]'
		'linux.uidMappings[0]: hostID 4294967294 and size 2 exceed|[{"containerID": 0, "hostID": 4294967294, "size": 2}]'
		'linux.uidMappings[0]: containerID 4294967294 and size 2 exceed|[{"containerID": 4294967294, "hostID": 1, "size": 2}]'
	) row

	new_user
	for row in "${rows[@]}"; do
		config --argjson uids "${row#*|}" '.linux.uidMappings = $uids'
		run_guest ids
		assert_refused "${row%%|*}"
	done
	config '.linux.uidMappings = .linux.gidMappings | .linux.namespaces |= map(select(.type != "user"))'
	run_guest ids
	assert_refused "linux.uidMappings: needs a user namespace in linux.namespaces"
	assert_clean
}

@test "as crun, root's guest without mappings has the host's IDs up to its user's" {
	ln -s "$KAVEL" "$BATS_TEST_TMPDIR/crun"
	config '.linux.namespaces += [{type: "user"}] | del(.linux.uidMappings, .linux.gidMappings) |
		.process.user = {uid: 7, gid: 3, additionalGids: [5]} | .process.args = ["/guest", "read=/proc/self/uid_map", "read=/proc/self/gid_map"]'
	try "$BATS_TEST_TMPDIR/crun" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "         0          0          8"
	assert_line "         0          0          6"
}

@test "340 mappings are as many as the kernel takes, in as many bytes" {
	new_user
	config '.linux.uidMappings = [range(340) | {containerID: ., hostID: (. + 1000), size: 1}]'
	run_guest read=/proc/self/uid_map
	assert_success
	(($(wc -l <<<"$output") == 340)) || fail "not 340 lines"
	config '.linux.uidMappings += [{containerID: 340, hostID: 5000, size: 1}]'
	run_guest
	assert_refused "linux.uidMappings: 341 mappings are more than the 340 that the kernel takes"
	config '.linux.uidMappings = [range(300) | {containerID: (if . == 0 then 0 else . * 2 + 1000000000 end),
		hostID: (. * 2 + 2000000000), size: 1}]'
	run_guest
	assert_refused "linux.uidMappings: 300 mappings are 7191 bytes, and the kernel takes no more than"
	assert_clean
}

@test "what needs a privilege on the host is set by the runtime: limits, scheduler, OOM score, I/O priority" {
	local own

	own=$(ulimit -Hn)
	new_user
	config --argjson own "$own" '.process |= (.oomScoreAdj = 321 | .ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} |
		.scheduler = {policy: "SCHED_BATCH", nice: 3} |
		.rlimits = [{type: "RLIMIT_NOFILE", soft: 64, hard: $own}, {type: "RLIMIT_CORE", soft: 0, hard: 0}])'
	run_guest oom scheduling rlimits
	assert_success
	assert_line "oom_score_adj: 321"
	assert_line "RLIMIT_NOFILE: 64 $own"
	assert_line "RLIMIT_CORE: 0 0"
	assert_line "scheduler: BATCH"
	assert_line "nice: 3"
	assert_line "io: 2 6"
	[[ $(cat /proc/self/oom_score_adj) == 0 ]]
	start_guest pause
	try kavel exec "$ID" /guest scheduling
	assert_line "scheduler: BATCH"
	assert_line "nice: 3"
}

@test "limits above the caller's, a lower OOM score and a real-time policy reach a guest in a user namespace, and exec" {
	local own

	needs resource
	own=$(ulimit -Hn)
	new_user
	config --argjson own "$own" '.process |= (.oomScoreAdj = -400 | .ioPriority = {class: "IOPRIO_CLASS_RT", priority: 2} |
		.scheduler = {policy: "SCHED_FIFO", priority: 7} |
		.rlimits = [{type: "RLIMIT_NOFILE", soft: ($own + 1), hard: ($own + 100)}])'
	run_guest oom scheduling rlimits
	assert_success
	assert_line "oom_score_adj: -400"
	assert_line "RLIMIT_NOFILE: $((own + 1)) $((own + 100))"
	assert_line "scheduler: FIFO"
	assert_line "priority: 7"
	assert_line "io: 1 2"
	[[ $(cat /proc/self/oom_score_adj) == 0 ]]
	start_guest pause
	try kavel exec "$ID" /guest oom scheduling rlimits
	assert_line "oom_score_adj: -400"
	assert_line "RLIMIT_NOFILE: $((own + 1)) $((own + 100))"
	assert_line "scheduler: FIFO"
	assert_line "io: 1 2"
}

@test "a sysctl of each namespace can be set" {
	new_user
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmax": "65536", "fs.mqueue.msg_max": "20",
		"kernel.domainname": "example.org", "user.max_pid_namespaces": "3"}'
	run_guest read=/proc/sys/net/ipv4/ip_forward read=/proc/sys/kernel/shmmax read=/proc/sys/fs/mqueue/msg_max \
		read=/proc/sys/kernel/domainname read=/proc/sys/user/max_pid_namespaces names
	assert_success
	assert_line 1
	assert_line 65536
	assert_line 20
	assert_line example.org
	assert_line 3
	assert_line "hostname: guest"
}

@test "the standard streams can be opened again inside" {
	new_user
	guest_shell 'echo again >/dev/stdout; echo too >/dev/stderr'
	run_guest
	assert_success
	assert_line again
	[[ $error == too ]]
}

@test "the guest has a terminal, a console and a session keyring of its own" {
	new_user
	config '.process.terminal = true'
	guest_does ttys keyring
	try script -qec "'$KAVEL' --root '$ROOT' run --bundle '$BUNDLE' $ID" /dev/null
	assert_success
	assert_output_has "/dev/pts/0"
	assert_output_has "_ses.$ID"
}

@test "the guest tells a service manager that it is ready, and is started by a later command" {
	local socket=$BATS_TEST_TMPDIR/manager

	new_user
	config '.process.user = {uid: 1000, gid: 1000}'
	python3 -c 'import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
server.settimeout(10)
print(server.recv(5000).decode())' "$socket" >"$BATS_TEST_TMPDIR/got" 3>&- 4>&- &
	eventually test -S "$socket"
	guest_does notify pause
	must kavel create --bundle "$BUNDLE" "$ID"
	must env NOTIFY_SOCKET="$socket" "$KAVEL" --root "$ROOT" start "$ID"
	must kavel delete --force "$ID"
	must env NOTIFY_SOCKET="$socket" "$KAVEL" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID"
	eventually grep -q READY=1 "$BATS_TEST_TMPDIR/got"
	grep -qx "MAINPID=$(guest_pid)" "$BATS_TEST_TMPDIR/got"
}

@test "hooks run in the namespaces and as the user that the specification says" {
	new_user
	TOLD=$(mktemp -d) # which the root of the user namespace can reach
	chmod 777 "$TOLD"
	add_hook createRuntime "readlink /proc/self/ns/user >$TOLD/runtime; id -u >>$TOLD/runtime"
	add_hook createContainer "readlink /proc/self/ns/user >$TOLD/container; id -u >>$TOLD/container"
	add_hook startContainer "echo \$(id -u) in \$(cat /proc/self/uid_map) >/told"
	run_guest namespaces
	assert_success
	[[ $(cat "$TOLD/runtime") == "$(readlink /proc/self/ns/user)"$'\n'0 ]]
	assert_line "ns: $(head -1 "$TOLD/container")"
	[[ $(sed -n 2p "$TOLD/container") == 0 ]]
	[[ $(stat -c %u "$TOLD/container") == 100000 ]]
	[[ $(<"$BUNDLE/rootfs/told") == '0 in 0 100000 65536' ]]
	rm -r "$TOLD"
}

@test "kill, pause, delete, ps and list treat it as any other" {
	new_user
	start_guest fork=2 pause
	must kavel pause "$ID"
	status_is paused
	must kavel resume "$ID"
	must kavel ps "$ID"
	(($(wc -l <<<"$output") >= 3))
	must kavel kill "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "exec joins the user namespace as its root, or as the user that is asked for" {
	new_user
	config '.process.oomScoreAdj = 100'
	start_guest pause
	try kavel exec "$ID" /guest namespaces ids oom
	assert_success
	for type in user mnt pid net ipc uts cgroup; do
		assert_line "ns: $(readlink "/proc/$(guest_pid)/ns/$type")"
	done
	assert_line "uid: 0 0 0"
	assert_line "groups:"
	assert_line "oom_score_adj: 100"
	try kavel exec --user 1000:1001 --additional-gids 7 "$ID" /guest ids
	assert_success
	assert_line "uid: 1000 1000 1000"
	assert_line "gid: 1001 1001 1001"
	assert_line "groups: 7"
	try kavel exec --user 65536 "$ID" /guest ids
	assert_status 255
	assert_error_has "process.user.uid: 65536 is not mapped by linux.uidMappings"
	try kavel exec "$ID" /bin/sh -c 'echo again >/dev/stdout'
	assert_success
	assert_line again
}

@test "exec gives a terminal in the user namespace" {
	new_user
	start_guest pause
	try script -qec "'$KAVEL' --root '$ROOT' exec --tty $ID /guest ttys ids" /dev/null
	assert_success
	assert_output_has "/dev/pts/0"
	assert_output_has "uid: 0 0 0"
}

@test "the process that sets the guest up cannot be looked into by the user namespace" {
	new_user
	add_hook createContainer 'while read -r name pid; do [ "$name" != PPid: ] || break; done </proc/self/status
		id -u; cat "/proc/$pid/comm" || exit 1; ! ls "/proc/$pid/fd" && ! cat "/proc/$pid/environ"'
	run_guest
	assert_success
}

@test "a bind that would uncover what mounts below its source hide is refused with the way out" {
	local source=/run/source # where the guest's root can go

	new_user
	mkdir -p $source/below
	mount -t tmpfs -o mode=755 below $source/below
	echo there >$source/below/file
	add_mount /data bind $source bind
	run_guest read=/data/below/file
	assert_refused "bind $source to /data (bind): Invalid argument" "use rbind"
	config '.mounts[-1].options = ["rbind"]'
	run_guest read=/data/below/file
	umount $source/below
	assert_success
	assert_line there
	assert_clean
}
