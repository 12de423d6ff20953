load ../run/helpers

# Each line is an entry, "STREAM TAG TEXT", one second after the one before.
write_log() { # FILE FIRST-SECOND <ENTRIES
	local second=$2 stream tag text

	while read -r stream tag text; do
		printf '2026-01-02T03:04:%02d.000000000+00:00 %s %s %s\n' "$((second++))" "$stream" "$tag" "$text"
	done >>"$1"
}

prepare() {
	FOLDER=$BATS_TEST_TMPDIR/log
	LOG=$FOLDER/guest.log
	mkdir "$FOLDER"
	write_log "$LOG.1" 1 <<-'END'
		stdout F one
		stderr F oops
		stdout P tw
	END
	write_log "$LOG" 4 <<-'END'
		stderr F again
		stdout F o
		stdout F three
	END
}

@test "logs prints what is in all files, joins parts and keeps the streams apart" {
	must kavel logs --file "$LOG"
	[[ $output == $'one\ntwo\nthree' ]] || fail "standard output: $output"
	[[ $error == $'oops\nagain' ]] || fail "standard error: $error"
}

@test "logs prints one stream, the last lines, and with times" {
	must kavel logs --file "$LOG" --stream stderr
	[[ ! $output && $error == $'oops\nagain' ]] || fail "--stream"
	must kavel logs --file "$LOG" --tail 2 --stream stdout
	[[ $output == $'two\nthree' ]] || fail "--tail: $output"
	must kavel logs --file "$LOG" -n 0
	[[ ! $output$error ]] || fail "--tail 0: $output"
	must kavel logs --file "$LOG" -t -n 1
	[[ $output == '2026-01-02T03:04:06.000000000+00:00 three' ]] || fail "--timestamps: $output"
}

@test "logs prints what was written between two times" {
	must kavel logs --file "$LOG" --since 2026-01-02T03:04:02Z --until '2026-01-02 04:04:04+01:00'
	[[ $output == tw && $error == $'oops\nagain' ]] || fail "$output"
	must kavel logs --file "$LOG" --since 1767323046
	[[ $output == three ]] || fail "seconds: $output"
	must kavel logs --file "$LOG" --since 1h
	[[ ! $output ]] || fail "a duration: $output"
	date --date '30 minutes ago' '+%FT%T.%N%:z stdout F late' >>"$LOG"
	must kavel logs --file "$LOG" --since 1h
	[[ $output == late ]] || fail "a duration: $output"
}

@test "logs prints an object of JSON per line" {
	must kavel logs --file "$LOG" --format json
	[[ $(jq -c '[.stream, .text]' <<<"$output" | tr '\n' ' ') == \
		'["stdout","one"] ["stderr","oops"] ["stderr","again"] ["stdout","two"] ["stdout","three"] ' ]] || fail "$output"
	[[ $(jq -r 'select(.text == "two").time' <<<"$output") == 2026-01-02T03:04:03.000000000+00:00 ]] || fail "time"
	rm "$LOG.1"
	printf '2026-01-02T03:04:07Z stdout F a\0b\xff"\n' >"$LOG"
	must kavel logs --file "$LOG" --format json -n 1
	[[ $output == '{"time":"2026-01-02T03:04:07Z","stream":"stdout","text":"a\u0000b'$'\xef\xbf\xbd''\""}' ]] || fail "$output"
}

@test "logs reads Docker's format" {
	cat >"$LOG" <<-'END'
		{"log":"caf\u00e9 ","stream":"stdout","time":"2026-01-02T03:04:05.5Z"}
		{"log":"noir\n","attrs":{"a":"b"},"stream":"stdout","time":"2026-01-02T03:04:06Z"}
	END
	rm "$LOG.1"
	must kavel logs -t --file "$LOG"
	[[ $output == '2026-01-02T03:04:05.5Z café noir' ]] || fail "$output"
}

@test "logs says how much was no log, and prints the rest" {
	printf 'garbage\n\1\2\3\n' >>"$LOG"
	write_log "$LOG" 9 <<<'stdout F four'
	must kavel logs --file "$LOG"
	[[ $output == $'one\ntwo\nthree\nfour' && $error == *"$LOG: 2 lines are no log entries"* ]] || fail "$output: $error"
}

@test "logs refuses what it cannot read" {
	local row

	for row in "--file $BATS_TEST_TMPDIR/none:none: No such file" "--file $BATS_TEST_TMPDIR:is not a regular file" \
		"--file $LOG --tail x:--tail: expected a number" "--file $LOG --since never:--since: expected a time" \
		"--file $LOG --stream x:--stream: expected stdout" "--file $LOG web:exclude each other" \
		"--store $BATS_TEST_TMPDIR:name is missing" "--store $BATS_TEST_TMPDIR web:guest \"web\" does not exist"; do
		# shellcheck disable=SC2086 # words
		try kavel logs ${row%%:*}
		assert_refused "${row#*:}"
	done
}

@test "logs that nobody reads is no failure" {
	local i

	for ((i = 0; i < 20000; i++)); do
		echo "2026-01-02T03:04:05Z stdout F $i"
	done >"$LOG"
	try sh -c '("$@"; echo $? >&3) 3>status | head -n 1' sh "$KAVEL" logs --file "$LOG"
	[[ $output == one && $(cat status) == 0 ]] || fail "$output $(cat status) $error"
	rm status
	try sh -c '("$@"; echo $? >&3) 3>status | head -n 1' sh "$KAVEL" logs --follow --file "$LOG"
	[[ $output == one && $(cat status) == 0 ]] || fail "$output $(cat status) $error"
}

wait_for_output() { # FILE TEXT
	local deadline=$((SECONDS + 20 * SLOWNESS))

	until [[ $(cat "$1") == "$2" ]]; do
		((SECONDS < deadline)) || fail "$(cat "$1") instead of $2"
		sleep 0.02
	done
}

@test "logs follows the log, its rotation, and shows a line that is not complete" {
	"$KAVEL" logs --follow --tail 1 --file "$LOG" >"$BATS_TEST_TMPDIR/out" 2>&1 &
	FOLLOWER=$!
	wait_for_output "$BATS_TEST_TMPDIR/out" three
	write_log "$LOG" 7 <<<'stdout F four'
	wait_for_output "$BATS_TEST_TMPDIR/out" $'three\nfour'
	mv "$LOG.1" "$LOG.2"
	mv "$LOG" "$LOG.1"
	write_log "$LOG.1" 8 <<<'stdout F five'
	write_log "$LOG" 9 <<<'stdout P pro'
	wait_for_output "$BATS_TEST_TMPDIR/out" $'three\nfour\nfive\npro'
	write_log "$LOG" 10 <<<'stdout P mpt'
	wait_for_output "$BATS_TEST_TMPDIR/out" $'three\nfour\nfive\nprompt'
	write_log "$LOG" 11 <<<'stderr F warning'
	wait_for_output "$BATS_TEST_TMPDIR/out" $'three\nfour\nfive\nprompt\nwarning'
	rm -r "$FOLDER"
	mkdir "$FOLDER"
	write_log "$LOG" 12 <<<'stdout F new'
	wait_for_output "$BATS_TEST_TMPDIR/out" $'three\nfour\nfive\nprompt\nwarning\nnew'
	# it waits, and does not look again and again
	[[ $(awk '{ print $14 + $15 }' "/proc/$FOLLOWER/stat") -lt 50 ]] || fail "it is busy"
	kill "$FOLLOWER"
	wait "$FOLLOWER" || :
}

@test "logs follows until the time that is given" {
	local begin=$SECONDS

	must kavel logs --follow --until "$(date --date '2 seconds' +%FT%T%:z)" --file "$LOG"
	[[ $output == *three ]]
	((SECONDS - begin < 20 * SLOWNESS)) || fail "it went on"
}

cleanup() {
	if [[ ${FOLLOWER-} ]]; then
		kill "$FOLLOWER" 2>/dev/null || :
	fi
}
