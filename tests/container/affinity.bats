load ../run/helpers

# exec's process may run on these processors alone
allowed() {
	execute_in read=/proc/self/status
	assert_success
	assert_line "$(printf 'Cpus_allowed_list:\t%s' "$1")"
}

execute_in() {
	try kavel exec "$ID" /guest "$@"
}

@test "exec runs on the processors of execCPUAffinity, and the guest's first process on all" {
	((($(nproc)) > 1)) || skip "one processor"
	config '.process.execCPUAffinity = { initial: "0", final: "1" }'
	start_guest pause
	allowed 1
	[[ $(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$(guest_pid)/status") == *[,-]* ]]
}

@test "exec keeps the processors of execCPUAffinity.initial without a final list" {
	((($(nproc)) > 1)) || skip "one processor"
	config '.process.execCPUAffinity = { initial: "1" }'
	start_guest pause
	allowed 1
}

@test "exec refuses processors that are not there" {
	config '.process.execCPUAffinity = { final: "8000" }'
	start_guest pause
	execute_in exit=0
	assert_error_has process.execCPUAffinity.final
}
