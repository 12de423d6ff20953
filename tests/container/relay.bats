load ../run/helpers

# The terminal of a guest in the foreground, seen from the caller's: python3 plays the caller, with a terminal or without.

prepare() {
	command -v python3 >/dev/null || skip "no python3"
	config '.process.terminal = true'
	for applet in head stty tty yes; do
		[[ -e $BUNDLE/rootfs/bin/$applet ]] || ln -s busybox "$BUNDLE/rootfs/bin/$applet"
	done
	# kavel in a terminal of its own, as its controlling one: `runtime`, its pid, `line`, the other end, and `until`
	cat >"$BATS_TEST_TMPDIR/caller.py" <<-'PYTHON'
		import os, pty, signal, sys, termios, time, select, fcntl, struct
		command = [os.environ["KAVEL"], "--root", os.environ["ROOT"], "run", "--bundle", os.environ["BUNDLE"], os.environ["ID"]]
		if os.environ.get("SCRIPT"): # in a guest that runs already
		    command[3:] = ["exec", "--tty", os.environ["ID"], "/bin/sh", "-c", os.environ["SCRIPT"]]
		def state(pid): return open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()[0]
		def becomes(what, true, seconds=10):
		    end = time.time() + seconds
		    while not true():
		        check(time.time() < end, what)
		        time.sleep(0.02)
		own, peer = pty.openpty()
		before = termios.tcgetattr(peer)
		def spawn():
		    pid = os.fork()
		    if pid == 0:
		        os.setsid()
		        fcntl.ioctl(peer, termios.TIOCSCTTY, 0)
		        for fd in 0, 1, 2: os.dup2(peer, fd)
		        os.closerange(3, 256)
		        os.execv(command[0], command)
		    return pid
		def until(text, seconds=10, fd=None):
		    seen, end = b"", time.time() + seconds
		    while text not in seen:
		        ready = select.select([own if fd is None else fd], [], [], max(0, end - time.time()))[0]
		        if not ready: sys.exit("no %r in %r" % (text, seen))
		        seen += os.read(own if fd is None else fd, 4096)
		    return seen
		def ends(pid, seconds=10):
		    end = time.time() + seconds
		    while time.time() < end:
		        done, status = os.waitpid(pid, os.WNOHANG)
		        if done: return os.waitstatus_to_exitcode(status)
		        time.sleep(0.02)
		    os.kill(pid, signal.SIGKILL)
		    os.waitpid(pid, 0)
		    sys.exit("the runtime does not end")
		def check(what, text):
		    if not what: sys.exit(text)
	PYTHON
}

caller() { # a script on standard input
	cat "$BATS_TEST_TMPDIR/caller.py" - >"$BATS_TEST_TMPDIR/script.py"
	export KAVEL ROOT BUNDLE ID
	status=0
	LIMIT=${LIMIT:-40} timeout -k 1 40 python3 "$BATS_TEST_TMPDIR/script.py" </dev/null >"$BATS_TEST_TMPDIR/stdout" \
		2>"$BATS_TEST_TMPDIR/stderr" 3>&- 4>&- || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout") error=$(<"$BATS_TEST_TMPDIR/stderr")
	assert_success
}

@test "what is typed reaches the guest, and the caller's terminal gets its modes back" {
	guest_shell 'read line; echo "got $line"; exit 3'
	caller <<-'PYTHON'
		pid = spawn()
		time.sleep(0.5)
		os.write(own, b"hello\r")
		until(b"got hello")
		check(ends(pid) == 3, "the exit code")
		check(termios.tcgetattr(peer) == before, "the modes")
	PYTHON
	assert_clean
}

@test "the caller's terminal gets its modes back when a signal ends it all" {
	guest_shell 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'
	caller <<-'PYTHON'
		pid = spawn()
		until(b"ready")
		check(termios.tcgetattr(peer) != before, "it is not raw")
		os.kill(pid, signal.SIGTERM)
		check(ends(pid) == 7, "the exit code")
		check(termios.tcgetattr(peer) == before, "the modes")
	PYTHON
	assert_clean
}

@test "the size of the caller's terminal is the guest's, also when it changes" {
	guest_shell 'stty size; trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.1; done'
	caller <<-'PYTHON'
		fcntl.ioctl(peer, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 90, 0, 0))
		pid = spawn()
		check(b"30 90" in until(b"ready"), "the first size")
		fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 91, 0, 0))
		until(b"31 91")
		ends(pid)
	PYTHON
	assert_clean
}

@test "whoever stops the runtime gets the terminal as it was, and it is raw again afterwards" {
	guest_shell 'echo ready; read line; echo "got $line"; exit 3'
	caller <<-'PYTHON'
		pid = spawn()
		until(b"ready")
		becomes("it is not raw", lambda: termios.tcgetattr(peer) != before)
		for signal_number in signal.SIGTSTP, signal.SIGSTOP:
		    os.kill(pid, signal_number)
		    becomes("it is not stopped", lambda: state(pid) == "T")
		    if signal_number == signal.SIGSTOP: termios.tcsetattr(peer, termios.TCSANOW, before)
		    check(termios.tcgetattr(peer) == before, "the modes while it is stopped")
		    fcntl.ioctl(peer, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 90, 0, 0))
		    os.kill(pid, signal.SIGCONT)
		    becomes("it is not raw again", lambda: termios.tcgetattr(peer) != before)
		os.write(own, b"hello\r")
		until(b"got hello")
		check(ends(pid) == 3, "the exit code")
		check(termios.tcgetattr(peer) == before, "the modes")
	PYTHON
	assert_clean
}

@test "an exec with a terminal relays it, has its size, and gives it back" {
	config '.process.terminal = false'
	start_guest pause
	export SCRIPT='stty size; tty; test -t 0 && test -t 1 && test -t 2 && echo terminals; echo >/dev/tty its own;
		trap "stty size" WINCH; until read line; do :; done; echo "got $line"; exit 3'
	caller <<-'PYTHON'
		fcntl.ioctl(peer, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 90, 0, 0))
		pid = spawn()
		seen = until(b"its own")
		check(b"30 90" in seen, "the first size")
		check(b"/dev/pts/0" in seen and b"terminals" in seen, "the streams")
		becomes("it is not raw", lambda: termios.tcgetattr(peer) != before)
		fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 91, 0, 0))
		os.write(own, b"hello\r")
		until(b"got hello")
		check(ends(pid) == 3, "the exit code")
		check(termios.tcgetattr(peer) == before, "the modes")
	PYTHON
}

@test "an exec with a terminal gives it back when a signal ends it, when it hangs up, and when its guest goes" {
	config '.process.terminal = false'
	start_guest pause
	export SCRIPT='echo ready; while :; do sleep 0.1; done'
	caller <<-'PYTHON'
		for number in signal.SIGTERM, signal.SIGHUP, signal.SIGKILL:
		    pid = spawn()
		    until(b"ready")
		    becomes("it is not raw", lambda: termios.tcgetattr(peer) != before)
		    if number == signal.SIGKILL: # of the guest
		        os.system("$KAVEL --root $ROOT kill $ID KILL")
		    else:
		        os.kill(pid, number)
		    check(ends(pid) == 128 + number, "the exit code")
		    check(termios.tcgetattr(peer) == before, "the modes")
	PYTHON
}

@test "what is typed is the guest's: the key for an interrupt ends its program, not the runtime" {
	config '.process.terminal = false'
	start_guest pause
	export SCRIPT='trap "echo interrupted; exit 6" INT; echo ready; while :; do sleep 0.1; done'
	caller <<-'PYTHON'
		pid = spawn()
		until(b"ready")
		becomes("it is not raw", lambda: termios.tcgetattr(peer) != before)
		os.write(own, b"\x03")
		until(b"interrupted")
		check(ends(pid) == 6, "the exit code")
	PYTHON
}

@test "input that the guest does not read yet is neither lost nor in the way of signals" {
	guest_shell 'stty raw -echo; trap "echo caught" TERM; echo ready; sleep 3; head -c 30000 | wc -c'
	caller <<-'PYTHON'
		import threading
		pid = spawn()
		until(b"ready")
		def paste():
		    data = b"x" * 30000
		    while data: data = data[os.write(own, data[:1000]):]
		threading.Thread(target=paste, daemon=True).start()
		time.sleep(1.5)
		os.kill(pid, signal.SIGTERM)
		check(b"30000" in until(b"30000", 15), "the input")
		ends(pid)
	PYTHON
	assert_clean
}

@test "the guest's terminal hangs up when the caller's is gone" {
	guest_shell 'trap "echo gone >/hup; exit" HUP; echo ready; while :; do sleep 0.1; done'
	caller <<-'PYTHON'
		pid = spawn()
		until(b"ready")
		os.close(peer)
		os.close(own)
		ends(pid)
	PYTHON
	[[ $(<"$BUNDLE/rootfs/hup") == gone ]]
	assert_clean
}

@test "the end of standard input is the end of file for who reads the terminal" {
	config '.process.args = ["/bin/cat"]'
	run_guest
	assert_success
	printf 'a line\nand a part' >"$BATS_TEST_TMPDIR/in"
	STDIN=$BATS_TEST_TMPDIR/in run_guest
	assert_success
	assert_output_has "and a part"
	assert_clean
}

@test "a guest that writes ends when nobody reads standard output any more" {
	config '.process.args = ["/bin/yes"]'
	timeout -k 1 15 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 3>&- 4>&- |
		head -1 >"$BATS_TEST_TMPDIR/out"
	((PIPESTATUS[0] < 124)) || fail "it did not end: ${PIPESTATUS[*]}"
	[[ $(<"$BATS_TEST_TMPDIR/out") == y* ]]
	assert_clean
}

@test "a standard output that nobody reads does not keep signals from the guest" {
	guest_shell 'yes & trap "echo caught >/caught; exit 4" TERM; echo ready >/ready; wait'
	caller <<-'PYTHON'
		reading, writing = os.pipe()
		pid = os.fork()
		if pid == 0:
		    os.dup2(writing, 1)
		    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
		    os.closerange(3, 256)
		    os.execv(command[0], command)
		os.close(writing)
		def appears(name):
		    end = time.time() + 10
		    while not os.path.exists(os.environ["BUNDLE"] + "/rootfs/" + name):
		        check(time.time() < end, "there is no " + name)
		        time.sleep(0.05)
		appears("ready")
		time.sleep(1)
		os.kill(pid, signal.SIGTERM)
		appears("caught")
		while os.read(reading, 65536): pass
		check(ends(pid) == 4, "the exit code")
	PYTHON
	assert_clean
}

@test "a full disk below standard output does not end the guest" {
	config '.process.args = ["/bin/sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo 01234567890123456789; i=$((i+1)); done; exit 6"]'
	status=0
	timeout -k 1 15 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >/dev/full 3>&- 4>&- || status=$?
	assert_status 6
	assert_clean
}

@test "a terminal that its users close and open again is still shown" {
	guest_shell 'echo first; exec </dev/null >/dev/null 2>&1; sleep 0.5; echo second >/dev/console; sleep 0.5'
	run_guest
	assert_success
	assert_line first
	assert_line second
}
