# What a mount of type cgroup shows, in the view of the host that the cage has: v2 alone, or v1 beside v2.
load ../run/helpers

prepare() {
	[[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]] && VIEW=v2 || VIEW=hybrid
	MOUNT='(.mounts[] | select(.destination == "/sys/fs/cgroup"))'
	# a limit each in two hierarchies of v1
	[[ $VIEW == v2 ]] || config '.linux.resources += {memory: {limit: 1073741824}, pids: {limit: 100}}'
}

only() { # VIEW
	[[ $VIEW == "$1" ]] || skip "the host's view of cgroups is $VIEW"
}

@test "with a cgroup namespace the guest's group is the root, read-only as asked" {
	only v2
	run_guest statfs=/sys/fs/cgroup mount=/sys/fs/cgroup read=/proc/self/cgroup mkdir=/sys/fs/cgroup/x
	assert_success
	assert_line "statfs=/sys/fs/cgroup: 63677270"
	assert_matches '^mount=/sys/fs/cgroup: .* / /sys/fs/cgroup ro,nosuid,nodev,noexec'
	assert_line "0::/"
	assert_line "mkdir=/sys/fs/cgroup/x: EROFS"
}

@test "with a cgroup namespace it may be writable" {
	only v2
	config "$MOUNT"'.options -= ["ro"]'
	run_guest mkdir=/sys/fs/cgroup/x
	assert_line "mkdir=/sys/fs/cgroup/x: ok"
}

@test "without a cgroup namespace the guest sees its own group alone, read-only always" {
	only v2
	without_namespace cgroup
	config "$MOUNT"'.options -= ["ro"]'
	run_guest statfs=/sys/fs/cgroup mount=/sys/fs/cgroup mkdir=/sys/fs/cgroup/x
	assert_success
	assert_line "statfs=/sys/fs/cgroup: 63677270"
	assert_matches '^mount=/sys/fs/cgroup: [^/]* /[^ ]*guest[^ ]* /sys/fs/cgroup ro,nosuid,nodev,noexec'
	assert_line "mkdir=/sys/fs/cgroup/x: EROFS"
}

@test "beside v1 the guest sees a directory for each hierarchy in which it has a group" {
	only hybrid
	run_guest statfs=/sys/fs/cgroup mount=/sys/fs/cgroup mount=/sys/fs/cgroup/memory mount=/sys/fs/cgroup/unified \
		ls=/sys/fs/cgroup stat=/sys/fs/cgroup/memory/memory.limit_in_bytes mkdir=/sys/fs/cgroup/x \
		mkdir=/sys/fs/cgroup/memory/x
	assert_success
	assert_line "statfs=/sys/fs/cgroup: 1021994"
	assert_matches '^mount=/sys/fs/cgroup: .* ro,nosuid,nodev,noexec.* - tmpfs '
	assert_matches '^mount=/sys/fs/cgroup/memory: .* / /sys/fs/cgroup/memory ro,.* - cgroup cgroup rw,memory'
	assert_matches '^mount=/sys/fs/cgroup/unified: .* / /sys/fs/cgroup/unified ro,.* - cgroup2 '
	assert_line "ls=/sys/fs/cgroup: memory pids unified"
	assert_matches '^stat=/sys/fs/cgroup/memory/memory.limit_in_bytes: file'
	assert_line "mkdir=/sys/fs/cgroup/x: EROFS"
	assert_line "mkdir=/sys/fs/cgroup/memory/x: EROFS"
	assert_clean
}

@test "beside v1 the guest's group is the root of each, and may be writable" {
	only hybrid
	config "$MOUNT"'.options -= ["ro"]'
	guest_shell 'for h in pids memory unified; do grep -qx 1 /sys/fs/cgroup/$h/cgroup.procs && echo $h; done
		mkdir /sys/fs/cgroup/pids/sub && echo made'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_output_is $'pids\nmemory\nunified\nmade'
	assert_clean
}

@test "beside v1, without a cgroup namespace, the guest sees its own group of each, read-only always" {
	only hybrid
	without_namespace cgroup
	config "$MOUNT"'.options -= ["ro"]'
	run_guest mount=/sys/fs/cgroup mount=/sys/fs/cgroup/memory mount=/sys/fs/cgroup/unified ls=/sys/fs/cgroup \
		mkdir=/sys/fs/cgroup/memory/x
	assert_success
	assert_matches '^mount=/sys/fs/cgroup: .* ro,.* - tmpfs '
	assert_matches '^mount=/sys/fs/cgroup/memory: [^/]* /[^ ]*guest[^ ]* /sys/fs/cgroup/memory ro,nosuid,nodev,noexec.* - cgroup '
	assert_matches '^mount=/sys/fs/cgroup/unified: [^/]* /[^ ]*guest[^ ]* /sys/fs/cgroup/unified ro,.* - cgroup2 '
	assert_line "ls=/sys/fs/cgroup: memory pids unified"
	assert_line "mkdir=/sys/fs/cgroup/memory/x: EROFS"
	assert_clean
}

@test "a mount of type cgroup2 is v2 in any view" {
	config "$MOUNT"' |= (.type = "cgroup2" | .source = "cgroup2")'
	run_guest statfs=/sys/fs/cgroup read=/sys/fs/cgroup/cgroup.type
	assert_success
	assert_line "statfs=/sys/fs/cgroup: 63677270"
	without_namespace cgroup
	run_guest mount=/sys/fs/cgroup
	assert_success
	assert_matches '^mount=/sys/fs/cgroup: [^/]* /[^ ]*guest[^ ]* /sys/fs/cgroup ro,.* - cgroup2 '
}

@test "cgroups may be mounted elsewhere, and not be idmapped" {
	config "$MOUNT"'.destination = "/mnt/groups"'
	run_guest mount=/mnt/groups
	assert_success
	refute_line "mount=/mnt/groups: none"
	config '(.mounts[] | select(.destination == "/mnt/groups")) += {uidMappings: [{containerID: 0, hostID: 5, size: 1}]} |
		(.mounts[] | select(.destination == "/mnt/groups")).gidMappings = [{containerID: 0, hostID: 5, size: 1}]'
	run_guest exit=0
	assert_refused "mounts[6]" "support idmapped mounts"
}
