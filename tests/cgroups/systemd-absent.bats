load ../run/helpers

# The systemd manager where systemd does not answer, or is not there.

prepare() {
	[[ -x ${KAVEL%/*}/kavel-systemd ]] || skip "built without kavel-systemd"
	command -v python3 >/dev/null || skip "python3 is missing"
	unset DBUS_SYSTEM_BUS_ADDRESS
}

is_v2_alone() {
	[[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]
}

@test "where controllers are v1's it is refused with the layout" {
	! is_v2_alone || skip "cgroup v2 alone"
	try kavel --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	assert_refused "the systemd cgroup manager needs cgroup v2 alone" "layout"
	assert_clean
}

@test "without systemd the error says so, and nothing is left" {
	is_v2_alone || skip "not cgroup v2 alone"
	[[ ! -e /run/systemd/private ]] || skip "systemd runs here"
	try kavel --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	assert_refused kavel-guest.scope systemd 'is it running here'
	assert_clean
}

@test "a systemd that never answers is given up at the deadline, and nothing is left" {
	local server start=$SECONDS

	is_v2_alone || skip "not cgroup v2 alone"
	python3 -c '
import socket, sys, time
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
connections = []
while True:
    connections.append(listening.accept())' "$BATS_TEST_TMPDIR/bus" 3>&- &
	server=$!
	eventually test -S "$BATS_TEST_TMPDIR/bus"
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$BATS_TEST_TMPDIR/bus KAVEL_SYSTEMD_TIMEOUT=1
	try kavel --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	kill "$server"
	assert_refused kavel-guest.scope 'did not answer within 1 seconds'
	((SECONDS - start < 10 * SLOWNESS))
	assert_clean
}

@test "a path for cgroupfs is refused by name" {
	is_v2_alone || skip "not cgroup v2 alone"
	config '.linux.cgroupsPath = "/a/b"'
	try kavel --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	assert_refused linux.cgroupsPath slice:prefix:name
	assert_clean
}
