load ../run/helpers

# Is the policy allowed to this caller at all?  Natively root may lack CAP_SYS_NICE, and the kernel real-time groups.
may() { # CHRT-OPTION...
	command -v chrt >/dev/null || skip "chrt is missing"
	chrt "$@" true 2>/dev/null
}

@test "without properties the guest is scheduled as its caller" {
	run_guest scheduling personality
	assert_success
	assert_line "scheduler: OTHER"
	assert_line "nice: 0"
	assert_line "io: 0 0"
	assert_line "memory-policy: 0 0"
	assert_line "personality: 00000000"
}

# ---------------------------------------------------------------------------------------------- scheduler

@test "each policy without priorities, with its niceness" {
	local policy

	for policy in OTHER BATCH; do
		config --arg policy "SCHED_$policy" '.process.scheduler = {policy: $policy, nice: 7}'
		run_guest scheduling
		assert_success
		assert_line "scheduler: $policy"
		assert_line "nice: 7"
	done
	config '.process.scheduler = {policy: "SCHED_IDLE"}'
	run_guest scheduling
	assert_success
	assert_line "scheduler: IDLE"
}

@test "each real-time policy, with its priority" {
	local policy

	may --fifo 1 || skip "this host does not let root have a real-time policy"
	for policy in FIFO RR; do
		config --arg policy "SCHED_$policy" '.process.scheduler = {policy: $policy, priority: 3}'
		run_guest scheduling
		assert_success
		assert_line "scheduler: $policy"
		assert_line "priority: 3"
	done
}

@test "a real-time policy that the host forbids is refused with its reason" {
	! may --fifo 1 || skip "this host allows it"
	config '.process.scheduler = {policy: "SCHED_FIFO", priority: 3}'
	run_guest scheduling
	assert_refused process.scheduler SCHED_FIFO
	assert_clean
}

@test "a deadline policy has its runtime, deadline and period" {
	may --deadline --sched-runtime 1000000 --sched-deadline 5000000 --sched-period 10000000 0 ||
		skip "this host does not let root have a deadline"
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 5000000, period: 10000000}'
	run_guest scheduling
	assert_success
	assert_line "scheduler: DEADLINE"
	assert_line "runtime: 1000000"
	assert_line "deadline: 5000000"
	assert_line "period: 10000000"
	config '.process.scheduler.flags = ["SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"]'
	run_guest scheduling
	assert_success
	assert_line "scheduler-flags: 0x6"
}

@test "a policy that is not for children, by its flag" {
	may --fifo 1 || skip "this host does not let root have a real-time policy"
	config '.process.scheduler = {policy: "SCHED_FIFO", priority: 1, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	run_guest scheduling
	assert_success
	assert_line "scheduler: FIFO"
	assert_line "scheduler-flags: 0x1"
	config '.process.args = ["/bin/sh", "-c", "/guest scheduling; true"]'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "scheduler: OTHER"
	assert_line "scheduler-flags: 0"
}

@test "the flags that keep the policy or its parameters" {
	# of the runtime's own policy, which stays
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 5, flags: ["SCHED_FLAG_KEEP_POLICY"]}'
	run_guest scheduling
	assert_success
	assert_line "scheduler: OTHER"
	assert_line "nice: 5"
	# sched_setattr(2): together they are for changing nothing but the limits of utilisation
	config '.process.scheduler = {policy: "SCHED_OTHER", nice: 5, flags: ["SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS"]}'
	run_guest scheduling
	assert_success
	assert_line "scheduler: OTHER"
	assert_line "nice: 0"
}

@test "limits of utilisation reach the kernel, or are refused where it has none" {
	local flag

	for flag in MIN MAX; do
		config --arg flag "SCHED_FLAG_UTIL_CLAMP_$flag" '.process.scheduler = {policy: "SCHED_OTHER", flags: [$flag]}'
		run_guest scheduling
		((status == 0)) || assert_refused process.scheduler
		assert_clean
	done
}

@test "members that a policy does not have, or needs, are refused by their place" {
	local scheduler place

	while IFS='|' read -r scheduler place; do
		config ".process.scheduler = $scheduler"
		create_guest pause
		assert_refused "$place"
		assert_clean
	done <<-'EOT'
		{"policy":"SCHED_FIFO"}|process.scheduler.priority
		{"policy":"SCHED_FIFO","priority":100}|process.scheduler.priority
		{"policy":"SCHED_RR","priority":0}|process.scheduler.priority
		{"policy":"SCHED_OTHER","priority":1}|process.scheduler.priority
		{"policy":"SCHED_OTHER","nice":20}|process.scheduler.nice
		{"policy":"SCHED_BATCH","runtime":5}|process.scheduler
		{"policy":"SCHED_DEADLINE"}|process.scheduler.runtime
		{"policy":"SCHED_DEADLINE","runtime":5000}|process.scheduler.deadline
		{"policy":"SCHED_DEADLINE","runtime":9000,"deadline":5000}|process.scheduler.runtime
		{"policy":"SCHED_DEADLINE","runtime":5000,"deadline":9000,"period":8000}|process.scheduler.deadline
		{"policy":"SCHED_ISO"}|process.scheduler.policy
		{"policy":"SCHED_OTHER","flags":["SCHED_FLAG_NOSUCH"]}|process.scheduler.flags[0]
	EOT
}

@test "exec is scheduled as the container" {
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 3} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 5}'
	start_guest pause
	try kavel exec "$ID" /guest scheduling
	assert_success
	assert_line "scheduler: BATCH"
	assert_line "nice: 3"
	assert_line "io: 2 5"
}

# --------------------------------------------------------------------------------------------- ioPriority

@test "each class of I/O priority, with its level" {
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	run_guest scheduling
	assert_success
	assert_line "io: 2 6"
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 0}'
	run_guest scheduling
	assert_success
	assert_line "io: 2 0"
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
	run_guest scheduling
	assert_success
	assert_line "io: 3 0"
	config '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 3}'
	run_guest scheduling
	if ionice -c 1 true 2>/dev/null; then
		assert_success
		assert_line "io: 1 3"
	else
		assert_refused process.ioPriority IOPRIO_CLASS_RT
	fi
}

# -------------------------------------------------------------------------------------------- memoryPolicy

need_policies() {
	run_guest scheduling
	refute_output_has "memory-policy=: ENOSYS"
	[[ $output == *"memory-policy: 0"* ]] || skip "this kernel has no memory policies"
}

@test "each mode of memory policy, with its nodes" {
	local mode number

	need_policies
	while read -r mode number; do
		config --arg mode "$mode" '.linux.memoryPolicy = {mode: $mode, nodes: "0"}'
		run_guest scheduling
		# one mode is younger than the others
		if [[ $mode == MPOL_WEIGHTED_INTERLEAVE ]] && ((status)); then
			assert_refused linux.memoryPolicy
			continue
		fi
		assert_success
		assert_line "memory-policy: $number 0"
		assert_line "memory-nodes: 0x1"
	done <<-'EOT'
		MPOL_PREFERRED 1
		MPOL_BIND 2
		MPOL_INTERLEAVE 3
		MPOL_PREFERRED_MANY 5
		MPOL_WEIGHTED_INTERLEAVE 6
	EOT
	config '.linux.memoryPolicy = {mode: "MPOL_LOCAL"}'
	run_guest scheduling
	assert_success
	assert_matches '^memory-policy: [14] 0$' # 4 since Linux 5.14, the same as "preferred" without a node before
	config '.linux.memoryPolicy = {mode: "MPOL_DEFAULT"}'
	run_guest scheduling
	assert_success
	assert_line "memory-policy: 0 0"
}

@test "each flag of memory policy" {
	local flag number

	need_policies
	while read -r flag number; do
		config --arg flag "$flag" '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$flag]}'
		run_guest scheduling
		if [[ $flag == MPOL_F_NUMA_BALANCING ]] && ((status)); then
			assert_refused linux.memoryPolicy # a kernel without CONFIG_NUMA_BALANCING
			continue
		fi
		assert_success
		assert_line "memory-policy: 2 $number"
	done <<-'EOT'
		MPOL_F_STATIC_NODES 0x8000
		MPOL_F_RELATIVE_NODES 0x4000
		MPOL_F_NUMA_BALANCING 0x2000
	EOT
}

@test "memory policies that cannot be are refused by their place" {
	local policy place

	while IFS='|' read -r policy place; do
		config ".linux.memoryPolicy = $policy"
		create_guest pause
		assert_refused "$place"
		assert_clean
	done <<-'EOT'
		{"mode":"MPOL_BIND"}|linux.memoryPolicy.nodes
		{"mode":"MPOL_LOCAL","nodes":"0"}|linux.memoryPolicy.nodes
		{"mode":"MPOL_BIND","nodes":"x"}|linux.memoryPolicy.nodes
		{"mode":"MPOL_BIND","nodes":"1023"}|linux.memoryPolicy
		{"mode":"MPOL_NOSUCH"}|linux.memoryPolicy.mode
		{"mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_NOSUCH"]}|linux.memoryPolicy.flags[0]
	EOT
}

# --------------------------------------------------------------------------------------------- personality

@test "each personality, also of exec" {
	[[ $(uname -m) == x86_64 ]] || skip "written for x86-64"
	config '.linux.personality = {domain: "LINUX32"}'
	run_guest personality names
	assert_success
	assert_line "personality: 00000008"
	assert_line "machine: i686"
	start_guest pause
	try kavel exec "$ID" /guest personality
	assert_line "personality: 00000008"
	must kavel delete --force "$ID"
	config '.linux.personality = {domain: "LINUX"}'
	run_guest personality names
	assert_success
	assert_line "personality: 00000000"
	assert_line "machine: x86_64"
}

@test "an unknown personality, and any flag of one, is refused" {
	config '.linux.personality = {domain: "SOLARIS"}'
	create_guest pause
	assert_refused linux.personality.domain
	config '.linux.personality = {domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"]}'
	create_guest pause
	assert_refused "linux.personality.flags[0]"
	assert_clean
}
