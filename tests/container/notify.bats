load ../run/helpers

# NOTIFY_SOCKET with a guest and a service manager that both may be hostile or stuck.

prepare() {
	command -v python3 >/dev/null || skip "no python3"
}

# The service manager at $SOCKET: python3 does what the script says, as `server`.
manager() { # SCRIPT
	SOCKET=$BATS_TEST_TMPDIR/manager
	python3 -c "import socket, sys, time
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
server.settimeout(10)
$1" "$SOCKET" >"$BATS_TEST_TMPDIR/got" 3>&- 4>&- &
	MANAGER=$!
	eventually test -S "$SOCKET"
}

# Someone of the guest, by way of its own mount namespace, sends.
send() { # SCRIPT with `socket` connected as `s`
	python3 -c "import socket, os, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
s.connect('/proc/%s/root/run/notify/notify.sock' % sys.argv[1])
$1" "$(guest_pid)"
}

run_in_background() {
	guest_does sleep=100
	NOTIFY_SOCKET=$SOCKET "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >/dev/null \
		2>"$BATS_TEST_TMPDIR/err" 3>&- 4>&- &
	RUNTIME=$!
	eventually status_is running
}

@test "only what concerns the service crosses, and READY=1 with the guest's pid" {
	manager 'print(server.recv(5000).decode(), flush=True)'
	run_in_background
	send 's.send(b"MAINPID=1\nFDSTORE=1\nREADY=1\nSTATUS=good\nX=y\0STATUS=hidden")'
	wait "$MANAGER"
	[[ $(<"$BATS_TEST_TMPDIR/got") == $'READY=1\nSTATUS=good\nMAINPID='"$(guest_pid)" ]] || fail "$(<"$BATS_TEST_TMPDIR/got")"
	kill -KILL "$(guest_pid)"
	wait "$RUNTIME" || :
	assert_clean
}

@test "a flood to a service manager that does not read keeps no signal from the guest" {
	manager 'time.sleep(30)'
	run_in_background
	send '
for i in range(3000):
    try: s.send(b"STATUS=" + b"x" * 1000, socket.MSG_DONTWAIT)
    except OSError: pass
s.settimeout(1)
try: s.send(b"y" * 200000)
except OSError: pass'
	kavel kill "$ID" KILL
	status=0
	timeout 5 tail --pid="$RUNTIME" -f /dev/null || fail "it does not end"
	wait "$RUNTIME" || status=$?
	assert_status 137
	(($(wc -l <"$BATS_TEST_TMPDIR/err") < 10)) || fail "the guest floods the log"
	kill "$MANAGER"
	assert_clean
}

@test "READY=1 to a service manager that is gone is a warning" {
	manager 'time.sleep(30)'
	run_in_background
	kill "$MANAGER"
	send 's.send(b"READY=1")'
	eventually grep -q 'warning.*notification' "$BATS_TEST_TMPDIR/err"
	kavel kill "$ID" KILL
	wait "$RUNTIME" || :
	assert_clean
}
