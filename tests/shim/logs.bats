load ../run/helpers
load shim

eval "end_shims() $(declare -f cleanup | tail -n +2)"
cleanup() {
	end_shims
	[[ ! ${SMALL-} ]] || umount "$SMALL"
}

# What the guest prints reaches its log, and the guest never waits for it.

# The lines of a log without their times.
log_lines() { # [FILE]
	cut -d ' ' -f 2- "${1:-$LOG}"
}

# Bytes of the guest's in a log, and those that a mark says are missing.
logged_bytes() { # [FILE]
	python3 -c '
import re, sys
text = missing = 0
for line in open(sys.argv[1], "rb"):
	tag, data = line.split(b" ", 3)[2:]
	gap = re.match(rb"\[kavel-shim: (\d+) bytes of output are missing here\]", data)
	if gap:
		missing += int(gap[1])
	else:
		text += len(data) - (tag == b"P")
print(text + missing)' "${1:-$LOG}"
}

# The processor time of a process so far, in clock ticks.
ticks() { # PID
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

is_quiet() { # PID
	local before

	before=$(ticks "$1")
	sleep 1
	(($(ticks "$1") - before <= 3)) || fail "process $1 is busy"
}

# A folder with so much room, which the shim and the test see.
small_folder() { # SIZE
	SMALL=$BATS_TEST_TMPDIR/small
	mkdir "$SMALL"
	mount -t tmpfs -o "size=$1" tmpfs "$SMALL"
	LOG=$SMALL/log
}

@test "lines and parts of lines, both streams, and what has no newline" {
	guest_shell 'echo one; echo two >&2; printf three; sleep 0.2; echo " four"; printf "\000\377"; printf five'
	shim
	shim_ends
	log_lines | grep -qx 'stdout F one'
	log_lines | grep -qx 'stderr F two'
	log_lines | grep -qx 'stdout P three'
	log_lines | grep -qx 'stdout F  four'
	[[ $(tail -n 1 "$LOG" | cut -d ' ' -f 2-) == 'stdout F ' ]]
	must kavel logs --file "$LOG"
	[[ $output == $'one\nthree four\n'*five && $error == two ]] || fail "$output"
	[[ $(stat -c %a "$LOG") == 600 ]]
}

@test "JSON as Docker has it, beside the other format" {
	guest_shell 'printf "a\t\033[1m\377<&>\n"; printf "end" >&2'
	LOG_PATH="json-file:$LOG.json" shim --log-path "k8s-file:$LOG"
	shim_ends
	[[ $(head -n 1 "$LOG.json") == '{"log":"a\u0009\u001b[1m\ufffd\u003c\u0026\u003e\n","stream":"stdout","time":"20'*'Z"}' ]] ||
		fail "$(cat "$LOG.json")"
	[[ $(jq -rj 'select(.stream == "stderr").log' "$LOG.json") == end ]]
	log_lines | grep -qx 'stderr P end'
}

@test "a line of 100 MB without an end, in bounded memory" {
	guest_shell 'dd if=/dev/zero bs=65536 count=1600 2>/dev/null; echo; echo end; sleep 100'
	shim
	LIMIT=100 eventually grep -q 'F end$' "$LOG"
	(($(awk '/^VmHWM/ { print $2 }' "/proc/$PID/status") < 8192)) || fail "$(grep VmHWM "/proc/$PID/status")"
	[[ $(logged_bytes) == $((1600 * 65536 + 5)) ]] || fail "$(logged_bytes)"
}

@test "a million tiny lines, all of them" {
	guest_shell 'yes "" | dd bs=65536 count=16 iflag=fullblock 2>/dev/null; echo end'
	shim
	LIMIT=60 shim_ends
	[[ $(wc -l <"$LOG") == $((1048576 + 1)) ]]
}

@test "rotation: the limits are kept, no line is split, and a follower misses nothing" {
	guest_shell 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; sleep 1'
	: >"$LOG"
	"$KAVEL" logs --follow --file "$LOG" >"$BATS_TEST_TMPDIR/followed" 2>&1 3>&- &
	FOLLOWER=$!
	shim --log-size-max 100000 --log-rotate --log-max-files 50
	shim_ends
	[[ -e $LOG.2 && $(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name 'log*' -size +100000c) == '' ]]
	must kavel logs --file "$LOG"
	diff <(seq -f 'line %.0f' 0 19999) - <<<"$output" >/dev/null || fail "kavel logs"
	eventually diff -q <(seq -f 'line %.0f' 0 19999) "$BATS_TEST_TMPDIR/followed"
	kill "$FOLLOWER"
	wait "$FOLLOWER" || :
}

@test "the files together keep their limit" {
	guest_shell 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'
	shim --log-size-max 50000 --log-rotate --log-max-files 50 --log-global-size-max 200000
	shim_ends
	(($(cat "$LOG"* | wc -c) <= 200000)) || fail "$(ls -l "$LOG"*)"
	tail -n 1 "$LOG" | grep -q 'line 19999$'
}

# What the log and its marks have is what the shim counted.
all_is_counted() {
	ask status
	jq -e --argjson bytes "$(logged_bytes)" '.log.dropped > 3000000 and .log.bytes + .log.dropped == $bytes and
		$bytes == 4194304 + 42366' <<<"$output"
}

@test "a full disk: the guest goes on, what is lost is marked, and the log recovers" {
	small_folder 256k
	dd if=/dev/zero of="$SMALL/filler" bs=1k count=200 status=none
	guest_shell 'dd if=/dev/zero bs=1024 count=4096 2>/dev/null | tr "\0" "x" | fold -w 99; echo done >/done; sleep 100'
	shim --log-ring-size 262144
	eventually test -e "$BUNDLE/rootfs/done"
	is_quiet "$PID"
	tail -c 1 "$LOG" | cmp - <(echo) || fail "an entry is torn"
	rm "$SMALL/filler"
	mount -o remount,size=16m "$SMALL"
	eventually grep -q 'bytes of output are missing here\]' "$LOG"
	eventually all_is_counted
	ask stop
	shim_ends
}

@test "a folder that is deleted: the guest goes on, and its log when the folder is back" {
	mkdir "$BATS_TEST_TMPDIR/logs"
	LOG=$BATS_TEST_TMPDIR/logs/log
	guest_shell 'i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.1; done'
	shim
	eventually logged 'line 2'
	rm -r "$BATS_TEST_TMPDIR/logs"
	sleep 1.5
	is_quiet "$PID"
	mkdir "$BATS_TEST_TMPDIR/logs"
	eventually test -s "$LOG"
	eventually logged line
	ask stop
	shim_ends
}

# The shim does not come up, and tells its caller why.
refuses() { # LOG TEXT
	_OCI_SYNCPIPE=9 timeout 20 "$SHIM" --cid "$ID" --cuuid "$ID" --bundle "$BUNDLE" --runtime "$KAVEL" --runtime-arg --root --runtime-arg "$ROOT" \
		--container-pidfile "$RUN/guest.pid" --full-attach --log-path "$1" 9>"$BATS_TEST_TMPDIR/told" 3>&- || :
	eventually grep -qF -- "$2" "$BATS_TEST_TMPDIR/told"
	[[ ! -e $ROOT/$ID ]]
}

@test "a log that is a symbolic link, a FIFO or a folder is refused before anything is made" {
	ln -s /etc/passwd "$LOG"
	refuses "$LOG" "log file $LOG is a symbolic link"
	rm "$LOG"
	mkfifo "$LOG"
	refuses "k8s-file:$LOG" "log file $LOG is not a regular file"
	refuses "k8s-file:$LOG/log" "open log file $LOG/log: Not a directory"
	refuses gelf:x "log driver gelf is not known"
	refuses k8s-file "log driver k8s-file needs a path"
	refuses "journald:$BATS_TEST_TMPDIR/none" "connect to the journal at $BATS_TEST_TMPDIR/none: No such file"
}

@test "the log is opened anew when somebody moved it away" {
	guest_shell 'i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.05; done'
	shim
	eventually logged 'line 2'
	mv "$LOG" "$LOG.old"
	ask reopen-logs
	eventually logged line
	mv "$LOG" "$LOG.older"
	echo '2 0 0' >"$RUN/ctl"
	eventually logged line
	diff <(cat "$LOG.old" "$LOG.older" | log_lines /dev/stdin | awk '{ print $4 }') \
		<(seq 0 $(($(cat "$LOG.old" "$LOG.older" | wc -l) - 1))) || fail "a line is missing"
	ask stop
	shim_ends
}

# A socket in journald's place that reads when it is told to: journald FILE
journald() {
	python3 -c '
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + ".socket")
while not os.path.exists(sys.argv[1] + ".read"):
	time.sleep(0.05)
out = open(sys.argv[1], "wb")
while True:
	out.write(s.recv(1 << 20))
	out.flush()' "$1" 3>&- &
	JOURNALD=$!
	eventually test -S "$1.socket"
}

@test "the journal gets fields; one that does not read keeps nobody waiting" {
	local journal=$BATS_TEST_TMPDIR/journal

	journald "$journal"
	guest_shell 'i=0; while [ $i -lt 3000 ]; do echo "<4>line $i"; i=$((i+1)); done; printf no; sleep 0.3; echo " newline"; echo done >/done; sleep 100'
	LOG_PATH=journald:$journal.socket shim --name web --log-tag tag --log-label KEY=value
	eventually test -e "$BUNDLE/rootfs/done"
	is_quiet "$PID"
	touch "$journal.read"
	eventually grep -qa '^MESSAGE=no newline$' "$journal"
	[[ $(grep -ac '^MESSAGE=line ' "$journal") == 3000 ]]
	[[ $(grep -a -A 8 '^MESSAGE=line 2999$' "$journal" | tr '\n' ' ') == "MESSAGE=line 2999 CONTAINER_ID=$ID \
CONTAINER_ID_FULL=$ID CONTAINER_NAME=web CONTAINER_TAG=tag SYSLOG_IDENTIFIER=tag KEY=value PRIORITY=6 MESSAGE=no newline " ]] ||
		fail "$(grep -a -A 8 '^MESSAGE=line 2999$' "$journal")"
	[[ $(grep -ac '^PRIORITY=4$' "$journal") == 3000 ]]
	ask stop
	shim_ends
	kill "$JOURNALD"
	wait "$JOURNALD" || :
}

@test "a rate: what is too much is dropped and marked" {
	local extra

	guest_shell 'i=0; while [ $i -lt 5000 ]; do echo "line $i of many"; i=$((i+1)); done; sleep 1.2; echo end'
	shim --log-policy rate --log-rate 10000
	shim_ends
	tail -n 2 "$LOG" | grep -q 'bytes of output are missing here'
	tail -n 1 "$LOG" | grep -q 'end$'
	(($(wc -l <"$LOG") < 4000)) || fail "$(wc -l <"$LOG") lines"
	# a line whose rest was dropped is ended before the mark: by a newline that is counted among what is missing, too
	extra=$(($(logged_bytes) - $(seq -f 'line %.0f of many' 0 4999 | cat - <(echo end) | wc -c)))
	((extra >= 0 && extra <= $(grep -c 'bytes of output are missing here' "$LOG"))) || fail "$extra bytes more than there were"
}

@test "none: nothing is written, and the guest does not notice" {
	guest_shell 'dd if=/dev/zero bs=65536 count=160 2>/dev/null; exit 4'
	LOG_PATH=none shim
	shim_ends
	exit_holds '.exitCode == 4'
	[[ ! -e $LOG ]]
}

@test "after a burst its memory is given back" {
	skip_with_sanitizer
	guest_shell 'dd if=/dev/zero bs=65536 count=320 2>/dev/null | tr "\0" "x" | fold -w 80; sleep 100'
	shim
	eventually test "$(stat -c %s "$LOG" 2>/dev/null || echo 0)" -gt 0
	eventually is_small
	ask stop
	shim_ends
}

# What the shim alone uses: its own pages that are not those of the program's file.
is_small() {
	(($(awk '/^Private_Dirty/ { print $2 }' "/proc/$PID/smaps_rollup") <= 120))
}
