load ../run/helpers

# Whose the guest's cgroup is (config-linux.md, Cgroup ownership).

prepare() {
	[[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]] || skip "not cgroup v2 alone"
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
}

in_user_namespace() {
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
}

# The owner of the group itself, and of files that a delegation comprises and not.
assert_owner() { # UID: as the guest sees it
	assert_success
	assert_matches "^stat=/sys/fs/cgroup: directory [0-7]* $1:"
	assert_matches "^stat=/sys/fs/cgroup/cgroup.procs: file [0-7]* $1:"
	assert_matches "^stat=/sys/fs/cgroup/cgroup.subtree_control: file [0-7]* $1:"
}

look() {
	run_guest stat=/sys/fs/cgroup stat=/sys/fs/cgroup/cgroup.procs stat=/sys/fs/cgroup/cgroup.subtree_control \
		stat=/sys/fs/cgroup/cgroup.freeze
}

@test "the group belongs to the root of the user namespace, its limits do not" {
	in_user_namespace
	look
	assert_owner 0
	assert_matches "^stat=/sys/fs/cgroup/cgroup.freeze: file [0-7]* 65534:"
	guest_shell 'mkdir /sys/fs/cgroup/below && echo 0 >/sys/fs/cgroup/below/cgroup.procs && cat /proc/self/cgroup
		echo 1 >/sys/fs/cgroup/cgroup.freeze || echo "not its own"'
	run_guest
	assert_line "0::/below"
	assert_line "not its own"
	assert_clean
}

@test "it belongs to the process's user, in a user namespace and without" {
	config '.process.user = {uid: 1000, gid: 1000}'
	look
	assert_owner 1000
	in_user_namespace
	look
	assert_owner 1000
	start_guest pause
	[[ $(stat -c %u "/sys/fs/cgroup/$(sed -n 's/^0:://p' "/proc/$(guest_pid)/cgroup")") == 101000 ]]
}

@test "a group that the guest cannot write to, or sees with all others, stays as it is" {
	in_user_namespace
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options += ["ro"] else . end)'
	look
	assert_owner 65534
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
	without_namespace cgroup
	start_guest pause
	[[ $(stat -c %u "/sys/fs/cgroup/$(sed -n 's/^0:://p' "/proc/$(guest_pid)/cgroup")") == 0 ]]
}
