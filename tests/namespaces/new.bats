load ../run/helpers

own() { # TYPE
	readlink "/proc/self/ns/$1"
}

@test "the guest has the namespaces that are listed, and shares the others" {
	local type

	run_guest namespaces
	assert_success
	for type in pid mnt net ipc uts cgroup; do
		refute_line "ns: $(own $type)"
	done
	for type in user time; do
		assert_line "ns: $(own $type)"
	done
}

@test "each namespace that is not listed is the caller's" {
	local type kernel

	for type in network ipc uts cgroup; do
		kernel=${type/network/net}
		default_config >"$BUNDLE/config.json"
		config 'del(.hostname) | .mounts |= map(select(.type != "mqueue" and .type != "sysfs" and .type != "cgroup"))'
		without_namespace "$type"
		run_guest namespaces
		assert_success
		assert_line "ns: $(own "$kernel")"
	done
	assert_clean
}

@test "a new network has its loopback up and nothing else" {
	run_guest loopback ls=/sys/class/net
	assert_success
	assert_line "loopback: up"
	assert_line "ls=/sys/class/net: lo"
}

@test "the guest sees its own processes alone" {
	local pids

	config 'del(.linux.maskedPaths)'
	guest_shell 'ls -d /proc/[0-9]*'
	run_guest
	assert_success
	pids=$(wc -l <<<"$output")
	((pids <= 2)) || fail "$pids processes"
}

@test "a new cgroup namespace has the guest's group as its root" {
	run_guest read=/proc/self/cgroup
	assert_success
	assert_line "0::/"
}

@test "System V and POSIX queues are the guest's own" {
	local id

	id=$(ipcmk -Q | grep -o '[0-9]*$')
	run_guest read=/proc/sysvipc/msg
	assert_success
	(($(wc -l <<<"$output") == 1)) || fail "only the header"
	ipcrm -q "$id"
}

@test "without a pid namespace the guest sees the caller's processes and is not pid 1" {
	without_namespace pid
	run_guest ids
	assert_success
	refute_line "pid: 1"
}

@test "a namespace that is listed twice, or unknown, is refused" {
	config '.linux.namespaces += [{type: "ipc"}]'
	run_guest
	assert_refused linux.namespaces
	config '.linux.namespaces[-1].type = "nosuch"'
	run_guest
	assert_refused "linux.namespaces[6].type"
	assert_clean
}

@test "without any namespace the guest is chrooted or refused, and the cage's mounts stay as they are" {
	local before

	before=$(mounts)
	config '.linux.namespaces = [] | del(.hostname, .linux.maskedPaths, .linux.readonlyPaths) | .mounts = []'
	run_guest ids ls=/
	if ((status == 0)); then
		refute_output_has "work"
	else
		assert_refused
	fi
	[[ $(mounts) == "$before" ]]
	assert_clean
	config '.mounts = [{destination: "/tmp", type: "tmpfs", source: "none"}]'
	run_guest ids
	assert_refused mounts
	[[ $(mounts) == "$before" ]]
	assert_clean
}
