load ../run/helpers

@test "limits are what the configuration says" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_NPROC", soft: 50, hard: 60}, {type: "RLIMIT_STACK", soft: 1000000, hard: 2000000},
		{type: "RLIMIT_MEMLOCK", soft: 4096, hard: 8192}]'
	run_guest rlimits
	assert_success
	assert_line "RLIMIT_NOFILE: 100 200"
	assert_line "RLIMIT_CORE: 0 0"
	assert_line "RLIMIT_NPROC: 50 60"
	assert_line "RLIMIT_STACK: 1000000 2000000"
	assert_line "RLIMIT_MEMLOCK: 4096 8192"
}

@test "limits that are not named stay the caller's" {
	config 'del(.process.rlimits)'
	guest_does rlimits
	(
		ulimit -Sn 777
		ulimit -Hn 888
		ulimit -Sc 5
		try kavel run --bundle "$BUNDLE" "$ID"
		assert_success
		assert_line "RLIMIT_NOFILE: 777 888"
		assert_line "RLIMIT_CORE: 5120 unlimited"
	)
}

@test "every limit of the specification is known" {
	# AS, DATA, CPU, FSIZE and RTTIME of 0 would end the guest
	config '.process.rlimits = (["LOCKS", "MSGQUEUE", "NICE", "RSS", "RTPRIO", "CORE", "SIGPENDING"] |
		map({type: "RLIMIT_\(.)", soft: 0, hard: 0})) + (["AS", "DATA", "CPU", "FSIZE", "RTTIME"] |
		map({type: "RLIMIT_\(.)", soft: 1000000000, hard: 2000000000}))'
	run_guest rlimits
	assert_success
	assert_line "RLIMIT_MSGQUEUE: 0 0"
	assert_line "RLIMIT_SIGPENDING: 0 0"
	assert_line "RLIMIT_RSS: 0 0"
	assert_line "RLIMIT_AS: 1000000000 2000000000"
	assert_line "RLIMIT_RTTIME: 1000000000 2000000000"
}

@test "a limit that is listed twice is refused" {
	config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	run_guest rlimits
	assert_refused "process.rlimits[1]" RLIMIT_CORE
	assert_clean
}

@test "a soft limit above the hard one is refused" {
	config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]'
	run_guest rlimits
	assert_refused "process.rlimits[0]"
	assert_clean
}

@test "a created container's waiting process has the guest's limits" {
	config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 1000, hard: 2000}]'
	create_guest pause
	grep -qE '^Max core file size +1000 +2000' "/proc/$(guest_pid)/limits"
}
