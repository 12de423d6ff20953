load ../run/helpers

has_processes() { # COUNT
	[[ $(kavel ps --format json "$ID" | jq length) == "$1" ]]
}

@test "ps as JSON is the host's pids of all processes" {
	start_guest fork=2 pause
	eventually has_processes 3
	must kavel ps --format json "$ID"
	jq -e --argjson pid "$(guest_pid)" 'index($pid) != null and all(.[]; type == "number")' <<<"$output"
	[[ $(wc -l <<<"$output") == 1 ]]
}

@test "ps is ps -ef, filtered" {
	start_guest fork=2 pause
	eventually has_processes 3
	must kavel ps "$ID"
	assert_matches '^UID +PID +PPID +C +STIME +TTY +TIME +CMD'
	[[ $(wc -l <<<"$output") == 4 ]]
	assert_matches "^root +$(guest_pid) .*/guest"
}

@test "ps takes options of ps after the ID" {
	start_guest pause
	must kavel ps "$ID" -e -o pid,comm
	assert_matches "^ +PID +COMMAND"
	assert_matches "^ +$(guest_pid) +guest"
}

@test "ps of a created container shows its waiting process" {
	create_guest pause
	must kavel ps -f json "$ID"
	jq -e --argjson pid "$(guest_pid)" '. == [$pid]' <<<"$output"
}

@test "ps of a stopped container is empty" {
	start_guest exit=0
	eventually status_is stopped
	must kavel ps -f json "$ID"
	jq -e '. == null or . == []' <<<"$output"
}

@test "ps of an unknown container fails" {
	try kavel ps nothing
	assert_refused nothing
}
