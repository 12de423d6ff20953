load setup

# What an engine sees of a container's life: the same as with conmon.

life() {
	create
	[[ $(said exit) == 0 ]] || fail "who started the shim should be let go"
	[[ $(<"$AT/shim") != "$(said shim)" ]] || fail "the shim should not be the process that was started"
	[[ $(guest_pid) == "$(<"$AT/pid")" ]]
	[[ ! -e $AT/exits/$ID ]] || fail "it has not ended"
	start
	[[ $(exit_code) == 5 ]]
	[[ $(<"$AT/persist/exit") == 5 ]]
	log_has 'stdout F hello'
	log_has 'stderr F error'
	grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}[+-][0-9:]{5} stdout F hello$' "$AT/log"
}

@test "the pid is told, output is logged, and the exit code is in both exit files" {
	guest_shell 'echo hello; echo error >&2; exit 5'
	as_conmon life
}

killed() {
	create
	start
	must kavel kill "$ID" KILL
	[[ $(exit_code) == 137 ]]
}

@test "a guest that is killed has exit code 128 and the signal" {
	guest_does pause
	as_conmon killed
}

failure() {
	engine "" --api-version
	[[ $(said exit) == 0 ]]
	[[ $(said sync) == '{"data": -1, "message": "'*'/nonexistent'*'"}'$'\n'end ]] || fail "the reason should be told"
	[[ ! -e $AT/exits/$ID && ! -e $AT/persist/exit ]] || fail "there was no guest, so it has no exit code"
}

@test "what could not be created is told in the runtime's words, and leaves nothing" {
	config '.process.args = ["/nonexistent"]'
	as_conmon failure
}

older() {
	engine "--lines 1"
	[[ $(said sync) == "{\"pid\": $(<"$AT/pid")}" ]]
	start
	[[ $(exit_code) == 0 ]]
}

@test "without --api-version the key is pid" {
	guest_does exit=0
	as_conmon older
}

waits() {
	local started

	config 'del(.hooks)'
	add_hook createRuntime "touch $AT/started"
	python3 - "$SHIM" "$AT/started" <<-'PYTHON' $(shim_words) --api-version &
		import os, sys, time
		r, w = os.pipe()
		os.set_inheritable(r, True)
		os.environ["_OCI_STARTPIPE"] = str(r)
		if os.fork() == 0:
		    os.close(w)
		    os.execv(sys.argv[1], [sys.argv[1]] + sys.argv[3:])
		os.close(r)
		time.sleep(0.5)
		sys.exit(0 if not os.path.exists(sys.argv[2]) and os.write(w, b"0") and os.wait()[1] == 0 else 1)
	PYTHON
	started=$!
	wait "$started" || fail "nothing should happen before the first word"
	eventually test -e "$AT/started"
}

@test "nothing is started before the start pipe is written to" {
	guest_does exit=0
	as_conmon waits
}

last_command() {
	create --exit-command /bin/sh --exit-command-arg -c --exit-command-arg "cat $AT/exits/$ID >$AT/end.new; mv $AT/end.new $AT/end"
	start
	eventually test -e "$AT/end"
	[[ $(<"$AT/end") == 7 ]] || fail "the exit code should be there before the exit command runs"
}

@test "the exit command runs in the end, when the exit code is there" {
	guest_does exit=7
	as_conmon last_command
}

delayed() {
	local ended

	create --exit-delay 2 --exit-command /bin/touch --exit-command-arg "$AT/end"
	start
	[[ $(exit_code) == 0 ]]
	ended=$SECONDS
	[[ ! -e $AT/end ]] || fail "the exit command should wait"
	eventually test -e "$AT/end"
	((SECONDS - ended >= 1))
}

@test "--exit-delay holds the exit command back, not the exit code" {
	guest_does exit=0
	as_conmon delayed
}

in_foreground() {
	(
		eventually test -s "$AT/pid"
		eventually kavel start "$ID"
	) &
	engine "--wait" --api-version --sync
	wait
	[[ $(said exit) == 6 ]] || fail "the shim should end with the guest's code"
}

@test "--sync: the shim stays the caller's child and ends with the guest's code" {
	guest_does exit=6
	as_conmon in_foreground
}

signalled() {
	create
	start
	eventually log_has 'stdout F ready'
	kill -TERM "$(<"$AT/shim")"
	[[ $(exit_code) == 9 ]]
}

@test "SIGTERM to the shim is the guest's" {
	guest_shell 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	as_conmon signalled
}

timed() {
	create --timeout 1
	start
	[[ $(exit_code) == -1 ]]
}

@test "--timeout ends the guest" {
	guest_does pause
	as_conmon timed
}

protected() {
	create
	start
	[[ $(cat "/proc/$(<"$AT/shim")/oom_score_adj") == -1000 ]]
	[[ $(cat "/proc/$(<"$AT/pid")/oom_score_adj") == 0 ]]
	must kavel kill "$ID" KILL
	[[ $(exit_code) == 137 ]]
}

@test "the shim is not killed for lack of memory, the guest may be" {
	guest_does pause
	as_conmon protected
}

orphans() {
	create
	start
	eventually log_has 'stdout F gone'
	[[ $(exit_code) == 0 ]]
	eventually is_gone "$(<"$AT/shim")"
}

@test "what a guest without a pid namespace leaves behind does not keep the shim" {
	without_namespace pid
	guest_shell '(sleep 2; echo late) & echo gone'
	as_conmon orphans
}

passed_through() {
	LIMIT=40 try "$ENGINE" --lines 1 -- "$SHIM" $(shim_words | sed 's/k8s-file:[^ ]*/passthrough/') --api-version
	[[ $(said sync) == "{\"data\": $(<"$AT/pid")}" ]]
	start
	[[ $(exit_code) == 0 ]]
	grep -qx 'to the caller' "$BATS_TEST_TMPDIR/stdout"
	grep -qx 'its errors too' "$BATS_TEST_TMPDIR/stderr"
	[[ ! -e $BUNDLE/attach ]]
}

@test "passthrough: the caller's streams are the guest's" {
	guest_shell 'echo to the caller; echo its errors too >&2'
	as_conmon passed_through
}

notified() {
	mkdir "$BUNDLE/notify"
	rm -f "$AT/caller"
	python3 - "$AT/caller" "$AT/heard" <<-'PYTHON' &
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		s.settimeout(20)
		with open(sys.argv[2], "wb") as f:
		    f.write(s.recv(4096))
	PYTHON
	eventually test -S "$AT/caller"
	create --sdnotify-socket "$AT/caller"
	eventually test -S "$BUNDLE/notify/notify.sock"
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(sys.argv[1])
s.send(b"FDSTORE=1\nSTATUS=busy\nMAINPID=1\nREADY=1")' "$BUNDLE/notify/notify.sock"
	wait
	[[ $(<"$AT/heard") == $'STATUS=busy\nREADY=1' ]] || fail "heard: $(<"$AT/heard")"
	rm -r "$BUNDLE/notify"
}

@test "notifications of the guest go to the caller's service, but for what could deceive it" {
	guest_does exit=0
	as_conmon notified
}

# ---------------------------------------------------------------- where conmon does nothing to compare with

@test "wrong words are refused, with one line that names them" {
	local words

	try "$SHIM" --no-such
	assert_refused "--no-such"
	try "$SHIM" --cid x
	assert_refused "--runtime"
	try "$SHIM" --cid x --cuuid x --runtime /nonexistent
	assert_refused "/nonexistent"
	for words in "--exec" "--exec-attach" "--restart always" "--restart sometimes" "--log-size-max x" \
		"--stop-timeout 5" "--exec --restore /x --exec-process-spec /x"; do
		# shellcheck disable=SC2086 # words
		try "$SHIM" --cid x --cuuid x --runtime "$KAVEL" $words
		assert_refused "--"
	done
}

@test "--version tells which conmon it stands for" {
	must "$SHIM" --version
	[[ ${output%%$'\n'*} =~ ^conmon\ version\ 2\.[0-9]+\.[0-9]+$ ]]
	assert_matches '^kavel-shim version '
}

@test "every option of conmon is known" {
	local option

	must "$SHIM" --help
	for option in api-version bundle cid cuuid name runtime runtime-arg runtime-opt container-pidfile conmon-pidfile exit-dir \
		persist-dir exit-command exit-command-arg exit-delay log-path log-size-max log-global-size-max log-rotate \
		log-max-files log-tag log-label no-container-partial-message stdin leave-stdin-open terminal timeout exec \
		exec-attach exec-process-spec restore systemd-cgroup socket-dir-path full-attach sdnotify-socket \
		replace-listen-pid no-pivot no-new-keyring sync version; do
		assert_matches "--$option( |$)"
	done
}

@test "a runtime that is killed, or writes no pid, is told as a failure" {
	local bad=$BATS_TEST_TMPDIR/runtime

	printf '#!/bin/sh\nkill -9 $$\n' >"$bad"
	chmod +x "$bad"
	KAVEL=$bad engine "" --api-version
	[[ $(said sync) == *'killed by signal 9'*end ]] || fail "the signal should be told"
	fresh
	printf '#!/bin/sh\nexit 0\n' >"$bad"
	KAVEL=$bad engine "" --api-version
	[[ $(said sync) == *'"data": -1'*"$AT/pid"*end ]]
	fresh
	printf '#!/bin/sh\necho x: warning: careful >&2; echo x: error: too bad >&2; exit 1\n' >"$bad"
	KAVEL=$bad engine "" --api-version
	[[ $(said sync) == *'"message": "x: error: too bad"}'*end ]] || fail "a warning is not why it failed"
	fresh
	printf '#!/bin/sh\nyes warning | head -c 1000000 >&2; echo the end >&2; exit 1\n' >"$bad"
	KAVEL=$bad engine "" --api-version
	[[ $(said sync) == *'the end"'*end ]] || fail "a runtime that says much should not hang, and its last words count"
}

@test "the runtime dies with the shim that started it" {
	printf '#!/bin/sh\necho $$ >%s/runtime\nexec sleep 100\n' "$AT" >"$BATS_TEST_TMPDIR/runtime"
	chmod +x "$BATS_TEST_TMPDIR/runtime"
	(KAVEL=$BATS_TEST_TMPDIR/runtime engine "--seconds 10" --api-version) &
	eventually test -s "$AT/runtime"
	eventually test -s "$AT/shim"
	kill -KILL "$(<"$AT/shim")"
	eventually is_gone "$(<"$AT/runtime")"
	wait
}
