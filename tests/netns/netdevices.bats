load ../run/helpers

# Every cage has a network namespace of its own, so the "host's" devices here are nobody's.
prepare() {
	ip link add host0 type veth peer name peer0 || skip "no veth devices on this kernel"
	HELD=''
}

cleanup() {
	local link

	[[ ! $HELD ]] || {
		kill -KILL "$HELD"
		wait "$HELD" 2>/dev/null || :
	}
	for link in $(ip -o link | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p'); do
		[[ $link == lo ]] || ip link del "$link" 2>/dev/null || :
	done
}

device() { # KEY [NAME]
	config --arg key "$1" --arg name "${2-}" '.linux.netDevices[$key] = if $name == "" then {} else {name: $name} end'
}

# A network namespace that exists before and after the guest, which joins it.
hold_namespace() {
	unshare --net sleep 1000 </dev/null >/dev/null 2>&1 3>&- 4>&- &
	HELD=$!
	eventually in_own_network "$HELD"
	config --arg path "/proc/$HELD/ns/net" \
		'.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
}

in_own_network() { # PID
	[[ $(readlink "/proc/$1/ns/net") != $(readlink /proc/self/ns/net) ]]
}

# ip(8) in the guest's network.
in_guest() {
	nsenter --net="/proc/$(guest_pid)/ns/net" ip "$@"
}

in_held() {
	nsenter --net="/proc/$HELD/ns/net" ip "$@"
}

exists() { # DEVICE
	ip link show dev "$1" >/dev/null 2>&1
}

is_not_there() { # DEVICE
	if exists "$1"; then fail "$1 is there"; fi
}

# What of a device a failing create must not change, in one text.
picture() { # DEVICE
	ip -j addr show dev "$1" | jq -c '.[0] | [.ifindex, .ifname, .mtu, .address, .master, (.flags | index("UP") != null),
		[.addr_info[] | select(.scope == "global") | [.local, .prefixlen, .broadcast, .label]]]'
}

@test "a device is in the guest, up, with its own name, and on the host no more" {
	device host0
	guest_shell 'ip link show dev host0; ls /sys/class/net'
	run_guest
	assert_success
	assert_matches '^[0-9]+: host0@.*[<,]UP[,>]'
	assert_line host0
	assert_line lo
	refute_line peer0
	is_not_there host0
}

@test "a device gets the name that is asked for" {
	device host0 inside0
	guest_shell 'ls /sys/class/net; ip link show dev inside0'
	run_guest
	assert_success
	assert_line inside0
	refute_line host0
	assert_matches 'inside0@.*[<,]UP[,>]'
}

@test "permanent global addresses of both families are kept, with prefix, broadcast, peer and label; others are not" {
	ip addr add 192.0.2.1/24 brd 192.0.2.255 label host0:one dev host0
	ip addr add 198.51.100.7 peer 198.51.100.8/32 dev host0
	ip addr add 203.0.113.5/24 valid_lft 1000 preferred_lft 900 dev host0
	ip addr add 169.254.3.4/16 scope link dev host0
	ip addr add 2001:db8::1/64 dev host0 nodad noprefixroute
	ip addr add 2001:db8:1::1/64 dev host0 nodad valid_lft 1000 preferred_lft 900
	ip addr add fe80::77/64 dev host0 nodad scope link
	ip link set host0 mtu 1400 address 02:00:00:00:12:34 up
	device host0 c0
	create_guest pause
	assert_success
	output=$(in_guest addr show dev c0)
	assert_output_has "inet 192.0.2.1/24 brd 192.0.2.255 scope global c0:one"
	assert_output_has "inet 198.51.100.7 peer 198.51.100.8/32 scope global c0"
	refute_output_has 203.0.113.5
	refute_output_has 169.254.3.4
	assert_matches 'inet6 2001:db8::1/64 scope global (nodad noprefixroute|noprefixroute nodad|noprefixroute)'
	refute_output_has 2001:db8:1::1
	refute_output_has fe80::77
	assert_output_has "valid_lft forever preferred_lft forever"
	# what the kernel keeps
	assert_output_has "mtu 1400"
	assert_output_has "link/ether 02:00:00:00:12:34"
	must kavel delete --force "$ID"
}

@test "packets reach the guest through the device" {
	ip addr add 192.0.2.1/24 dev peer0
	ip link set peer0 up
	ip addr add 192.0.2.2/24 dev host0
	device host0 eth0
	create_guest pause
	assert_success
	eventually bash -c 'exec 3<>/dev/udp/192.0.2.2/9 && echo hi >&3'
	in_guest -s link show dev eth0 | grep -q UP
	eventually sh -c "ip neigh show 192.0.2.2 | grep -q lladdr"
	must kavel delete --force "$ID"
}

@test "of a template the kernel makes a name that is free, and the device has its addresses and is up" {
	hold_namespace
	in_held link add c0 type veth peer name c1
	ip addr add 192.0.2.1/24 dev host0
	device host0 'c%d'
	guest_shell 'ip addr show dev c2'
	run_guest
	assert_success
	assert_matches 'c2@.*[<,]UP[,>]'
	assert_output_has 192.0.2.1/24
	[[ $(in_held -o link | wc -l) == 4 ]]
}

@test "a template in a new namespace begins at 0" {
	ip addr add 192.0.2.1/24 dev host0
	device host0 'eth%d'
	device peer0 'eth%d'
	guest_shell 'ls /sys/class/net; ip addr'
	run_guest
	assert_success
	assert_line eth0
	assert_line eth1
	assert_output_has 192.0.2.1/24
}

@test "a name that is taken in the guest's namespace is refused, and nothing changes" {
	local before

	hold_namespace
	in_held link add taken type veth peer name other
	ip addr add 192.0.2.1/24 dev host0
	ip link set host0 up
	before=$(picture host0)
	device host0 taken
	run_guest pause
	assert_refused 'linux.netDevices["host0"]' '"taken" already'
	assert_clean
	[[ $(picture host0) == "$before" ]]
	# the loopback interface is one like any other
	device host0 lo
	run_guest pause
	assert_refused 'linux.netDevices["host0"]' '"lo" already'
	[[ $(picture host0) == "$before" ]]
}

@test "a device whose own name is taken in the guest's namespace comes there with another one" {
	hold_namespace
	in_held link add host0 type veth peer name peer0
	device host0 moved0
	run_guest ls=/sys/class/net
	assert_success
	in_held link show dev moved0
	in_held link show dev host0
	is_not_there host0
}

@test "an index that is taken in the guest's namespace is no obstacle" {
	local index

	hold_namespace
	index=$(ip -j link show dev host0 | jq '.[0].ifindex')
	in_held link add name x0 index "$index" type veth peer name x1
	ip addr add 192.0.2.1/24 dev host0
	device host0 'x%d'
	guest_shell 'ip addr show dev x2'
	run_guest
	assert_success
	assert_matches 'x2@.*[<,]UP[,>]'
	assert_output_has 192.0.2.1/24
}

@test "two devices exchange their names" {
	ip link set host0 address 02:00:00:00:00:0a
	ip link set peer0 address 02:00:00:00:00:0b
	device host0 peer0
	device peer0 host0
	guest_shell 'cat /sys/class/net/host0/address /sys/class/net/peer0/address'
	run_guest
	assert_success
	assert_output_is $'02:00:00:00:00:0b\n02:00:00:00:00:0a'
}

@test "a device that is named by its alternative name is moved and a second time refused" {
	ip link property add dev host0 altname alternative0 || skip "no alternative names"
	device alternative0 e0
	run_guest ls=/sys/class/net/e0
	assert_success
	ip link add host0 type veth peer name peer1
	ip link property add dev host0 altname alternative0
	device host0 e1
	run_guest
	assert_refused 'is the same device as'
	exists host0
}

@test "a macvlan device is moved; its lower device stays" {
	ip link add link peer0 name mac0 type macvlan mode bridge || skip "no macvlan on this kernel"
	device mac0 eth0
	run_guest ls=/sys/class/net/eth0/
	assert_success
	exists peer0
	exists host0
}

@test "a device that does not exist is refused by its name, and the others stay" {
	local before

	ip addr add 192.0.2.1/24 dev host0
	before=$(picture host0)
	device host0
	device nosuch0
	run_guest
	assert_refused 'linux.netDevices["nosuch0"]' "no such network device"
	[[ $(picture host0) == "$before" ]]
	assert_clean
}

@test "a loopback device and a bridge are refused, and the others come back" {
	local before

	device lo lo1
	run_guest
	assert_refused 'linux.netDevices["lo"]' loopback
	config 'del(.linux.netDevices)'
	ip link add bridge0 type bridge || skip "no bridges on this kernel"
	ip addr add 192.0.2.1/24 dev host0
	ip link set host0 up
	before=$(picture host0)
	device bridge0
	device host0
	run_guest
	assert_refused 'linux.netDevices["bridge0"]'
	[[ $(picture host0) == "$before" ]]
	exists bridge0
	# the same when it is the second
	config '.linux.netDevices = {"host0": {}, "bridge0": {}}'
	run_guest
	assert_refused 'linux.netDevices["bridge0"]'
	[[ $(picture host0) == "$before" ]]
	assert_clean
}

@test "without a network namespace, or with the host's own, devices are refused" {
	device host0
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)'
	run_guest
	assert_refused linux.netDevices "network namespace"
	without_namespace network
	config '.mounts |= map(select(.type != "sysfs"))'
	run_guest
	assert_refused linux.netDevices "network namespace"
	exists host0
}

# A create that fails after the move, for each of these reasons.
failing_creates() {
	local before=$1 look=$2

	add_hook createRuntime 'exit 3'
	create_guest pause
	assert_status 1
	[[ $($look) == "$before" ]] || fail "after a failing hook: $($look), not $before"
	config 'del(.hooks) | .process.args = ["/nonexistent"]'
	try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused /nonexistent
	[[ $($look) == "$before" ]] || fail "after a missing program: $($look), not $before"
	config '.process.args = ["/guest", "pause"] | .process.cwd = "/guest"'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_refused process.cwd
	[[ $($look) == "$before" ]] || fail "after a wrong directory: $($look), not $before"
	config '.process.cwd = "/"'
	try kavel create --bundle "$BUNDLE" --pid-file /nonexistent/pid "$ID"
	assert_refused /nonexistent
	[[ $($look) == "$before" ]] || fail "after a failing pid file: $($look), not $before"
}

both_pictures() {
	picture host0
	picture peer0
}

@test "a failing create leaves the devices where and as they were: index, name, addresses, bridge, up" {
	ip link add bridge0 type bridge && ip link set host0 master bridge0
	ip addr add 192.0.2.1/24 brd + label host0:one dev host0
	ip addr add 2001:db8::1/64 dev host0 nodad
	ip link set host0 mtu 1400 up
	ip addr add 198.51.100.1/24 dev peer0
	device host0 eth0
	device peer0 'eth%d'
	failing_creates "$(both_pictures)" both_pictures
	assert_clean
}

@test "a failing create with a joined namespace leaves the devices as they were, and nothing there" {
	local there

	hold_namespace
	there=$(in_held -o link)
	ip addr add 192.0.2.1/24 dev host0
	ip link set host0 up
	device host0 'eth%d'
	device peer0
	failing_creates "$(both_pictures)" both_pictures
	[[ $(in_held -o link) == "$there" ]]
	assert_clean
}

@test "an address that cannot be given fails the create, and the device comes back" {
	local before

	hold_namespace
	nsenter --net="/proc/$HELD/ns/net" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' || skip "no IPv6"
	nsenter --net="/proc/$HELD/ns/net" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
	ip addr add 2001:db8::1/64 dev host0 nodad
	before=$(picture host0)
	device host0
	run_guest
	assert_refused 'linux.netDevices["host0"]' 2001:db8::1/64
	[[ $(picture host0) == "$before" ]]
}

@test "after a crash of create, delete --force brings back what was moved to a joined namespace" {
	local before pid

	hold_namespace
	ip addr add 192.0.2.1/24 dev host0
	ip addr add 2001:db8::1/64 dev host0 nodad
	ip link set host0 up
	before=$(picture host0)
	device host0 eth0
	add_hook createRuntime "echo \$PPID >'$BATS_TEST_TMPDIR/runtime'; exec sleep 100"
	"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	eventually test -s "$BATS_TEST_TMPDIR/runtime"
	in_held link show dev eth0
	kill -KILL "$(<"$BATS_TEST_TMPDIR/runtime")"
	must kavel delete --force "$ID"
	[[ $(picture host0) == "$before" ]]
	[[ $(in_held -o link) != *eth0* ]]
}

@test "after a crash of create in a new namespace, delete --force says that a virtual device ended with it" {
	device host0 eth0
	add_hook createRuntime "echo \$PPID >'$BATS_TEST_TMPDIR/runtime'; exec sleep 100"
	"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	eventually test -s "$BATS_TEST_TMPDIR/runtime"
	kill -KILL "$(<"$BATS_TEST_TMPDIR/runtime")"
	eventually sh -c '! ip link show dev peer0'
	must kavel delete --force "$ID"
	assert_error_has 'linux.netDevices["host0"]'
}

@test "delete leaves a device in a namespace that was joined" {
	hold_namespace
	ip addr add 192.0.2.1/24 dev host0
	device host0 eth0
	start_guest pause
	must kavel delete --force "$ID"
	in_held addr show dev eth0 | grep -q 192.0.2.1/24
	is_not_there host0
}

@test "sysctls of a device are set after it has come" {
	device host0 eth0
	config '.linux.sysctl = {"net.ipv4.conf.eth0.forwarding": "1"}'
	run_guest read=/proc/sys/net/ipv4/conf/eth0/forwarding
	assert_success
	assert_output_has 1
}

@test "createRuntime hooks find the device in the guest" {
	device host0 eth0
	add_hook createRuntime "nsenter --net=/proc/\$(jq .pid)/ns/net ip link show dev eth0 >'$BATS_TEST_TMPDIR/seen'"
	run_guest ids
	grep -q '[<,]UP[,>]' "$BATS_TEST_TMPDIR/seen"
}

@test "kavel plan names the devices" {
	device host0 'eth%d'
	must kavel plan --bundle "$BUNDLE"
	assert_output_has "network device host0 as eth%d"
	assert_output_has WANT_DEVICES
}

@test "a device is moved to a network that a user namespace owns" {
	ip addr add 192.0.2.1/24 dev host0
	device host0 'u%d'
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod o+x "$BATS_TEST_TMPDIR" "$BUNDLE" "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	add_capabilities CAP_NET_ADMIN
	guest_shell 'ip addr show dev u0; ip link set u0 down && echo mine'
	run_guest
	assert_success
	assert_matches 'u0@.*[<,]UP[,>]'
	assert_output_has 192.0.2.1/24
	assert_line mine
}

@test "a failing create with a user namespace leaves the device as it was" {
	local before

	ip addr add 192.0.2.1/24 dev host0
	ip link set host0 up
	before=$(picture host0)
	device host0 u0
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod o+x "$BATS_TEST_TMPDIR" "$BUNDLE" "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	config '.process.args = ["/nonexistent"]'
	run_guest
	assert_refused /nonexistent
	[[ $(picture host0) == "$before" ]]
}

# Each call of the host side by which devices are moved fails once: the create fails, and the device is as it was.
@test "whichever step of a move fails, the device comes back" {
	local before call when real=$KAVEL

	skip_with_sanitizer
	command -v strace >/dev/null || skip "strace is missing"
	ip addr add 192.0.2.1/24 dev host0
	ip addr add 198.51.100.1/24 dev host0
	ip link set host0 up
	before=$(picture host0)
	device host0 'eth%d'
	guest_does pause
	for call in sendmsg recvmsg setns; do
		for ((when = 1; when < 40; when++)); do
			printf '#!/bin/sh\nexec strace -qq -o "%s" -e trace=%s -e "inject=%s:error=ENOMEM:when=%d" "%s" "$@"\n' \
				"$BATS_TEST_TMPDIR/trace" "$call" "$call" "$when" "$real" >"$BATS_TEST_TMPDIR/kavel"
			chmod +x "$BATS_TEST_TMPDIR/kavel"
			KAVEL=$BATS_TEST_TMPDIR/kavel
			try kavel create --bundle "$BUNDLE" "$ID"
			KAVEL=$real
			grep -q INJECTED "$BATS_TEST_TMPDIR/trace" || break
			((status != 0)) || fail "$call $when fails, and create does not"
			[[ $(picture host0) == "$before" ]] || fail "$call $when: $(picture host0), not $before"
			[[ ! $(ls -A "$ROOT") ]] || fail "$call $when: a state is left"
		done
		((when > 3)) || fail "only $when calls of $call"
		must kavel delete --force "$ID"
		# the last one was moved, and ends with its namespace, whose end the kernel takes its time for
		eventually sh -c '! ip link show dev peer0'
		ip link add host0 type veth peer name peer0
		ip addr add 192.0.2.1/24 dev host0
		ip addr add 198.51.100.1/24 dev host0
		ip link set host0 up
		before=$(picture host0)
	done
}

# What the kernel does with a physical device when its namespace ends: it comes home with the name that it had there.
@test "after a crash of create, delete --force gives a device that came home by itself its name and addresses again" {
	local before

	hold_namespace
	ip addr add 192.0.2.1/24 dev host0
	ip link set host0 up
	before=$(picture host0)
	device host0 'eth%d'
	add_hook createRuntime "echo \$PPID >'$BATS_TEST_TMPDIR/runtime'; exec sleep 100"
	"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	eventually test -s "$BATS_TEST_TMPDIR/runtime"
	kill -KILL "$(<"$BATS_TEST_TMPDIR/runtime")"
	in_held link set dev eth0 netns $$
	kill -KILL "$HELD"
	wait "$HELD" 2>/dev/null || :
	HELD=''
	must kavel delete --force "$ID"
	[[ $(picture host0) == "$before" ]] || fail "$(picture host0), not $before"
}
