load ../run/helpers
load shim

@test "the exit record has the code, the times and what was used" {
	guest_shell 'i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; exit 3'
	shim
	assert_success
	shim_ends
	exit_holds '.id == "guest" and .exitCode == 3 and .signal == null and .pid > 1 and .restarts == 0'
	exit_holds '.createdAt < .startedAt and .startedAt < .finishedAt'
	exit_holds '.rusage.maxRssKiB > 0 and .rusage.userUs + .rusage.systemUs > 0'
	exit_holds '(.oomKilled or .seccompKilled or .coreDumped or .rebooted) | not'
	shim_is stopped
	assert_clean
}
