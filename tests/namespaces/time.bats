load ../run/helpers

# A clock of the cage in whole seconds: the host's.
clock() { # monotonic|boottime
	python3 -c 'import sys, time; print(int(time.clock_gettime(getattr(time, "CLOCK_" + sys.argv[1].upper()))))' "$1"
}

new_time() { # OFFSETS, as JSON
	config --argjson offsets "${1:-null}" \
		'.linux.namespaces += [{type: "time"}] | if $offsets then .linux.timeOffsets = $offsets else . end'
}

assert_clock() { # NAME OFFSET: of the guest's output
	local told want

	told=$(sed -n "s/^$1: \(-\?[0-9]*\).*/\1/p" <<<"$output")
	want=$(($(clock "$1") + $2))
	((told - want <= 1 && want - told <= 5)) || fail "$1 is $told, and not about $want"
}

@test "a new time namespace without offsets has the host's clocks" {
	new_time
	run_guest namespaces clocks
	assert_success
	refute_line "ns: $(readlink /proc/self/ns/time)"
	assert_clock monotonic 0
	assert_clock boottime 0
}

@test "the clocks are offset, forward and back" {
	new_time '{"monotonic": {"secs": 86400, "nanosecs": 5}, "boottime": {"secs": -1, "nanosecs": 0}}'
	run_guest namespaces clocks read=/proc/self/timens_offsets
	assert_success
	refute_line "ns: $(readlink /proc/self/ns/time)"
	assert_clock monotonic 86400
	assert_clock boottime -1
	assert_matches '^monotonic +86400 +5$'
	assert_matches '^boottime +-1 +0$'
}

@test "the first process is in it, not only its children; hooks of the runtime are not" {
	local told=$BATS_TEST_TMPDIR/told

	new_time '{"boottime": {"secs": 1000000}}'
	add_hook createRuntime "cut -d. -f1 /proc/uptime >$told"
	start_guest pause
	(($(cat "$told") < 1000000 + $(clock boottime) - 500000))
	[[ $(readlink "/proc/$(guest_pid)/ns/time") == "$(readlink "/proc/$(guest_pid)/ns/time_for_children")" ]]
	[[ $(readlink "/proc/$(guest_pid)/ns/time") != "$(readlink /proc/self/ns/time)" ]]
}

@test "offsets with a new user namespace, which owns the time namespace" {
	new_time '{"boottime": {"secs": 5000000}}'
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	run_guest clocks
	assert_success
	assert_clock boottime 5000000
}

@test "exec is in the time namespace" {
	new_time '{"boottime": {"secs": 3000000}}'
	start_guest pause
	try kavel exec "$ID" /guest clocks namespaces
	assert_success
	assert_clock boottime 3000000
	assert_line "ns: $(readlink "/proc/$(guest_pid)/ns/time")"
}

@test "a second guest joins the time namespace of the first" {
	new_time '{"boottime": {"secs": 7000000}}'
	start_guest pause
	config --arg path "/proc/$(guest_pid)/ns/time" 'del(.linux.timeOffsets) |
		.linux.namespaces |= map(if .type == "time" then .path = $path else . end)'
	guest_does clocks namespaces
	try kavel run --bundle "$BUNDLE" second
	assert_success
	assert_clock boottime 7000000
	assert_line "ns: $(readlink "/proc/$(guest_pid)/ns/time")"
}

@test "offsets that cannot be are refused" {
	new_time '{"monotonic": {"secs": -1000000000}}'
	run_guest
	assert_refused "linux.timeOffsets: set monotonic -1000000000 s 0 ns: " "a clock would be negative"
	config '.linux.timeOffsets = {boottime: {secs: 9000000000000000}}'
	run_guest
	assert_refused "linux.timeOffsets: set boottime 9000000000000000 s 0 ns: " "146 years"
	config '.linux.timeOffsets.monotonic.secs = 5'
	run_guest
	assert_refused "linux.timeOffsets: set monotonic 5 s 0 ns and boottime 9000000000000000 s 0 ns: "
	config '.linux.timeOffsets = {boottime: {nanosecs: 1000000000}}'
	run_guest
	assert_refused "linux.timeOffsets.boottime.nanosecs: 1000000000 is out of range"
	config '.linux.timeOffsets = {realtime: {secs: 1}}'
	run_guest
	assert_refused "linux.timeOffsets.realtime"
	config '.linux.timeOffsets = {boottime: {secs: 1}}'
	config '.linux.namespaces |= map(if .type == "time" then .path = "/proc/self/ns/time" else . end)'
	run_guest
	assert_refused "linux.timeOffsets: needs a new time namespace in linux.namespaces"
	without_namespace time
	run_guest
	assert_refused "linux.timeOffsets: needs a new time namespace in linux.namespaces"
	assert_clean
}
