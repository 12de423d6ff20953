load ../run/helpers

# Fault injection by strace(1): the host side is killed at, or refused, one system call after the other.  Every fourth is
# tried; SWEEP_EVERY=1 tries all.

prepare() {
	command -v strace >/dev/null || skip "no strace"
	EVERY=${SWEEP_EVERY:-4}
	TRACE=$BATS_TEST_TMPDIR/trace
	POINTS=$BATS_TEST_TMPDIR/points
	guest_does fork=1 pause
	# which traces, as strace does
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0
}

run_create() { "$@" --root "$ROOT" create --bundle "$BUNDLE" "$ID"; }
run_run() { "$@" --root "$ROOT" run --bundle "$BUNDLE" "$ID"; }
run_start() { "$@" --root "$ROOT" start "$ID"; }
run_kill() { "$@" --root "$ROOT" kill "$ID" KILL; }
run_delete() { "$@" --root "$ROOT" delete "$ID"; }
run_force() { "$@" --root "$ROOT" delete --force "$ID"; }

# What must have happened before the operation.
before() { # OPERATION
	case $1 in
	create | run) ;;
	start) run_create "$KAVEL" ;;
	kill | force) run_create "$KAVEL" && run_start "$KAVEL" ;;
	delete) run_create "$KAVEL" && run_start "$KAVEL" && run_kill "$KAVEL" && eventually status_is stopped ;;
	esac </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/before" 3>&- 4>&- || fail "before $1: $(<"$BATS_TEST_TMPDIR/before")"
}

# The system calls of an operation: "NAME K" for the Kth call of that name, in their order.
list_points() { # OPERATION
	before "$1"
	"run_$1" strace -qq -o "$TRACE" "$KAVEL" </dev/null >/dev/null 2>&1 3>&- 4>&- || fail "$1 does not work under strace"
	run_force "$KAVEL" 2>/dev/null
	# what comes before main() is the loader's and the C library's: they end at rseq, or at the munmap after it
	awk -F'(' '/^[a-z_0-9]+\(/ { n[$1]++ }
		!begun && seen && $1 !~ /^(mprotect|prlimit64|munmap)$/ { begun = 1 }
		$1 == "rseq" { seen = 1 }
		begun && /^[a-z_0-9]+\(/ && $1 != "exit_group" { print $1, n[$1] }' "$TRACE" |
		awk -v every="$EVERY" 'NR % every == 0' >"$POINTS"
	(($(wc -l <"$POINTS") > 5)) || fail "no system calls seen"
}

inject() { # OPERATION WHAT
	status=0
	"run_$1" timeout -k 1 -s KILL 20 strace -qq -o "$TRACE" -e "inject=$2" "$KAVEL" </dev/null >"$BATS_TEST_TMPDIR/stdout" \
		2>"$BATS_TEST_TMPDIR/stderr" 3>&- 4>&- || status=$?
	output='' error=$(tail -3 "$BATS_TEST_TMPDIR/stderr")
}

# After the host side was killed: it is listed, or nothing of it exists; and delete --force removes the rest.
check_killed() { # WHERE
	local listed

	listed=$("$KAVEL" --root "$ROOT" list -q 2>/dev/null)
	if [[ $listed != "$ID" ]]; then
		nothing_is_left || fail "$1: not listed, but left: $left"
	fi
	run_force "$KAVEL" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/force" || fail "$1: delete --force: $(<"$BATS_TEST_TMPDIR/force")"
	nothing_is_left || fail "$1: delete --force leaves: $left"
}

# Without the state directory's own folder, which may be empty.
nothing_is_left() {
	local try

	for ((try = 0; try < 40; try++)); do
		left=$(guest_processes)
		[[ $left ]] || break
		sleep 0.02
	done
	left+=$(ls -A "$ROOT" 2>/dev/null)
	left+=$(comm -13 <(echo "$CGROUPS_BEFORE") <(cgroup_folders))
	left+=$(comm -13 <(sort <<<"$MOUNTS_BEFORE") <(mounts | sort))
	[[ ! $left ]]
}

sweep_kill() { # OPERATION
	local name count killed=0 points=0

	list_points "$1"
	while read -r name count <&5; do
		before "$1"
		inject "$1" "$name:signal=SIGKILL:when=$count"
		((status != 137)) || killed=$((killed + 1))
		points=$((points + 1))
		check_killed "$1 killed at $name #$count"
	done 5<"$POINTS"
	# the number of calls varies a little from run to run
	((killed * 10 >= points * 8)) || fail "$1: only $killed of $points were killed"
}

@test "create killed at any system call leaves a container that is listed, or nothing" {
	sweep_kill create
}

@test "start killed at any system call leaves nothing that delete --force does not find" {
	sweep_kill start
}

@test "kill, delete and delete --force killed at any system call can be repeated" {
	sweep_kill kill
	sweep_kill delete
	sweep_kill force
}

@test "run killed at any system call leaves nothing that delete --force does not find" {
	guest_does exit=0
	sweep_kill run
}

# Each call fails once: the operation succeeds or fails cleanly, and never hangs.
sweep_error() { # OPERATION ERRNO
	local name count

	skip_with_sanitizer
	list_points "$1"
	while read -r name count <&5; do
		# the C library would take brk's errno for an address, and close(2) closes whatever it returns
		[[ $name != brk && $name != close ]] || continue
		before "$1"
		inject "$1" "$name:error=$2:when=$count"
		((status == 0 || status == 1)) || fail "$1 with $name #$count refused by $2 ends with $status"
		case $1 in
		create | run)
			((status == 0)) || nothing_is_left || fail "$1 failed at $name #$count by $2 and leaves $left"
			;;
		start)
			# a container that could not be started is there, or was removed as a whole
			[[ $("$KAVEL" --root "$ROOT" list -q 2>/dev/null) == "$ID" ]] || nothing_is_left || fail "$name #$count: $left"
			;;
		esac
		check_killed "$1 with $name #$count refused by $2"
	done 5<"$POINTS"
}

@test "create with any one system call refused works or fails cleanly" {
	sweep_error create EIO
}

@test "create with any one system call out of memory works or fails cleanly" {
	EVERY=$((EVERY * 2))
	sweep_error create ENOMEM
}

@test "start and delete with any one system call refused work or fail cleanly" {
	sweep_error start EIO
	sweep_error delete EIO
	sweep_error force EIO
}

# In a user namespace that is joined, with new and with joined ones beside it: a process between takes part.
in_joined_user() {
	local user=$BATS_TEST_TMPDIR/user

	touch "$user"
	unshare --user --map-root-user sh -c 'mount --bind /proc/self/ns/user "$1" 2>/dev/null; touch "$1.made"; exec sleep 1000' \
		sh "$user" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	HOLDER=$!
	eventually test -e "$user.made"
	config --arg path "/proc/$HOLDER/ns/user" '.linux.namespaces += [{type: "user", path: $path}] |
		.mounts |= map(if .type == "devpts" then .options -= ["gid=5"] else . end) | .linux.namespaces |=
		map(if .type == "ipc" then .path = "/proc/self/ns/ipc" else . end) | .mounts |= map(select(.type != "mqueue"))'
}

cleanup() {
	[[ ! ${HOLDER-} ]] || kill -KILL "$HOLDER" 2>/dev/null || :
}

@test "create in a joined user namespace killed or refused at any system call leaves no more than any other" {
	in_joined_user
	sweep_kill create
	sweep_error create EIO
}

@test "create whose process between is killed or refused at any step fails cleanly" {
	local point

	in_joined_user
	for point in setns:signal=SIGKILL:when=1 setns:signal=SIGKILL:when=2 setns:error=EPERM:when=1 setns:error=EPERM:when=2 \
		clone3:error=EAGAIN:when=1 sendmsg:error=EIO:when=1; do
		status=0
		run_create timeout -k 1 -s KILL 20 strace -f -qq -o "$TRACE" -e "inject=$point" "$KAVEL" </dev/null >/dev/null 2>&1 \
			3>&- 4>&- || status=$?
		((status == 1)) || fail "$point ends with $status"
		nothing_is_left || fail "$point leaves: $left"
	done
}
