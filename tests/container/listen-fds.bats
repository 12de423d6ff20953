load ../run/helpers

@test "LISTEN_FDS hands descriptors on, with the guest's pid" {
	echo content >"$BATS_TEST_TMPDIR/file"
	guest_does getenv=LISTEN_FDS getenv=LISTEN_PID read-fd=3 fds
	LISTEN_FDS=1 "$BASH" -c 'LISTEN_PID=$$ exec "$@"' bash \
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" \
		</dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3<"$BATS_TEST_TMPDIR/file" 4>&-
	output=$(<"$BATS_TEST_TMPDIR/out") status=0 error=
	assert_line "getenv=LISTEN_FDS: 1"
	assert_line "getenv=LISTEN_PID: 1"
	assert_line "read-fd=3: content"
	[[ $(grep -c '^fd:' <<<"$output") == 4 ]]
}

@test "without LISTEN_FDS the guest knows nothing of it" {
	run_guest getenv=LISTEN_FDS getenv=LISTEN_PID getenv=NOTIFY_SOCKET
	assert_line "getenv=LISTEN_FDS: (unset)"
	assert_line "getenv=LISTEN_PID: (unset)"
	assert_line "getenv=NOTIFY_SOCKET: (unset)"
}

@test "LISTEN_FDS that is no number is ignored or refused, never followed" {
	LISTEN_FDS=99999999999 try kavel run --bundle "$BUNDLE" "$ID"
	((status == 0)) || assert_refused
	assert_clean
}

@test "the guest's READY=1 reaches the caller's notification socket" {
	local listener

	command -v python3 >/dev/null || skip "no python3"
	python3 - "$BATS_TEST_TMPDIR/notify" >"$BATS_TEST_TMPDIR/got" 3>&- <<-'PYTHON' &
		import socket, sys
		server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		server.bind(sys.argv[1])
		server.settimeout(10)
		print(server.recv(1000).decode(), flush=True)
	PYTHON
	listener=$!
	eventually test -S "$BATS_TEST_TMPDIR/notify"
	guest_does notify sleep=1
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	wait "$listener"
	grep -q 'READY=1' "$BATS_TEST_TMPDIR/got"
	assert_clean
}
