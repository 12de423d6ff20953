load ../run/helpers

prepare() {
	config '.linux.cgroupsPath = "/parent/guest"'
}

cleanup() {
	find /sys/fs/cgroup -depth -type d -path '*/parent*' -exec rmdir {} + 2>/dev/null || :
}

has_controller() { # V1-NAME V2-NAME
	[[ -d /sys/fs/cgroup/$1 ]] || grep -qw "$2" /sys/fs/cgroup/cgroup.controllers 2>/dev/null
}

metrics() { # into $output
	try kavel stats --format openmetrics
	assert_success
	"$TREE/tests/run/openmetrics" <<<"$output" >"$BATS_TEST_TMPDIR/samples" || fail "not OpenMetrics"
	output=$(<"$BATS_TEST_TMPDIR/samples")
}

@test "stats tell CPU time, memory, processes and limits, and nothing that the host cannot tell" {
	has_controller memory memory && config '.linux.resources.memory = {limit: 67108864}'
	has_controller pids pids && config '.linux.resources.pids = {limit: 50}'
	start_guest fork=2 pause
	must kavel stats --format json
	jq -e 'length == 1 and .[0].id == "guest" and .[0].pid > 0 and .[0].stats.cpu.usage.total > 0' <<<"$output"
	if has_controller memory memory; then
		jq -e '.[0].stats.memory.usage | .limit == 67108864 and .usage > 0 and .max >= .usage' <<<"$output"
	else
		jq -e '.[0].stats.memory | has("usage") | not' <<<"$output"
	fi
	if has_controller pids pids; then
		jq -e '.[0].stats.pids == {current: 3, limit: 50}' <<<"$output"
	else
		jq -e '.[0].stats | has("pids") | not' <<<"$output"
	fi
	jq -e '.[0].stats.cpu.psi.some | has("avg10") and has("total")' <<<"$output"
	jq -e '.[0].stats.network_interfaces == []' <<<"$output"
}

@test "the table has a line for each container that runs, and a dash for what is not known" {
	mkdir -m 0700 "$ROOT"
	must kavel stats
	assert_matches '^ID +CPU % +MEMORY'
	start_guest pause
	jq 'del(.linux.cgroupsPath)' "$BUNDLE/config.json" >"$BUNDLE/other.json"
	must kavel create --bundle "$BUNDLE" --config other.json other
	must kavel stats
	assert_matches '^guest +[0-9.]+ '
	assert_matches '^other +[0-9.]+ '
	must kavel stats other
	[[ $(wc -l <<<"$output") == 2 ]]
	if ! has_controller memory memory; then
		assert_matches '^other +[0-9.]+ +- +- +- +- '
	fi
	must kavel kill other KILL
	eventually status_is stopped other
	must kavel stats
	[[ $output != *other* ]]
	try kavel stats other
	assert_refused "container not running"
	try kavel stats nosuch
	assert_refused 'container "nosuch" does not exist'
}

@test "OpenMetrics are valid, whatever names a guest gives to its interfaces" {
	has_controller memory memory && config '.linux.resources.memory = {limit: 67108864}'
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)'
	mkdir -m 0700 "$ROOT"
	metrics
	[[ ! $output ]]
	ip link add 'a"b\c' type dummy 2>/dev/null || ip link add 'a"b\c' type veth peer name x
	start_guest pause
	metrics
	assert_matches '^kavel_cpu_usage_seconds_total\{id="guest"\} [0-9]+\.[0-9]{9}$'
	assert_matches '^kavel_pressure_waiting_seconds_total\{id="guest",resource="memory"\}'
	assert_output_has 'kavel_network_receive_bytes_total{id="guest",interface="a\"b\\c"} 0'
	if has_controller memory memory; then
		assert_line 'kavel_memory_limit_bytes{id="guest"} 67108864'
	else
		refute_output_has kavel_memory_limit
	fi
	ip link del 'a"b\c'
}

@test "events --stats prints one line in runc's form" {
	has_controller memory memory && config '.linux.resources.memory = {limit: 67108864}'
	start_guest pause
	must kavel events --stats "$ID"
	[[ $(wc -l <<<"$output") == 1 ]]
	jq -e '.type == "stats" and .id == "guest" and (.data | keys) == ["blkio", "cpu", "cpuset", "hugetlb", "intel_rdt", "memory",
		"network_interfaces", "pids"]' <<<"$output"
	jq -e '.data.cpu | (.usage | has("kernel") and has("user") and has("total")) and has("throttling") and has("psi")' <<<"$output"
	jq -e '.data.memory | has("usage") and has("swap") and has("kernel") and has("kernelTCP")' <<<"$output"
	jq -e '.data.cpuset | has("cpu_exclusive") and has("sched_relax_domain_level")' <<<"$output"
	if has_controller memory memory; then
		jq -e '.data.memory | .usage.limit == 67108864 and (.raw | length) > 10' <<<"$output"
	fi
}

# Take the group by which the container is tracked away, with or without processes in it.
remove_group() {
	local v2=/sys/fs/cgroup

	[[ $(stat -f -c %T "$v2") == cgroup2fs ]] || v2=/sys/fs/cgroup/unified
	[[ -d $v2/parent/guest ]] || skip "no cgroup v2"
	mkdir -p "$v2/elsewhere"
	guest_pid >"$v2/elsewhere/cgroup.procs" 2>/dev/null || :
	rmdir "$v2/parent/guest" "$v2/parent"
	echo "$v2/elsewhere"
}

@test "of a group that was removed behind our back the reason is told, and delete leaves nothing" {
	local elsewhere

	start_guest pause
	elsewhere=$(remove_group)
	try kavel events --stats "$ID"
	assert_refused "its cgroup was removed"
	[[ ! $output ]]
	LIMIT=5 try kavel events --interval 10ms "$ID"
	assert_refused "its cgroup was removed"
	must kavel stats --format json
	jq -e '.[0].cgroup == "removed" and (.[0].stats | has("pids") | not)' <<<"$output"
	must kavel stats
	assert_matches "^$ID +- +- +- +- "
	must kavel delete --force "$ID"
	eventually rmdir "$elsewhere"
	assert_clean
	# the same of one that has ended: the directories above are taken away as well
	config '.linux.cgroupsPath = "/parent/parent2/guest"'
	start_guest pause
	must kavel kill "$ID" KILL
	eventually status_is stopped
	find /sys/fs/cgroup -depth -path '*/parent2/guest' -type d -exec rmdir {} +
	must kavel delete "$ID"
	[[ -z $(find /sys/fs/cgroup -name parent) ]] || fail "left: $(find /sys/fs/cgroup -name parent)"
	assert_clean
}

@test "without any group stats say so" {
	guest_does pause
	must kavel --cgroup-manager disabled run --detach --bundle "$BUNDLE" "$ID"
	must kavel stats --format json
	jq -e '.[0].cgroup == "none"' <<<"$output"
}

@test "stats of so many containers that their reading is shared out" {
	local i

	config 'del(.linux.cgroupsPath) | .linux.namespaces -= [{type: "network"}]'
	guest_does pause
	for ((i = 100; i < 220; i++)); do
		must kavel create --bundle "$BUNDLE" "guest$i"
	done
	must kavel stats --format json
	jq -e '[.[].id] == [range(100; 220) | "guest\(.)"] and all(.[]; .stats.cpu.usage.total >= 0)' <<<"$output"
	try kavel stats guest100 nosuch
	assert_refused 'container "nosuch" does not exist'
}

@test "events go on until the container ends" {
	local lines=$BATS_TEST_TMPDIR/lines

	start_guest pause
	kavel events --interval 100ms "$ID" >"$lines" 3>&- &
	eventually has_lines "$lines" 3
	must kavel kill "$ID" KILL
	wait $!
	jq -se 'all(.type == "stats")' "$lines"
	try kavel events "$ID"
	assert_refused "container not running"
	try kavel events --interval 0s "$ID"
	assert_refused --interval
	try kavel events --interval 5 "$ID"
	assert_refused --interval
}

has_lines() { # FILE COUNT
	(($(wc -l <"$1") >= $2))
}

@test "events tell that the kernel killed for memory" {
	local lines=$BATS_TEST_TMPDIR/lines

	has_controller memory memory || skip "no memory controller"
	config '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	start_guest pause
	kavel events --interval 1h "$ID" >"$lines" 3>&- &
	sleep 0.3
	try kavel exec "$ID" /guest memory=64
	assert_status 137
	eventually grep -q oom "$lines"
	must kavel kill "$ID" KILL
	wait $!
	jq -se 'length == 1 and .[0] == {type: "oom", id: "guest"}' "$lines"
}

@test "events tell it also when the container itself is what was killed" {
	local lines=$BATS_TEST_TMPDIR/lines

	has_controller memory memory || skip "no memory controller"
	config '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	guest_does memory=64
	must kavel create --bundle "$BUNDLE" "$ID"
	kavel events --interval 1h "$ID" >"$lines" 3>&- &
	sleep 0.3
	must kavel start "$ID"
	wait $!
	jq -se 'length >= 1 and .[0] == {type: "oom", id: "guest"}' "$lines"
}

@test "top sorts by the column of a key, resizes, and gives the terminal back" {
	start_guest pause
	jq 'del(.linux.cgroupsPath)' "$BUNDLE/config.json" >"$BUNDLE/other.json"
	must kavel create --bundle "$BUNDLE" --config other.json another
	must "$TREE/tests/run/screen" 120x10 'wait:guest wait:CPU.%\* show key:a wait:ID\* show key:q end' "$KAVEL" --root "$ROOT" top
	assert_matches '^2 containers, by CPU %; '
	assert_matches '^another '
	assert_line "status 0"
	refute_output_has "not given back"
	must "$TREE/tests/run/screen" 120x10 'wait:guest key:m wait:MEMORY\* resize:30x4 wait:by.MEMORY key:h wait:Sort key:h key:q end' \
		"$KAVEL" --root "$ROOT" top
	assert_line "status 0"
}

@test "top and stats give the terminal back when a signal or Ctrl-C ends them" {
	local how

	start_guest pause
	for how in 'signal:SIGTERM' 'key:\x03' 'signal:SIGHUP'; do
		must "$TREE/tests/run/screen" 80x24 "wait:guest $how end" "$KAVEL" --root "$ROOT" top
		assert_line "status 0"
		refute_output_has "not given back"
	done
	must "$TREE/tests/run/screen" 80x24 'wait:guest.+[0-9] key:q end' "$KAVEL" --root "$ROOT" stats
	assert_line "status 0"
	refute_output_has "not given back"
}

@test "no line of the screen is wider than the terminal" {
	start_guest pause
	must "$TREE/tests/run/screen" 40x6 'wait:guest show key:q end' "$KAVEL" --root "$ROOT" top
	! grep -E '^.{41}' <<<"$output"
}

@test "top needs a terminal" {
	try kavel top
	assert_refused terminal
}
