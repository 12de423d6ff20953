load ../run/helpers

@test "a terminal in the foreground: standard streams are a pty, lines end as the guest wrote them" {
	config '.process.terminal = true'
	run_guest ttys say=line
	assert_success
	assert_line "tty: 0 /dev/pts/0"
	assert_line "tty: 2 /dev/pts/0"
	assert_line "line"
	assert_clean
}

@test "the terminal is the guest's controlling terminal and has its size" {
	config '.process.terminal = true | .process.consoleSize = {height: 33, width: 77}'
	guest_shell 'stty size; test -e /dev/console && echo console; echo hello >/dev/tty'
	ln -s busybox "$BUNDLE/rootfs/bin/stty"
	run_guest
	assert_success
	assert_line "33 77"
	assert_line console
	assert_line hello
}

@test "create hands the terminal over by the console socket" {
	local receiver

	command -v python3 >/dev/null || skip "no python3"
	python3 - "$BATS_TEST_TMPDIR/sock" >"$BATS_TEST_TMPDIR/received" 3>&- <<-'PYTHON' &
		import array, os, socket, sys
		server = socket.socket(socket.AF_UNIX)
		server.bind(sys.argv[1])
		server.listen(1)
		peer = server.accept()[0]
		data, control, flags, address = peer.recvmsg(256, socket.CMSG_SPACE(4))
		fd = array.array("i", control[0][2])[0]
		print(os.isatty(fd), len(data) > 0, flush=True)
		text = b""
		while b"done" not in text:
		    text += os.read(fd, 1000)
		print(text.decode(), flush=True)
	PYTHON
	receiver=$!
	eventually test -S "$BATS_TEST_TMPDIR/sock"
	config '.process.terminal = true'
	guest_does ttys say=done pause
	try kavel create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/sock" "$ID"
	assert_success
	must kavel start "$ID"
	wait "$receiver"
	grep -q 'True True' "$BATS_TEST_TMPDIR/received"
	grep -q 'tty: 0 /dev/pts/0' "$BATS_TEST_TMPDIR/received"
}

@test "a console socket without a terminal is refused" {
	guest_does pause
	try kavel create --bundle "$BUNDLE" --console-socket /tmp/nothing "$ID"
	assert_refused
	assert_clean
}
