load ../run/helpers

@test "the umask is the configured one" {
	config '.process.user.umask = 23' # 0027
	run_guest umask write=/made:x stat=/made
	assert_line "umask: 0027"
	assert_matches "^stat=/made: file 0640"
}

@test "without one the caller's is kept" {
	guest_does umask
	try sh -c 'umask 0135; exec "$@"' sh "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "umask: 0135"
}

@test "the caller's umask does not reach what the runtime makes in the guest" {
	guest_does stat=/dev/null stat=/dev/shm stat=/proc stat=/dev/pts
	try sh -c 'umask 0777; exec "$@"' sh "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_matches "^stat=/dev/null: char 0666"
	assert_matches "^stat=/dev/shm: directory 1777"
}
