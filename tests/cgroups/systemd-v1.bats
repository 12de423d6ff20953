load ../run/helpers

# The systemd manager where systemd has its controllers on cgroup v1: beside cgroup v2, or without it.

prepare() {
	needs systemd-v1
	config '.linux.cgroupsPath = "system.slice:test:x"'
	UNIT=test-x.scope
	FOLDER=system.slice/$UNIT/container
	printf '#!/bin/sh\nexec %q --systemd-cgroup "$@"\n' "$KAVEL" >"$BATS_TEST_TMPDIR/kavel"
	chmod +x "$BATS_TEST_TMPDIR/kavel"
	KAVEL=$BATS_TEST_TMPDIR/kavel
}

# systemd's services are in namespaces of their own, too.
guest_processes() {
	:
}

property() { # NAME
	systemctl show --property "$1" --value "$UNIT"
}

assert_property() { # NAME VALUE
	local value

	value=$(property "$1")
	[[ $value == "$2" ]] || fail "$1 is \"$value\", not \"$2\""
}

assert_file() { # CONTROLLER FILE TEXT
	local text

	text=$(<"/sys/fs/cgroup/$1/$FOLDER/$2")
	[[ $text == "$3" ]] || fail "$2 is \"$text\", not \"$3\""
}

assert_no_unit() {
	assert_property LoadState not-found
	[[ -z $(find /sys/fs/cgroup -name "$UNIT") ]] || fail "left: $(find /sys/fs/cgroup -name "$UNIT")"
}

# The guest's group in a hierarchy, as the kernel lists it.
group_in() { # CONTROLLERS
	sed -n "s/^[0-9]*:$1://p" "/proc/$(guest_pid)/cgroup"
}

@test "systemd on v1: the guest runs in a scope, and delete leaves nothing" {
	start_guest pause
	[[ $(group_in name=systemd) == "/$FOLDER" ]]
	assert_property ActiveState active
	assert_property Delegate yes
	must kavel delete --force "$ID"
	assert_no_unit
	assert_clean
}

@test "systemd on v1: run leaves no unit, and the name can be used at once again" {
	local i

	for i in 1 2 3; do
		run_guest say=$i
		assert_success
		assert_output_is "$i"
	done
	eventually assert_no_unit
}

@test "systemd on v1: limits are properties of the unit and values in the files of v1" {
	config '.linux.resources += {memory: {limit: 67108864, reservation: 33554432}, pids: {limit: 20},
		cpu: {shares: 512, quota: 50000, period: 200000, cpus: "0", mems: "0"}, blockIO: {weight: 300},
		hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	[[ -e /sys/fs/cgroup/blkio/blkio.weight ]] || config 'del(.linux.resources.blockIO)'
	start_guest pause
	assert_property MemoryLimit 67108864
	assert_property TasksMax 20
	assert_property CPUShares 512
	assert_property CPUQuotaPerSecUSec 250ms
	assert_property CPUQuotaPeriodUSec 200ms
	assert_file memory memory.limit_in_bytes 67108864
	assert_file memory memory.soft_limit_in_bytes 33554432
	assert_file pids pids.max 20
	assert_file cpu,cpuacct cpu.shares 512
	assert_file cpu,cpuacct cpu.cfs_quota_us 50000
	assert_file cpuset cpuset.cpus 0
	assert_file hugetlb hugetlb.2MB.limit_in_bytes 4194304
	[[ $(group_in memory) == "/$FOLDER" && $(group_in cpuset) == "/$FOLDER" ]]
	systemctl daemon-reload
	assert_file memory memory.limit_in_bytes 67108864
	assert_file pids pids.max 20
	must kavel update --memory 134217728 --pids-limit 30 --cpu-quota 100000 "$ID"
	assert_property MemoryLimit 134217728
	assert_property TasksMax 30
	assert_file memory memory.limit_in_bytes 134217728
	assert_file pids pids.max 30
	must kavel delete --force "$ID"
	assert_no_unit
	assert_clean
}

@test "systemd on v1: an update of what had no limit makes a group there" {
	start_guest fork=2 pause
	must kavel update --cpuset-cpus 0 --memory 67108864 "$ID"
	assert_file cpuset cpuset.cpus 0
	assert_file memory memory.limit_in_bytes 67108864
	[[ $(group_in cpuset) == "/$FOLDER" ]]
	must kavel delete --force "$ID"
	assert_no_unit
	assert_clean
}

@test "systemd on v1: a limit of memory holds, and its end is told" {
	config '.linux.resources += {memory: {limit: 16777216, swap: 16777216}}'
	run_guest memory=64
	assert_status 137
	run_guest say=alive
	assert_success
	eventually assert_no_unit
}

@test "systemd on v1: device rules hold, also after daemon-reload" {
	local round sub

	add_capabilities CAP_MKNOD
	for sub in container ""; do
		config --arg sub "$sub" '.process.noNewPrivileges = false | .linux.resources.devices = [{allow: false, access: "rwm"},
			{allow: true, type: "c", major: 10, minor: 229, access: "rw"}] |
			.annotations = {"run.oci.systemd.subgroup": $sub} |
			.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438}]'
		start_guest pause
		for round in 1 2; do
			must kavel exec "$ID" /guest "mknod=/dev/mem$round:1:1" "open=/dev/mem$round" open=/dev/null open=/dev/fuse
			assert_line "open=/dev/mem$round: EPERM"
			assert_line "open=/dev/null: ok"
			refute_line "open=/dev/fuse: EPERM"
			systemctl daemon-reload
		done
		must kavel delete --force "$ID"
		eventually assert_no_unit
	done
}

@test "systemd on v1: pause, resume and kill go by the group" {
	start_guest fork=2 pause
	must kavel pause "$ID"
	status_is paused
	must kavel resume "$ID"
	must kavel kill --all "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	eventually assert_no_unit
}

@test "systemd on v1: a create that fails, or is killed, leaves no unit" {
	local delay

	config '.mounts += [{destination: "/x", type: "bind", source: "/no/such", options: ["bind"]}]'
	create_guest
	assert_refused
	eventually assert_no_unit
	assert_clean
	config 'del(.mounts[-1])'
	for delay in 0.02 0.1 0.2 0.3; do
		timeout --signal KILL "$delay" "$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 3>&- || :
		must kavel delete --force "$ID"
		eventually assert_no_unit
	done
	assert_clean
}

@test "systemd on v1: the guest sees the groups that it has" {
	guest_shell 'ls /sys/fs/cgroup; cat /sys/fs/cgroup/memory/memory.limit_in_bytes; cat /proc/self/cgroup'
	config '.linux.resources += {memory: {limit: 67108864}}'
	run_guest
	assert_success
	assert_line systemd
	assert_line memory
	assert_line 67108864
	assert_matches '^[0-9]+:memory:/$'
}

@test "systemd on v1: exec, and limits through the whole life" {
	config '.linux.resources += {pids: {limit: 30}}'
	start_guest pause
	must kavel exec "$ID" /guest say=hi
	assert_output_is hi
	must kavel exec "$ID" /bin/cat /proc/self/cgroup
	assert_matches '^[0-9]+:pids:/$'
	must kavel events --stats "$ID"
	jq -e '.data.pids.limit == 30' <<<"$output"
	must kavel delete --force "$ID"
	assert_no_unit
}
