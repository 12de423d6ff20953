load ../run/helpers

# Each line of standard input: a jq filter, "|", and what the refusal must name.  In $BUNDLE/config.json jq's own rounding
# of large numbers does not matter: they stay out of range.
all_refused() {
	local good line filter place

	good=$(<"$BUNDLE/config.json")
	while read -r line; do
		filter=${line%|*} place=${line##*|}
		echo "$good" >"$BUNDLE/config.json"
		config "$filter"
		LIMIT=5 try kavel create --bundle "$BUNDLE" "$ID"
		((status == 1)) || echo "accepted or hung ($status): $filter" >&2
		assert_refused "$place"
	done
	assert_clean
}

@test "versions" {
	all_refused <<-'EOT'
		del(.ociVersion)|ociVersion
		.ociVersion = "99.0.0"|ociVersion
		.ociVersion = "1"|ociVersion
		.ociVersion = "1.0"|ociVersion
		.ociVersion = "v1.0.2"|ociVersion
		.ociVersion = "1.0.2 "|ociVersion
		.ociVersion = null|ociVersion
		.ociVersion = ["1.0.2"]|ociVersion
	EOT
}

@test "process" {
	all_refused <<-'EOT'
		.process.args = [""]|process.args[0]
		del(.process.args)|process.args
		.process.args = null|process.args
		.process.user = 5|process.user
		.process.user.additionalGids = "x"|process.user.additionalGids
		.process.user.additionalGids = [-1]|process.user.additionalGids[0]
		.process.user.additionalGids = [range(70000)]|process.user.additionalGids
		.process.user.umask = -1|process.user.umask
		.process.env = "A=1"|process.env
		.process.env = [5]|process.env[0]
		.process.env = [""]|process.env[0]
		.process.capabilities = ["CAP_KILL"]|process.capabilities
		.process.capabilities.bounding = "CAP_KILL"|process.capabilities.bounding
		.process.capabilities.bounding = [5]|process.capabilities.bounding[0]
		.process.capabilities.effective = ["CAP_CHOWN"]|process.capabilities
		.process.noNewPrivileges = "yes"|process.noNewPrivileges
		.process.noNewPrivileges = 1|process.noNewPrivileges
		.process.oomScoreAdj = "5"|process.oomScoreAdj
		.process.rlimits = {}|process.rlimits
		.process.rlimits = [{type: "rlimit_nofile", soft: 1, hard: 1}]|process.rlimits[0]
		.process.rlimits = [{type: "NOFILE", soft: 1, hard: 1}]|process.rlimits[0]
		.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 1}]|process.rlimits[0].soft
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: "1", hard: 1}]|process.rlimits[0].soft
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1.5, hard: 2}]|process.rlimits[0].soft
		.process.consoleSize = 5 | .process.terminal = true|process.consoleSize
		.process.apparmorProfile = 5|process.apparmorProfile
		.process.selinuxLabel = "a\nb"|process.selinuxLabel
		.process.ioPriority = {class: "IOPRIO_CLASS_NOSUCH", priority: 1}|process.ioPriority
		.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}|process.ioPriority
		.process.scheduler = {policy: "SCHED_NOSUCH"}|process.scheduler
		.process.scheduler = {policy: "SCHED_OTHER", nice: 99}|process.scheduler
		.process.execCPUAffinity = {initial: "x"}|process.execCPUAffinity
	EOT
}

@test "root, mounts and paths" {
	all_refused <<-'EOT'
		del(.root)|root
		del(.root.path)|root.path
		.root.readonly = 1|root.readonly
		.mounts += [5]|mounts[7]
		.mounts += [{destination: 5}]|mounts[7].destination
		.mounts += [{destination: "/x", type: 5}]|mounts[7].type
		.mounts += [{destination: "/x", type: "tmpfs", source: "x", options: [5]}]|mounts[7].options[0]
		.mounts += [{destination: "/x", type: "tmpfs", source: "x", options: ["size=abc"]}]|mounts[7]
		.mounts += [{destination: "/x", type: "tmpfs", source: "x", options: ["mode=99999"]}]|mounts[7]
		.mounts += [{destination: "/x", type: "bind", source: "", options: ["bind"]}]|mounts[7].source
		.mounts += [{destination: "/x", type: "bind", options: ["bind"]}]|mounts[7].source
		.mounts += [{destination: ("/" + "x" * 5000), type: "tmpfs", source: "x"}]|mounts[7]
		.mounts += [{destination: ("/" + "x" * 300), type: "tmpfs", source: "x"}]|mounts[7]
		.mounts += [{destination: "/x", type: "tmpfs", source: "x", options: ["x" * 5000]}]|mounts[7]
		.mounts += [{destination: "/x", type: "bind", source: "/tmp", options: ["bind", "idmap"]}]|mounts[7]
		.mounts += [{destination: "/x", type: "", source: "x"}]|mounts[7]
		.linux.rootfsPropagation = 5|linux.rootfsPropagation
		.linux.maskedPaths = "/x"|linux.maskedPaths
		.linux.maskedPaths = [5]|linux.maskedPaths[0]
		.linux.readonlyPaths = [""]|linux.readonlyPaths[0]
	EOT
}

@test "namespaces and mappings" {
	all_refused <<-'EOT'
		.linux.namespaces = {}|linux.namespaces
		.linux.namespaces[0].type = "PID"|linux.namespaces[0].type
		.linux.namespaces[0].type = 5|linux.namespaces[0].type
		.linux.namespaces[0].path = ("/" + "x" * 5000)|linux.namespaces[0]
		.linux.namespaces[0].path = ("/" + "x" * 65536)|linux.namespaces[0]
		.linux.namespaces[0].path = "/tmp"|linux.namespaces[0]
		.linux.gidMappings = [{containerID: 0, hostID: 0, size: 1}]|linux.gidMappings
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 0}]|linux.
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: -1, hostID: 0, size: 1}]|linux.
		.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 4294967295, hostID: 0, size: 10}]|linux.
		.linux.timeOffsets = {nosuch: {secs: 1}}|linux.timeOffsets
		.linux.timeOffsets = {monotonic: {secs: 1}}|linux.timeOffsets
		.linux.personality = {domain: "LINUX33"}|linux.personality
		.linux.netDevices = 5|linux.netDevices
	EOT
}

@test "devices and resources" {
	all_refused <<-'EOT'
		.linux.devices = [{path: "/dev/x", type: "c", major: 1099511627776, minor: 3}]|linux.devices[0].major
		.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: -1}]|linux.devices[0].minor
		.linux.devices = [{path: "", type: "c", major: 1, minor: 3}]|linux.devices[0].path
		.linux.devices = [{path: "/bin", type: "c", major: 1, minor: 3}]|linux.devices[0]
		.linux.devices = [{path: "/dev/x", major: 1, minor: 3}]|linux.devices[0].type
		.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, uid: -1}]|linux.devices[0].uid
		.linux.resources = []|linux.resources
		.linux.resources.devices = [{allow: "no"}]|linux.resources.devices[0].allow
		.linux.resources.devices = [{}]|linux.resources.devices[0].allow
		.linux.resources.devices = [{allow: true, major: "x"}]|linux.resources.devices[0].major
		.linux.resources.memory = {limit: "1G"}|linux.resources.memory.limit
		.linux.resources.memory = {limit: 9223372036854775808}|linux.resources.memory.limit
		.linux.resources.memory = {limit: 1000000, swap: 1000}|linux.resources.memory
		.linux.resources.memory = {swappiness: 101}|linux.resources.memory.swappiness
		.linux.resources.cpu = {period: -1}|linux.resources.cpu.period
		.linux.resources.cpu = {quota: 1.5}|linux.resources.cpu.quota
		.linux.resources.cpu = {cpus: 5}|linux.resources.cpu.cpus
		.linux.resources.cpu = {cpus: "0-"}|linux.resources.cpu.cpus
		.linux.resources.cpu = {idle: 2}|linux.resources.cpu.idle
		.linux.resources.pids = {limit: -2}|linux.resources.pids.limit
		.linux.resources.pids = 5|linux.resources.pids
		.linux.resources.hugepageLimits = [{pageSize: "3XB", limit: 1}]|linux.resources.hugepageLimits[0].pageSize
		.linux.resources.hugepageLimits = [{pageSize: "../../x", limit: 1}]|linux.resources.hugepageLimits[0].pageSize
		.linux.resources.blockIO = {weight: 5}|linux.resources.blockIO.weight
		.linux.resources.unified = {"../x": "1"}|linux.resources.unified
		.linux.resources.unified = {"memory.max": 5}|linux.resources.unified
		.linux.cgroupsPath = 5|linux.cgroupsPath
		.linux.cgroupsPath = "/a\nb"|linux.cgroupsPath
		.linux.intelRdt = {closID: "../x"}|linux.intelRdt
		.linux.sysctl = {"net.ipv4.ip_forward": 1}|linux.sysctl
		.linux.sysctl = {"net.ipv4.ip_forward": ""}|linux.sysctl
	EOT
}

@test "seccomp" {
	all_refused <<-'EOT'
		.linux.seccomp = 5|linux.seccomp
		.linux.seccomp = {defaultAction: 5}|linux.seccomp.defaultAction
		.linux.seccomp = {defaultAction: "scmp_act_allow"}|linux.seccomp.defaultAction
		.linux.seccomp = {defaultAction: "SCMP_ACT_NOTIFY"}|linux.seccomp
		.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 5000}|linux.seccomp.defaultErrnoRet
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["X86"]}|linux.seccomp.architectures[0]
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: {}}|linux.seccomp.syscalls
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"]}]}|linux.seccomp.syscalls[0].action
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: "read", action: "SCMP_ACT_KILL"}]}|linux.seccomp.syscalls[0].names
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_KILL", args: [{index: -1, value: 1, op: "SCMP_CMP_EQ"}]}]}|linux.seccomp.syscalls[0].args[0].index
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_KILL", args: [{index: 0, op: "SCMP_CMP_EQ"}]}]}|linux.seccomp.syscalls[0].args[0].value
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_KILL", args: [{index: 0, value: 36893488147419103232, op: "SCMP_CMP_EQ"}]}]}|config.json
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_KILL", args: [range(7) | {index: 0, value: ., op: "SCMP_CMP_EQ"}]}]}|linux.seccomp.syscalls[0].args
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mount"], action: "SCMP_ACT_NOTIFY"}]}|linux.seccomp
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x"}|linux.seccomp
	EOT
}

@test "hooks and annotations" {
	all_refused <<-'EOT'
		.hooks.createRuntime = {}|hooks.createRuntime
		.hooks.createRuntime = [5]|hooks.createRuntime[0]
		.hooks.createRuntime = [{path: ""}]|hooks.createRuntime[0].path
		.hooks.createRuntime = [{path: 5}]|hooks.createRuntime[0].path
		.hooks.createRuntime = [{path: "/bin/true", args: "x"}]|hooks.createRuntime[0].args
		.hooks.createRuntime = [{path: "/bin/true", env: [5]}]|hooks.createRuntime[0].env[0]
		.hooks.createRuntime = [{path: "/bin/true", timeout: "5"}]|hooks.createRuntime[0].timeout
		.hooks.createRuntime = [{path: "/bin/true", timeout: 1.5}]|hooks.createRuntime[0].timeout
		.annotations = []|annotations
	EOT
}

@test "a text with \\u0000 in it, wherever it stands" {
	local filter

	while read -r filter; do
		default_config >"$BUNDLE/config.json"
		config "$filter"
		try kavel create --bundle "$BUNDLE" "$ID"
		assert_refused config.json
	done <<-'EOT'
		.root.path = "rootfs\u0000/../.."
		.hostname = "a\u0000b"
		.process.args = ["/guest\u0000x"]
		.process.env = ["A=1\u00002"]
		.process.cwd = "/\u0000x"
		.mounts[0].destination = "/proc\u0000x"
		.linux.cgroupsPath = "/a\u0000b"
		.annotations = {"a\u0000b": "c"}
	EOT
	assert_clean
}

@test "a pid file that is a FIFO does not hang" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	guest_does pause
	LIMIT=5 try kavel create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/fifo" "$ID"
	((status == 0 || status == 1)) || fail "it hangs"
}

@test "socket paths that are too long, missing or no socket" {
	local path

	touch "$BATS_TEST_TMPDIR/plain"
	config '.process.terminal = true'
	for path in "/tmp/$(printf 'x%.0s' $(seq 200))" /nonexistent/socket "$BATS_TEST_TMPDIR/plain" ""; do
		LIMIT=5 try kavel create --bundle "$BUNDLE" --console-socket "$path" "$ID"
		assert_refused
		assert_clean
	done
}

@test "a file in the place of the state directory's parent" {
	touch "$BATS_TEST_TMPDIR/plain"
	ROOT=$BATS_TEST_TMPDIR/plain/state try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused
}

@test "state directories that somebody planted" {
	mkdir -p "$ROOT"
	ln -s /etc "$ROOT/$ID"
	try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused
	try kavel state "$ID"
	assert_refused
	try kavel list -q
	assert_success
	[[ ! $(ls /etc | grep -E 'creating|state.json|config.json') ]]
	rm "$ROOT/$ID"
}
