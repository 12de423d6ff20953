load ../run/helpers

# The systemd manager, in a machine where systemd is PID 1.

SLICES=/sys/fs/cgroup/system.slice

# The name for an ID below a state directory that is not the default one: with FNV-1a's lower half.
unit_of() { # ID ROOT
	local hash=$((0xcbf29ce484222325)) i

	for ((i = 0; i < ${#2}; i++)); do
		hash=$(((hash ^ $(printf %d "'${2:i:1}")) * 0x100000001b3))
	done
	printf 'kavel-%s:%08x.scope' "$1" $((hash & 0xffffffff))
}

prepare() {
	needs systemd
	UNIT=$(unit_of "$ID" "$ROOT")
	GROUP=$SLICES/$UNIT/container
	KAVEL_SYSTEMD=$KAVEL
	printf '#!/bin/sh\nexec %q --systemd-cgroup "$@"\n' "$KAVEL_SYSTEMD" >"$BATS_TEST_TMPDIR/kavel"
	chmod +x "$BATS_TEST_TMPDIR/kavel"
	KAVEL=$BATS_TEST_TMPDIR/kavel
}

# What systemd says of a property of the unit.
property() { # NAME [UNIT]
	systemctl show --property "$1" --value "${2:-$UNIT}"
}

assert_property() { # NAME VALUE [UNIT]
	local value

	value=$(property "$1" "${3:-$UNIT}")
	[[ $value == "$2" ]] || fail "$1 is \"$value\", not \"$2\""
}

assert_file() { # NAME TEXT
	[[ $(<"$GROUP/$1") == "$2" ]] || fail "$1 is \"$(<"$GROUP/$1")\", not \"$2\""
}

assert_no_unit() { # [UNIT]
	assert_property LoadState not-found "${1:-$UNIT}"
	[[ ! -e $SLICES/${1:-$UNIT} ]]
}

@test "systemd: the guest runs in a scope, and delete leaves none" {
	start_guest pause
	[[ $(<"/proc/$(guest_pid)/cgroup") == "0::/system.slice/$UNIT/container" ]]
	assert_property ActiveState active
	assert_property Delegate yes
	[[ $(<"$GROUP/cgroup.controllers") == *memory*pids* ]]
	assert_property Slice system.slice
	assert_property Description "kavel container $ID"
	must kavel delete --force "$ID"
	assert_no_unit
	assert_clean
}

@test "systemd: run leaves no unit, and the same ID can be used at once again" {
	local i

	for i in 1 2 3 4 5; do
		run_guest say=$i
		assert_success
		assert_output_is "$i"
	done
	assert_no_unit
}

@test "systemd: limits are properties of the unit and values in the files" {
	config '.linux.resources += {memory: {limit: 67108864, reservation: 33554432, swap: 100663296}, pids: {limit: 20},
		cpu: {shares: 512, quota: 50000, period: 200000, cpus: "0", mems: "0"},
		unified: {"memory.high": "60000000"}}'
	start_guest pause
	assert_property MemoryMax 67108864
	assert_property MemoryLow 33554432
	assert_property MemorySwapMax 33554432
	assert_property MemoryHigh 60000000
	assert_property TasksMax 20
	assert_property CPUWeight 59
	assert_property CPUQuotaPerSecUSec 250ms
	assert_property CPUQuotaPeriodUSec 200ms
	assert_property AllowedCPUs 0
	assert_property AllowedMemoryNodes 0
	assert_file memory.max 67108864
	assert_file memory.low 33554432
	assert_file memory.high 59998208
	assert_file pids.max 20
	assert_file cpu.weight 59
	assert_file cpu.max "50000 200000"
	assert_file cpuset.cpus 0
	[[ $(<"$GROUP/../memory.max") == 67108864 ]]
}

@test "systemd: what is no property stands in the files" {
	config '.linux.resources += {hugepageLimits: [{pageSize: "2MB", limit: 4194304}], cpu: {burst: 1000, quota: 20000}}'
	start_guest pause
	assert_file hugetlb.2MB.max 4194304
	assert_file cpu.max.burst 1000
}

@test "systemd: update changes files and properties" {
	config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 20}}'
	start_guest pause
	must kavel update --memory 134217728 --pids-limit 30 "$ID"
	assert_property MemoryMax 134217728
	assert_property TasksMax 30
	assert_file memory.max 134217728
	assert_file pids.max 30
}

@test "systemd: the parts of the path name slice and unit" {
	config '.linux.cgroupsPath = "a-b.slice:pre:na+me"'
	start_guest pause
	[[ $(<"/proc/$(guest_pid)/cgroup") == "0::/a.slice/a-b.slice/pre-na\\x2bme.scope/container" ]]
	assert_property Slice a-b.slice 'pre-na\x2bme.scope'
	must kavel delete --force "$ID"
	assert_no_unit 'pre-na\x2bme.scope'
	systemctl stop a-b.slice a.slice
}

@test "systemd: other forms of the path are refused by name" {
	local path

	for path in /a/b a a.slice:b a:b:c a.slice:b:; do
		config --arg path "$path" '.linux.cgroupsPath = $path'
		run_guest
		assert_refused linux.cgroupsPath
		assert_clean
	done
}

@test "systemd: annotations set properties, and wrong ones are refused" {
	config '.annotations = {"org.systemd.property.TimeoutStopSec": "7", "org.systemd.property.SendSIGHUP": "true",
		"org.systemd.property.After": "[\"basic.target\"]"}'
	start_guest pause
	assert_property TimeoutStopUSec 7s
	assert_property SendSIGHUP yes
	[[ $(property After) == *basic.target* ]]
	must kavel delete --force "$ID"
	config '.annotations = {"org.systemd.property.TimeoutStopSec": "soon"}'
	run_guest
	assert_refused 'annotations["org.systemd.property.TimeoutStopSec"]'
	config '.annotations = {"org.systemd.property.NoSuchThing": "true"}'
	run_guest
	assert_refused NoSuchThing "$UNIT"
	assert_no_unit
	assert_clean
}

@test "systemd: the group below the scope's has the name that is asked for, or is the scope's own" {
	config '.annotations = {"run.oci.systemd.subgroup": "inner"} | .linux.resources += {memory: {limit: 67108864}}'
	start_guest pause
	[[ $(<"/proc/$(guest_pid)/cgroup") == "0::/system.slice/$UNIT/inner" ]]
	must kavel delete --force "$ID"
	config '.annotations = {"run.oci.systemd.subgroup": ""}'
	start_guest fork=2 pause
	[[ $(<"/proc/$(guest_pid)/cgroup") == "0::/system.slice/$UNIT" ]]
	[[ $(<"$SLICES/$UNIT/memory.max") == 67108864 ]]
	must kavel exec "$ID" /guest say=hi
	must kavel delete --force "$ID"
	assert_no_unit
}

@test "systemd: the same ID below two state directories is two units" {
	local other=$BATS_TEST_TMPDIR/other unit

	guest_does pause
	unit=$(unit_of "$ID" "$other")
	config '.linux.resources += {pids: {limit: 20}}'
	start_guest
	config '.linux.resources += {pids: {limit: 30}}'
	must "$KAVEL" --root "$other" run --detach --bundle "$BUNDLE" "$ID"
	assert_property TasksMax 20
	assert_property TasksMax 30 "$unit"
	must "$KAVEL" --root "$other" delete --force "$ID"
	assert_no_unit "$unit"
	assert_property ActiveState active
	status_is running
	must "$KAVEL_SYSTEMD" --systemd-cgroup run --detach --bundle "$BUNDLE" "$ID"
	assert_property TasksMax 30 "kavel-$ID.scope"
	must "$KAVEL_SYSTEMD" --systemd-cgroup delete --force "$ID"
	assert_no_unit "kavel-$ID.scope"
}

@test "systemd: a memory limit that is too low for a group is an error that says so, and how much is needed" {
	local kib

	for kib in 16 64 128 256; do
		config --argjson limit $((kib * 1024)) '.linux.resources.memory = {limit: $limit}'
		create_guest
		((status)) || break
		assert_refused KiB
		# killed in its set-up, it may be gone with its group before that can be asked
		[[ $error == *"out of memory: linux.resources.memory.limit is $((kib * 1024)) bytes"* ||
			$error == *"systemd has removed the cgroup"* ]] || fail "it should say why"
		assert_no_unit
		assert_clean
	done
	((kib > 16)) || fail "16 KiB were enough"
	kavel delete --force "$ID" 2>/dev/null || :
	config '.linux.resources.memory = {limit: 1048576} | .process.args = ["/bin/true"]'
	run_guest
	assert_success
}

@test "systemd: a group below the container's is the guest's to manage" {
	config '.annotations = {"run.oci.delegate-cgroup": "payload"}'
	guest_shell 'cat /proc/self/cgroup'
	run_guest
	assert_success
	assert_line "0::/payload"
	start_guest pause
	[[ $(<"/proc/$(guest_pid)/cgroup") == "0::/system.slice/$UNIT/container/payload" ]]
	must kavel exec "$ID" /bin/true
	must kavel delete --force "$ID"
	assert_no_unit
}

@test "systemd: device rules hold, also after daemon-reload" {
	local round

	add_capabilities CAP_MKNOD
	config '.process.noNewPrivileges = false | .linux.resources.devices += [
		{allow: true, type: "c", major: 10, minor: 229, access: "rw"}] |
		.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438}]'
	start_guest pause
	[[ $(property DevicePolicy) == strict ]]
	for round in 1 2; do
		must kavel exec "$ID" /guest "mknod=/dev/mem$round:1:1" "open=/dev/mem$round" open=/dev/null open=/dev/fuse
		assert_line "open=/dev/mem$round: EPERM"
		assert_line "open=/dev/null: ok"
		refute_line "open=/dev/fuse: EPERM"
		systemctl daemon-reload
	done
}

@test "systemd: limits hold after daemon-reload" {
	config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 20}, cpu: {shares: 512}}'
	start_guest pause
	systemctl daemon-reload
	assert_file memory.max 67108864
	assert_file pids.max 20
	assert_file cpu.weight 59
	[[ $(<"$GROUP/../pids.max") == 20 ]]
	must kavel exec "$ID" /guest say=hi
}

@test "systemd: a create that fails leaves no unit" {
	config '.mounts += [{destination: "/x", type: "bind", source: "/no/such", options: ["bind"]}]'
	create_guest
	assert_refused
	assert_no_unit
	config 'del(.mounts[-1]) | .linux.resources.unified = {"memory.high": "much"}'
	create_guest
	assert_refused memory.high
	assert_no_unit
	assert_clean
}

@test "systemd: of a create that was killed, delete leaves no unit" {
	local delay

	for delay in 0.02 0.05 0.1 0.15 0.2 0.3 0.4 0.5; do
		timeout --signal KILL "$delay" "$KAVEL_SYSTEMD" --root "$ROOT" --systemd-cgroup create --bundle "$BUNDLE" "$ID" \
			>/dev/null 2>&1 3>&- && result=made || result=killed
		must kavel delete --force "$ID"
		eventually assert_no_unit
	done
	assert_clean
}

@test "systemd: a unit of that name is not touched" {
	systemd-run --quiet --scope --unit "$UNIT" sleep 100 3>&- &
	eventually systemctl is-active "$UNIT"
	create_guest
	assert_refused "$UNIT" already
	assert_property ActiveState active
	systemctl stop "$UNIT"
	wait
}

@test "systemd: a unit that failed before is no hindrance" {
	config '.linux.resources += {memory: {limit: 16777216, swap: 16777216}}'
	run_guest memory=64
	assert_status 137
	run_guest say=alive
	assert_success
	assert_no_unit
}

@test "systemd: stopping the scope ends the container" {
	config '.annotations = {"org.systemd.property.TimeoutStopSec": "1"}'
	start_guest fork=2 pause
	systemctl stop "$UNIT"
	status_is stopped
	must kavel delete "$ID"
	assert_no_unit
	assert_clean
}

@test "systemd: pause, resume and kill go by the group" {
	start_guest fork=2 pause
	must kavel pause "$ID"
	status_is paused
	must kavel resume "$ID"
	must kavel kill --all "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	assert_no_unit
}

@test "systemd: through the message bus it works as well" {
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket
	run_guest say=alive
	assert_success
	start_guest pause
	must kavel delete --force "$ID"
	assert_no_unit
}

@test "systemd: crun and runc make a unit with the same limits" {
	local runtime name

	config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 20},
		cpu: {shares: 512, quota: 50000, period: 200000, cpus: "0"}} | .linux.cgroupsPath = "system.slice:test:x"'
	guest_does pause
	for runtime in "$KAVEL_SYSTEMD" crun runc; do
		must "$runtime" --root "$BATS_TEST_TMPDIR/peers" --systemd-cgroup run --detach --bundle "$BUNDLE" x
		for name in MemoryMax TasksMax CPUQuotaPerSecUSec CPUQuotaPeriodUSec AllowedCPUs Delegate; do
			printf '%s %s\n' "$name" "$(property "$name" test-x.scope)"
		done >"$BATS_TEST_TMPDIR/${runtime##*/}.properties"
		must "$runtime" --root "$BATS_TEST_TMPDIR/peers" --systemd-cgroup delete --force x
		eventually assert_property LoadState not-found test-x.scope
	done
	diff "$BATS_TEST_TMPDIR"/{kavel,runc}.properties
	diff "$BATS_TEST_TMPDIR"/{kavel,crun}.properties
}
