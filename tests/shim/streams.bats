load setup

# What the guest reads and writes, by attach sockets, logs and terminals: the same as with conmon.

clients() {
	create
	"$CLIENT" "$BUNDLE/attach" until=two drain >"$AT/first" 3>&- &
	"$CLIENT" "$BUNDLE/attach" until=two drain >"$AT/second" 3>&- &
	sleep 0.3 # both are connected before anything is written, else they would miss it
	start
	wait
	[[ $(exit_code) == 0 ]]
	for client in first second; do
		grep -qx 'out: one' "$AT/$client" || fail "$(<"$AT/$client")"
		grep -qx 'err: two' "$AT/$client" || fail "$(<"$AT/$client")"
		grep -qx closed "$AT/$client" || fail "the end of the guest should be the client's"
	done
}

@test "every client has what the guest writes, and its end" {
	guest_shell 'echo one; sleep 0.2; echo two >&2'
	as_conmon clients
}

input() {
	create --stdin
	start
	must "$CLIENT" "$BUNDLE/attach" 'send=hello\n' 'until=got hello' end drain
	assert_output_has "out: got hello"
	[[ $(exit_code) == 3 ]]
}

@test "a client writes to the guest, and its end is the end of the input" {
	guest_shell 'read -r line; echo "got $line"; cat >/dev/null; exit 3'
	as_conmon input
}

open_input() {
	create --stdin --leave-stdin-open
	start
	must "$CLIENT" "$BUNDLE/attach" 'send=one\n' 'until=got one'
	must "$CLIENT" "$BUNDLE/attach" 'send=two\n' 'until=got two'
	[[ ! -e $AT/exits/$ID ]]
	must "$CLIENT" "$BUNDLE/attach" 'send=end\n'
	[[ $(exit_code) == 0 ]]
}

@test "--leave-stdin-open: the input outlives its clients" {
	guest_shell 'while read -r line; do [ "$line" = end ] && exit 0; echo "got $line"; done; exit 1'
	as_conmon open_input
}

no_input() {
	create
	start
	[[ $(exit_code) == 0 ]]
	log_has 'stdout F end of file'
}

@test "without --stdin the guest reads nothing" {
	guest_shell 'read -r line || echo end of file'
	as_conmon no_input
}

terminal() {
	create --terminal
	must "$CLIENT" "$BUNDLE/attach" # whoever was there leaves it open
	start
	must "$CLIENT" "$BUNDLE/attach" 'send=hello\n' 'until=got hello' drain
	[[ $(exit_code) == 3 ]]
	assert_output_has $'got hello\r' # ONLCR
	[[ ! $(find /tmp -maxdepth 1 -name '*-term.*') ]] || fail "the console socket should be gone"
}

@test "a terminal: input, output, and its modes" {
	config '.process.terminal = true'
	guest_shell 'sleep 0.5; read -r line; echo "got $line"; exit 3'
	as_conmon terminal
}

resized() {
	create --terminal
	printf '1 33 77\n' >"$BUNDLE/ctl"
	start
	eventually grep -q 'stdout F 33 77' "$AT/log"
	printf '1 44 99\n' >"$BUNDLE/ctl"
	must "$CLIENT" "$BUNDLE/attach" 'send=\n' 'until=44 99' drain
	[[ $(exit_code) == 0 ]]
}

@test "a terminal has the size that it was given before the guest was started, and the new one" {
	config '.process.terminal = true'
	guest_shell 'sleep 0.2; stty size; read -r line; stty size'
	ln -sf busybox "$BUNDLE/rootfs/bin/stty"
	as_conmon resized
}

much() {
	create --stdin
	start
	head -c 2000000 /dev/urandom >"$AT/data"
	python3 - "$BUNDLE/attach" "$AT/data" <<-'PYTHON' || fail "what came back is not what was sent"
		import os, select, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.connect("/proc/self/fd/%d/attach" % os.open(os.path.dirname(sys.argv[1]), os.O_PATH))
		data = open(sys.argv[2], "rb").read()
		sent, back = 0, b""
		while len(back) < len(data):
		    want = [s] if sent < len(data) else []
		    r, w, _ = select.select([s], want, [], 20)
		    if not r and not w: sys.exit("stuck at %d and %d" % (sent, len(back)))
		    if w:
		        sent += s.send(data[sent:sent + 8192])
		        if sent == len(data): s.shutdown(socket.SHUT_WR)
		    if r:
		        packet = s.recv(65536)
		        if not packet: break
		        back += packet[1:]
		sys.exit(back != data)
	PYTHON
	[[ $(exit_code) == 0 ]]
}

@test "two megabytes in and out again, at any speed of either side" {
	guest_shell 'cat'
	as_conmon much
}

@test "the last output is there, even if the guest's children keep its streams open" {
	without_namespace pid
	guest_shell 'sleep 3 & head -c 100000 /dev/zero | tr "\0" x; echo; echo the end'
	ln -s busybox "$BUNDLE/rootfs/bin/tr"
	create
	start
	[[ $(exit_code) == 0 ]]
	log_has 'stdout F the end'
	finish
}

@test "children that never stop to write do not keep the shim" {
	without_namespace pid
	guest_shell '(while :; do echo more; done) & sleep 0.2; exit 2'
	create --log-path none
	start
	[[ $(exit_code) == 2 ]]
	finish
}

@test "a guest that is not root opens its streams anew" {
	config '.process.user = {uid: 1000, gid: 1000}'
	guest_shell 'echo out >/dev/stdout; echo err >/dev/stderr'
	create
	start
	[[ $(exit_code) == 0 ]]
	log_has 'stdout F out'
	log_has 'stderr F err'
	finish
}

@test "what a runtime sends instead of a terminal is refused" {
	cat >"$BATS_TEST_TMPDIR/runtime" <<-'SH'
		#!/usr/bin/python3
		import array, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		s.connect(sys.argv[sys.argv.index("--console-socket") + 1])
		null = open("/dev/null")
		s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null.fileno()]))])
	SH
	chmod +x "$BATS_TEST_TMPDIR/runtime"
	KAVEL=$BATS_TEST_TMPDIR/runtime engine "" --api-version --terminal
	[[ $(said sync) == *'"data": -1, "message": "the runtime sent no terminal'*end ]] || fail "what it sent should be told"
	printf '#!/bin/sh\n' >"$BATS_TEST_TMPDIR/runtime"
	KAVEL=$BATS_TEST_TMPDIR/runtime engine "" --api-version --terminal
	[[ $(said sync) == *'"data": -1, "message": "the runtime did not set up a terminal'*end ]]
	[[ ! $(find /tmp -maxdepth 1 -name '*-term.*') ]]
}

@test "a client who came before the guest ended has its output, however late the shim hears of both" {
	guest_shell 'echo hello'
	create
	kill -STOP "$(<"$AT/shim")"
	"$CLIENT" "$BUNDLE/attach" drain >"$AT/client" 3>&- &
	sleep 0.3 # it waits to be accepted
	start
	eventually is_gone "$(<"$AT/pid")"
	kill -CONT "$(<"$AT/shim")"
	[[ $(exit_code) == 0 ]]
	wait
	grep -qx 'out: hello' "$AT/client" || fail "$(<"$AT/client")"
	finish
}
