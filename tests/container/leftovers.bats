# What doctor finds of containers that ended, and what --repair removes of it.
load ../run/helpers

doctor() { # OPTION...
	try kavel doctor --format json "$@"
}

found() { # TEXT
	jq -e --arg text "$1" 'any(.[]; .check == "leftovers" and (.finding | contains($text)))' <<<"$output" >/dev/null ||
		fail "not found: $1"
}

nothing_left() {
	doctor
	found "nothing is left"
}

# Where the group of a container is: that by which it is found.
group_of() { # ID
	awk -F: '$1 == 0 { print "/sys/fs/cgroup" $3 }' "/proc/$(guest_pid "$1")/cgroup"
}

@test "containers that live are none" {
	config '.process.args = ["/bin/sleep", "100"]'
	must kavel run --detach --bundle "$BUNDLE" running
	must kavel create --bundle "$BUNDLE" created
	must kavel run --detach --bundle "$BUNDLE" paused
	must kavel pause paused
	doctor --repair
	found "nothing is left"
	status_is running running
	status_is created created
	status_is paused paused
}

@test "a container that has ended is found, and removed when that is asked for" {
	config '.process.args = ["/bin/true"]'
	must kavel run --keep --bundle "$BUNDLE" "$ID"
	doctor
	found "container $ID has ended"
	status_is stopped
	doctor --repair
	found "nothing is left"
	assert_clean
}

@test "its poststop hooks run, as those of delete" {
	config '.process.args = ["/bin/true"]'
	add_hook poststop "echo gone >$BATS_TEST_TMPDIR/hook"
	must kavel run --keep --bundle "$BUNDLE" "$ID"
	doctor --repair
	nothing_left
	[[ $(cat "$BATS_TEST_TMPDIR/hook") == gone ]] || fail "the hook did not run"
}

@test "a create that was cut short is found and removed" {
	local creator

	add_hook createRuntime "touch $BATS_TEST_TMPDIR/in-hook; sleep 100"
	kavel create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 3>&- 4>&- &
	creator=$!
	eventually test -e "$BATS_TEST_TMPDIR/in-hook"
	doctor --repair
	[[ -d $ROOT/$ID ]] || fail "a create that is at work was removed"
	kill -KILL "$creator" $(pgrep -P "$creator") 2>/dev/null || :
	wait "$creator" || :
	ends() {
		doctor
		found "create of container $ID was cut short"
	}
	eventually ends
	doctor --repair
	found "nothing is left"
	assert_clean
}

@test "processes that a container left are not killed" {
	local group

	without_namespace pid
	guest_shell 'sleep 100 </dev/null >/dev/null 2>&1 & exit 0'
	must kavel run --keep --bundle "$BUNDLE" "$ID"
	doctor --repair
	found "container $ID has ended or was cut short, and processes of it are left"
	pgrep -x sleep >/dev/null || fail "the process was killed"
	must kavel delete --force "$ID"
	nothing_left
}

@test "a record that cannot be read is left to delete --force" {
	mkdir -p -m 700 "$ROOT/damaged"
	echo '{' >"$ROOT/damaged/state.json"
	doctor --repair
	found "record of container damaged cannot be read"
	[[ -d $ROOT/damaged ]] || fail "it was removed"
}

@test "a cgroup without a container is removed when it is empty and bears the mark, and no other" {
	local group

	config '.process.args = ["/bin/sleep", "100"]'
	must kavel run --detach --bundle "$BUNDLE" "$ID"
	group=$(group_of "$ID")
	[[ -d $group ]] || skip "no group is at hand"
	mkdir "${group%/*}/kavel-foreign"
	doctor --repair
	found "nothing is left"
	# as if the record were lost
	kill -KILL "$(guest_pid "$ID")"
	eventually status_is stopped
	rm -r "${ROOT:?}/$ID"
	doctor
	found "cgroup "
	[[ -d $group ]] || fail "it was removed unasked"
	doctor --repair
	found "nothing is left"
	[[ ! -d $group ]] || fail "the group is left"
	[[ -d ${group%/*}/kavel-foreign ]] || fail "the group of somebody else is gone"
	rmdir "${group%/*}/kavel-foreign"
}
