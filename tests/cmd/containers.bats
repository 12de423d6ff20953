load ../run/helpers

prepare() {
	ln -s "$KAVEL" "$BATS_TEST_TMPDIR/runc"
	ln -s "$KAVEL" "$BATS_TEST_TMPDIR/crun"
	config '.process.args = ["/bin/sleep", "60"]'
}

try_as() { # runc|crun WORD...
	try "$BATS_TEST_TMPDIR/$1" --root "$ROOT" "${@:2}"
}

detached() { # ID...
	local id

	for id; do
		must kavel run --detach --bundle "$BUNDLE" "$id"
	done
}

@test "a container that is being created has that state, and none for crun's callers" {
	config --arg kavel "$KAVEL" --arg crun "$BATS_TEST_TMPDIR/crun" --arg root "$ROOT" --arg out "$BATS_TEST_TMPDIR/seen" \
		'.hooks.createRuntime = [{path: "/bin/sh",
			args: ["sh", "-c", "\($kavel) --root \($root) state c1 >\($out); ! \($crun) --root \($root) state c1"]}]'
	must kavel create --bundle "$BUNDLE" c1
	[[ $(jq -r .status "$BATS_TEST_TMPDIR/seen") == creating ]]
}

@test "options may stand after the ID, and in Go's style" {
	must kavel create c1 -bundle "$BUNDLE" --pid-file="$BATS_TEST_TMPDIR/pid" -no-subreaper
	[[ ! $output && ! $error ]] || fail "create should print nothing"
	[[ $(cat "$BATS_TEST_TMPDIR/pid") == $(guest_pid c1) ]] || fail "the pid file is wrong"
}

@test "the pid file is relative to the current directory, the configuration to the bundle" {
	mv "$BUNDLE/config.json" "$BUNDLE/other.json"
	cd "$BATS_TEST_TMPDIR"
	must kavel create --pid-file my.pid --config other.json -b "$BUNDLE" c1
	[[ $(cat my.pid) == $(guest_pid c1) ]] || fail "the pid file is wrong"
}

@test "state prints the document with its keys in order" {
	config '.annotations = {"a": "1"}'
	detached c1
	must kavel state c1
	[[ $(jq -c 'keys_unsorted' <<<"$output") == \
		'["ociVersion","id","pid","status","bundle","rootfs","created","annotations","owner"]' ]] || fail "keys"
	jq -e --arg bundle "$BUNDLE" '.id == "c1" and .status == "running" and .pid > 1 and .bundle == $bundle and
		.rootfs == $bundle + "/rootfs" and .annotations == {"a": "1"} and .owner == "root" and
		(.created | test("^[0-9-]+T[0-9:]+\\.[0-9]{9}Z$"))' <<<"$output" >/dev/null || fail "values"
	[[ $output == $'{\n  "ociVersion"'* ]] || fail "it should be indented"
}

@test "state that cannot be written is a failure" {
	detached c1
	try sh -c 'exec "$@" >/dev/full' sh "$KAVEL" --root "$ROOT" state c1
	assert_refused "state c1: write to standard output: No space left on device"
}

@test "list shows every container, sorted, as a table, as JSON and by ID" {
	detached b2 a1
	must kavel create --bundle "$BUNDLE" c3
	must kavel list
	assert_matches '^ID +PID +STATUS +BUNDLE +CREATED +OWNER$'
	assert_matches "^a1 +$(guest_pid a1) +running +$BUNDLE +[0-9]{4}-[0-9-]+T[0-9:.]+Z +root\$"
	assert_matches "^c3 +$(guest_pid c3) +created "
	[[ $(sed 1d <<<"$output" | cut -d ' ' -f 1 | tr '\n' ' ') == "a1 b2 c3 " ]] || fail "the order is wrong"
	must kavel list -q
	assert_output_is $'a1\nb2\nc3'
	must kavel list --format json
	(($(wc -l <<<"$output") == 1)) || fail "JSON should be one line"
	[[ $(jq -c '.[0] | keys_unsorted' <<<"$output") == \
		'["ociVersion","id","pid","status","bundle","rootfs","created","owner"]' ]] || fail "keys"
	[[ $(jq -c 'map(.status)' <<<"$output") == '["running","running","created"]' ]] || fail "status"
}

@test "by the name crun, list has crun's keys" {
	detached c1
	try_as crun list -f json
	assert_success
	[[ $(jq -c '.[0] | keys_unsorted' <<<"$output") == '["id","pid","status","bundle","created","owner"]' ]] || fail "keys"
	jq -e --arg bundle "$BUNDLE" '.[0] | .bundle == $bundle and .owner == "root"' <<<"$output" >/dev/null || fail "values"
	try_as crun list
	assert_matches "^c1 +[0-9]+ +running +$BUNDLE "
}

@test "a damaged state does not hide the other containers, and a warning names it" {
	detached c1
	mkdir -m 0700 "$ROOT/a0"
	echo '{' >"$ROOT/a0/state.json"
	must kavel list
	assert_matches "^c1 "
	must kavel list --format json
	jq -e 'map(.id) | contains(["c1"])' <<<"$output" >/dev/null || fail "c1 is not there"
	must kavel delete --force a0
}

@test "ps is a table of ps, with its options after the ID, or an array" {
	local pid

	detached c1
	pid=$(guest_pid c1)
	must kavel ps c1
	assert_matches '^UID +PID +PPID +C +STIME +TTY +TIME +CMD$'
	assert_matches "^root +$pid .*/bin/sleep 60\$"
	(($(wc -l <<<"$output") == 2)) || fail "there should be one process"
	must kavel ps c1 -e -o pid,comm
	assert_matches "^ *$pid sleep\$"
	(($(wc -l <<<"$output") == 2)) || fail "there should be one process"
	must kavel ps --format json c1
	assert_output_is "[$pid]"
	try kavel ps c1 -e -o comm
	assert_refused "no column PID"
	try kavel ps c1 --nosuch
	assert_status 1
	assert_error_has "ps failed"
	try_as crun ps c1
	assert_output_is $'PID\n'"$pid"
}

@test "ps does without the program ps, and knows a stopped container" {
	local pid

	detached c1
	pid=$(guest_pid c1)
	try env PATH=/nowhere "$KAVEL" --root "$ROOT" ps c1
	assert_success
	assert_output_is $'PID\n'"$pid"
	must kavel kill c1 KILL
	eventually status_is stopped c1
	must kavel ps c1
	(($(wc -l <<<"$output") == 1)) || fail "there should be no process"
	must kavel ps -f json c1
	assert_output_is "[]"
}

@test "a signal is sent by any of its names" {
	local signal number

	guest_shell 'for s in HUP INT USR1 USR2; do trap "echo got $s" $s; done; trap "exit 7" TERM; echo ready
		while :; do sleep 0.05; done'
	kavel run --bundle "$BUNDLE" c1 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
	eventually grep -q ready "$BATS_TEST_TMPDIR/out"
	for signal in HUP:SIGHUP INT:int USR1:10 USR2:sigUSR2; do
		must kavel kill c1 "${signal#*:}"
		eventually grep -q "got ${signal%:*}" "$BATS_TEST_TMPDIR/out"
	done
	must kavel kill c1 0
	must kavel kill c1
	number=0
	wait $! || number=$?
	((number == 7)) || fail "the exit code should be 7"
}

@test "kill and delete by regular expression take those that match" {
	detached web1 web2 db
	must kavel kill --regex '^web' KILL
	eventually status_is stopped web1
	eventually status_is stopped web2
	status_is running db || fail "db should run"
	try kavel delete --regex .
	assert_status 1
	assert_error_has "cannot delete db: it is running"
	must kavel list -q
	assert_output_is db
	must kavel delete --force -r 'd.$'
	must kavel list -q
	assert_output_is ""
}

@test "exec passes words on, tells the exit code, and fails with 255" {
	detached c1
	must kavel exec c1 sh -c 'echo "$@"' sh --root -h a
	assert_output_is "--root -h a"
	must kavel exec --env A=1 -e B=2 --cwd /tmp c1 sh -c 'echo $A$B $PWD'
	assert_output_is "12 /tmp"
	must kavel exec --user 1000:1000 -g 7 -g 8 c1 id
	assert_matches '^uid=1000.* gid=1000.*groups=.*7.*8'
	try kavel exec c1 sh -c 'exit 9'
	assert_status 9
	try kavel exec c1 sh -c 'kill -9 $$'
	assert_status 137
	try kavel exec c1 nosuch
	assert_status 255
	assert_error_has "exec c1: "
	try_as crun exec c1 nosuch
	assert_status 1
}

@test "a failure tells the command and the container once" {
	detached c1
	try kavel start c1
	assert_refused "kavel: error: cannot start c1: it is running"
	try kavel delete c1
	assert_refused "kavel: error: cannot delete c1: it is running"
	try kavel create --bundle "$BUNDLE" c1
	assert_refused "kavel: error: create c1: " "already exists"
}

@test "a container made by one name is known by the others" {
	try_as runc create --bundle "$BUNDLE" c1
	assert_success
	try_as crun start c1
	assert_success
	try_as crun --cgroup-manager cgroupfs state c1
	assert_success
	must kavel kill c1 9
	eventually status_is stopped c1
	try_as crun delete c1
	assert_success
}

@test "hooks, the guest and an exec find no signal ignored or blocked that the program ignores or blocks" {
	add_hook createRuntime "grep -E 'Sig(Ign|Blk)' /proc/self/status >$BATS_TEST_TMPDIR/hook"
	must env --default-signal "$KAVEL" --root "$ROOT" run --detach --bundle "$BUNDLE" c1
	diff <(tr -d '\t' <"$BATS_TEST_TMPDIR/hook") <(printf 'SigBlk:%016d\nSigIgn:%016d\n' 0 0)
	diff <(grep -E 'Sig(Ign|Blk)' "/proc/$(guest_pid c1)/status" | tr -d '\t') <(printf 'SigBlk:%016d\nSigIgn:%016d\n' 0 0)
	must env --default-signal "$KAVEL" --root "$ROOT" exec c1 cat /proc/self/status
	assert_line $'SigBlk:\t0000000000000000'
	assert_line $'SigIgn:\t0000000000000000'
}

@test "spec's own configuration runs, with its terminal" {
	rm "$BUNDLE/config.json"
	must kavel spec --bundle "$BUNDLE"
	echo 'tty; exit 4' >"$BATS_TEST_TMPDIR/in"
	STDIN=$BATS_TEST_TMPDIR/in try kavel run --bundle "$BUNDLE" c1
	assert_status 4
}
