load ../run/helpers

# What the caller gets besides the exit code: the pid file, the pidfd, the terminal's master.

prepare() {
	guest_does pause
}

# A socket at $SOCKET on which python3 does what the script says, as `server`.
listener() { # SCRIPT
	command -v python3 >/dev/null || skip "no python3"
	SOCKET=$BATS_TEST_TMPDIR/socket
	python3 -c "import os, socket, sys, time, array
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
$1" "$SOCKET" >"$BATS_TEST_TMPDIR/listener" 3>&- 4>&- &
	LISTENER=$!
	eventually test -S "$SOCKET"
}

@test "the pidfd socket gets a descriptor of the guest's first process" {
	listener 'server.listen(1)
peer = server.accept()[0]
data, control, flags, address = peer.recvmsg(100, socket.CMSG_SPACE(4))
fd = array.array("i", control[0][2])[0]
print([line for line in open("/proc/self/fdinfo/%d" % fd) if line.startswith("Pid:")][0].split()[1], flush=True)'
	must kavel create --bundle "$BUNDLE" --pidfd-socket "$SOCKET" "$ID"
	wait "$LISTENER"
	[[ $(<"$BATS_TEST_TMPDIR/listener") == "$(guest_pid)" ]]
}

@test "the annotation run.oci.pidfd_receiver names such a socket, too, for create and for run" {
	listener 'server.listen(1)
for i in range(3):
    peer = server.accept()[0]
    data, control, flags, address = peer.recvmsg(100, socket.CMSG_SPACE(4))
    fd = array.array("i", control[0][2])[0]
    print([line for line in open("/proc/self/fdinfo/%d" % fd) if line.startswith("Pid:")][0].split()[1], flush=True)'
	config --arg path "$SOCKET" '.annotations["run.oci.pidfd_receiver"] = $path'
	must kavel create --bundle "$BUNDLE" "$ID"
	eventually test -s "$BATS_TEST_TMPDIR/listener"
	[[ $(<"$BATS_TEST_TMPDIR/listener") == "$(guest_pid)" ]]
	must kavel delete --force "$ID"
	# beside the option
	must kavel run --detach --pidfd-socket "$SOCKET" --bundle "$BUNDLE" "$ID"
	wait "$LISTENER"
	[[ $(tail -n 2 "$BATS_TEST_TMPDIR/listener" | sort -u) == "$(guest_pid)" ]]
	must kavel delete --force "$ID"
	try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused "$SOCKET" "Connection refused"
	assert_clean
	config '.annotations["run.oci.pidfd_receiver"] = "relative"'
	try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused run.oci.pidfd_receiver "absolute path"
}

@test "a pidfd socket that is missing, a file or not listened to undoes the create, and leaves no pid file" {
	local path

	listener 'time.sleep(20)'
	touch "$BATS_TEST_TMPDIR/file"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for path in /nonexistent "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/fifo" "$SOCKET"; do
		try kavel create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" --pidfd-socket "$path" "$ID"
		assert_refused "$path"
		assert_clean
		[[ ! -e $BATS_TEST_TMPDIR/pid ]]
	done
	kill "$LISTENER"
}

@test "a socket on which nobody accepts is given up" {
	listener 'server.listen(0)
waiting = []
for i in range(3):
    client = socket.socket(socket.AF_UNIX)
    client.setblocking(False)
    try: client.connect(sys.argv[1])
    except BlockingIOError: pass
    waiting.append(client)
print("full", flush=True)
time.sleep(60)'
	eventually grep -q full "$BATS_TEST_TMPDIR/listener"
	config '.process.terminal = true'
	LIMIT=18 try kavel create --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID"
	assert_refused "$SOCKET" "nobody accepts"
	assert_clean
	kill "$LISTENER"
}

@test "a console socket whose other end closes at once undoes the create or is enough" {
	listener 'server.listen(1)
server.accept()[0].close()
time.sleep(20)'
	config '.process.terminal = true'
	try kavel create --bundle "$BUNDLE" --console-socket "$SOCKET" "$ID"
	((status == 0)) || { assert_refused "$SOCKET"; assert_clean; }
	kill "$LISTENER"
}

@test "sockets may lie deeper than an address is long" {
	local deep

	deep=$BATS_TEST_TMPDIR/$(printf 'd%.0s' {1..200})
	mkdir "$deep"
	listener 'server.listen(1)
peer = server.accept()[0]
print(len(peer.recvmsg(100, socket.CMSG_SPACE(4))[1]), flush=True)'
	mv "$SOCKET" "$deep/socket"
	ROOT=$deep/state
	must kavel create --bundle "$BUNDLE" --pidfd-socket "$deep/socket" "$ID"
	wait "$LISTENER"
	[[ $(<"$BATS_TEST_TMPDIR/listener") == 1 ]]
	must kavel start "$ID"
	status_is running
	must kavel delete --force "$ID"
}

@test "an exec into a container without a process works, from the root directory" {
	config 'del(.process)'
	create_guest
	assert_success
	try kavel exec "$ID" /guest say=hi cwd
	assert_success
	assert_line hi
	must kavel delete --force "$ID"
	assert_clean
}
