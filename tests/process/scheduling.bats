load ../run/helpers

@test "without properties the guest is scheduled as its caller" {
	run_guest scheduling personality
	assert_success
	assert_line "scheduler: OTHER"
	assert_line "nice: 0"
	assert_line "personality: 00000000"
}

@test "the scheduler's policy and niceness" {
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}'
	run_guest scheduling
	assert_success
	assert_line "scheduler: BATCH"
	assert_line "nice: 7"
	config '.process.scheduler = {policy: "SCHED_IDLE"}'
	run_guest scheduling
	assert_success
	assert_line "scheduler: IDLE"
}

@test "a real-time policy works or is refused with its reason" {
	config '.process.scheduler = {policy: "SCHED_FIFO", priority: 3}'
	run_guest scheduling
	if ((status == 0)); then
		assert_line "scheduler: FIFO"
		assert_line "priority: 3"
	else
		assert_refused process.scheduler
	fi
	assert_clean
}

@test "the I/O priority's class and level" {
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	run_guest scheduling
	assert_success
	assert_line "io: 2 6"
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
	run_guest scheduling
	((status == 0)) || config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
	run_guest scheduling
	assert_success
	assert_line "io: 3 0"
}

@test "the memory policy" {
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
	run_guest scheduling
	((status == 0)) || { assert_refused linux.memoryPolicy; skip "no memory policies here: $error"; }
	assert_line "memory-policy: 2"
}

@test "a personality of 32 bits" {
	[[ $(uname -m) == x86_64 ]] || skip "written for x86-64"
	config '.linux.personality = {domain: "LINUX32"}'
	run_guest personality names
	assert_success
	assert_line "personality: 00000008"
	assert_line "machine: i686"
	config '.linux.personality = {domain: "LINUX"}'
	run_guest personality names
	assert_line "machine: x86_64"
}
