load ../run/helpers

prepare() {
	V2=/sys/fs/cgroup
	[[ $(stat -f -c %T "$V2") == cgroup2fs ]] || V2=/sys/fs/cgroup/unified
	config '.linux.cgroupsPath = "/parent/guest"'
}

cleanup() {
	find /sys/fs/cgroup -depth -type d -path '*/parent*' -exec rmdir {} + 2>/dev/null || :
}

# The group in which "exec --cgroup $1" runs, by the line of /proc/self/cgroup that begins with $2, seen from outside.
exec_in() { # ARGUMENT
	must kavel exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" --cgroup "$1" "$ID" /guest pause
}

group_of() { # CONTROLLERS
	awk -F: -v controllers="$1" '$2 == controllers { print $3 }' "/proc/$(<"$BATS_TEST_TMPDIR/pid")/cgroup"
}

@test "exec runs in a sub-group of the container's group" {
	start_guest pause
	mkdir -p "$V2/parent/guest/sub/deep"
	exec_in sub/deep
	[[ $(group_of '') == /parent/guest/sub/deep ]]
	exec_in /sub
	[[ $(group_of '') == /parent/guest/sub ]]
	try kavel exec --cgroup nosuch "$ID" /bin/true
	((status == 255)) || fail "status"
	assert_error_has "cgroup nosuch of the container"
	try kavel exec --cgroup ../other "$ID" /bin/true
	((status == 255)) || fail "status"
	assert_error_has ".."
}

@test "exec with the name of a controller runs in that hierarchy's sub-group" {
	[[ -d /sys/fs/cgroup/memory ]] || skip "no cgroup v1"
	config '.linux.resources.memory = {limit: 67108864}'
	start_guest pause
	mkdir "/sys/fs/cgroup/memory/parent/guest/sub"
	exec_in memory:sub
	[[ $(group_of memory) == /parent/guest/sub ]]
	[[ $(group_of '') == /parent/guest ]]
	try kavel exec --cgroup pids:sub "$ID" /bin/true
	assert_error_has "no cgroup /parent/guest below /sys/fs/cgroup/pids"
	try kavel exec --cgroup :sub "$ID" /bin/true
	assert_error_has "controller is missing"
	# what is not on v1 is in v2
	mkdir "$V2/parent/guest/other"
	exec_in io:other
	[[ $(group_of '') == /parent/guest/other ]]
}
