load setup

# podman with kavel-shim in conmon's place.

@test "run shows what the container writes, and ends with its code" {
	run_box -- sh -c 'echo out; echo error >&2; exit 7'
	assert_status 7
	assert_output_is out
	[[ $error == *error* ]]
	[[ $(inspect '{{.State.ExitCode}} {{.State.OOMKilled}}') == '7 false' ]]
	logs_have out
	logs_have error
}

@test "podman takes kavel-shim for a conmon: it does not fall back to another one" {
	run_box -d -- sleep 1000
	assert_success
	[[ $(readlink -f "/proc/$(inspect '{{.State.ConmonPid}}')/exe") == "$(readlink -f "$SHIM")" ]]
	[[ $error != *invalid* ]]
}

@test "run -i: what is written to it comes back, whatever it is" {
	head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	STDIN=$BATS_TEST_TMPDIR/data run_box -i --rm -- md5sum
	assert_success
	[[ ${output%% *} == "$(md5sum <"$BATS_TEST_TMPDIR/data" | cut -d' ' -f1)" ]]
}

@test "run: a reader that pauses, as a pager does, loses nothing" {
	local last

	last=$(podman run --rm --name "$NAME" --network none --log-driver none box seq 300000 2>/dev/null |
		{ sleep 3; cmp - <(seq 300000) && echo all; })
	[[ $last == all ]]
}

@test "run -d, logs -f, stop" {
	run_box -d -- sh -c 'trap "echo stopped; exit 3" TERM; i=0; while :; do echo tick $i; i=$((i + 1)); sleep 0.1; done'
	assert_success
	podman logs -f "$NAME" >"$BATS_TEST_TMPDIR/logs" 2>&1 3>&- &
	eventually grep -qx 'tick 5' "$BATS_TEST_TMPDIR/logs"
	must_podman stop --time 10 "$NAME"
	wait
	[[ $(tail -n 1 "$BATS_TEST_TMPDIR/logs") == stopped ]] || fail "the last line: $(tail -n 1 "$BATS_TEST_TMPDIR/logs")"
	[[ $(inspect '{{.State.ExitCode}}') == 3 ]]
}

@test "attach" {
	run_box -d -i -- sh -c 'while read -r line; do echo "got $line"; done; exit 4'
	assert_success
	echo hello >"$BATS_TEST_TMPDIR/input"
	STDIN=$BATS_TEST_TMPDIR/input must_podman attach "$NAME"
	assert_line "got hello"
	eventually is_in_state exited
	[[ $(inspect '{{.State.ExitCode}}') == 4 ]] || fail "the end of the client's input should be the container's"
}

@test "start -a of what was created" {
	must_podman create --name "$NAME" --network none -i box cat
	printf 'one\ntwo\n' >"$BATS_TEST_TMPDIR/input"
	STDIN=$BATS_TEST_TMPDIR/input try_podman start -ai "$NAME"
	assert_success
	assert_output_is $'one\ntwo'
}

@test "exec: output, input, code, in the background, of what is not there" {
	run_box -d -- sleep 1000
	assert_success
	try_podman exec "$NAME" sh -c 'echo out; echo error >&2; exit 9'
	assert_status 9
	assert_output_is out
	[[ $error == *error* ]]
	echo input >"$BATS_TEST_TMPDIR/input"
	STDIN=$BATS_TEST_TMPDIR/input try_podman exec -i "$NAME" cat
	assert_output_is input
	must_podman exec -d "$NAME" touch /tmp/background
	eventually podman exec "$NAME" test -e /tmp/background
	try_podman exec "$NAME" no-such-program
	assert_status 127
	assert_error_has no-such-program
	eventually sh -c "[ \$(pgrep -cf '^$SHIM .*$BATS_FILE_TMPDIR') = 1 ]"
}

@test "run -it: typing, the terminal's size, its change, the code" {
	in_terminal '# ' 'stty size\n' '33 77' 'resize=44x99' '# ' 'sleep 1; stty size; exit 5\n' -- \
		run --rm -it --name "$NAME" --network none box prompt
	assert_status 5
	assert_line '44 99'
}

@test "exec -it: typing, the terminal's size, its change, the code" {
	run_box -d -- sleep 1000
	in_terminal '# ' 'stty size\n' '33 77' 'resize=44x99' '# ' 'sleep 1; stty size; exit 5\n' -- \
		exec -it "$NAME" prompt
	assert_status 5
	assert_line '44 99'
}

@test "attach to a terminal, leave it, and attach again" {
	must_podman run -dit --name "$NAME" --network none box prompt
	in_terminal '# ' 'echo first$((1 + 1))\n' first2 '\x10\x11' -- attach "$NAME"
	is_in_state running
	in_terminal '' 'exit 6\n' -- attach "$NAME"
	eventually is_in_state exited
	[[ $(inspect '{{.State.ExitCode}}') == 6 ]]
}

@test "kill, wait, and start again" {
	run_box -d -- sleep 1000
	assert_success
	must_podman kill "$NAME"
	try_podman wait "$NAME"
	assert_output_is 137
	must_podman start "$NAME"
	is_in_state running
	must_podman restart --time 0 "$NAME"
	is_in_state running
}

@test "--restart on-failure:2" {
	run_box -d --restart on-failure:2 -- sh -c 'echo run; exit 1'
	assert_success
	eventually sh -c "[ \"\$($(podman_words "$BATS_FILE_TMPDIR") logs $NAME 2>/dev/null | grep -cx run)\" = 3 ]"
	eventually is_in_state exited
	[[ $(inspect '{{.RestartCount}}') == 2 ]]
}

@test "health checks" {
	run_box -d --health-cmd 'test -e /tmp/well' -- sleep 1000
	assert_success
	try_podman healthcheck run "$NAME"
	assert_status 1
	must_podman exec "$NAME" touch /tmp/well
	must_podman healthcheck run "$NAME"
}

@test "--timeout ends the container" {
	run_box --timeout 1 -- sleep 1000
	((status != 0)) || fail "it should have been ended"
	eventually is_in_state exited
}

@test "a container that cannot be created is told in the runtime's words, and leaves no shim" {
	run_box -- /no/such/program
	assert_status 127
	assert_error_has /no/such/program
	eventually no_shim_is_left
}

@test "--log-driver none and passthrough" {
	run_box --log-driver none --rm -- echo hello
	assert_output_is hello
	run_box --log-driver passthrough -- sh -c 'echo out; exit 3'
	assert_status 3
	assert_output_is out
}

@test "--log-driver json-file with a size limit" {
	run_box -d --log-driver k8s-file --log-opt max-size=10kb -- sh -c 'seq 5000; echo end; sleep 1000'
	assert_success
	eventually logs_have end
	(($(stat -c %s "$(inspect '{{.HostConfig.LogConfig.Path}}')") <= 12000))
}

@test "--rm leaves nothing" {
	run_box --rm -- true
	assert_success
	[[ ! $(podman ps -aq 2>/dev/null) ]]
	eventually no_shim_is_left
}

@test "twenty containers at the same time" {
	local i

	for i in {1..20}; do
		podman run -d --name "$NAME-$i" --network none box sh -c "echo i am $i; sleep 1000" >/dev/null 2>&1 3>&- &
		((i % 4)) || wait
	done
	wait
	for i in {1..20}; do
		NAME=box$BATS_TEST_NUMBER-$i eventually logs_have "i am $i"
	done
	[[ $(podman ps -q 2>/dev/null | wc -l) == 20 ]]
}

@test "a container that takes more memory than it may is reported as such" {
	needs memory
	run_box --memory 20m -- sh -c 'yes | tr "\n" x | head -c 100000000 | tail -n 1 | wc -c'
	[[ $(inspect '{{.State.OOMKilled}}') == true ]]
}

@test "logs of the journal" {
	needs systemd
	EVENTS=journald # else podman refuses to follow
	run_box --log-driver journald -- sh -c 'echo to the journal; echo error >&2'
	assert_success
	eventually logs_have 'to the journal'
	eventually logs_have error
	podman logs -f "$NAME" >"$BATS_TEST_TMPDIR/logs" 2>&1
	grep -qx 'to the journal' "$BATS_TEST_TMPDIR/logs"
}
