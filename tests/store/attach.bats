load ../run/helpers
load ../shim/shim

# A guest of the store, under its shim, without `up`: only what attach looks at.
guest() { # SHIM-OPTION...
	local terminal=false word

	for word; do
		[[ $word != --terminal ]] || terminal=true
	done
	STORE=$BATS_TEST_TMPDIR/store
	EXIT=$STORE/guests/$ID/exit.json
	RUN=$ROOT/.shim/$ID
	mkdir -p "$STORE/guests/$ID" "$RUN"
	cat >"$STORE/guests/$ID/guest.json" <<-JSON
		{"version": 1, "created": "2026-01-01T00:00:00Z", "rootfs": "/", "terminal": $terminal, "interactive": true,
		 "restart": "no", "stopSignal": "SIGTERM", "stopTimeoutMs": 1000,
		 "log": {"driver": "none"}}
	JSON
	shim --stdin --leave-stdin-open --stop-timeout 1s "$@"
	assert_success
}

# So many are attached: the shim has no other connection but for a moment.
has_clients() { # COUNT
	(($(find "/proc/$PID/fd" -lname 'socket:*' | wc -l) >= 2 + $1))
}

attach() { # WORD...
	try kavel attach --store "$STORE" "$@" "$ID"
}

# The same on a terminal: SCRIPT is for tests/run/screen.
attach_at() { # COLUMNSxROWS SCRIPT WORD...
	try "$TREE/tests/run/screen" "$1" "$2" "$KAVEL" --root "$ROOT" attach --store "$STORE" "${@:3}" "$ID"
	assert_success
	refute_output_has 'given back'
}

end_guest() {
	[[ ! -e $RUN/control ]] || ask stop 0
	shim_ends
	rm -rf "$ROOT/.shim"
}

@test "output comes out where it should, input goes in, and the exit code is the guest's" {
	guest_shell 'while read -r line; do echo "out $line"; echo "err $line" >&2; [ "$line" != end ] || exit 7; done'
	guest
	STDIN=$BATS_TEST_TMPDIR/input
	printf 'one\ntwo\nend\n' >"$STDIN"
	attach
	assert_status 7
	assert_output_is $'out one\nout two\nout end'
	[[ $error == $'err one\nerr two\nerr end' ]]
	end_guest
}

@test "a guest that is killed: 128 and the signal" {
	guest_shell 'echo up; while :; do sleep 1; done'
	guest
	"$KAVEL" --root "$ROOT" attach --store "$STORE" --no-stdin "$ID" </dev/null 3>&- &
	eventually has_clients 1
	kavel kill "$ID" KILL
	status=0
	wait $! || status=$?
	assert_status 137
	end_guest
}

@test "with --no-stdin standard input is left alone" {
	guest_shell 'read -r line; echo "got $line"'
	guest
	STDIN=$BATS_TEST_TMPDIR/input
	echo lost >"$STDIN"
	"$KAVEL" --root "$ROOT" attach --store "$STORE" --no-stdin "$ID" <"$STDIN" >"$BATS_TEST_TMPDIR/seen" 3>&- &
	eventually has_clients 1
	echo kept >"$STDIN"
	attach
	assert_output_has "got kept"
	wait $!
	grep -q 'got kept' "$BATS_TEST_TMPDIR/seen"
	end_guest
}

@test "the detach keys leave the guest alone, and the terminal as it was" {
	config '.process.terminal = true'
	guest_shell 'while read -r line; do echo "did $line"; done'
	guest --terminal
	attach_at 80x24 'key:one\r wait:did.one key:\x10\x11 end'
	assert_line "status 0"
	attach_at 80x24 'key:two\r wait:did.two key:\x10x\x10\r wait:did key:q end' --detach-keys q
	assert_line "status 0"
	attach_at 80x24 'key:\x10\x11\r wait:did signal:SIGTERM end' --detach-keys ''
	[[ $(guest_status) == running ]]
	end_guest
}

@test "keys that make no sense are refused" {
	guest_does pause
	guest
	attach --detach-keys ctrl-1
	assert_refused "detach keys" "ctrl-1"
	end_guest
}

@test "the guest's terminal has the caller's size, and follows it; no key is a signal here" {
	config '.process.terminal = true'
	guest_shell 'trap "stty size" WINCH; trap "echo interrupted" INT; while :; do read -r line && stty size; done'
	ln -s busybox "$BUNDLE/rootfs/bin/stty"
	guest --terminal
	attach_at 77x33 'wait:33.77 resize:100x40 wait:40.100 key:\x03 wait:interrupted key:\x10\x11 end'
	assert_line "status 0"
	end_guest
}

@test "a signal ends it, and the terminal is as it was; with --sig-proxy it is the guest's" {
	local signal

	config '.process.terminal = true'
	guest_shell 'trap "echo terminated" TERM; trap "echo user" USR1; while :; do echo up; sleep 0.1; done'
	guest --terminal
	for signal in TERM INT HUP QUIT; do
		attach_at 80x24 "wait:up signal:SIG$signal end"
		assert_line "status $((128 + $(kill -l "$signal")))"
	done
	attach_at 80x24 "wait:up signal:SIGTERM wait:terminated signal:SIGUSR1 wait:user key:\x10\x11 end" --sig-proxy
	assert_line "status 0"
	end_guest
}

@test "it is stopped and continued, and the terminal is raw again" {
	config '.process.terminal = true'
	guest_shell 'trap "echo interrupted" INT; while :; do echo up; sleep 0.1; done'
	guest --terminal
	attach_at 80x24 'wait:up signal:SIGTSTP signal:SIGCONT key:\x03 wait:interrupted key:\x10\x11 end'
	assert_line "status 0"
	end_guest
}

@test "the guest ends while a terminal is attached: its exit code, and the terminal as it was" {
	config '.process.terminal = true'
	guest_shell 'read -r line; exit 9'
	guest --terminal
	attach_at 80x24 'key:go\r end'
	assert_line "status 9"
	end_guest
}

@test "the shim is killed: the guest runs on, and attach says what to do" {
	guest_shell 'while :; do echo up; sleep 0.1; done'
	guest
	"$KAVEL" --root "$ROOT" attach --store "$STORE" --no-stdin "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
	eventually grep -q up "$BATS_TEST_TMPDIR/seen"
	kill -KILL "$PID"
	status=0
	wait $! || status=$?
	assert_status 1
	grep -q 'the shim of guest "guest" is gone; the guest runs on' "$BATS_TEST_TMPDIR/said"
	attach
	assert_refused "runs without a shim" "kavel up guest"
	kavel delete --force "$ID"
	attach
	assert_refused "does not run"
	shim_ends
	rm -rf "$ROOT/.shim"
}

@test "a guest that does not run, or does not exist, is told" {
	guest_shell 'exit 3'
	guest
	shim_ends
	attach
	assert_refused 'guest "guest" does not run' "kavel up guest"
	try kavel attach --store "$STORE" nosuch
	assert_refused 'guest "nosuch" does not exist'
	try kavel attach --store "$STORE" ../guest
	assert_refused
	rm -rf "$ROOT/.shim"
}

@test "a reader that is gone ends it, a reader that does not read keeps nobody waiting" {
	guest_shell 'while :; do echo 0123456789; done'
	LOG_PATH=none guest
	set +o pipefail
	"$KAVEL" --root "$ROOT" attach --store "$STORE" --no-stdin "$ID" 3>&- | head -n 3 >"$BATS_TEST_TMPDIR/seen"
	(($(wc -l <"$BATS_TEST_TMPDIR/seen") == 3))
	# its output is a pipe that nobody reads: a signal is heard all the same
	"$KAVEL" --root "$ROOT" attach --store "$STORE" --no-stdin "$ID" 3>&- > >(sleep 100) &
	sleep 0.3
	kill -TERM $!
	status=0
	wait $! || status=$?
	assert_status 143
	end_guest
}

@test "a guest that types into its own terminal types nothing into the caller's" {
	config '.process.terminal = true'
	guest_shell 'read -r line; /guest type=evil; exit 4'
	guest --terminal
	# shellcheck disable=SC2016
	try "$TREE/tests/run/screen" 80x24 'key:go\r wait:over show end' bash -c \
		'"$@"; echo "status $?"; read -t 0.3 -r x; echo "left <$x>"; echo over' bash \
		"$KAVEL" --root "$ROOT" attach --store "$STORE" "$ID"
	assert_success
	assert_output_has 'type=evil: '
	assert_output_has 'status 4'
	assert_output_has 'left <>'
	refute_output_has 'given back'
	end_guest
}
