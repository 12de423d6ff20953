load ../run/helpers

# The systemd manager where systemd does not answer, or is not there.

prepare() {
	[[ -x ${KAVEL%/*}/kavel-systemd ]] || skip "built without kavel-systemd"
	command -v python3 >/dev/null || skip "python3 is missing"
	unset DBUS_SYSTEM_BUS_ADDRESS
}

# A message bus that takes connections and says nothing.
start_silent_bus() {
	python3 -c '
import socket, sys
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
connections = []
while True:
    connections.append(listening.accept())' "$BATS_TEST_TMPDIR/bus" 3>&- &
	server=$!
	eventually test -S "$BATS_TEST_TMPDIR/bus"
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$BATS_TEST_TMPDIR/bus
}

stop_silent_bus() {
	kill "$server"
}

# kavel-systemd runs with this bus.
asks() {
	grep -qsF "$DBUS_SYSTEM_BUS_ADDRESS" $(grep -lsx kavel-systemd /proc/[0-9]*/comm | sed 's/comm$/environ/') /dev/null
}

is_quiet() {
	! asks
}

@test "without systemd the error says so, and nothing is left" {
	[[ ! -e /run/systemd/private ]] || skip "systemd runs here"
	try kavel --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	assert_refused kavel-guest: .scope systemd 'is it running here'
	assert_clean
}

@test "a systemd that never answers is given up at the deadline, and nothing is left" {
	local server start=$SECONDS

	start_silent_bus
	KAVEL_SYSTEMD_TIMEOUT=1 try kavel --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	stop_silent_bus
	assert_refused kavel-guest: .scope 'did not answer within 1 seconds'
	((SECONDS - start < 10 * SLOWNESS))
	assert_clean
}

@test "who asks systemd ends with the one that wants to know" {
	start_silent_bus
	"$KAVEL" --root "$ROOT" --systemd-cgroup create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 3>&- &
	eventually asks
	kill -KILL "$!"
	LIMIT=10 eventually is_quiet
	stop_silent_bus
	must kavel delete --force "$ID"
	assert_clean
}

@test "a path for cgroupfs is refused by name" {
	config '.linux.cgroupsPath = "/a/b"'
	try kavel --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	assert_refused linux.cgroupsPath slice:prefix:name
	assert_clean
}
