load ../run/helpers

# What an operation that was killed, or hangs, leaves for the next one.

traced() { # INJECTION COMMAND...
	command -v strace >/dev/null || skip "no strace"
	status=0
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 timeout -s KILL 20 strace -qq -o /dev/null -e "inject=$1" \
		"$KAVEL" --root "$ROOT" "${@:2}" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/stderr" 3>&- 4>&- || status=$?
	output='' error=$(<"$BATS_TEST_TMPDIR/stderr")
}

@test "a start that is killed after its work leaves a container that is running, not created" {
	create_guest pause
	# what it does last is to remove the socket
	traced unlinkat:signal=KILL:when=1 start "$ID"
	[[ -e $ROOT/$ID/start.sock ]] || fail "it was not killed there"
	status_is running
	try kavel delete "$ID"
	assert_refused "it is running"
	try kavel start "$ID"
	assert_refused "it is running"
	must kavel delete --force "$ID"
	assert_clean
}

@test "what could not be undone stays on record, and is undone by the next try" {
	start_guest pause
	traced rmdir:error=EIO delete --force "$ID"
	assert_status 1
	assert_error_has "cgroup"
	[[ -e $ROOT/$ID ]]
	must kavel delete --force "$ID"
	assert_clean
}

@test "a create that fails and cannot undo leaves a record, too" {
	config '.process.args = ["/nonexistent"]'
	traced rmdir:error=EIO create --bundle "$BUNDLE" "$ID"
	assert_status 1
	assert_error_has /nonexistent
	must kavel delete --force "$ID"
	assert_clean
}

# In a createContainer hook; its pid is in $creator.
create_that_hangs() {
	add_hook createContainer "sleep 100"
	guest_does pause
	"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	creator=$!
	eventually pgrep -f '^sleep 100'
}

@test "the lock is free when the host side is killed while a createContainer hook hangs" {
	create_that_hangs
	kill -KILL "$creator"
	wait "$creator" || :
	LIMIT=5 must kavel delete --force "$ID"
	assert_clean
}

@test "delete --force ends a create that hangs in the guest" {
	create_that_hangs
	LIMIT=25 must kavel delete --force "$ID"
	wait "$creator" && status=0 || status=$?
	assert_status 1
	assert_clean
}

@test "a start that waits for READY=1 is in nobody's way" {
	local starter

	guest_does pause
	export NOTIFY_SOCKET=$BATS_TEST_TMPDIR/nobody
	must kavel create --bundle "$BUNDLE" "$ID"
	"$KAVEL" --root "$ROOT" start "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	starter=$!
	unset NOTIFY_SOCKET
	eventually status_is running
	kill -0 "$starter"
	LIMIT=5 must kavel delete --force "$ID"
	wait "$starter"
	assert_clean
}

@test "run that ends after others deleted its container and made another leaves that alone" {
	local runtime

	guest_does pause
	"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	runtime=$!
	eventually status_is running
	kill -STOP "$runtime"
	must kavel delete --force "$ID"
	must kavel create --bundle "$BUNDLE" "$ID"
	kill -CONT "$runtime"
	wait "$runtime" && status=0 || status=$?
	assert_status 137
	status_is created
	must kavel start "$ID"
	status_is running
}

@test "exec against delete --force says that the container is gone, or works" {
	local round worker pids

	for ((round = 0; round < 15; round++)); do
		start_guest pause
		pids=()
		for worker in 1 2 3 4; do
			for _ in 1 2 3; do
				"$KAVEL" --root "$ROOT" exec "$ID" /guest exit=0
			done </dev/null >/dev/null 2>>"$BATS_TEST_TMPDIR/errors" 3>&- 4>&- &
			pids+=($!)
		done
		sleep 0.0$((round % 4))
		must kavel delete --force "$ID"
		wait "${pids[@]}" || :
	done
	! grep -vE 'container not running|does not exist|error: .*cgroup' "$BATS_TEST_TMPDIR/errors" || fail "an odd reason"
	assert_clean
}

@test "a foreground that cannot be waited for leaves no container" {
	guest_does pause
	traced signalfd4:error=EMFILE run --bundle "$BUNDLE" "$ID"
	assert_status 1
	assert_error_has signalfd
	assert_clean
}

@test "a guest that is killed during its set-up is told, with its stage" {
	add_hook createRuntime 'kill -KILL "$(sed "s/.*\"pid\":\([0-9]*\).*/\\1/")"'
	create_guest pause
	assert_refused "the guest side was killed by signal 9"
	assert_clean
}

@test "run can be interrupted while a hook hangs, and leaves nothing" {
	local kind runtime

	for kind in createRuntime poststart; do
		config 'del(.hooks)'
		add_hook "$kind" "sleep 100"
		guest_does pause
		env --default-signal "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >/dev/null \
			2>"$BATS_TEST_TMPDIR/err" 3>&- 4>&- &
		runtime=$!
		eventually pgrep -f '^sleep 100'
		kill -INT "$runtime"
		timeout 5 tail --pid="$runtime" -f /dev/null || fail "it goes on"
		wait "$runtime" && status=0 || status=$?
		error=$(<"$BATS_TEST_TMPDIR/err") output=''
		assert_refused "$kind hook #0" interrupted
		assert_clean
		! pgrep -f '^sleep 100'
	done
}
