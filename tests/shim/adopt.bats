load ../run/helpers
load shim

# Kill the shim, and put another one beside the guest.
lose_shim() {
	kill -KILL "$PID"
	eventually is_gone "$PID"
}

adopt() { # OPTION...
	shim --adopt "$@"
	assert_success
	eventually shim_holds ".shim == $PID"
}

# The kernel tells a process that is no parent how another ended (Linux 6.15).
tells_all() {
	local release

	release=$(uname -r)
	[[ $(printf '%s\n' 6.15 "$release" | sort -V | head -n 1) == 6.15 ]]
}

exit_code_is() { # CODE
	if tells_all; then
		exit_holds ".exitCode == $1"
	else
		exit_holds '.exitCode == null and (.reason | contains("Linux 6.15"))'
	fi
}

@test "a guest outlives its shim, and the next one logs what it wrote meanwhile and how it ended" {
	guest_shell 'echo one; while ! [ -e /go ]; do sleep 0.05; done; echo two; while ! [ -e /end ]; do sleep 0.05; done; echo three; exit 5'
	shim
	eventually logged one
	lose_shim
	status_is running
	touch "$BUNDLE/rootfs/go"
	sleep 0.2
	status_is running
	adopt
	eventually logged two
	logged 'the shim was killed'
	(($(grep -c ' one$' "$LOG") == 1))
	touch "$BUNDLE/rootfs/end"
	shim_ends
	logged three
	exit_code_is 5
	shim_is stopped
	assert_clean
}

@test "a guest that fills its output waits for the next shim, and not a byte is lost" {
	guest_shell 'echo ready; while ! [ -e /go ]; do sleep 0.05; done; s=xxxxxxxx; for i in 1 2 3 4 5 6 7; do s=$s$s; done; i=0; while [ $i -lt 300 ]; do echo $s; i=$((i+1)); done; echo end'
	shim
	eventually logged ready
	lose_shim
	touch "$BUNDLE/rootfs/go"
	sleep 0.5
	status_is running
	adopt
	shim_ends
	logged end
	(($(sed -n 's/^[^ ]* stdout [FP] //p' "$LOG" | tr -cd x | wc -c) == 300 * 1024))
}

@test "the group, the times and the restarts are those of before" {
	local created

	guest_shell 'echo start >>/starts; [ $(wc -l </starts) -ge 2 ] || exit 1; echo ready; exec sleep 1000'
	shim --restart always --restart-delay 10ms
	eventually logged ready
	created=$(shim_status .createdAt)
	lose_shim
	adopt --restart always --restart-delay 10ms
	shim_holds ".createdAt == \"$created\" and .restarts == 1 and .pid > 1"
	ask stop 0
	assert_output_is '{}'
	shim_ends
	exit_code_is 137
	exit_holds ".createdAt == \"$created\" and .restarts == 1"
	assert_clean
}

@test "a guest that ended while it had no shim is recorded as unknown, and restarted by its policy" {
	guest_shell 'echo start >>/starts; echo "number $(wc -l </starts)"; exec sleep 1000'
	shim --restart always --restart-delay 10ms
	eventually logged 'number 1'
	lose_shim
	kill -KILL "$(guest_pid)"
	eventually status_is stopped
	adopt --restart always --restart-delay 10ms
	eventually logged 'number 2'
	exit_holds '.exitCode == null and (.reason | contains("no shim")) and .pid > 1 and .createdAt != null'
	shim_holds '.restarts == 1'
	ask stop 0
	shim_ends
	assert_clean
}

@test "with the policy no it is only recorded and deleted" {
	guest_does say=ready pause
	shim
	eventually logged ready
	lose_shim
	kill -KILL "$(guest_pid)"
	eventually status_is stopped
	shim --adopt
	shim_ends
	exit_holds '.exitCode == null'
	shim_is stopped
	assert_clean
}

@test "a guest that was created and not started is started" {
	must kavel create --bundle "$BUNDLE" "$ID"
	guest_does say=ready exit=3
	shim --adopt
	assert_success
	shim_ends
	exit_code_is 0
	assert_clean
}

@test "what is lost with a terminal is said" {
	config '.process.terminal = true'
	guest_does trap=1 say=ready pause
	shim --terminal
	eventually logged ready
	lose_shim
	adopt --terminal
	shim_holds '.lost | contains("terminal")'
	ask stop 0
	shim_ends
	assert_clean
}

@test "a shim that is killed at any moment leaves a guest that the next one ends" {
	local i

	guest_shell 'echo start >>/starts; sleep 0.0$((RANDOM % 9)); exit 1'
	for ((i = 0; i < 40; i++)); do
		shim --restart always --restart-delay 1ms --restart-delay-max 20ms --adopt
		assert_success
		python3 -c "import time; time.sleep($((RANDOM % 60)) / 1000)"
		kill -KILL "$PID" 2>/dev/null || fail "the shim has ended: $(<"$RUN/status.json")"
		eventually is_gone "$PID"
	done
	shim --restart always --restart-delay 1ms --adopt
	assert_success
	eventually shim_holds ".shim == $PID"
	ask stop 1000
	assert_output_is '{}'
	shim_ends
	shim_is stopped
	assert_clean
}
