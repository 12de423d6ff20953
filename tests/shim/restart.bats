load ../run/helpers
load shim

# A guest that notes each of its starts, and then does something.
counts() { # SHELL
	guest_shell "echo start >>/starts; $1"
}

starts() {
	wc -l <"$BUNDLE/rootfs/starts"
}

has_started() { # TIMES
	(($(starts) >= $1))
}

@test "with the policy no a guest that ends is not started again" {
	counts 'exit 1'
	shim --restart no
	shim_ends
	(($(starts) == 1))
	shim_holds '.status == "stopped" and .restarts == 0 and .pid == 0'
	assert_clean
}

@test "with the policy on-failure a guest is started again until it succeeds" {
	counts '[ $(wc -l </starts) -ge 3 ]'
	shim --restart on-failure --restart-delay 10ms
	shim_ends
	(($(starts) == 3))
	shim_holds '.status == "stopped" and .restarts == 2'
	exit_holds '.exitCode == 0 and .restarts == 2'
}

@test "on-failure:2 gives up after two restarts and says so" {
	counts 'exit 7'
	shim --restart on-failure:2 --restart-delay 10ms
	shim_ends
	(($(starts) == 3))
	shim_holds '.status == "failed" and .restarts == 2 and (.error | contains("restart policy"))'
	exit_holds '.exitCode == 7'
	assert_clean
}

@test "a guest that always ends at once is started less and less often, and costs little" {
	local ticks end

	counts 'exit 0'
	shim --restart always --restart-delay 50ms --restart-delay-max 60s
	eventually shim_is backing-off
	sleep "$((3 * SLOWNESS))"
	# 50 + 100 + ... : not more than 2^n * 50 ms may have passed
	(($(starts) >= 3 && $(starts) <= 7 + SLOWNESS)) || fail "$(starts) starts"
	ticks=$(awk '{ print $14 + $15 }' "/proc/$PID/stat")
	((ticks < 30 * SLOWNESS)) || fail "the shim took $ticks ticks"
	ask stop
	assert_output_is '{}'
	shim_ends
	shim_is stopped
	assert_clean
}

@test "a stop while it waits ends the guest for good" {
	counts 'exit 1'
	shim --restart always --restart-delay 60s
	eventually shim_is backing-off
	exit_holds '.exitCode == 1'
	kill -TERM "$PID"
	shim_ends
	(($(starts) == 1))
	shim_is stopped
}

@test "a restart that is asked for while it waits comes at once" {
	counts '[ $(wc -l </starts) -ge 2 ] || exit 1; exec sleep 100'
	shim --restart always --restart-delay 60s
	eventually shim_is backing-off
	ask restart
	assert_output_is '{}'
	shim_is running
	(($(starts) == 2))
}

@test "stop ends the guest by its signal, and it is not restarted" {
	counts 'trap "echo got it; exit 0" USR1; while :; do sleep 0.05; done'
	shim --restart always --stop-signal USR1
	eventually has_started 1
	eventually shim_is running
	sleep 0.2
	ask stop 10000
	assert_output_is '{}'
	shim_ends
	logged 'got it'
	exit_holds '.exitCode == 0'
	(($(starts) == 1))
	assert_clean
}

@test "a guest that ignores its stop signal is killed when its time is over" {
	guest_does ignore=15 say=ready pause
	shim --stop-timeout 100ms
	eventually logged ready
	ask stop
	assert_output_is '{}'
	shim_ends
	exit_holds '.signal == "SIGKILL" and .exitCode == 137'
	assert_clean
}

@test "the annotation of the image names the stop signal" {
	config '.annotations["org.opencontainers.image.stopSignal"] = "SIGUSR2"'
	guest_shell 'trap "exit 9" USR2; echo ready; while :; do sleep 0.05; done'
	shim --stop-timeout 60s
	eventually logged ready
	kill -TERM "$PID"
	shim_ends
	exit_holds '.exitCode == 9'
}

@test "processes outside a pid namespace do not outlive the stop" {
	without_namespace pid
	guest_shell 'sleep 1000 & echo $! >/child; echo ready; trap "" TERM; while :; do sleep 0.05; done'
	shim --stop-timeout 100ms
	eventually logged ready
	ask stop
	assert_output_is '{}'
	shim_ends
	assert_clean
}

@test "restart stops the guest and starts it anew, with its log going on" {
	counts 'echo "number $(wc -l </starts)"; trap "exit 5" TERM; while :; do sleep 0.05; done'
	shim
	eventually logged 'number 1'
	ask restart 5000
	assert_output_is '{}'
	eventually logged 'number 2'
	shim_holds '.status == "running" and .restarts == 1'
	exit_holds '.exitCode == 5 and .restarts == 0'
	ask stop 0
	shim_ends
	assert_clean
}

@test "a first create that fails is told, and nothing is left" {
	config '.process.args = ["/nothing"]'
	try "$TREE/tests/shim/engine" --no-start --lines 1 -- "$SHIM" --id "$ID" --bundle "$BUNDLE" --runtime "$KAVEL" \
		--runtime-arg --root --runtime-arg "$ROOT" --run-dir "$RUN" --exit-record "$EXIT" --start --restart always \
		--container-pidfile "$RUN/guest.pid" --conmon-pidfile "$RUN/shim.pid" --log-path none
	assert_output_has '-1'
	assert_output_has '/nothing'
	PID=$(<"$RUN/shim.pid")
	shim_ends
	shim_holds '.status == "failed" and (.error | contains("/nothing"))'
	assert_clean
}

@test "a create that fails later counts as a failure, and its text is in the status" {
	counts 'mv /bin/sh /bin/moved; exit 1'
	shim --restart on-failure:2 --restart-delay 10ms
	shim_ends
	(($(starts) == 1))
	shim_holds '.status == "failed" and .restarts == 2 and (.error | contains("/bin/sh"))'
	assert_clean
}

@test "reboot(2) inside restarts the guest at once, whatever the policy" {
	add_capabilities CAP_SYS_BOOT
	# LINUX_REBOOT_CMD_RESTART
	counts '[ $(wc -l </starts) -ge 2 ] && exit 4; exec /guest syscall=169:0xfee1dead:672274793:0x1234567'
	shim --restart no --restart-delay 60s
	shim_ends
	(($(starts) == 2))
	exit_holds '.exitCode == 4 and .restarts == 1'
	assert_clean
}

@test "power off inside ends the guest, whatever the policy" {
	add_capabilities CAP_SYS_BOOT
	# LINUX_REBOOT_CMD_POWER_OFF
	counts 'exec /guest syscall=169:0xfee1dead:672274793:0x4321fedc'
	shim --restart always
	shim_ends
	(($(starts) == 1))
	exit_holds '.poweredOff and (.rebooted | not) and .signal == "SIGINT"'
	shim_is stopped
	assert_clean
}

@test "the log directory may be deleted while the guest runs" {
	mkdir "$BATS_TEST_TMPDIR/logs"
	LOG=$BATS_TEST_TMPDIR/logs/log
	guest_shell 'echo one; while ! [ -e /go ]; do sleep 0.05; done; echo two; exit 6'
	shim --restart no
	eventually logged one
	rm -r "$BATS_TEST_TMPDIR/logs"
	touch "$BUNDLE/rootfs/go"
	shim_ends
	exit_holds '.exitCode == 6'
}

@test "the shim survives SIGHUP and SIGPIPE, and is outside of the guest's group" {
	guest_does say=ready pause
	shim
	eventually logged ready
	kill -HUP "$PID"
	kill -PIPE "$PID"
	ask status
	jq -e '.status == "running"' <<<"$output"
	diff "/proc/$PID/cgroup" /proc/self/cgroup
	[[ $(<"/proc/$PID/cgroup") != "$(<"/proc/$(guest_pid)/cgroup")" ]]
	[[ $(<"/proc/$(guest_pid)/oom_score_adj") == "$(<"/proc/self/oom_score_adj")" ]]
	needs resource
	[[ $(<"/proc/$PID/oom_score_adj") == -1000 ]]
}

@test "no descriptor of the shim is in the guest" {
	guest_does fds
	shim
	shim_ends
	logged 'stdout F'
	! grep -E ' fd: ([3-9]|[1-9][0-9])' "$LOG"
}

@test "a second shim is refused while the first lives" {
	guest_does say=ready pause
	shim
	eventually logged ready
	try "$TREE/tests/shim/engine" --no-start --lines 1 -- "$SHIM" --id "$ID" --bundle "$BUNDLE" --runtime "$KAVEL" \
		--runtime-arg --root --runtime-arg "$ROOT" --run-dir "$RUN" --start --adopt --log-path none \
		--container-pidfile "$RUN/guest.pid" --conmon-pidfile "$RUN/shim2.pid"
	assert_output_has "a shim is there already: process $PID"
	shim_is running
}

@test "hundreds of restarts and checks leave no descriptor, child or memory behind" {
	local before after fds

	counts 'exit 0'
	shim --restart always --restart-delay 1ms --restart-delay-max 1ms --health-cmd true --health-interval 1ms
	eventually shim_holds '.restarts > 30'
	before=$(awk '/^VmRSS/ { print $2 }' "/proc/$PID/status")
	SLOWNESS=$((SLOWNESS * 6)) eventually shim_holds '.restarts > 300'
	after=$(awk '/^VmRSS/ { print $2 }' "/proc/$PID/status")
	fds=$(find "/proc/$PID/fd" -type l | wc -l)
	((fds < 40)) || fail "$fds descriptors: $(ls -l "/proc/$PID/fd")"
	# a sanitizer keeps what was freed
	grep -q __asan_init "$SHIM" || ((after - before < 200)) || fail "$before KiB, then $after KiB"
	((($(wc -w <"/proc/$PID/task/$PID/children")) <= 3))
	ask stop 0
	shim_ends
	assert_clean
}

@test "a stop interrupts a create whose hook does not end" {
	add_hook createRuntime 'echo >>'"$BATS_TEST_TMPDIR/begun"'; exec sleep 1000'
	counts 'exit 0'
	shim --restart always
	eventually test -e "$BATS_TEST_TMPDIR/begun"
	ask stop
	assert_output_is '{}'
	shim_ends
	shim_is stopped
	! pgrep -f 'sleep 1000' || fail 'the hook is left'
	assert_clean
}
