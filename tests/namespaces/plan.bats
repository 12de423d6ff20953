load ../run/helpers

# A process with namespaces of its own; its pid is in $HOLDER.
hold() { # UNSHARE-OPTION...
	local made=$BATS_TEST_TMPDIR/held

	unshare "$@" sh -c 'touch "$1"; exec sleep 1000' sh "$made" 3>&- 4>&- &
	HOLDER=$!
	eventually test -e "$made"
	HELD=$HOLDER
	[[ $* != *--fork* ]] || HELD=$(cat "/proc/$HOLDER/task/$HOLDER/children")
	HELD=${HELD% }
}

cleanup() {
	[[ ! ${HELD-} ]] || kill -KILL "$HELD" 2>/dev/null || true
	[[ ! ${HOLDER-} ]] || kill -KILL "$HOLDER" 2>/dev/null || true
	wait
}

join() { # TYPE PATH
	config --arg type "$1" --arg path "$2" \
		'.linux.namespaces |= map(if .type == $type then .path = $path else . end)'
}

namespace_of() { # PID NAME
	readlink "/proc/$1/ns/$2"
}

@test "each namespace that is listed is new, each other one is the caller's" {
	local type name
	for type in pid:pid network:net ipc:ipc uts:uts cgroup:cgroup; do
		name=${type#*:}
		run_guest "readlink=/proc/self/ns/$name"
		assert_success
		refute_line "readlink=/proc/self/ns/$name: $(namespace_of self "$name")"
	done
	without_namespace ipc
	config 'del(.mounts[] | select(.type == "mqueue"))'
	run_guest readlink=/proc/self/ns/ipc
	assert_success
	assert_line "readlink=/proc/self/ns/ipc: $(namespace_of self ipc)"
}

@test "a pid namespace is joined, and the runtime's own children are not in it" {
	hold --pid --fork
	join pid "/proc/$HELD/ns/pid"
	add_hook createRuntime "readlink /proc/self/ns/pid >$BATS_TEST_TMPDIR/hook"
	run_guest readlink=/proc/self/ns/pid ids
	assert_success
	assert_line "readlink=/proc/self/ns/pid: $(namespace_of "$HELD" pid)"
	refute_line "pid: 1"
	[[ $(cat "$BATS_TEST_TMPDIR/hook") == "$(namespace_of self pid)" ]]
}

@test "in a mount namespace that was joined nothing is mounted" {
	local filter='.mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	hold --mount
	join mount "/proc/$HELD/ns/mnt"
	run_guest exit=0
	assert_refused "mounts[0]" "needs a new mount namespace"
	config "$filter"
	run_guest readlink=/proc/self/ns/mnt ls=/
	assert_success
	assert_output_has guest
}

@test "the loopback interface is up in a new network namespace" {
	run_guest loopback
	assert_success
	assert_matches '^loopback: .*up'
}

@test "a path that is not a namespace of the type is refused" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	join network /proc/self/ns/uts
	run_guest exit=0
	assert_refused "linux.namespaces[1].path: /proc/self/ns/uts is a namespace of type uts, not network"
	join network "$BATS_TEST_TMPDIR/fifo"
	run_guest exit=0
	assert_refused "linux.namespaces[1].path: $BATS_TEST_TMPDIR/fifo is not a namespace"
	join network "$BATS_TEST_TMPDIR/nowhere"
	run_guest exit=0
	assert_refused "linux.namespaces[1].path: $BATS_TEST_TMPDIR/nowhere: No such file or directory"
	join network "$BATS_TEST_TMPDIR"
	run_guest exit=0
	assert_refused "linux.namespaces[1].path: $BATS_TEST_TMPDIR is not a namespace"
	join network relative/path
	run_guest exit=0
	assert_refused "linux.namespaces[1].path"
	assert_clean
}
