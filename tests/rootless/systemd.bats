load setup

# A login session as systemd makes it.

prepare() {
	needs systemd
	must systemctl start "user@$ANN.service"
	rootless_config
	take_snapshot
}

cleanup() {
	kavel delete --force "$ID" 2>/dev/null
	systemctl stop "user@$ANN.service" "user-runtime-dir@$ANN.service"
	CGROUPS_BEFORE=$(cgroup_folders)
	MOUNTS_BEFORE=$(mounts)
}

# systemd's services are in mount namespaces of their own, too.
guest_processes() {
	:
}

@test "systemd-run --user --scope, and --systemd-cgroup, give a caller a group with limits" {
	config '.linux.resources = {pids: {limit: 20}, memory: {limit: 50000000}}'
	guest_shell 'cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/memory.max'
	must "$HOMES/ann.sh" systemd-run --user --scope -q -p Delegate=yes "$HOMES/program" run --bundle "$BUNDLE" "$ID"
	assert_line 20
	assert_line 49999872
	# and without it the message leads there
	run_guest
	assert_refused "systemd-run --user --scope -p Delegate=yes"
	# his own systemd makes the scope
	[[ -x $TREE/build/release/kavel-systemd ]] || return 0 # built without it
	cp "$TREE/build/release/kavel-systemd" "$HOMES/kavel-systemd"
	must "$HOMES/ann.sh" "$HOMES/program" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	assert_line 20
	assert_line 49999872
	guest_does pause
	must "$HOMES/ann.sh" "$HOMES/program" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
	cat /proc/[0-9]*/cgroup 2>/dev/null | grep -q "/user@$ANN.service/user.slice/kavel-$ID.scope/container$"
	must "$HOMES/ann.sh" "$HOMES/program" delete --force "$ID"
	[[ ! -e /sys/fs/cgroup/user.slice/user-$ANN.slice/user@$ANN.service/user.slice/kavel-$ID.scope ]]
}
