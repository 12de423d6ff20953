load ../run/helpers

KINDS=(prestart createRuntime createContainer startContainer poststart poststop)

# A startContainer hook sees the guest's files alone.
add_any_hook() { # KIND COMMAND [timeout]
	add_hook "$@"
	[[ $1 != startContainer ]] || add_guest_programs
}

add_guest_programs() {
	local applet

	for applet in yes tail sleep cat; do
		ln -sf busybox "$BUNDLE/rootfs/bin/$applet"
	done
}

# ------------------------------------------------------------------------------------------ what hooks read

@test "each hook reads the state of its stage, with the pid that it can use" {
	local kind dir=$BATS_TEST_TMPDIR pid

	mkdir "$dir/seen" "$BUNDLE/rootfs/seen"
	add_mount /seen bind "$dir/seen" bind rw
	for kind in prestart createRuntime createContainer poststart poststop; do
		add_hook "$kind" "cat >$dir/seen/$kind"
	done
	add_any_hook startContainer 'cat >/seen/startContainer'
	config '.annotations = {"org.example.a": "b", "c": ""}'
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	pid=$(guest_pid)
	must kavel start "$ID"
	must kavel delete --force "$ID"
	for kind in "${KINDS[@]}"; do
		jq -e --arg id "$ID" --arg bundle "$BUNDLE" '.ociVersion == "1.3.0" and .id == $id and .bundle == $bundle
			and .annotations == {"org.example.a": "b", "c": ""}' "$dir/seen/$kind" || fail "$kind: $(<"$dir/seen/$kind")"
	done
	for kind in prestart createRuntime createContainer; do
		jq -e --argjson pid "$pid" '.status == "creating" and .pid == $pid' "$dir/seen/$kind" ||
			fail "$kind: $(<"$dir/seen/$kind")"
	done
	jq -e '.status == "created" and .pid == 1' "$dir/seen/startContainer"
	jq -e --argjson pid "$pid" '.status == "running" and .pid == $pid' "$dir/seen/poststart"
	jq -e '.status == "stopped" and (has("pid") | not)' "$dir/seen/poststop"
}

@test "a container without annotations: the hooks' state has none or an empty object" {
	add_hook createRuntime "cat >$BATS_TEST_TMPDIR/seen"
	run_guest exit=0
	assert_success
	jq -e '(.annotations // {}) == {}' "$BATS_TEST_TMPDIR/seen"
}

# -------------------------------------------------------------------------------------- what others see meanwhile

@test "state and list of another process show a container that is being created, and then created" {
	local command="$KAVEL --root $ROOT"

	add_hook createRuntime "$command state $ID >$BATS_TEST_TMPDIR/state.json; $command list -f json >$BATS_TEST_TMPDIR/list"
	add_hook createRuntime "$command list >$BATS_TEST_TMPDIR/table; $command list -q >$BATS_TEST_TMPDIR/ids"
	create_guest pause
	assert_success
	jq -e --arg id "$ID" --arg bundle "$BUNDLE" '.status == "creating" and .pid > 1 and .id == $id and .bundle == $bundle
		and .ociVersion == "1.3.0" and .rootfs == $bundle + "/rootfs" and .owner == "root"
		and (.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{1,9}Z$"))' "$BATS_TEST_TMPDIR/state.json"
	jq -e 'length == 1 and .[0].status == "creating"' "$BATS_TEST_TMPDIR/list"
	grep -qE "^$ID +[0-9]+ +creating " "$BATS_TEST_TMPDIR/table"
	[[ $(<"$BATS_TEST_TMPDIR/ids") == "$ID" ]]
	status_is created
}

@test "a container that is being created can be killed, not started, and its create fails" {
	local start=$SECONDS

	add_hook createRuntime "touch $BATS_TEST_TMPDIR/there; sleep 30"
	guest_does pause
	kavel create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/create" 3>&- 4>&- &
	eventually test -e "$BATS_TEST_TMPDIR/there"
	status_is creating
	LIMIT=30 try kavel delete --force "$ID"
	wait $! || status=$?
	((SECONDS - start < 40 * SLOWNESS))
	[[ ! -e $ROOT/$ID ]]
}

@test "the state of a stopped container has no pid but 0, and is complete" {
	config '.annotations = {"a": "b"}'
	start_guest exit=3
	eventually status_is stopped
	try kavel state "$ID"
	jq -e --arg bundle "$BUNDLE" '.status == "stopped" and .pid == 0 and .annotations == {"a": "b"} and .bundle == $bundle
		and .rootfs == $bundle + "/rootfs" and has("created") and has("owner") and .ociVersion == "1.3.0"' <<<"$output"
}

# ------------------------------------------------------------------------------------------ hooks that hang

@test "every hook that hangs is ended by its timeout" {
	local kind start

	for kind in "${KINDS[@]}"; do
		config 'del(.hooks)'
		add_any_hook "$kind" "sleep 60" 1
		guest_does sleep=0.1
		start=$SECONDS
		try kavel run --bundle "$BUNDLE" "$ID"
		((SECONDS - start < 8 * SLOWNESS)) || fail "$kind: took $((SECONDS - start)) seconds"
		assert_error_has "$kind hook #0"
		assert_error_has timeout
		if [[ $kind == poststop ]]; then
			assert_success
		else
			assert_status 1
		fi
		assert_clean
	done
}

@test "while any hook hangs, run can be interrupted, and leaves nothing" {
	local kind signal runtime start seen=$BATS_TEST_TMPDIR/seen

	mkdir "$seen" "$BUNDLE/rootfs/seen"
	for kind in "${KINDS[@]}"; do
		for signal in TERM INT; do
			config 'del(.hooks) | .mounts |= map(select(.destination != "/seen"))'
			add_mount /seen bind "$seen" bind rw
			rm -f "$seen/there"
			if [[ $kind == startContainer ]]; then
				add_any_hook "$kind" "echo >/seen/there; sleep 60"
			else
				add_hook "$kind" "echo >$seen/there; sleep 60"
			fi
			guest_does sleep=0.1
			start=$SECONDS
			# a shell's background job would ignore SIGINT
			env --default-signal=INT "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" \
				</dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/error" 3>&- 4>&- &
			runtime=$!
			eventually test -e "$seen/there"
			kill -"$signal" "$runtime"
			status=0
			wait "$runtime" || status=$?
			error=$(<"$BATS_TEST_TMPDIR/error") output=''
			((SECONDS - start < 10 * SLOWNESS)) || fail "$kind: took $((SECONDS - start)) seconds"
			assert_error_has interrupted
			[[ $kind == poststop ]] || ((status == 1)) || fail "$kind, $signal"
			assert_clean
		done
	done
}

# Run the runtime in the background, and interrupt it once the hook is there.
interrupt() { # SIGNAL ARGUMENT...
	local signal=$1 runtime start=$SECONDS there=$BATS_TEST_TMPDIR/there

	rm -f "$there"
	env --default-signal=INT "$KAVEL" --root "$ROOT" "${@:2}" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/error" 3>&- 4>&- &
	runtime=$!
	eventually test -e "$there"
	kill -"$signal" "$runtime"
	status=0
	wait "$runtime" || status=$?
	error=$(<"$BATS_TEST_TMPDIR/error") output=''
	((SECONDS - start < 10 * SLOWNESS)) || fail "took $((SECONDS - start)) seconds"
}

@test "while hooks of create hang it can be interrupted, and leaves nothing" {
	local kind

	guest_does pause
	for kind in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		add_hook "$kind" "echo >$BATS_TEST_TMPDIR/there; sleep 60"
		interrupt TERM create --bundle "$BUNDLE" "$ID"
		assert_refused interrupted
		assert_clean
		interrupt INT run --detach --bundle "$BUNDLE" "$ID"
		assert_refused interrupted
		assert_clean
	done
}

@test "while a poststart hook hangs start and run can be interrupted, which stops the guest" {
	local pid

	add_hook poststart "echo >$BATS_TEST_TMPDIR/there; sleep 60"
	create_guest pause
	pid=$(guest_pid)
	interrupt TERM start "$ID"
	assert_refused "poststart hook #0" interrupted
	eventually is_gone "$pid"
	assert_clean
	interrupt HUP run --detach --bundle "$BUNDLE" "$ID"
	assert_refused "poststart hook #0" interrupted
	assert_clean
}

@test "while a poststop hook hangs delete can be interrupted, and is done" {
	add_hook poststop "echo >$BATS_TEST_TMPDIR/there; sleep 60"
	start_guest exit=0
	eventually status_is stopped
	interrupt TERM delete "$ID"
	assert_success
	assert_error_has "poststop hook #0"
	assert_error_has interrupted
	assert_clean
}

# ---------------------------------------------------------------------------------- hooks that fail, or flood

@test "every failing hook is told with its kind, number and complaint, and the container is stopped or never was" {
	local kind

	for kind in "${KINDS[@]}"; do
		config 'del(.hooks)'
		add_any_hook "$kind" "true"
		add_any_hook "$kind" "echo wrong: $kind >&2; exit 9"
		guest_does sleep=0.1
		try kavel run --bundle "$BUNDLE" "$ID"
		assert_error_has "$kind hook #1"
		assert_error_has "exit code 9"
		assert_error_has "wrong: $kind"
		[[ $kind == poststop ]] || assert_status 1
		assert_clean
	done
}

@test "every hook may flood its output, and the memory of the runtime does not grow" {
	local kind

	for kind in "${KINDS[@]}"; do
		config 'del(.hooks)'
		add_any_hook "$kind" "yes | head -c 3000000; yes | head -c 3000000 >&2"
		guest_does sleep=0.1
		(
			grep -q __asan_init "$KAVEL" || ulimit -v 200000 # a sanitizer needs terabytes
			LIMIT=20 try kavel run --bundle "$BUNDLE" "$ID"
			assert_success
		)
		assert_clean
	done
}

@test "a failing poststart hook stops the guest of create and start, and of run" {
	add_hook poststart "exit 3"
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	local pid
	pid=$(guest_pid)
	try kavel start "$ID"
	assert_refused "poststart hook #0"
	eventually is_gone "$pid"
	[[ ! -e $ROOT/$ID ]]
	try kavel run --detach --bundle "$BUNDLE" "$ID"
	assert_refused "poststart hook #0"
	assert_clean
}

# ---------------------------------------------------------------------------------------------- their output

@test "the annotations run.oci.hooks.stdout and stderr name files that get what hooks print" {
	local kind out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err

	config --arg out "$out" --arg err "$err" '.annotations = {"run.oci.hooks.stdout": $out, "run.oci.hooks.stderr": $err}'
	for kind in "${KINDS[@]}"; do
		add_any_hook "$kind" "echo $kind out; echo $kind err >&2"
	done
	guest_does sleep=0.1
	must kavel run --bundle "$BUNDLE" "$ID"
	[[ $(<"$out") == "$(printf '%s out\n' "${KINDS[@]}")" ]] || fail "$(<"$out")"
	[[ $(<"$err") == "$(printf '%s err\n' "${KINDS[@]}")" ]] || fail "$(<"$err")"
	[[ $(stat -c %a "$out") == 600 ]]
	# they are appended to
	must kavel create --bundle "$BUNDLE" "$ID"
	must kavel start "$ID"
	eventually status_is stopped
	must kavel delete "$ID"
	[[ $(wc -l <"$out") == 12 && $(wc -l <"$err") == 12 ]]
}

@test "one of the two files alone leaves the other stream as it was" {
	config --arg out "$BATS_TEST_TMPDIR/out" '.annotations = {"run.oci.hooks.stdout": $out}'
	add_hook createRuntime "echo said; echo complained >&2; exit 1"
	create_guest pause
	assert_refused createRuntime "output: complained"
	[[ $(<"$BATS_TEST_TMPDIR/out") == said ]]
	assert_clean
}

@test "a file for hooks' output that cannot be opened fails create, and at delete is a warning" {
	config --arg out "$BATS_TEST_TMPDIR/missing/out" '.annotations = {"run.oci.hooks.stdout": $out}'
	add_hook createRuntime "true"
	create_guest pause
	assert_refused 'annotations["run.oci.hooks.stdout"]' missing/out
	assert_clean
	config 'del(.hooks)'
	add_hook poststop "echo >$BATS_TEST_TMPDIR/ran"
	start_guest exit=0
	eventually status_is stopped
	try kavel delete "$ID"
	assert_success
	assert_error_has run.oci.hooks.stdout
	[[ -e $BATS_TEST_TMPDIR/ran ]]
}
