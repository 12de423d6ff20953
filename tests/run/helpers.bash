# What every end-to-end suite loads:
#
#	load ../run/helpers
#
# Each test gets a bundle of its own in $BUNDLE (its rootfs holds /guest, see guest.c, and busybox), an empty state
# directory $ROOT and the container ID $ID.  After the test whatever is left is deleted by force, and the test fails if
# anything remains then: a state, a cgroup, a mount or a process.
# shellcheck shell=bash
# $status, $output and $error are for the tests.
# shellcheck disable=SC2034

TREE=$(realpath "${BASH_SOURCE[0]%/*}/../..")
export KAVEL=${KAVEL:-$TREE/build/release/kavel}
# what is meant to be quick may take so many times as long, as on an emulated machine
SLOWNESS=${SLOWNESS:-1}
# shellcheck source=tests/run/needs.bash
. "$TREE/tests/run/needs.bash"

# ---------------------------------------------------------------------------------------------------- set-up

setup() {
	[[ ${CAGE-} ]] || {
		echo "a runtime under test belongs in a cage: tests/run/end-to-end FILE" >&2
		return 1
	}
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	ROOT=$BATS_TEST_TMPDIR/state
	ID=guest
	make_bundle "$BUNDLE"
	take_snapshot
	if declare -F prepare >/dev/null; then
		prepare
	fi
}

# Fails the test when the runtime left something behind that even delete --force does not find.
teardown() {
	local id

	if declare -F cleanup >/dev/null; then
		cleanup
	fi
	for id in "$ROOT"/*; do
		[[ -e $id ]] && try kavel delete --force "${id##*/}"
	done
	assert_clean || {
		end_leftovers
		return 1
	}
}

# Keep the machine usable for the next test: in a cage, whatever lives in another mount namespace is a guest.
end_leftovers() {
	local pid folder

	for pid in $(guest_processes | awk '{ print $1 }'); do
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "${ROOT:?}"
	sleep 0.1
	for folder in $(comm -13 <(echo "$CGROUPS_BEFORE") <(cgroup_folders) | sort -r); do
		rmdir "$folder" 2>/dev/null
	done
}

# The rootfs from which all bundles are copied, made once per run.
make_template() {
	local template=$1 applet

	mkdir -p "$template.new"/{bin,dev,etc,proc,sys,tmp,root,home}
	cp "$(guest_program)" "$template.new/guest"
	cp "$(command -v busybox)" "$template.new/bin/busybox"
	for applet in cat cp dd echo env false head id ip kill ln ls mkdir mount ps rm sed sh sleep stat test touch true \
		umount wc; do
		ln -s busybox "$template.new/bin/$applet"
	done
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'user:x:1000:1000::/home:/bin/sh' >"$template.new/etc/passwd"
	printf '%s\n' 'root:x:0:' 'user:x:1000:' >"$template.new/etc/group"
	mv -T "$template.new" "$template" 2>/dev/null || rm -rf "$template.new"
}

# Build the guest's program when it is not there or older than its source, and print its path.
guest_program() {
	local program=${GUEST-} source=$TREE/tests/run

	if [[ ! $program ]]; then
		program=$TREE/build/test/guest
		if [[ ! -e $program || $(find "$source" -name 'guest*.[ch]' -newer "$program") ]]; then
			mkdir -p "${program%/*}"
			"${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -O1 -static "$source"/guest*.c -o "$program.$$" &&
				mv "$program.$$" "$program" || return 1
		fi
	fi
	echo "$program"
}

make_bundle() { # DIRECTORY
	local template=$BATS_RUN_TMPDIR/rootfs

	[[ -d $template ]] || make_template "$template"
	mkdir "$1"
	cp -a "$template" "$1/rootfs"
	default_config >"$1/config.json"
}

# The default of the peers' `spec`, without a terminal, running /guest.
default_config() {
	cat <<-'JSON'
		{
		  "ociVersion": "1.3.0",
		  "process": {
		    "user": {"uid": 0, "gid": 0},
		    "args": ["/guest"],
		    "env": ["PATH=/bin:/usr/bin", "TERM=xterm"],
		    "cwd": "/",
		    "capabilities": {
		      "bounding": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		      "effective": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		      "permitted": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
		    },
		    "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
		    "noNewPrivileges": true
		  },
		  "root": {"path": "rootfs", "readonly": false},
		  "hostname": "guest",
		  "mounts": [
		    {"destination": "/proc", "type": "proc", "source": "proc"},
		    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
		     "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
		    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
		     "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
		    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
		     "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
		    {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
		     "options": ["nosuid", "noexec", "nodev"]},
		    {"destination": "/sys", "type": "sysfs", "source": "sysfs",
		     "options": ["nosuid", "noexec", "nodev", "ro"]},
		    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
		     "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}
		  ],
		  "linux": {
		    "resources": {"devices": [{"allow": false, "access": "rwm"}]},
		    "namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"},
		                   {"type": "mount"}, {"type": "cgroup"}],
		    "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		                    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware",
		                    "/proc/scsi"],
		    "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
		  }
		}
	JSON
}

# ------------------------------------------------------------------------------------- changing the configuration

# config [jq options] FILTER: edit $BUNDLE/config.json.
config() {
	jq "$@" <"$BUNDLE/config.json" >"$BUNDLE/config.json.new" && mv "$BUNDLE/config.json.new" "$BUNDLE/config.json"
}

# What the guest runs: words for /guest, or a shell command.
guest_does() {
	config '.process.args = ["/guest"] + $ARGS.positional' --args "$@"
}

guest_shell() {
	config '.process.args = ["/bin/sh", "-c"] + $ARGS.positional' --args "$@"
}

add_mount() { # DESTINATION TYPE SOURCE OPTION...
	config '.mounts += [{destination: $ARGS.positional[0], type: $ARGS.positional[1], source: $ARGS.positional[2],
		options: $ARGS.positional[3:]}]' --args "$@"
}

add_capabilities() { # CAP_X...
	config '.process.capabilities[] += $ARGS.positional' --args "$@"
}

# A hook of that kind which runs a shell command: add_hook createRuntime 'echo hi'
add_hook() { # KIND COMMAND [timeout]
	config --arg kind "$1" --arg command "$2" --argjson timeout "${3:-null}" \
		'.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $command]} +
			if $timeout then {timeout: $timeout} else {} end]'
}

without_namespace() { # TYPE
	config --arg type "$1" '.linux.namespaces |= map(select(.type != $type))'
}

# -------------------------------------------------------------------------------------------------- running

# The runtime under test.
kavel() {
	"$KAVEL" --root "$ROOT" "$@"
}

# From now on the runtime runs under strace, which makes its system calls fail: inject mount:error=EPERM:when=3
inject() { # INJECTION...
	local injection options=()

	command -v strace >/dev/null || skip "strace is missing"
	for injection; do
		options+=(-e "inject=$injection")
	done
	# LeakSanitizer does not work under ptrace
	printf '#!/bin/sh\nASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 exec strace -f -qq -o /dev/null %s %s "$@"\n' "${options[*]}" "$KAVEL" >"$BATS_TEST_TMPDIR/kavel"
	chmod +x "$BATS_TEST_TMPDIR/kavel"
	KAVEL=$BATS_TEST_TMPDIR/kavel
}

# Run a command with nothing on its standard input ($STDIN: that file), its output caught in $output and $error and its
# exit code in $status.  Files, not pipes: a guest that lives on must not keep the test waiting.  After $LIMIT seconds
# ($SLOWNESS times that) it is killed and $status is 124 or 137.
try() {
	local out=$BATS_TEST_TMPDIR/stdout err=$BATS_TEST_TMPDIR/stderr

	if [[ $1 == kavel ]]; then
		set -- "$KAVEL" --root "$ROOT" "${@:2}"
	fi
	status=0
	timeout --foreground -k 1 "$((${LIMIT:-20} * SLOWNESS))" "$@" <"${STDIN:-/dev/null}" >"$out" 2>"$err" 3>&- 4>&- || status=$?
	output=$(tr -d '\0' <"$out")
	error=$(tr -d '\0' <"$err")
}

# The same for a command that must succeed.
must() {
	try "$@"
	((status == 0)) || fail "failed: $*"
}

# Run the guest in the foreground: words for /guest when there are any, otherwise what the configuration says.
run_guest() {
	(($#)) && guest_does "$@"
	try kavel run --bundle "$BUNDLE" "$ID"
}

create_guest() {
	(($#)) && guest_does "$@"
	try kavel create --bundle "$BUNDLE" "$ID"
}

# Create and start; the guest's output goes to $GUEST_OUT.
start_guest() {
	(($#)) && guest_does "$@"
	must kavel create --bundle "$BUNDLE" "$ID"
	must kavel start "$ID"
}

guest_pid() {
	kavel state "${1:-$ID}" | jq .pid
}

guest_status() {
	kavel state "${1:-$ID}" | jq -r .status
}

# For what the sanitizers' own start cannot stand.
skip_with_sanitizer() {
	! grep -q __asan_init "$KAVEL" || skip "not with a sanitizer"
}

# The user namespace that owns a namespace, as readlink names it.
owner_of() { # PATH
	python3 -c 'import fcntl, os, sys; print("user:[%d]" % os.fstat(fcntl.ioctl(open(sys.argv[1]), 0xb701)).st_ino)' "$1"
}

# Wait until a command succeeds, at most 5 seconds ($SLOWNESS times that).
eventually() {
	local end=$((SECONDS + 5 * SLOWNESS))

	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "never true: $*" || return # also where errors do not end the test
		sleep 0.02
	done
}

status_is() { # STATUS [ID]
	[[ $(guest_status "${2:-$ID}") == "$1" ]]
}

is_gone() { # PID
	[[ ! -e /proc/$1 ]] || grep -q '^State:.Z' "/proc/$1/status"
}

# ----------------------------------------------------------------------------------------------- assertions

# End the test, telling what was seen last.
fail() {
	{
		printf 'FAILED: %s\n' "$*"
		[[ -v status ]] && printf 'exit code: %s\nstandard output:\n%s\nstandard error:\n%s\n' "$status" "$output" "$error"
	} >&2
	return 1
}

assert_success() {
	((status == 0)) || fail "the exit code should be 0"
}

assert_status() { # CODE
	((status == $1)) || fail "the exit code should be $1"
}

# A line of the standard output is exactly this.
assert_line() {
	grep -qxF -- "$1" <<<"$output" || fail "no line \"$1\""
}

refute_line() {
	! grep -qxF -- "$1" <<<"$output" || fail "there should be no line \"$1\""
}

# The standard output contains this text.
assert_output_has() {
	[[ $output == *"$1"* ]] || fail "the output should have \"$1\""
}

refute_output_has() {
	[[ $output != *"$1"* ]] || fail "the output should not have \"$1\""
}

assert_output_is() {
	[[ $output == "$1" ]] || fail "the output should be \"$1\""
}

assert_matches() { # REGULAR-EXPRESSION
	grep -qE -- "$1" <<<"$output" || fail "no line matches $1"
}

assert_error_has() {
	[[ ${error,,} == *"${1,,}"* ]] || fail "the error should have \"$1\""
}

# The runtime refused: exit code 1, one line that says "error" or names the runtime, and every text given is in it.
assert_refused() { # TEXT...
	local text

	((status == 1)) || fail "the exit code should be 1"
	[[ $error ]] || fail "there is no error message"
	(($(wc -l <<<"$error") == 1)) || fail "the error should be one line"
	((${#error} < 4096)) || fail "the error has ${#error} bytes"
	[[ $error =~ [^[:print:]] ]] && fail "the error has unprintable characters"
	for text; do
		assert_error_has "$text"
	done
}

# In a machine with systemd, services have mount namespaces, too, and so has a thread of the kernel.
is_of_guest() { # PID
	local group

	read -r group 2>/dev/null <"/proc/$1/cgroup" || return
	[[ $group != 0::/ && ! $group =~ ^0::/(system.slice|user.slice/user-[0-9]+.slice)/[^/]*\.service(/init.scope)?$ ]]
}

# Processes in a mount namespace that is not the cage's, and runtimes that still run: "PID NAME".
guest_processes() {
	local own path target pid

	own=$(readlink /proc/self/ns/mnt)
	while read -r path target; do
		[[ $path == */ns/mnt && $target != "$own" || $path == */exe && $target == "$KAVEL"* ]] || continue
		pid=${path#/proc/}
		pid=${pid%%/*}
		[[ $CAGE != vm ]] || is_of_guest "$pid" || continue
		printf '%s %s\n' "$pid" "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
	done < <(find /proc/[0-9]*/ns/mnt /proc/[0-9]*/exe -maxdepth 0 -printf '%p %l\n' 2>/dev/null) 2>/dev/null
	return 0
}

cgroup_folders() {
	find /sys/fs/cgroup -type d 2>/dev/null | sort
}

mounts() {
	awk '{ print $1, $5 }' /proc/self/mountinfo
}

take_snapshot() {
	CGROUPS_BEFORE=$(cgroup_folders)
	MOUNTS_BEFORE=$(mounts)
}

# Nothing of any container is left: no state, cgroup, mount or process.
assert_clean() {
	local left try

	left=$(ls -A "$ROOT" 2>/dev/null) || :
	[[ ! $left ]] || fail "the state directory still has: $left" || return 1
	for ((try = 0; try < 50; try++)); do
		left=$(guest_processes)
		[[ $left ]] || break
		sleep 0.02 # what was killed takes a moment to be gone
	done
	[[ ! $left ]] || fail "processes are left: $left" || return 1
	left=$(cgroup_folders)
	[[ $left == "$CGROUPS_BEFORE" ]] || fail "cgroups are left: $(diff <(echo "$CGROUPS_BEFORE") - <<<"$left")" || return 1
	left=$(mounts)
	[[ $left == "$MOUNTS_BEFORE" ]] || fail "mounts are left: $(diff <(echo "$MOUNTS_BEFORE") - <<<"$left")" || return 1
}
