load ../run/helpers

# Run the same command $1 times at once; exit codes in $codes.
at_once() { # COUNT COMMAND...
	local count=$1 i pids=()

	shift
	for ((i = 0; i < count; i++)); do
		timeout -s KILL 20 "$KAVEL" --root "$ROOT" "$@" </dev/null >"$BATS_TEST_TMPDIR/out.$i" 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	codes=()
	for i in "${pids[@]}"; do
		local code=0
		wait "$i" || code=$?
		codes+=("$code")
	done
}

@test "of six creates with one ID exactly one wins" {
	local round

	guest_does pause
	for ((round = 0; round < 10; round++)); do
		at_once 6 create --bundle "$BUNDLE" "$ID"
		[[ $(printf '%s\n' "${codes[@]}" | sort | tr -d '\n') == 011111 ]] || fail "codes: ${codes[*]}"
		must kavel start "$ID"
		must kavel delete --force "$ID"
		assert_clean
	done
}

@test "of four starts exactly one wins" {
	local round

	guest_does pause
	for ((round = 0; round < 10; round++)); do
		must kavel create --bundle "$BUNDLE" "$ID"
		at_once 4 start "$ID"
		[[ $(printf '%s\n' "${codes[@]}" | sort | tr -d '\n') == 0111 ]] || fail "codes: ${codes[*]}"
		status_is running
		must kavel delete --force "$ID"
	done
	assert_clean
}

@test "four forced deletes at once leave nothing" {
	local round

	guest_does fork=2 pause
	for ((round = 0; round < 10; round++)); do
		must kavel create --bundle "$BUNDLE" "$ID"
		must kavel start "$ID"
		at_once 4 delete --force "$ID"
		[[ "${codes[*]}" == "0 0 0 0" ]] || fail "codes: ${codes[*]} $(cat "$BATS_TEST_TMPDIR"/out.*)"
		assert_clean
	done
}

@test "start against delete --force ends clean" {
	local round starter

	guest_does pause
	for ((round = 0; round < 20; round++)); do
		must kavel create --bundle "$BUNDLE" "$ID"
		kavel start "$ID" </dev/null >/dev/null 2>&1 3>&- &
		starter=$!
		must kavel delete --force "$ID"
		wait "$starter" && status=0 || status=$?
		((status <= 1)) || fail "start ended with $status"
		try kavel delete --force "$ID"
		assert_clean
	done
}

@test "create against delete --force ends clean" {
	local round creator

	guest_does pause
	for ((round = 0; round < 20; round++)); do
		kavel create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &
		creator=$!
		sleep 0.00$((round % 10))
		must kavel delete --force "$ID"
		wait "$creator" && status=0 || status=$?
		((status <= 1)) || fail "create ended with $status"
		must kavel delete --force "$ID"
		assert_clean
	done
}

@test "list while containers come and go never fails" {
	local worker i

	mkdir "$ROOT"
	guest_does exit=0
	(
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "churn-$i"
		done
	) </dev/null >/dev/null 2>&1 3>&- 4>&- &
	worker=$!
	while kill -0 "$worker" 2>/dev/null; do
		must kavel list
		must kavel list -q
	done
	wait "$worker"
	assert_clean
}

@test "three workers that do not know of each other leave no stuck ID" {
	local worker pids=()

	guest_does pause
	for worker in 1 2 3; do
		(
			end=$((SECONDS + 3))
			while ((SECONDS < end)); do
				"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
				"$KAVEL" --root "$ROOT" start "$ID"
				"$KAVEL" --root "$ROOT" kill "$ID" KILL
				"$KAVEL" --root "$ROOT" delete --force "$ID"
			done
		) </dev/null >/dev/null 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	wait "${pids[@]}" || :
	must kavel delete --force "$ID"
	assert_clean
	run_guest say=fine
}

@test "an operation waits for the one that is at work on the same container" {
	local holder operation start

	guest_does pause
	for operation in start kill "delete --force"; do
		must kavel create --bundle "$BUNDLE" "$ID"
		flock "$ROOT/$ID" sleep 0.5 </dev/null >/dev/null 2>&1 3>&- 4>&- &
		holder=$!
		sleep 0.1
		start=${EPOCHREALTIME/./}
		# shellcheck disable=SC2086
		must kavel $operation "$ID"
		((${EPOCHREALTIME/./} - start > 300000)) || [[ $operation == kill ]] || fail "$operation did not wait"
		wait "$holder"
		must kavel delete --force "$ID"
	done
	assert_clean
}
