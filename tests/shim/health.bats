load ../run/helpers
load shim

health_is() { # STATUS
	[[ $(shim_status .health.status) == "$1" ]]
}

waiting_guest() {
	guest_does say=ready pause
}

@test "a guest without a check has no health" {
	waiting_guest
	shim
	eventually logged ready
	health_is none
	ask health
	jq -e '.error | contains("no health check")' <<<"$output"
}

@test "a check that succeeds makes it healthy, with what it said" {
	waiting_guest
	shim --health-cmd 'echo all is well; cat /proc/1/comm' --health-interval 50ms
	eventually health_is healthy
	shim_holds '.health.failures == 0 and .health.lastOutput == "all is well\nguest\n" and .health.checkedAt > "2020"'
	ask stop 0
	shim_ends
	assert_clean
}

@test "as many failures as it may have make it unhealthy, and a success healthy again" {
	waiting_guest
	shim --health-cmd 'echo "no $0"; test -e /good' --health-interval 20ms --health-retries 3
	eventually health_is unhealthy
	shim_holds '.health.failures >= 3 and .health.lastOutput == "no sh\n" and .status == "running"'
	touch "$BUNDLE/rootfs/good"
	eventually health_is healthy
	shim_holds '.health.failures == 0'
}

@test "failures in the start period do not count" {
	waiting_guest
	shim --health-cmd false --health-interval 20ms --health-retries 1 --health-start-period 60s
	eventually shim_holds '.health.checkedAt != null'
	sleep 0.3
	health_is starting
	shim_holds '.health.failures == 0'
}

@test "words may be given instead of a command of the shell" {
	waiting_guest
	shim --health-cmd '["/bin/echo", "a  b", "$HOME"]' --health-interval 20ms
	eventually health_is healthy
	shim_holds '.health.lastOutput == "a  b $HOME\n"'
}

@test "a check that takes too long is killed with its group, and the next one comes" {
	waiting_guest
	shim --health-cmd 'echo begin >>/checks; sleep 1000 & echo slow; sleep 1000' --health-interval 20ms \
		--health-timeout 200ms --health-retries 2
	eventually health_is unhealthy
	shim_holds '.health.lastOutput | test("^slow\n.*longer than 200 ms")'
	# one at a time
	(($(kavel ps --format json "$ID" | jq length) <= 5))
}

@test "of a long output the end is kept, and of any bytes a text" {
	waiting_guest
	shim --health-cmd 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; printf "\\377\\000end"' --health-interval 20ms
	eventually health_is healthy
	shim_holds '.health.lastOutput | (length <= 4096 and length > 2000 and endswith("end") and contains("line 1999") and (contains("line 0\n") | not))'
}

@test "a command that is not there is a failure that says so" {
	waiting_guest
	shim --health-cmd '["/nothing/here"]' --health-interval 20ms --health-retries 1
	eventually health_is unhealthy
	shim_holds '.health.lastOutput | contains("/nothing/here")'
}

@test "checks do not overlap, and rest while the guest is paused" {
	local before

	waiting_guest
	shim --health-cmd 'echo x >>/checks; sleep 0.1' --health-interval 20ms
	eventually test -e "$BUNDLE/rootfs/checks"
	must kavel pause "$ID"
	sleep 0.3
	before=$(wc -l <"$BUNDLE/rootfs/checks")
	sleep 0.5
	(($(wc -l <"$BUNDLE/rootfs/checks") <= before))
	health_is healthy || health_is starting
	must kavel resume "$ID"
	eventually health_is healthy
}

@test "a health request makes a check now" {
	waiting_guest
	shim --health-cmd 'echo checked' --health-interval 1h
	eventually logged ready
	eventually shim_is running
	ask health
	jq -e '.status == "healthy" and .lastOutput == "checked\n"' <<<"$output"
}

@test "action kill: the policy decides what follows" {
	guest_shell 'echo start >>/starts; echo ready; while :; do sleep 0.05; done'
	shim --health-cmd '[ $(wc -l </starts) -ge 2 ]' --health-interval 20ms --health-retries 2 --health-action kill \
		--restart on-failure --restart-delay 10ms
	eventually health_is healthy
	shim_holds '.restarts == 1 and .status == "running"'
	exit_holds '.signal == "SIGKILL"'
}

@test "action restart: it is stopped by its signal, and started anew" {
	guest_shell 'echo start >>/starts; trap "exit 3" TERM; touch /ready; while :; do sleep 0.05; done'
	shim --health-cmd 'test ! -e /ready || [ $(wc -l </starts) -ge 2 ]' --health-interval 20ms --health-retries 2 --health-action restart \
		--stop-timeout 60s
	eventually shim_holds '.restarts == 1 and .health.status == "healthy"'
	shim_holds '.restarts == 1 and .status == "running"'
	exit_holds '.exitCode == 3'
}

@test "action stop: it is ended for good" {
	guest_shell 'trap "exit 3" TERM; touch /ready; while :; do sleep 0.05; done'
	shim --health-cmd 'test ! -e /ready' --health-interval 20ms --health-retries 2 --health-action stop --restart always \
		--stop-timeout 60s
	shim_ends
	shim_is stopped
	exit_holds '.exitCode == 3'
	assert_clean
}

@test "a guest that ends in the midst of a check ends, and the check with it" {
	guest_shell 'while ! [ -e /checking ]; do sleep 0.02; done; exit 4'
	shim --health-cmd 'touch /checking; sleep 1000' --health-interval 20ms
	shim_ends
	exit_holds '.exitCode == 4'
	assert_clean
}

@test "a command that is no array of strings is refused" {
	waiting_guest
	try "$TREE/tests/shim/engine" --no-start --lines 1 -- "$SHIM" --id "$ID" --bundle "$BUNDLE" --runtime "$KAVEL" \
		--run-dir "$RUN" --start --log-path none --health-cmd '["sh", 5]' --container-pidfile "$RUN/guest.pid"
	assert_output_has 'the health command'
	assert_clean
}

@test "that a guest became unhealthy is told to the journal" {
	[[ ! -e /run/systemd/journal/socket ]] || skip "a journal is there"
	mkdir -p /run/systemd/journal
	timeout 60 python3 -c '
import socket, sys
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
open(sys.argv[1], "wb").write(journal.recv(60000))' "$BATS_TEST_TMPDIR/journal" 3>&- &
	eventually test -S /run/systemd/journal/socket
	waiting_guest
	shim --health-cmd false --health-interval 10ms --health-retries 1
	eventually test -s "$BATS_TEST_TMPDIR/journal"
	grep -qx "MESSAGE=$ID is unhealthy" "$BATS_TEST_TMPDIR/journal"
	rm -r /run/systemd
	ask stop 0
	shim_ends
}
