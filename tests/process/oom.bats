load ../run/helpers

@test "oom_score_adj is set when the configuration has it" {
	config '.process.oomScoreAdj = 500'
	run_guest oom
	assert_success
	assert_line "oom_score_adj: 500"
}

@test "without it the caller's is kept" {
	guest_does oom
	try sh -c 'echo 123 >/proc/self/oom_score_adj; exec "$@"' sh "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "oom_score_adj: 123"
}

@test "0 is a value, not its absence" {
	config '.process.oomScoreAdj = 0'
	guest_does oom
	try sh -c 'echo 123 >/proc/self/oom_score_adj; exec "$@"' sh "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	((status == 0)) || skip "not allowed to lower it: $error"
	assert_line "oom_score_adj: 0"
}
