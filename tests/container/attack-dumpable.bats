load ../run/helpers

# CVE-2016-9962 on a machine whose fs.suid_dumpable is 1: a change of the user leaves a process dumpable there.

prepare() {
	needs vm systemd
	echo 1 >/proc/sys/fs/suid_dumpable
}

cleanup() {
	kavel delete --force "$ID" 2>/dev/null || :
	CGROUPS_BEFORE=$(cgroup_folders)
	MOUNTS_BEFORE=$(mounts)
}

# systemd's services are in mount namespaces of their own, too.
guest_processes() {
	:
}

@test "a guest sees nothing of an exec as its own user" {
	local end

	config '.process.capabilities = {} | .process.user = {uid: 1000, gid: 1000}'
	chmod 777 "$BUNDLE/rootfs"
	guest_shell '/guest spy=20 >/told & /guest pause'
	try kavel run --detach --bundle "$BUNDLE" "$ID"
	assert_success
	end=$((SECONDS + 20))
	while ((SECONDS < end)); do
		try kavel exec "$ID" /guest exit=0
		assert_success
	done
	eventually grep -q seen "$BUNDLE/rootfs/told"
	[[ $(<"$BUNDLE/rootfs/told") == 'spy: none met'$'\n''spy: 0 seen' ]] || fail "$(<"$BUNDLE/rootfs/told")"
}
