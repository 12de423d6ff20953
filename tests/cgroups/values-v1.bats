load ../run/helpers

# What arrives in the files of cgroup v1, on hosts that have it: in the second pass of tests/run/end-to-end.

prepare() {
	config '.linux.cgroupsPath = "/parent/guest"'
}

cleanup() {
	rmdir /sys/fs/cgroup/*/parent 2>/dev/null || :
}

# A file of a hierarchy, which the kernel may not have.
need_file() { # CONTROLLER/FILE...
	local file

	for file; do
		[[ -e /sys/fs/cgroup/${file%/*}/tasks ]] || skip "no cgroup v1 with $(dirname "$file")"
		[[ -e $(find "/sys/fs/cgroup/${file%/*}" -name "${file##*/}" -print -quit) ]] || skip "no $file"
	done
}

guest_with() { # JQ-OBJECT
	config ".linux.resources += $1"
	start_guest pause
}

assert_file() { # CONTROLLER/FILE TEXT
	local text

	text=$(<"/sys/fs/cgroup/${1%/*}/parent/guest/${1##*/}") || fail "$1 is not there"
	[[ $text == "$2" ]] || fail "$1 is \"$text\", not \"$2\""
}

@test "memory: limit, reservation, swap and swappiness arrive" {
	need_file memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes
	guest_with '{memory: {limit: 104857600, reservation: 52428800, swap: 209715200, swappiness: 33}}'
	assert_file memory/memory.limit_in_bytes 104857600
	assert_file memory/memory.soft_limit_in_bytes 52428800
	assert_file memory/memory.memsw.limit_in_bytes 209715200
	assert_file memory/memory.swappiness 33
}

@test "memory: the OOM killer can be switched off" {
	need_file memory/memory.oom_control
	guest_with '{memory: {limit: 104857600, disableOOMKiller: true}}'
	grep -qx 'oom_kill_disable 1' /sys/fs/cgroup/memory/parent/guest/memory.oom_control
}

@test "memory: the hierarchy is used" {
	need_file memory/memory.use_hierarchy
	guest_with '{memory: {useHierarchy: true}}'
	assert_file memory/memory.use_hierarchy 1
}

@test "memory: limits of the kernel's memory arrive, or are refused by their name where the kernel has none any more" {
	local property file

	need_file memory/memory.limit_in_bytes
	while read -r property file; do
		config ".linux.resources = {memory: {\"$property\": 104857600}}"
		create_guest pause
		if ((status == 0)); then
			# Linux 5.16 and later take a limit for the kernel's memory and forget it
			[[ $property == kernel && $(<"/sys/fs/cgroup/memory/parent/guest/$file") == 9223372036854771712 ]] ||
				assert_file "memory/$file" 104857600
			must kavel delete --force "$ID"
		else
			assert_refused "linux.resources.memory.$property"
		fi
		assert_state_gone
	done <<-'EOT'
		kernel memory.kmem.limit_in_bytes
		kernelTCP memory.kmem.tcp.limit_in_bytes
	EOT
}

assert_state_gone() {
	[[ ! -e $ROOT/$ID ]] || fail "the state is still there"
}

@test "cpu: shares, quota, period and burst arrive" {
	need_file cpu/cpu.shares cpu/cpu.cfs_quota_us
	guest_with '{cpu: {shares: 512, quota: 50000, period: 200000}}'
	assert_file cpu/cpu.shares 512
	assert_file cpu/cpu.cfs_quota_us 50000
	assert_file cpu/cpu.cfs_period_us 200000
	must kavel delete --force "$ID"
	need_file cpu/cpu.cfs_burst_us
	guest_with '{cpu: {burst: 10000}}'
	assert_file cpu/cpu.cfs_burst_us 10000
}

@test "cpu: a group may be idle" {
	need_file cpu/cpu.idle
	guest_with '{cpu: {idle: 1}}'
	assert_file cpu/cpu.idle 1
}

@test "cpu: real-time limits arrive, or the kernel's no is told by their name" {
	need_file cpu/cpu.rt_runtime_us cpu/cpu.rt_period_us
	config '.linux.resources.cpu = {realtimePeriod: 500000}'
	create_guest pause
	assert_success
	assert_file cpu/cpu.rt_period_us 500000
	must kavel delete --force "$ID"
	# the groups above would have to have time to give
	config '.linux.resources.cpu = {realtimeRuntime: 1000}'
	create_guest pause
	if ((status == 0)); then
		assert_file cpu/cpu.rt_runtime_us 1000
	else
		assert_refused linux.resources.cpu.realtimeRuntime
	fi
}

@test "cpuset: the guest has the processors and memory nodes that are listed" {
	need_file cpuset/cpuset.cpus
	config '.linux.resources.cpu = {cpus: "0", mems: "0"}'
	run_guest read=/proc/self/status
	assert_success
	assert_line $'Cpus_allowed_list:\t0'
	start_guest pause
	assert_file cpuset/cpuset.cpus 0
	assert_file cpuset/cpuset.mems 0
}

@test "pids: a limit and none arrive" {
	need_file pids/pids.max
	guest_with '{pids: {limit: 20}}'
	assert_file pids/pids.max 20
	must kavel delete --force "$ID"
	guest_with '{pids: {limit: -1}}'
	assert_file pids/pids.max max
}

@test "blockIO: throttling of a device arrives" {
	local device file

	need_file blkio/blkio.throttle.read_bps_device
	device=$(lsblk -dno MAJ:MIN 2>/dev/null | tail -1 | tr -d ' ')
	[[ $device ]] || skip "no disk"
	config --argjson major "${device%:*}" --argjson minor "${device#*:}" '{major: $major, minor: $minor} as $device
		| .linux.resources.blockIO = {
			throttleReadBpsDevice: [$device + {rate: 1048576}], throttleWriteBpsDevice: [$device + {rate: 2097152}],
			throttleReadIOPSDevice: [$device + {rate: 100}], throttleWriteIOPSDevice: [$device + {rate: 200}]}'
	start_guest pause
	assert_file blkio/blkio.throttle.read_bps_device "$device 1048576"
	assert_file blkio/blkio.throttle.write_bps_device "$device 2097152"
	assert_file blkio/blkio.throttle.read_iops_device "$device 100"
	assert_file blkio/blkio.throttle.write_iops_device "$device 200"
}

@test "blockIO: weights arrive, or are refused by their name where the kernel has none" {
	local property file

	need_file blkio/blkio.throttle.read_bps_device
	while IFS='|' read -r property file; do
		config ".linux.resources = {blockIO: $property}"
		create_guest pause
		if ((status == 0)); then
			[[ $(cat /sys/fs/cgroup/blkio/parent/guest/blkio.*weight* 2>/dev/null) == *300* ]] || fail "no weight of 300"
			must kavel delete --force "$ID"
		else
			assert_refused "linux.resources.blockIO.$file"
		fi
		assert_state_gone
	done <<-'EOT'
		{"weight": 300}|weight
		{"leafWeight": 300}|leafWeight
		{"weightDevice": [{"major": 254, "minor": 0, "weight": 300}]}|weightDevice[0]
		{"weightDevice": [{"major": 254, "minor": 0, "leafWeight": 300}]}|weightDevice[0]
	EOT
}

@test "network: a class and priorities arrive, or are refused where the host has no such hierarchy" {
	local property file

	need_file memory/memory.limit_in_bytes
	config '.linux.resources.network = {classID: 1048577}'
	create_guest pause
	if [[ -e /sys/fs/cgroup/net_cls/tasks ]]; then
		assert_file net_cls/net_cls.classid 1048577
		must kavel delete --force "$ID"
	else
		assert_refused linux.resources.network.classID
	fi
	config '.linux.resources.network = {priorities: [{name: "lo", priority: 7}]}'
	create_guest pause
	if [[ -e /sys/fs/cgroup/net_prio/tasks ]]; then
		grep -qx 'lo 7' /sys/fs/cgroup/net_prio/parent/guest/net_prio.ifpriomap
	else
		assert_refused "linux.resources.network.priorities[0]"
	fi
}

@test "unified is refused without cgroup v2, or written to what there is of it" {
	need_file memory/memory.limit_in_bytes
	config '.linux.resources.unified = {"memory.high": "100000000"}'
	create_guest pause
	assert_refused linux.resources.unified
	assert_state_gone
}
