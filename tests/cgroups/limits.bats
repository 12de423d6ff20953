load ../run/helpers

# What limits do to the guest, and what the kernel refuses; what arrives in the files is in values.bats.

GROUP=/sys/fs/cgroup/parent/guest

prepare() {
	config '.linux.cgroupsPath = "/parent/guest"'
}

cleanup() {
	rmdir /sys/fs/cgroup/parent 2>/dev/null || :
}

# Create a guest with these resources and wait until it runs.
guest_with() { # JQ-OBJECT
	config ".linux.resources += $1"
	start_guest pause
}

assert_file() { # NAME TEXT
	[[ $(<"$GROUP/$1") == "$2" ]] || fail "$1 is \"$(<"$GROUP/$1")\", not \"$2\""
}

@test "pids: the guest is refused the process above its limit, and the group counts it" {
	needs pids
	config '.linux.resources.pids = {limit: 5}'
	guest_shell 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; echo never'
	run_guest
	refute_output_has never
	guest_with '{pids: {limit: 3}}'
	assert_file pids.max 3
	try kavel exec "$ID" /guest fork=8 say=never
	assert_line "fork=8: EAGAIN"
	grep -qx 'max [1-9][0-9]*' "$GROUP/pids.events"
}

@test "pids: an exec that finds no room names the limit" {
	needs pids
	guest_with '{pids: {limit: 1}}'
	try kavel exec "$ID" /bin/true
	assert_status 255
	assert_error_has "exec $ID"
	assert_error_has "linux.resources.pids.limit: pids.max is 1"
}

@test "cpu: a guest that takes more than its quota is throttled" {
	needs cpu
	config '.linux.resources.cpu = {quota: 10000, period: 100000}'
	guest_shell 'while :; do :; done'
	start_guest
	eventually grep -qx 'nr_throttled [1-9][0-9]*' "$GROUP/cpu.stat"
}

@test "a value that the kernel refuses is told with its property, file and meaning" {
	needs memory
	config '.linux.resources.unified = {"memory.high": "much"}'
	run_guest
	assert_refused 'linux.resources.unified["memory.high"]' memory.high '"much"' 'does not accept'
	assert_clean
}

@test "a limit of 512 KiB still starts a program" {
	needs memory
	config '.linux.resources.memory = {limit: 524288, swap: 524288}'
	run_guest exit=0
	assert_success
	assert_clean
}

@test "nesting: a guest with a cgroup of its own runs kavel, with limits" {
	needs memory pids
	mkdir -p "$BUNDLE/rootfs/inner/rootfs/proc" "$BUNDLE/rootfs/run"
	cp "$KAVEL" "$BUNDLE/rootfs/bin/kavel"
	cp "$BUNDLE/rootfs/guest" "$BUNDLE/rootfs/inner/rootfs/guest"
	default_config | jq '.process.args = ["/guest", "say=inner"] | .mounts = [.mounts[0]] |
		.linux.maskedPaths = [] | .linux.readonlyPaths = [] |
		.linux.resources = {memory: {limit: 33554432}, pids: {limit: 9}}' >"$BUNDLE/rootfs/inner/config.json"
	config '.process.capabilities[] = ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP",
		"CAP_NET_ADMIN", "CAP_KILL", "CAP_CHOWN", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_NET_BIND_SERVICE", "CAP_SYS_RESOURCE"] |
		.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end) |
		.linux.maskedPaths = [] | .linux.readonlyPaths = [] |
		.linux.resources += {memory: {limit: 134217728}, pids: {limit: 50}}'
	guest_shell 'mkdir /sys/fs/cgroup/self && echo $$ >/sys/fs/cgroup/self/cgroup.procs && kavel run --bundle /inner in'
	run_guest
	assert_success
	assert_output_is inner
	assert_clean
}

@test "a group that is named has all controllers, whatever its limits are" {
	local all

	needs memory
	all=$(</sys/fs/cgroup/cgroup.controllers)
	config '.linux.cgroupsPath = "/parent/parent2/guest"'
	start_guest pause
	[[ $(</sys/fs/cgroup/parent/parent2/guest/cgroup.controllers) == "$all" ]]
	must kavel stats --format json
	jq -e '.[0].stats | .memory.usage.usage > 0 and .pids.current == 1' <<<"$output"
	must kavel delete --force "$ID"
	assert_clean
}
