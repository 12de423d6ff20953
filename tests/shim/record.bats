load ../run/helpers
load shim

@test "the exit record has the code, the times and what was used" {
	guest_shell 'i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; exit 3'
	shim
	assert_success
	shim_ends
	exit_holds '.id == "guest" and .exitCode == 3 and .signal == null and .pid > 1 and .restarts == 0'
	exit_holds '.createdAt < .startedAt and .startedAt < .finishedAt'
	exit_holds '.rusage.maxRssKiB > 0 and .rusage.userUs + .rusage.systemUs > 0'
	exit_holds '(.oomKilled or .seccompKilled or .coreDumped or .rebooted) | not'
	shim_is stopped
	assert_clean
}

@test "a signal ends the guest: 128 + signal, and its name" {
	guest_does say=ready pause
	shim
	eventually logged ready
	kill -KILL "$(guest_pid)"
	shim_ends
	exit_holds '.exitCode == 137 and .signal == "SIGKILL" and (.oomKilled | not)'
}

@test "a system call that seccomp does not allow is told from other ends" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sync"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	guest_does syscall=162 exit=0
	shim
	shim_ends
	exit_holds '.signal == "SIGSYS" and .seccompKilled and .exitCode == 159'
	assert_clean
}

@test "a core dump is told" {
	local pattern

	read -r pattern </proc/sys/kernel/core_pattern
	[[ $pattern != '|'* && $pattern != /* ]] || skip "core_pattern is $pattern"
	config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 1000000, hard: 1000000}]'
	without_namespace pid
	guest_does raise=11
	shim
	shim_ends
	exit_holds '.signal == "SIGSEGV" and .coreDumped and .exitCode == 139'
}

@test "the exit files of conmon are written, too" {
	mkdir "$BATS_TEST_TMPDIR/exits" "$BATS_TEST_TMPDIR/persist"
	guest_does exit=9
	shim --exit-dir "$BATS_TEST_TMPDIR/exits" --persist-dir "$BATS_TEST_TMPDIR/persist"
	shim_ends
	[[ $(<"$BATS_TEST_TMPDIR/exits/$ID") == 9 ]]
	[[ $(<"$BATS_TEST_TMPDIR/persist/exit") == 9 ]]
	exit_holds '.exitCode == 9'
}

@test "an exit record that finds the disk full is written when it no longer is" {
	local disk=$BATS_TEST_TMPDIR/disk

	mkdir "$disk"
	mount -t tmpfs -o size=64k tmpfs "$disk"
	EXIT=$disk/exit.json
	guest_shell 'echo ready; while ! [ -e /go ]; do sleep 0.05; done; exit 4'
	shim
	eventually logged ready
	dd if=/dev/zero of="$disk/big" bs=4096 2>/dev/null || :
	touch "$BUNDLE/rootfs/go"
	eventually status_is_gone
	sleep 0.5
	[[ -e /proc/$PID ]] || fail "the shim has ended without writing the record"
	[[ ! -e $EXIT ]]
	rm "$disk/big"
	eventually exit_holds '.exitCode == 4'
	shim_ends
	umount "$disk"
	assert_clean
}

status_is_gone() {
	[[ ! -e $ROOT/$ID ]]
}

@test "a quick guest is not missed, a hundred times" {
	local i

	guest_does exit=3
	for ((i = 0; i < 100; i++)); do
		rm -f "$EXIT"
		shim
		assert_success
		shim_ends
		exit_holds '.exitCode == 3' || fail "$(<"$EXIT")"
		kill -0 "$PID" 2>/dev/null && fail "the shim is still there"
	done
	SHIMS=()
	assert_clean
}

@test "the highest use of memory and processes, and pressure are told" {
	needs memory pids
	guest_shell 'for i in 1 2 3 4; do sleep 0.3 & done; dd if=/dev/zero of=/file bs=1M count=4 conv=fsync 2>/dev/null; wait'
	config '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 50'
	shim
	shim_ends
	exit_holds '.memory.peak > 1000000 and .pids.peak >= 4 and .cpu.totalUs > 0'
	exit_holds '.io == null or (.io | type) == "array"' # as the controller is there
	cat /proc/pressure/memory >/dev/null 2>&1 || return 0 # the kernel was built or started without
	exit_holds '.psi.memory.someTotalUs >= 0 and .psi.cpu.someTotalUs >= 0 and .psi.io.someTotalUs >= 0'
}
