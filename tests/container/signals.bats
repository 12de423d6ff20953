load ../run/helpers

# Start `run` in the foreground; its pid is in $runtime, the guest's output in $BATS_TEST_TMPDIR/out.
run_in_background() {
	guest_does "$@"
	env --default-signal "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" \
		2>"$BATS_TEST_TMPDIR/err" 3>&- 4>&- &
	runtime=$!
	eventually grep -q ready "$BATS_TEST_TMPDIR/out"
}

wait_for_runtime() {
	status=0
	wait "$runtime" || status=$?
	output=$(<"$BATS_TEST_TMPDIR/out") error=$(<"$BATS_TEST_TMPDIR/err")
}

@test "run forwards signals to the guest" {
	local signal

	run_in_background trap=1 trap=2 trap=10 trap=12 trap=15 trap=28 say=ready signal signal signal signal signal signal exit=9
	for signal in HUP INT USR1 USR2 WINCH TERM; do
		kill -"$signal" "$runtime"
		sleep 0.1
	done
	wait_for_runtime
	assert_status 9
	for signal in 01 02 10 12 28 15; do
		assert_line "signal: $signal"
	done
	assert_clean
}

@test "a guest without a handler is ended by the forwarded signal when it has no pid namespace" {
	without_namespace pid
	run_in_background say=ready pause
	kill -TERM "$runtime"
	wait_for_runtime
	assert_status 143
	assert_clean
}

@test "a guest that is killed gives 137" {
	run_in_background say=ready pause
	kavel kill "$ID" KILL
	wait_for_runtime
	assert_status 137
	assert_clean
}

@test "the runtime that is killed leaves a guest that delete --force finds" {
	run_in_background say=ready pause
	kill -KILL "$runtime"
	wait "$runtime" || :
	must kavel list -q
	must kavel delete --force "$ID"
	assert_clean
}

@test "the guest starts with no signal blocked or ignored but what the caller ignores" {
	run_guest signals
	assert_success
	refute_output_has blocked
	try env --block-signal=USR1,CHLD,TERM "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	refute_output_has blocked
}

@test "a stopped and continued runtime still ends with its guest" {
	run_in_background say=ready sleep=0.5 exit=4
	kill -STOP "$runtime"
	sleep 0.7
	kill -CONT "$runtime"
	wait_for_runtime
	assert_status 4
}

@test "run forwards a real-time signal and every HUP, and keeps TSTP to itself" {
	run_in_background trap=1 trap=20 trap=40 say=ready signal signal signal exit=5
	kill -40 "$runtime"
	sleep 0.1
	kill -HUP "$runtime"
	sleep 0.1
	# stops it, or does nothing when it is alone in its session
	kill -TSTP "$runtime"
	sleep 0.1
	kill -CONT "$runtime"
	kill -HUP "$runtime"
	wait_for_runtime
	assert_status 5
	assert_line "signal: 40"
	[[ $(grep -c '^signal: 01$' <<<"$output") == 2 ]]
	refute_line "signal: 20"
}
