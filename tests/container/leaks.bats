load ../run/helpers

# Nothing is left of an exec: neither of one that works, nor of one that fails.  EXECS=10000 makes it a long test.

EXECS=${EXECS:-200}

prepare() {
	start_guest pause
}

# All that an exec could leave behind, on the host and in the guest.
everything() {
	local processes=(/proc/[0-9]*)

	echo "processes: ${#processes[@]}"
	echo "processes of the guest: $(kavel ps -f json "$ID")"
	echo "zombies: $(cat /proc/[0-9]*/status 2>/dev/null | grep -c '^State:.Z')"
	echo "descriptors of the guest: $(ls -A "/proc/$(guest_pid)/fd")"
	echo "namespaces of the guest: $(readlink "/proc/$(guest_pid)"/ns/*)"
	echo "state: $(ls -lA --time-style=+ "$ROOT/$ID")"
	echo "groups: $(cgroup_folders)"
	echo "dying groups: $(awk '/nr_dying/ { print $2 }' /sys/fs/cgroup/cgroup.stat)"
	echo "mounts: $(mounts)"
	echo "mounts of the guest: $(wc -l <"/proc/$(guest_pid)/mountinfo")"
	echo "sockets: $(wc -l </proc/net/unix)"
	echo "terminals: $(ls "/proc/$(guest_pid)/root/dev/pts")"
	echo "files: $(find "$BUNDLE" /tmp -path "$BATS_RUN_TMPDIR" -prune -o -print | sort)"
}

# Wait until what has just ended is gone.
everything_is() {
	[[ $(everything) == "$1" ]] || { diff <(echo "$1") <(everything) >&2; return 1; }
}

compare() { # COMMAND...: an exec; its exit code is in $expected
	local before i

	before=$(everything)
	for ((i = 0; i < EXECS; i++)); do
		"$@" </dev/null >/dev/null 2>&1 3>&- 4>&- && status=0 || status=$?
		((status == expected)) || fail "exec $i ended with $status"
	done
	eventually everything_is "$before"
}

@test "nothing is left of many execs" {
	expected=3 compare "$KAVEL" --root "$ROOT" exec "$ID" /guest exit=3
}

@test "nor of many that have a terminal" {
	expected=3 EXECS=$((EXECS / 4)) compare "$KAVEL" --root "$ROOT" exec --tty "$ID" /guest exit=3
}

@test "nor of many that fail before their program, or at it" {
	expected=255 EXECS=$((EXECS / 4)) compare "$KAVEL" --root "$ROOT" exec --cwd /not/there "$ID" /guest
	expected=255 EXECS=$((EXECS / 4)) compare "$KAVEL" --root "$ROOT" exec "$ID" /not/there
	expected=255 EXECS=$((EXECS / 4)) compare "$KAVEL" --root "$ROOT" exec --tty --console-socket /not/there --detach "$ID" /guest
}

@test "nor of many that are detached, when they have ended" {
	expected=0 EXECS=$((EXECS / 4)) compare "$KAVEL" --root "$ROOT" exec --detach "$ID" /guest exit=0
}
