load ../run/helpers

# The file of the guest's group: v1's where that controller is mounted, else v2's.
knob() { # V1-CONTROLLER V1-FILE V2-FILE
	if [[ -d /sys/fs/cgroup/$1 ]]; then
		echo "/sys/fs/cgroup/$1/parent/guest/$2"
	else
		echo "/sys/fs/cgroup/parent/guest/$3"
	fi
}

has_controller() { # V1-NAME V2-NAME
	[[ -d /sys/fs/cgroup/$1 ]] || grep -qw "$2" /sys/fs/cgroup/cgroup.controllers 2>/dev/null
}

prepare() {
	config '.linux.cgroupsPath = "/parent/guest"'
}

uses_memory() {
	(($(<"$(knob memory memory.usage_in_bytes memory.current)") > 16 << 20))
}

cleanup() {
	find /sys/fs/cgroup -depth -type d -path '*/parent*' -exec rmdir {} + 2>/dev/null || :
}

@test "update changes the limits of a running container, and its configuration with them" {
	has_controller memory memory && has_controller pids pids || skip "no memory or pids controller"
	config '.linux.resources.memory = {limit: 67108864, swap: 134217728} | .linux.resources.pids = {limit: 100}'
	start_guest pause
	must kavel update --memory 32m --pids-limit 50 "$ID"
	[[ $(<"$(knob memory memory.limit_in_bytes memory.max)") == 33554432 ]]
	[[ $(<"$(knob pids pids.max pids.max)") == 50 ]]
	# memory and swap are limited together: the sum stays
	case $(knob memory memory.memsw.limit_in_bytes memory.swap.max) in
	*memsw*) [[ $(<"$(knob memory memory.memsw.limit_in_bytes -)") == 134217728 ]] ;;
	*) [[ $(<"$(knob memory - memory.swap.max)") == 100663296 ]] ;;
	esac
	jq -e '.linux.resources.memory.limit == 33554432 and .linux.resources.pids.limit == 50 and
		.linux.resources.memory.swap == 134217728' "$ROOT/$ID/config.json"
}

@test "memory and swap go up and down in any combination" {
	local limit swap

	has_controller memory memory || skip "no memory controller"
	config '.linux.resources.memory = {limit: 67108864, swap: 67108864}'
	start_guest pause
	while read -r limit swap; do
		must kavel update --memory "$limit" --memory-swap "$swap" "$ID"
		[[ $(<"$(knob memory memory.limit_in_bytes memory.max)") == $((limit * 1)) ]]
	done <<-'EOT'
		268435456 268435456
		33554432 33554432
		33554432 268435456
		268435456 536870912
		67108864 67108864
	EOT
	must kavel update --memory -1 "$ID"
	[[ $(<"$(knob memory memory.limit_in_bytes memory.max)") =~ ^(max|9223372036854771712)$ ]]
}

@test "a limit of a controller that the container had no group of is set, with all its processes in the group" {
	has_controller memory memory || skip "no memory controller"
	start_guest fork=3 pause
	must kavel update --memory 64M "$ID"
	[[ $(<"$(knob memory memory.limit_in_bytes memory.max)") == 67108864 ]]
	[[ $(wc -l <"$(knob memory cgroup.procs cgroup.procs)") == 4 ]]
	must kavel exec "$ID" /bin/sh -c 'cat /proc/self/cgroup'
	must kavel delete --force "$ID"
	cleanup
	assert_clean
}

@test "when the kernel refuses one value none is changed" {
	local before

	has_controller memory memory && has_controller cpuset cpuset && has_controller pids pids || skip "controllers missing"
	config '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 100}, cpu: {cpus: "0"}}'
	start_guest pause
	before=$(<"$ROOT/$ID/config.json")
	try kavel update --memory 32m --pids-limit 50 --cpuset-cpus 4000 "$ID"
	assert_refused "update $ID" linux.resources.cpu.cpus 4000 cpuset.cpus
	[[ $(<"$(knob memory memory.limit_in_bytes memory.max)") == 67108864 ]]
	[[ $(<"$(knob pids pids.max pids.max)") == 100 ]]
	[[ $(<"$(knob cpuset cpuset.cpus cpuset.cpus)") == 0 ]]
	[[ $(<"$ROOT/$ID/config.json") == "$before" ]]
	[[ ! -e $ROOT/$ID/config.json.new ]]
}

@test "resources come from a file or the standard input, options come before them" {
	has_controller pids pids && has_controller cpu cpu || skip "controllers missing"
	config '.linux.resources.pids = {limit: 100}'
	start_guest pause
	echo '{"pids": {"limit": 30}, "cpu": {"shares": 2048}}' >"$BATS_TEST_TMPDIR/resources"
	must kavel update --resources "$BATS_TEST_TMPDIR/resources" "$ID"
	[[ $(<"$(knob pids pids.max pids.max)") == 30 ]]
	STDIN=$BATS_TEST_TMPDIR/resources must kavel update -r - --pids-limit -1 "$ID"
	[[ $(<"$(knob pids pids.max pids.max)") == max ]]
	echo '{"pids": {"limit": "many"}}' >"$BATS_TEST_TMPDIR/resources"
	STDIN=$BATS_TEST_TMPDIR/resources try kavel update --resources - "$ID"
	assert_refused linux.resources.pids.limit integer
	echo '[1]' >"$BATS_TEST_TMPDIR/resources"
	try kavel update --resources "$BATS_TEST_TMPDIR/resources" "$ID"
	assert_refused "$BATS_TEST_TMPDIR/resources" object
	try kavel update --resources "$BATS_TEST_TMPDIR/nosuch" "$ID"
	assert_refused nosuch "No such file"
}

@test "a CPU period is kept beside its quota, and a burst within it" {
	has_controller cpu cpu || skip "no cpu controller"
	config '.linux.resources.cpu = {quota: 50000, period: 100000}'
	start_guest pause
	must kavel update --cpu-period 50000 "$ID"
	if [[ -d /sys/fs/cgroup/cpu ]]; then
		[[ $(<"$(knob cpu cpu.cfs_quota_us -)") == 50000 && $(<"$(knob cpu cpu.cfs_period_us -)") == 50000 ]]
	else
		[[ $(<"$(knob cpu - cpu.max)") == "50000 50000" ]]
	fi
	must kavel update --cpu-quota 20000 --cpu-burst 20000 "$ID"
	must kavel update --cpu-quota 10000 --cpu-burst 5000 "$ID"
	must kavel update --cpu-quota 80000 --cpu-burst 60000 "$ID"
	[[ $(<"$(knob cpu cpu.cfs_burst_us cpu.max.burst)") == 60000 ]]
	must kavel update --cpu-idle 1 "$ID"
	must kavel update --cpu-idle 0 --cpu-share 512 "$ID"
	[[ $(<"$(knob cpu cpu.idle cpu.idle)") == 0 ]]
}

@test "members of the resources that have no meaning are told, and ignored" {
	has_controller memory memory || skip "no memory controller"
	config '.linux.resources.memory = {limit: 67108864}'
	start_guest pause
	jq -n '{foo: 1, memory: {limit: 70000640, limt: 5}, devices: [{allow: true, access: "rwm", typ: "c"}], "a\nb": 2}' \
		>"$BATS_TEST_TMPDIR/resources"
	STDIN=$BATS_TEST_TMPDIR/resources must kavel update --resources - "$ID"
	assert_error_has "warning: linux.resources.foo is ignored"
	assert_error_has "warning: linux.resources.memory.limt is ignored"
	assert_error_has "warning: linux.resources.devices[0].typ is ignored"
	[[ $(wc -l <<<"$error") == 4 ]] || fail "not one line for each"
	[[ $(<"$(knob memory memory.limit_in_bytes memory.max)") == 70000640 ]]
}

@test "an idle group takes no weight, and the message says so" {
	local file

	has_controller cpu cpu || skip "no cpu controller"
	config '.linux.resources.cpu = {shares: 512, idle: 1}'
	create_guest pause
	assert_success
	assert_error_has "linux.resources.cpu.shares: has no effect with cpu.idle 1"
	file=$(knob cpu cpu.idle cpu.idle)
	[[ -e $file ]] || skip "this kernel has no idle groups"
	[[ $(<"$file") == 1 ]]
	try kavel update --cpu-share 300 "$ID"
	assert_refused linux.resources.cpu.shares "cpu.idle 1 has no weight"
	must kavel update --cpu-share 300 --cpu-idle 0 "$ID"
	[[ $(<"$file") == 0 ]]
}

@test "a limit of memory below what is in use: v1 refuses it, v2 takes it and kills" {
	has_controller memory memory || skip "no memory controller"
	config '.linux.resources.memory = {limit: 134217728, swap: 134217728}'
	start_guest memory=32 pause
	eventually uses_memory
	try kavel update --memory 4m --memory-swap 4m "$ID"
	if [[ -d /sys/fs/cgroup/memory ]]; then
		assert_refused linux.resources.memory.limit "more than that is in use"
		[[ $(<"$(knob memory memory.limit_in_bytes memory.max)") == 134217728 ]]
		status_is running
	else
		assert_success
		eventually status_is stopped
	fi
}

@test "checkBeforeUpdate refuses a limit below what is in use" {
	has_controller memory memory || skip "no memory controller"
	config '.linux.resources.memory = {limit: 134217728, checkBeforeUpdate: true}'
	start_guest memory=32 pause
	eventually uses_memory
	try kavel update --memory 1m "$ID"
	assert_refused linux.resources.memory.limit "in use"
	[[ $(<"$(knob memory memory.limit_in_bytes memory.max)") == 134217728 ]]
	status_is running
}

@test "device rules are replaced while the guest runs" {
	config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rw"}]
		| .linux.devices = [{type: "c", path: "/dev/fuse", major: 10, minor: 229, fileMode: 438}]'
	start_guest pause
	must kavel exec "$ID" /bin/dd if=/dev/fuse of=/dev/null count=0
	echo '{"devices": [{"allow": false, "access": "rwm"}]}' >"$BATS_TEST_TMPDIR/resources"
	must kavel update --resources "$BATS_TEST_TMPDIR/resources" "$ID"
	try kavel exec "$ID" /bin/dd if=/dev/fuse of=/dev/null count=0
	((status != 0)) || fail "the device can still be opened"
	must kavel exec "$ID" /bin/dd if=/dev/zero of=/dev/null bs=1 count=1
	echo '{"devices": [{"allow": true, "access": "rwm"}]}' >"$BATS_TEST_TMPDIR/resources"
	must kavel update --resources "$BATS_TEST_TMPDIR/resources" "$ID"
	must kavel exec "$ID" /bin/dd if=/dev/fuse of=/dev/null count=0
}

@test "update is refused for what does not run, has no group or lost it, and without a value" {
	try kavel update --pids-limit 5 nosuch
	assert_refused 'container "nosuch" does not exist'
	start_guest pause
	try kavel update "$ID"
	assert_refused "nothing to change"
	try kavel update --memory 12q "$ID"
	assert_refused --memory 12q
	try kavel update --memory -5 "$ID"
	assert_refused --memory -5
	try kavel update --pids-limit x "$ID"
	assert_refused --pids-limit
	try kavel update --cpu-share -3 "$ID"
	assert_refused linux.resources.cpu.shares
	must kavel update --kernel-memory 5m "$ID"
	assert_error_has ignored
	must kavel kill "$ID" KILL
	eventually status_is stopped
	try kavel update --pids-limit 5 "$ID"
	assert_refused "cannot update $ID: container not running"
	must kavel delete "$ID"
	must kavel --cgroup-manager disabled run --detach --bundle "$BUNDLE" "$ID"
	try kavel update --pids-limit 5 "$ID"
	assert_refused "cannot update $ID" "no cgroup"
}

@test "a group that was removed behind our back is an error that says so" {
	local group

	has_controller pids pids || skip "no pids controller"
	config '.linux.resources.pids = {limit: 100}'
	start_guest pause
	group=$(knob pids pids.max pids.max)
	group=${group%/*}
	mkdir "${group%/parent/guest}/elsewhere"
	guest_pid >"${group%/parent/guest}/elsewhere/cgroup.procs"
	rmdir "$group"
	try kavel update --pids-limit 5 "$ID"
	assert_refused gone
	must kavel delete --force "$ID"
	eventually rmdir "${group%/parent/guest}/elsewhere"
	[[ -z $(find /sys/fs/cgroup -name parent) ]] || fail "left: $(find /sys/fs/cgroup -name parent)"
}
