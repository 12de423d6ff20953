load setup

# Also run where the host's layout is hybrid, see tests/run/end-to-end.

prepare() {
	V2=/sys/fs/cgroup
	[[ $(stat -f -c %T "$V2") == cgroup2fs ]] || V2=/sys/fs/cgroup/unified
	mkdir "$V2/user" "$V2/user/session"
	rootless_config
	# needs no controller, which a v2 hierarchy beside v1 has not
	DEPTH='.linux.resources.unified = {"cgroup.max.depth": "7"}'
	take_snapshot
}

cleanup() {
	kavel delete --force "$ID" 2>/dev/null
	rmdir "$V2"/user/{session/*/,session,*/} "$V2/user" 2>/dev/null
	CGROUPS_BEFORE=$(cgroup_folders)
}

# Hand a group over, as cgroups(7) has it under "Cgroups delegation: delegating a hierarchy to a less privileged user".
delegate() { # GROUP...
	local group

	for group; do
		chown $ANN "$V2/$group" "$V2/$group"/cgroup.{procs,threads,subtree_control}
	done
}

# From now on the runtime starts in that group.
live_in() { # GROUP
	make_user_script "$HOMES/inner.sh" "$HOMES/program"
	printf '#!/bin/sh\necho $$ >%s/cgroup.procs && exec %s "$@"\n' "$V2/$1" "$HOMES/inner.sh" >"$KAVEL"
}

# The group of v2 that a process is in.
group_of() { # PID
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

@test "without a delegated group the guest stays in the caller's" {
	live_in user/session
	start_guest pause
	[[ $(group_of "$(guest_pid)") == */user/session ]]
	must kavel exec "$ID" /guest say=hello
	assert_output_is hello
	try kavel pause "$ID"
	assert_refused "no cgroup" delegated
	must kavel delete --force "$ID"
}

@test "a guest with neither a group nor a pid namespace runs, with a warning" {
	live_in user/session
	without_namespace pid
	config '(.mounts[] | select(.destination == "/proc")) = {destination: "/proc", type: "none", source: "/proc", options: ["rbind"]}'
	run_guest say=hello
	assert_success
	assert_output_is hello
	assert_error_has "neither a cgroup"
}

@test "a limit without a delegated group is refused, with the remedy" {
	live_in user/session
	config "$DEPTH"
	run_guest
	assert_refused 'linux.resources.unified["cgroup.max.depth"] needs a cgroup' "Permission denied" \
		"systemd-run --user --scope -p Delegate=yes"
	[[ ! -e $ROOT/$ID && ! -e $V2/user/session/kavel-$ID ]]
}

@test "a path without a delegated group is refused, with the remedy" {
	live_in user/session
	config '.linux.cgroupsPath = "/user/mine"'
	run_guest
	assert_refused "linux.cgroupsPath needs a cgroup" /user/mine "Permission denied" Delegate=yes
	[[ ! -e $V2/user/mine ]]
}

@test "a limit of cgroup v1 is refused, and names who can help" {
	[[ $V2 == */unified ]] || skip "this host has cgroup v2 alone"
	live_in user/session
	config '.linux.resources.memory.limit = 100000000'
	run_guest
	assert_refused "linux.resources.memory.limit needs a cgroup" "Permission denied"
}

@test "in a delegated group the guest gets one of its own below, and all of a life works" {
	delegate user/session
	live_in user/session
	config "$DEPTH"
	start_guest fork=2 pause
	[[ $(group_of "$(guest_pid)") == */user/session/kavel-$ID ]]
	[[ $(<"$V2/user/session/kavel-$ID/cgroup.max.depth") == 7 ]]
	must kavel pause "$ID"
	status_is paused
	[[ $(<"$V2/user/session/kavel-$ID/cgroup.freeze") == 1 ]]
	must kavel resume "$ID"
	must kavel ps -f json "$ID"
	jq -e 'length == 3' <<<"$output"
	must kavel exec "$ID" /guest read=/proc/self/cgroup
	assert_line 0::/
	must kavel kill --all "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	[[ ! -e $V2/user/session/kavel-$ID ]]
}

@test "another session of the caller finds the guest, and deletes it" {
	delegate user/session
	live_in user/session
	start_guest pause
	mkdir "$V2/user/other"
	live_in user/other
	status_is running
	must kavel pause "$ID"
	must kavel resume "$ID"
	must kavel delete --force "$ID"
	[[ ! -e $V2/user/session/kavel-$ID ]]
}

@test "a relative path begins at the caller's own group, an absolute one at the root" {
	delegate user/session
	live_in user/session
	config '.linux.cgroupsPath = "mine"'
	start_guest pause
	[[ $(group_of "$(guest_pid)") == */user/session/mine ]]
	must kavel delete --force "$ID"
	delegate user
	config '.linux.cgroupsPath = "/user/deep/mine"'
	start_guest pause
	[[ $(group_of "$(guest_pid)") == */user/deep/mine ]]
	must kavel delete --force "$ID"
	[[ ! -e $V2/user/deep ]]
}

@test "a delegated group that the caller is not in is refused, with the reason" {
	mkdir "$V2/user/other"
	delegate user/other
	live_in user/session
	config '.linux.cgroupsPath = "/user/other/mine"'
	run_guest
	assert_refused cgroup "Permission denied" "delegated part"
	[[ ! -e $V2/user/other/mine ]]
}

@test "device rules beside a delegated group are left out" {
	delegate user/session
	live_in user/session
	config '.linux.resources.devices = [{allow: false, access: "rwm"}]'
	guest_does read=/proc/self/cgroup
	run_guest
	assert_success
	[[ ! $error ]]
}

@test "a failing create leaves no group" {
	delegate user/session
	live_in user/session
	config '.process.args = ["/nosuch"]'
	run_guest
	assert_refused nosuch
	[[ ! -e $V2/user/session/kavel-$ID ]]
}
