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

# ------------------------------------------------------------------------------------------ what an image may plant

@test "a symlink at /dev/console leads nowhere but into the guest (CVE-2026-88264)" {
	config '.process.terminal = true | .mounts |= map(select(.destination != "/dev"))'
	mkdir -p "$BUNDLE/rootfs/dev/pts" "$BUNDLE/rootfs/inside"
	ln -s "$BATS_TEST_TMPDIR/planted" "$BUNDLE/rootfs/dev/console"
	run_guest say=done
	[[ ! -e $BATS_TEST_TMPDIR/planted ]] || fail "it was made on the host"
	((status != 0)) || assert_line done
	touch "$BATS_TEST_TMPDIR/planted"
	chmod 600 "$BATS_TEST_TMPDIR/planted"
	run_guest say=done
	[[ $(stat -c '%U %a %s' "$BATS_TEST_TMPDIR/planted") == "root 600 0" ]] || fail "it was changed on the host"
	assert_clean
}

@test "a folder at /dev/console is refused, a FIFO there holds nobody" {
	config '.process.terminal = true | .mounts |= map(select(.destination != "/dev"))'
	mkdir -p "$BUNDLE/rootfs/dev/pts" "$BUNDLE/rootfs/dev/console"
	run_guest say=done
	assert_refused "dev/console"
	assert_clean
	rmdir "$BUNDLE/rootfs/dev/console"
	mkfifo "$BUNDLE/rootfs/dev/console"
	LIMIT=10 run_guest say=done open=/dev/console
	assert_success
	assert_line done
	assert_clean
}

@test "a multiplexer that the image has planted is refused" {
	config '.process.terminal = true | .mounts |= map(select(.destination | startswith("/dev") | not))'
	mkdir -p "$BUNDLE/rootfs/dev/pts"
	mkfifo "$BUNDLE/rootfs/dev/pts/ptmx"
	LIMIT=10 run_guest say=done
	assert_refused "/dev/pts/ptmx"
	rm "$BUNDLE/rootfs/dev/pts/ptmx"
	ln -s /dev/ptmx "$BUNDLE/rootfs/dev/pts/ptmx"
	LIMIT=10 run_guest say=done
	assert_refused
	assert_clean
}

@test "an exec with a terminal where there is no devpts is refused, and leaves nothing" {
	local before

	config '.mounts |= map(select(.destination != "/dev/pts"))'
	start_guest pause
	before=$(kavel ps -f json "$ID")
	try kavel exec --tty "$ID" /guest
	assert_status 255
	assert_error_has "/dev/pts"
	[[ $(kavel ps -f json "$ID") == "$before" ]]
}

@test "exec --console-socket: a long path works, a missing one, no socket, and one without a terminal are refused" {
	local deep=$BATS_TEST_TMPDIR/$(printf 'x%.0s' {1..150}) path

	command -v python3 >/dev/null || skip "no python3"
	mkdir "$deep"
	start_guest pause
	(cd "$deep" && exec python3 -c '
import array, os, socket
server = socket.socket(socket.AF_UNIX)
server.bind("sock")
server.listen(1)
peer = server.accept()[0]
data, control, flags, address = peer.recvmsg(256, socket.CMSG_SPACE(4))
fd = array.array("i", control[0][2])[0]
text = b""
while b"done" not in text: text += os.read(fd, 1000)
print(os.isatty(fd), text.decode(), flush=True)' >"$BATS_TEST_TMPDIR/received" 3>&- 4>&-) &
	eventually test -S "$deep/sock"
	try kavel exec --tty --detach --console-socket "$deep/sock" "$ID" /guest ttys say=done sleep=1
	assert_success
	wait $!
	grep -q '^True' "$BATS_TEST_TMPDIR/received" || fail "$(<"$BATS_TEST_TMPDIR/received")"
	grep -q 'tty: 2 /dev/pts/' "$BATS_TEST_TMPDIR/received" || fail "$(<"$BATS_TEST_TMPDIR/received")"
	touch "$BATS_TEST_TMPDIR/plain"
	for path in "$deep/nothing" "$BATS_TEST_TMPDIR/plain" ""; do
		LIMIT=5 try kavel exec --tty --detach --console-socket "$path" "$ID" /guest pause
		assert_status 255
	done
	try kavel exec --detach --console-socket "$deep/sock" "$ID" /guest pause
	assert_status 255
	try kavel exec --tty --detach "$ID" /guest pause
	assert_status 255
	eventually guest_is_alone
}

guest_is_alone() {
	[[ $(kavel ps -f json "$ID" | jq length) == 1 ]]
}
