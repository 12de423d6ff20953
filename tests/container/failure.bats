load ../run/helpers

# Whatever fails: exit code 1, an error that names the object, and nothing is left of the container.
refused_and_clean() { # TEXT...
	create_guest
	assert_refused "$@"
	assert_clean
	run_guest
	assert_refused "$@"
	assert_clean
}

# The same where the failure can show as late as at start.
run_fails_and_clean() { # TEXT...
	run_guest
	assert_refused "$@"
	assert_clean
}

@test "a namespace path that does not exist" {
	config '.linux.namespaces |= map(if .type == "network" then .path = "/nonexistent" else . end)'
	refused_and_clean linux.namespaces /nonexistent
}

@test "a namespace path of another type" {
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/uts" else . end)'
	refused_and_clean linux.namespaces
}

@test "a namespace path that is a plain file, a folder or a FIFO" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for path in /etc/passwd /tmp "$BATS_TEST_TMPDIR/fifo"; do
		config --arg path "$path" '.linux.namespaces |= map(if .type == "ipc" then .path = $path else . end)'
		refused_and_clean linux.namespaces
	done
}

@test "a bind mount without its source" {
	add_mount /mnt bind /nonexistent rbind
	refused_and_clean "mounts[7]" /nonexistent
}

@test "a mount of an unknown file system" {
	add_mount /mnt nosuchfs none
	refused_and_clean "mounts[7]" nosuchfs
}

@test "a mount option that the kernel refuses" {
	add_mount /mnt tmpfs none size=abc
	refused_and_clean "mounts[7]"
}

@test "a folder mounted on a file, and a file on a folder" {
	add_mount /guest bind /tmp rbind
	refused_and_clean "mounts[7]" /guest
	config '.mounts |= .[0:7]'
	add_mount /bin bind /etc/hostname rbind
	refused_and_clean "mounts[7]" /bin
}

@test "a mount below a file" {
	add_mount /guest/below bind /tmp rbind
	refused_and_clean "mounts[7]" /guest/below
}

@test "a hard limit above the one that is allowed" {
	capsh --has-p=cap_sys_resource 2>/dev/null && skip "CAP_SYS_RESOURCE is there"
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1048576, hard: 1048576}]'
	refused_and_clean RLIMIT_NOFILE
}

@test "an unknown resource limit" {
	config '.process.rlimits = [{type: "RLIMIT_NOSUCH", soft: 1, hard: 1}]'
	refused_and_clean "process.rlimits[0]" RLIMIT_NOSUCH
}

@test "a sysctl that does not exist, is not allowed or has a bad value" {
	config '.linux.sysctl = {"net.ipv4.no_such_thing": "1"}'
	refused_and_clean net.ipv4.no_such_thing
	config '.linux.sysctl = {"kernel.core_pattern": "|/x"}'
	refused_and_clean kernel.core_pattern
	config '.linux.sysctl = {"net.ipv4.ip_forward": "many"}'
	refused_and_clean net.ipv4.ip_forward
}

@test "a user that cannot be" {
	config '.process.user.uid = 4294967295'
	refused_and_clean process.user.uid
	config '.process.user.uid = "0"'
	refused_and_clean process.user.uid
}

@test "a program that is missing" {
	config '.process.args = ["/nonexistent"]'
	run_fails_and_clean /nonexistent "no such file or directory"
	config '.process.args = ["nonexistent"]'
	run_fails_and_clean nonexistent "executable file not found in \$PATH"
}

@test "a working directory that is a file or cannot be reached" {
	config '.process.cwd = "/guest"'
	run_fails_and_clean process.cwd /guest
	config '.process.cwd = "relative"'
	refused_and_clean process.cwd
}

@test "an unknown seccomp action, architecture and operator" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_NOSUCH"}'
	refused_and_clean linux.seccomp.defaultAction
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_NOSUCH"]}'
	refused_and_clean "linux.seccomp.architectures[0]"
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_ERRNO",
		args: [{index: 0, value: 1, op: "SCMP_CMP_NOSUCH"}]}]}'
	refused_and_clean "linux.seccomp.syscalls[0].args[0].op"
}

@test "a group that has processes" {
	mkdir /sys/fs/cgroup/busy
	sleep 100 3>&- &
	echo $! >/sys/fs/cgroup/busy/cgroup.procs
	config '.linux.cgroupsPath = "/busy"'
	take_snapshot
	refused_and_clean "cgroup is not empty"
	kill -0 $!
	kill $!
	wait $! 2>/dev/null || :
	rmdir /sys/fs/cgroup/busy
	take_snapshot
}

@test "a group that cannot be" {
	local path

	for path in / /.. ../x /a/../../b . ""; do
		config --arg path "$path" '.linux.cgroupsPath = $path'
		[[ $path ]] || continue # as if unset
		refused_and_clean linux.cgroupsPath
	done
}

@test "a pid file that cannot be written" {
	local path

	mkdir "$BATS_TEST_TMPDIR/folder"
	for path in /nonexistent/pid "$BATS_TEST_TMPDIR/folder" /proc/pid; do
		guest_does pause
		try kavel create --bundle "$BUNDLE" --pid-file "$path" "$ID"
		assert_refused "$path"
		assert_clean
	done
}

@test "a console socket that is missing, with a terminal" {
	config '.process.terminal = true'
	create_guest pause
	assert_refused
	assert_clean
	try kavel create --bundle "$BUNDLE" --console-socket /nonexistent "$ID"
	assert_refused /nonexistent
	assert_clean
}

@test "a device that cannot be made" {
	config '.linux.devices = [{path: "/guest", type: "c", major: 1, minor: 3}]'
	refused_and_clean "linux.devices[0]" /guest
	config '.linux.devices = [{path: "/dev/x", type: "z", major: 1, minor: 3}]'
	refused_and_clean "linux.devices[0].type"
}

@test "a resource that this host has no controller for" {
	grep -qw memory /sys/fs/cgroup/cgroup.controllers && skip "the memory controller is there"
	config '.linux.resources.memory = {limit: 100000000}'
	refused_and_clean linux.resources.memory
}

@test "properties that are decoded but not applied are refused, by their name" {
	local before

	before=$(<"$BUNDLE/config.json")
	while IFS='|' read -r filter name; do
		echo "$before" >"$BUNDLE/config.json"
		config "$filter"
		try kavel run --bundle "$BUNDLE" "$ID"
		# applied by now, or refused
		((status == 0)) || assert_refused "$name"
		assert_clean
	done <<-'EOT'
		.linux.intelRdt = {closID: "x"}|linux.intelRdt
		.process.scheduler = {policy: "SCHED_NOSUCH"}|process.scheduler
		.linux.netDevices = {"nosuchdevice": {}}|linux.netDevices
		.linux.memoryPolicy = {mode: "MPOL_NOSUCH"}|linux.memoryPolicy
		.process.apparmorProfile = "nosuch"|process.apparmorProfile
		.process.selinuxLabel = "nosuch"|process.selinuxLabel
		.linux.timeOffsets = {boottime: {secs: 1}}|linux.timeOffsets
	EOT
}

@test "the guest side's failure reaches the log as its last line, of level error" {
	config '.process.cwd = "/guest"'
	try kavel --log "$BATS_TEST_TMPDIR/log" --log-format json run --bundle "$BUNDLE" "$ID"
	assert_status 1
	tail -1 "$BATS_TEST_TMPDIR/log" | jq -e '.level == "error" and (.msg | test("process.cwd")) and (.time | test("^20"))'
	[[ ! $error ]] || assert_error_has error
	assert_clean
}

@test "the log in text has the error, too, and is appended to" {
	echo "first" >"$BATS_TEST_TMPDIR/log"
	try kavel --log "$BATS_TEST_TMPDIR/log" run --bundle /nonexistent "$ID"
	assert_status 1
	[[ $(head -1 "$BATS_TEST_TMPDIR/log") == first ]]
	tail -1 "$BATS_TEST_TMPDIR/log" | grep -q 'level=error.*/nonexistent'
}

@test "debug messages go to the log wholly" {
	guest_does exit=0
	try kavel --debug --log "$BATS_TEST_TMPDIR/log" run --bundle "$BUNDLE" "$ID"
	assert_success
	[[ ! $error ]]
	grep -q 'level=debug' "$BATS_TEST_TMPDIR/log"
	try kavel --debug --log-format json run --bundle "$BUNDLE" "$ID"
	grep -q '"level":"debug"' <<<"$error"
}
