load ../run/helpers
load shim

limit_memory() {
	config '.linux.resources.memory = {limit: 33554432, swap: 33554432}'
}

@test "a guest whose first process is killed for memory is reported" {
	needs memory
	limit_memory
	guest_does memory=100
	shim
	shim_ends
	exit_holds '.oomKilled and .signal == "SIGKILL" and .exitCode == 137 and .memory.oomKills >= 1'
	[[ -e $BUNDLE/oom ]]
}

@test "a child that is killed for memory is reported while the first process lives" {
	needs memory
	limit_memory
	guest_shell '/guest memory=100; echo "child: $?"; while ! [ -e /go ]; do sleep 0.05; done; exit 0'
	mkdir "$BATS_TEST_TMPDIR/persist"
	shim --persist-dir "$BATS_TEST_TMPDIR/persist"
	eventually logged 'child: 137'
	eventually test -e "$BUNDLE/oom"
	[[ -e $BATS_TEST_TMPDIR/persist/oom ]]
	eventually shim_holds '.oomKills == 1 and .status == "running"'
	touch "$BUNDLE/rootfs/go"
	shim_ends
	exit_holds '.oomKilled and .exitCode == 0 and .signal == null and .memory.oomKills == 1'
}

@test "kills below the guest's group are its own" {
	needs memory
	limit_memory
	guest_shell 'mkdir /sys/fs/cgroup/below || exit 9; echo 0 >/sys/fs/cgroup/below/cgroup.procs; /guest memory=100; exit 0'
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
	shim
	shim_ends
	exit_holds '.oomKilled'
}

@test "a guest that has enough memory is not, nor what an earlier one left" {
	needs memory
	limit_memory
	touch "$BUNDLE/oom"
	guest_does memory=8
	shim
	shim_ends
	exit_holds '(.oomKilled | not) and .memory.oomKills == 0 and .memory.peak > 8000000'
	[[ ! -e $BUNDLE/oom ]]
}

@test "each restart begins with none" {
	needs memory
	limit_memory
	guest_shell 'echo start >>/starts; [ $(wc -l </starts) -ge 2 ] && exit 0; exec /guest memory=100'
	shim --restart on-failure --restart-delay 10ms
	shim_ends
	exit_holds '.restarts == 1 and .exitCode == 0 and (.oomKilled | not)'
}

@test "what an adopted guest had before is known" {
	needs memory
	limit_memory
	guest_shell '/guest memory=100; echo "child: $?"; while ! [ -e /go ]; do sleep 0.05; done'
	shim
	eventually logged 'child: 137'
	kill -KILL "$PID"
	eventually is_gone "$PID"
	shim --adopt
	eventually shim_holds '.oomKills == 1'
	touch "$BUNDLE/rootfs/go"
	shim_ends
	exit_holds '.oomKilled'
}

@test "the shim does not spin when the group is gone" {
	local before after

	needs memory
	limit_memory
	guest_shell 'echo start >>/starts; exec /guest memory=100'
	shim --restart always --restart-delay 20s
	eventually shim_is backing-off
	before=$(awk '{ print $14 + $15 }' "/proc/$PID/stat")
	sleep "$SLOWNESS"
	after=$(awk '{ print $14 + $15 }' "/proc/$PID/stat")
	((after - before < 20)) || fail "it took $((after - before)) ticks"
	kill -TERM "$PID"
	shim_ends
}

@test "systemd: a kill is reported although systemd removes the group with its last process" {
	needs systemd
	local i

	limit_memory
	guest_does memory=100
	for i in 1 2 3 4 5; do
		rm -f "$EXIT" "$BUNDLE/oom"
		shim --systemd-cgroup
		assert_success
		shim_ends
		exit_holds '.oomKilled and .exitCode == 137' || fail "$(<"$RUN/status.json")"
		[[ -e $BUNDLE/oom ]]
	done
}

@test "systemd: a child that is killed is reported, too" {
	needs systemd
	limit_memory
	guest_shell '/guest memory=100; echo "child: $?"; exit 0'
	shim --systemd-cgroup
	shim_ends
	exit_holds '.oomKilled and .exitCode == 0'
	[[ -e $BUNDLE/oom ]]
}

@test "a guest that was killed for memory while it had no shim is recorded as that" {
	needs memory
	limit_memory
	guest_shell 'echo ready; while ! [ -e /go ]; do sleep 0.05; done; exec /guest memory=100'
	shim
	eventually logged ready
	kill -KILL "$PID"
	eventually is_gone "$PID"
	touch "$BUNDLE/rootfs/go"
	eventually status_is stopped
	shim --adopt
	shim_ends
	exit_holds '.oomKilled and .exitCode == null and .memory.oomKills >= 1 and .memory.peak > 1000000'
	[[ -e $BUNDLE/oom ]]
}

# The same by the counters of v1, where this host has its memory controller there: end-to-end runs this file on both.
@test "v1: a child that is killed is reported while the first process lives, and a first process" {
	[[ -e /sys/fs/cgroup/memory/memory.oom_control || -e /sys/fs/cgroup/memory/cgroup.procs ]] || skip "no memory controller of cgroup v1"
	limit_memory
	guest_shell '/guest memory=100; echo "child: $?"; while ! [ -e /go ]; do sleep 0.05; done; exec /guest memory=100'
	shim
	eventually logged 'child: 137'
	eventually test -e "$BUNDLE/oom"
	eventually shim_holds '.oomKills == 1 and .status == "running"'
	touch "$BUNDLE/rootfs/go"
	shim_ends
	exit_holds '.oomKilled and .exitCode == 137 and .memory.oomKills == 2 and .memory.peak > 30000000'
}
