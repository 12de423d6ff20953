load ../run/helpers

prepare() {
	V2=/sys/fs/cgroup
	[[ $(stat -f -c %T "$V2") == cgroup2fs ]] || V2=/sys/fs/cgroup/unified
	config '.linux.cgroupsPath = "/parent/guest" | .annotations["run.oci.delegate-cgroup"] = "payload"'
}

cleanup() {
	find /sys/fs/cgroup -depth -type d -path '*/parent*' -exec rmdir {} + 2>/dev/null || :
}

@test "the guest runs in a delegated group below its own, which it sees" {
	guest_shell 'cat /proc/self/cgroup'
	run_guest
	assert_success
	assert_line "0::/payload"
	assert_clean
}

@test "in a user namespace the delegated group is the guest's, and the one with the limits is not" {
	chown -R 100000:200000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	config '.linux.namespaces += [{type: "user"}] | (.mounts[] | select(.type == "cgroup") | .options) -= ["ro"] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
	[[ $V2 == /sys/fs/cgroup ]] || config 'del(.mounts[] | select(.type == "cgroup"))'
	start_guest pause
	grep -qx "$(guest_pid)" "$V2/parent/guest/payload/cgroup.procs"
	[[ $(stat -c %u "$V2/parent/guest/payload") == 100000 ]]
	[[ $(stat -c %u "$V2/parent/guest/payload/cgroup.subtree_control") == 100000 ]]
	[[ $(stat -c %u "$V2/parent/guest/cgroup.freeze") == 0 ]]
	must kavel pause "$ID"
	must kavel resume "$ID"
	must kavel exec "$ID" /bin/true
	must kavel delete --force "$ID"
	cleanup
	assert_clean
}

@test "a name that is none is refused, and so is a host or a container without a group" {
	local name

	for name in "" . .. a/b /; do
		config --arg name "$name" '.annotations["run.oci.delegate-cgroup"] = $name'
		run_guest
		assert_refused 'annotations["run.oci.delegate-cgroup"]' "name of a cgroup"
	done
	config '.annotations["run.oci.delegate-cgroup"] = "payload"'
	try kavel --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	assert_refused 'annotations["run.oci.delegate-cgroup"]' "needs a cgroup"
	assert_clean
}
