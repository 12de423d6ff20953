load ../run/helpers

prepare() {
	STORE=$BATS_TEST_TMPDIR/store
	export KAVEL_SHIM=${KAVEL%/*}/kavel-shim
}

cleanup() {
	local name

	for name in one two; do
		try kavel rm --force --store "$STORE" "$name"
	done
	rm -rf "$ROOT/.shim"
}

up() { # NAME COMMAND
	must kavel up "$1" --store "$STORE" --rootfs "$BUNDLE/rootfs" "${@:3}" -- /bin/sh -c "$2"
}

@test "wait prints the exit codes of guests in the order of the names, when they have ended" {
	up one 'sleep 0.5; exit 3'
	up two 'kill -KILL $$; exit 5'
	must kavel wait --store "$STORE" two one
	assert_output_is "$(printf '5\n3')"
	must kavel wait --store "$STORE" --format json one
	jq -e '. == [{name: "one", exitCode: 3}]' <<<"$output"
}

@test "a guest that is restarted has not ended" {
	up one 'exit 7' --restart on-failure:2
	must kavel wait --store "$STORE" one
	assert_output_is 7
	must kavel inspect --store "$STORE" one
	jq -e '.. | .restarts? // empty | . == 2' <<<"$output"
}

@test "wait ends when the guest is stopped, and is told a signal" {
	up one 'exec sleep 1000' --stop-timeout 100ms
	kavel wait --store "$STORE" one >"$BATS_TEST_TMPDIR/code" 3>&- &
	must kavel down --store "$STORE" one
	wait $!
	[[ $(<"$BATS_TEST_TMPDIR/code") == 137 ]]
}

@test "a guest that does not exist is an error, and the others are waited for" {
	up one 'exit 4'
	try kavel wait --store "$STORE" nobody one
	assert_status 1
	assert_output_is 4
	assert_error_has 'nobody'
}
