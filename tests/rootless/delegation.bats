load setup

# Limits of controllers, which a hybrid host has not on cgroup v2.

TREE_ROOT=/sys/fs/cgroup

prepare() {
	rootless_config
	take_snapshot
}

cleanup() {
	kavel delete --force "$ID" 2>/dev/null
	rmdir "$TREE_ROOT"/user/{session/*/,session,*/} "$TREE_ROOT/user" 2>/dev/null
	CGROUPS_BEFORE=$(cgroup_folders)
}

# ann's session, in a group that hands pids and memory down.
make_session() {
	local group

	mkdir "$TREE_ROOT/user" "$TREE_ROOT/user/session"
	echo '+pids +memory' >"$TREE_ROOT/cgroup.subtree_control"
	echo '+pids +memory' >"$TREE_ROOT/user/cgroup.subtree_control"
	for group; do
		chown $ANN "$TREE_ROOT/$group" "$TREE_ROOT/$group"/cgroup.{procs,threads,subtree_control}
	done
	make_user_script "$HOMES/inner.sh" "$HOMES/program"
	printf '#!/bin/sh\necho $$ >%s/user/session/cgroup.procs && exec %s "$@"\n' "$TREE_ROOT" "$HOMES/inner.sh" >"$KAVEL"
}

@test "limits go to a group beside the caller's own, which cannot hand controllers down while the caller is in it" {
	needs pids memory
	make_session user user/session
	config '.linux.resources = {pids: {limit: 20}, memory: {limit: 50000000}}'
	start_guest pause
	grep -qx "0::.*/user/kavel-$ID" "/proc/$(guest_pid)/cgroup"
	[[ $(<"$TREE_ROOT/user/kavel-$ID/pids.max") == 20 ]]
	must kavel update --pids-limit 30 "$ID"
	[[ $(<"$TREE_ROOT/user/kavel-$ID/pids.max") == 30 ]]
	must kavel pause "$ID"
	must kavel resume "$ID"
	must kavel delete --force "$ID"
	[[ ! -e $TREE_ROOT/user/kavel-$ID ]]
}

@test "where only the caller's own group is delegated, a limit is refused, with the reason" {
	needs pids memory
	make_session user/session
	config '.linux.resources = {pids: {limit: 20}}'
	run_guest
	assert_refused "linux.resources.pids.limit needs a cgroup" "Permission denied"
	[[ ! -e $TREE_ROOT/user/kavel-$ID && ! -e $TREE_ROOT/user/session/kavel-$ID ]]
}
