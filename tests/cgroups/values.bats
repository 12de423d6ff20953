load ../run/helpers

# What arrives in the files of cgroup v2.

GROUP=/sys/fs/cgroup/parent/guest

prepare() {
	config '.linux.cgroupsPath = "/parent/guest"'
}

cleanup() {
	rmdir /sys/fs/cgroup/parent 2>/dev/null || :
}

# Create a guest with these resources, which sees its own group, and wait until it runs.
guest_with() { # JQ-OBJECT
	config ".linux.resources += $1"
	start_guest pause
}

assert_file() { # NAME TEXT
	local text

	text=$(<"$GROUP/$1") || fail "$1 is not there"
	[[ $text == "$2" ]] || fail "$1 is \"$text\", not \"$2\""
}

@test "memory: limit, reservation and swap arrive, swap without the memory in it" {
	needs memory
	guest_with '{memory: {limit: 104857600, reservation: 52428800, swap: 209715200}}'
	assert_file memory.max 104857600
	assert_file memory.low 52428800
	assert_file memory.swap.max 104857600
}

@test "memory: -1 is no limit" {
	needs memory
	guest_with '{memory: {limit: -1, swap: -1}}'
	assert_file memory.max max
	assert_file memory.swap.max max
}

@test "memory: a guest that takes more than its limit is killed, and the group counts it" {
	needs memory
	guest_with '{memory: {limit: 16777216, swap: 16777216}}'
	must kavel exec "$ID" /guest memory=4
	try kavel exec "$ID" /guest memory=64
	assert_status 137
	grep -qx 'oom_kill 1' "$GROUP/memory.events"
}

# Of a disk that this machine has: "MAJOR:MINOR".
disk() {
	local file

	for file in /sys/class/block/*/dev; do
		[[ $file == *@(ram|loop|zram)* || -e ${file%/dev}/partition ]] || { cat "$file"; return; }
	done
	return 1
}

@test "cpu: shares, quota, period, burst and idle arrive" {
	needs cpu
	guest_with '{cpu: {shares: 1024, quota: 50000, period: 200000, burst: 10000}}'
	assert_file cpu.weight 100
	assert_file cpu.max "50000 200000"
	assert_file cpu.max.burst 10000
	must kavel delete --force "$ID"
	config 'del(.linux.resources.cpu)'
	guest_with '{cpu: {quota: -1, idle: 1}}'
	assert_file cpu.max "max 100000"
	assert_file cpu.idle 1
}

@test "cpuset: the guest has the processors and memory nodes that are listed" {
	needs cpuset
	config '.linux.resources.cpu = {cpus: "0", mems: "0"}'
	run_guest read=/proc/self/status
	assert_success
	assert_line $'Cpus_allowed_list:\t0'
	assert_line $'Mems_allowed_list:\t0'
	start_guest pause
	assert_file cpuset.cpus 0
	assert_file cpuset.mems 0
}

@test "pids: a limit, none, and 0" {
	needs pids
	guest_with '{pids: {limit: 20}}'
	assert_file pids.max 20
	must kavel delete --force "$ID"
	guest_with '{pids: {limit: -1}}'
	assert_file pids.max max
	must kavel delete --force "$ID"
	# what is allowed is no process: kept at the one that has to be
	config '.linux.resources.pids = {limit: 0}'
	run_guest fork=1
	assert_line "fork=1: EAGAIN"
}

@test "blockIO: weights arrive where there is a scheduler that has them" {
	needs io
	config '.linux.resources.blockIO = {weight: 500}'
	create_guest pause
	if [[ -e /sys/fs/cgroup/parent/io.bfq.weight || -e /sys/fs/cgroup/parent/io.weight ]]; then
		assert_success
		grep -hqx 'default 500\|default 4950' "$GROUP"/io.bfq.weight "$GROUP"/io.weight 2>/dev/null ||
			fail "neither file has the weight"
	else
		assert_refused linux.resources.blockIO.weight
	fi
}

@test "blockIO: throttling of a device arrives, all four kinds in one line" {
	local device

	needs io
	device=$(disk) || skip "no disk"
	config --argjson major "${device%:*}" --argjson minor "${device#*:}" '{major: $major, minor: $minor} as $device
		| .linux.resources.blockIO = {
			throttleReadBpsDevice: [$device + {rate: 1048576}], throttleWriteBpsDevice: [$device + {rate: 2097152}],
			throttleReadIOPSDevice: [$device + {rate: 100}], throttleWriteIOPSDevice: [$device + {rate: 200}]}'
	start_guest pause
	assert_file io.max "$device rbps=1048576 wbps=2097152 riops=100 wiops=200"
}

@test "blockIO: the weight of a device arrives, or is refused by its name" {
	local device

	needs io
	device=$(disk) || skip "no disk"
	config --argjson major "${device%:*}" --argjson minor "${device#*:}" \
		'.linux.resources.blockIO = {weightDevice: [{major: $major, minor: $minor, weight: 300}]}'
	create_guest pause
	if ((status == 0)); then
		grep -hqx "$device 300\|$device 2930" "$GROUP"/io.bfq.weight "$GROUP"/io.weight 2>/dev/null ||
			fail "neither file has the weight"
	else
		assert_refused linux.resources.blockIO.weightDevice
	fi
}

@test "hugepageLimits: pages in use and reserved have the limit" {
	local size

	needs hugetlb
	size=$(cd /sys/fs/cgroup && ls -d hugetlb.*MB.max parent/hugetlb.*MB.max 2>/dev/null | head -1)
	size=${size##*hugetlb.}
	size=${size%.max}
	guest_with "{hugepageLimits: [{pageSize: \"${size:-2MB}\", limit: 4194304}]}"
	assert_file "hugetlb.${size:-2MB}.max" 4194304
	assert_file "hugetlb.${size:-2MB}.rsvd.max" 4194304
}

@test "rdma: a device that is not there is refused by its name" {
	needs rdma
	config '.linux.resources.rdma = {"no_such_device": {hcaHandles: 3, hcaObjects: 10000}}'
	create_guest pause
	assert_refused linux.resources.rdma no_such_device
	assert_clean
}

@test "unified: files of controllers are written last, and win" {
	needs memory pids
	guest_with '{memory: {limit: 104857600}, unified: {"memory.high": "52428800", "memory.max": "83886080", "pids.max": "33"}}'
	assert_file memory.high 52428800
	assert_file memory.max 83886080
	assert_file pids.max 33
}

@test "memory: checkBeforeUpdate changes nothing at create" {
	needs memory
	guest_with '{memory: {limit: 104857600, checkBeforeUpdate: true}}'
	assert_file memory.max 104857600
}

@test "what cgroup v2 does not have is refused by its place" {
	local resources place

	needs cpu memory io
	while IFS='|' read -r resources place; do
		config "del(.linux.resources) | .linux.resources = $resources"
		create_guest pause
		assert_refused "linux.resources.$place"
		assert_clean
	done <<-'EOT'
		{"memory": {"kernel": 104857600}}|memory.kernel
		{"memory": {"kernelTCP": 104857600}}|memory.kernelTCP
		{"memory": {"swappiness": 50}}|memory.swappiness
		{"memory": {"disableOOMKiller": true}}|memory.disableOOMKiller
		{"cpu": {"realtimeRuntime": 10000}}|cpu.realtimeRuntime
		{"cpu": {"realtimePeriod": 100000}}|cpu.realtimePeriod
		{"blockIO": {"leafWeight": 300}}|blockIO.leafWeight
		{"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "leafWeight": 300}]}}|blockIO.weightDevice[0]
		{"network": {"classID": 5}}|network.classID
		{"network": {"priorities": [{"name": "lo", "priority": 1}]}}|network.priorities[0]
	EOT
}
