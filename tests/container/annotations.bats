load ../run/helpers

# ---------------------------------------------------------------------------------------------- stop signal

@test "kill without a signal sends the one that the image asks for" {
	config '.annotations = {"org.opencontainers.image.stopSignal": "SIGUSR1"}'
	start_guest trap=10 trap=15 signal exit=5
	eventually is_waiting
	must kavel kill "$ID"
	eventually status_is stopped
	[[ $(<"$BATS_TEST_TMPDIR/stdout.create") == *"signal: 10"* ]]
}

is_waiting() {
	[[ $(awk '/^State/ { print $2 }' "/proc/$(guest_pid)/status") == S ]]
}

# As helpers' own, with the guest's output in a file that later commands leave alone.
start_guest() {
	guest_does "$@"
	"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/stdout.create" 2>&1 3>&- 4>&-
	must kavel start "$ID"
}

@test "kill without a signal sends SIGTERM when the image asks for nothing" {
	start_guest trap=15 trap=10 signal
	eventually is_waiting
	must kavel kill "$ID"
	eventually status_is stopped
	[[ $(<"$BATS_TEST_TMPDIR/stdout.create") == *"signal: 15"* ]]
}

@test "the stop signal is a name or number in any form, and a given signal wins over it" {
	local name

	for name in USR1 sigusr1 10; do
		config --arg name "$name" '.annotations = {"org.opencontainers.image.stopSignal": $name}'
		start_guest trap=10 trap=15 trap=12 signal
		eventually is_waiting
		must kavel kill "$ID"
		eventually status_is stopped
		[[ $(<"$BATS_TEST_TMPDIR/stdout.create") == *"signal: 10"* ]] || fail "$name"
		must kavel delete "$ID"
	done
	start_guest trap=10 trap=12 signal
	eventually is_waiting
	must kavel kill "$ID" USR2
	eventually status_is stopped
	[[ $(<"$BATS_TEST_TMPDIR/stdout.create") == *"signal: 12"* ]]
}

@test "a stop signal that is none is a warning, and SIGTERM is sent" {
	local name

	for name in SIGNOSUCH 0 999 ""; do
		config --arg name "$name" '.annotations = {"org.opencontainers.image.stopSignal": $name}'
		start_guest trap=15 signal
		eventually is_waiting
		try kavel kill "$ID"
		assert_success
		assert_error_has stopSignal
		eventually status_is stopped
		[[ $(<"$BATS_TEST_TMPDIR/stdout.create") == *"signal: 15"* ]] || fail "\"$name\""
		must kavel delete "$ID"
	done
}

@test "kill by a regular expression sends each container its own stop signal" {
	config '.annotations = {"org.opencontainers.image.stopSignal": "SIGUSR1"}'
	start_guest trap=10 trap=15 signal
	eventually is_waiting
	must kavel kill --regex "^$ID\$"
	eventually status_is stopped
	[[ $(<"$BATS_TEST_TMPDIR/stdout.create") == *"signal: 10"* ]]
}

# -------------------------------------------------------------------------------------------------- handlers

@test "a handler is refused by name, and crun is none" {
	local value

	for value in wasm krun wasmtime no-such; do
		config --arg value "$value" '.annotations = {"run.oci.handler": $value}'
		create_guest pause
		assert_refused 'annotations["run.oci.handler"]' "\"$value\"" "not supported"
		assert_clean
	done
	for value in crun ""; do
		config --arg value "$value" '.annotations = {"run.oci.handler": $value}'
		run_guest say=fine
		assert_success
		assert_line fine
	done
}

@test "what concerns a handler is refused by name, and what concerns checkpoints or sandboxes is accepted" {
	local key

	for key in krun.cpus krun.ram_mib krun.gpu_flags krun.nested_virt krun.variant krun.use_passt \
		module.wasm.image/variant; do
		config --arg key "$key" '.annotations = {($key): "compat"}'
		create_guest pause
		assert_refused "annotations[\"$key\"]" "not supported"
		assert_clean
	done
	config '.annotations = {"io.kubernetes.cri.container-type": "sandbox", "org.criu.config": "/etc/criu/x.conf",
		"module.wasm.other": "x", "krun": "x", "org.example.unknown": "x"}'
	run_guest say=fine
	assert_success
	assert_line fine
}

@test "a relative path for hooks' output is refused" {
	config '.annotations = {"run.oci.hooks.stderr": "log"}'
	create_guest pause
	assert_refused 'annotations["run.oci.hooks.stderr"]' "absolute path"
	assert_clean
}

@test "annotations reach the state as they are" {
	config '.annotations = {"a": "b", "org.example/ü": "\"\\\n", "empty": ""}'
	start_guest pause
	try kavel state "$ID"
	jq -e '.annotations == {"a": "b", "org.example/ü": "\"\\\n", "empty": ""}' <<<"$output"
}

@test "an unknown annotation of kavel's own is no error, and a warning names it" {
	config '.annotations = {"org.kavel.overlay.lower": "/", "org.kavel.overlay": "x", "org.kavelish": "x"}'
	run_guest say=fine
	assert_success
	assert_line fine
	assert_error_has 'warning: annotations["org.kavel.overlay.lower"]: there is no such annotation'
	assert_error_has 'warning: annotations["org.kavel.overlay"]: there is no such annotation'
	[[ $error != *kavelish* ]]
}
