load ../run/helpers

# The v2 hierarchy, alone or beside others.
prepare() {
	V2=/sys/fs/cgroup
	[[ $(stat -f -c %T "$V2") == cgroup2fs ]] || V2=/sys/fs/cgroup/unified
	[[ $(stat -f -c %T "$V2") == cgroup2fs ]] || skip "no cgroup v2 here"
	config '.linux.cgroupsPath = "/parent/guest"'
}

cleanup() {
	find /sys/fs/cgroup -depth -type d -path '*/parent*' -exec rmdir {} + 2>/dev/null || :
}

@test "an absolute path lies below the hierarchy's root" {
	start_guest pause
	grep -qx "$(guest_pid)" "$V2/parent/guest/cgroup.procs"
	must kavel delete --force "$ID"
	[[ ! -e $V2/parent/guest ]]
}

@test "what was there before stays, what was made is removed" {
	mkdir "$V2/parent" "$V2/parent/other"
	take_snapshot
	run_guest exit=0
	assert_success
	[[ -d $V2/parent/other ]]
	assert_clean
	rmdir "$V2/parent/other" "$V2/parent"
	take_snapshot
}

@test "without a path the group has the container's name in it and is removed" {
	config 'del(.linux.cgroupsPath)'
	start_guest pause
	grep -q "$ID" "/proc/$(guest_pid)/cgroup"
	must kavel delete --force "$ID"
	assert_clean
}

@test "a relative path works and is removed" {
	config '.linux.cgroupsPath = "relative/guest"'
	start_guest pause
	grep -q 'relative/guest' "/proc/$(guest_pid)/cgroup"
	must kavel delete --force "$ID"
	find "$V2" -depth -type d -path '*/relative*' -exec rmdir {} + 2>/dev/null || :
	assert_clean
}

@test "all processes of the guest are in its group" {
	start_guest fork=3 pause
	eventually has_members 4
}

has_members() { # COUNT
	[[ $(wc -l <"$V2/parent/guest/cgroup.procs") == "$1" ]]
}

@test "an empty group that exists is used and left in place or removed, never another" {
	mkdir -p "$V2/parent/guest"
	start_guest pause
	must kavel delete --force "$ID"
	[[ -d $V2/parent ]]
}

@test "a group that was once killed can be used again" {
	mkdir -p "$V2/parent/guest"
	echo 1 >"$V2/parent/guest/cgroup.kill"
	run_guest say=alive
	assert_success
	assert_output_is alive
}

@test "a caller whose own group was once killed can make containers" {
	mkdir "$V2/parent" "$V2/parent/caller"
	echo 1 >"$V2/parent/caller/cgroup.kill"
	guest_does say=alive
	config '.linux.cgroupsPath = "/parent/guest"'
	try sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$V2/parent/caller" \
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_output_is alive
}

@test "a group with processes is refused, and they live" {
	local bystander

	mkdir -p "$V2/parent/guest"
	sleep 100 3>&- &
	bystander=$!
	echo "$bystander" >"$V2/parent/guest/cgroup.procs"
	run_guest
	assert_refused "container's cgroup is not empty"
	try kavel delete --force "$ID"
	kill -0 "$bystander"
	kill "$bystander"
	wait "$bystander" 2>/dev/null || :
	eventually rmdir "$V2/parent/guest"
}

@test "the caller's own group, its parents and the root are refused" {
	local path

	for path in / /. // /cage /cage/../cage /parent/../.. /./; do
		config --arg path "$path" '.linux.cgroupsPath = $path'
		run_guest
		assert_refused linux.cgroupsPath
		assert_clean
	done
}

@test "a path that is too long or has a line break is refused" {
	config '.linux.cgroupsPath = "/" + ("x" * 300)'
	run_guest
	assert_refused linux.cgroupsPath
	config '.linux.cgroupsPath = "/a\nb"'
	run_guest
	assert_refused linux.cgroupsPath
	config '.linux.cgroupsPath = ("/abcdefghi" * 1000)'
	run_guest
	assert_refused linux.cgroupsPath
	assert_clean
}

@test "a frozen guest is thawed by resume, and killed by delete --force" {
	start_guest fork=2 pause
	must kavel pause "$ID"
	status_is paused
	grep -qx 'frozen 1' "$V2/parent/guest/cgroup.events"
	must kavel resume "$ID"
	status_is running
	must kavel pause "$ID"
	must kavel delete --force "$ID"
	[[ ! -e $V2/parent/guest ]]
}

@test "pause of a stopped container and resume of a running one fail" {
	start_guest pause
	try kavel resume "$ID"
	assert_refused "$ID"
	must kavel kill "$ID" KILL
	eventually status_is stopped
	try kavel pause "$ID"
	assert_refused "$ID"
}

@test "exit of pid 1 takes the rest of the group with it, also without a pid namespace" {
	without_namespace pid
	run_guest fork=3 exit=0
	assert_success
	[[ ! -e $V2/parent/guest ]]
	[[ ! $(guest_processes) ]] || fail "left: $(guest_processes)"
}

@test "a group that the guest left behind by moving deeper is removed, with the processes in it" {
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
	add_capabilities CAP_SYS_ADMIN
	guest_shell "cd $V2; "'mkdir -p deep/er; sleep 100 & echo $! >deep/er/cgroup.procs; exec sleep 100'
	start_guest
	eventually grep -q . "$V2/parent/guest/deep/er/cgroup.procs"
	must kavel delete --force "$ID"
	[[ ! -e $V2/parent/guest ]]
}

@test "a group that is frozen is refused" {
	mkdir -p "$V2/parent/guest"
	echo 1 >"$V2/parent/guest/cgroup.freeze"
	LIMIT=5 run_guest
	assert_refused frozen
}

@test "a group that somebody made anew under the same name is left alone, with its processes" {
	local bystander

	start_guest pause
	must kavel kill "$ID" KILL
	eventually status_is stopped
	eventually rmdir "$V2/parent/guest"
	mkdir "$V2/parent/guest" "$V2/parent/filler" # the number of the old one may be used again
	rmdir "$V2/parent/filler"
	sleep 100 3>&- &
	bystander=$!
	echo "$bystander" >"$V2/parent/guest/cgroup.procs"
	must kavel delete --force "$ID"
	kill -0 "$bystander"
	[[ -d $V2/parent/guest ]]
	kill "$bystander"
	wait "$bystander" 2>/dev/null || :
	eventually rmdir "$V2/parent/guest"
}

@test "the same ID below two state directories is two containers" {
	config 'del(.linux.cgroupsPath)'
	start_guest pause
	must "$KAVEL" --root "$ROOT-other" run --detach --bundle "$BUNDLE" "$ID"
	# with a record that cannot be read, what is removed is found by its name
	echo broken >"$ROOT-other/$ID/state.json"
	must "$KAVEL" --root "$ROOT-other" delete --force "$ID"
	status_is running
	rmdir "$ROOT-other"
	must kavel delete --force "$ID"
	assert_clean
}

@test "an ID of 255 bytes has a group" {
	config 'del(.linux.cgroupsPath)'
	ID=$(printf 'x%.0s' {1..255})
	start_guest pause
	grep -q "kavel-x" "/proc/$(guest_pid)/cgroup"
	must kavel delete --force "$ID"
	assert_clean
}

@test "a group that can have no processes is an error that says why" {
	[[ $V2 == /sys/fs/cgroup ]] || skip "not cgroup v2 alone"
	mkdir -p "$V2/parent/threaded" "$V2/parent/guest"
	echo threaded >"$V2/parent/threaded/cgroup.type"
	take_snapshot
	run_guest
	assert_refused linux.cgroupsPath "domain invalid"
	assert_clean
	rmdir "$V2/parent/threaded" "$V2/parent/guest" "$V2/parent"
	take_snapshot
}

@test "podman's default limit of processes is left out with a warning where there is no controller, another is refused" {
	! grep -qw pids "$V2/cgroup.controllers" && [[ ! -d /sys/fs/cgroup/pids ]] || skip "there is a pids controller"
	config '.linux.resources.pids = {limit: 2048}'
	run_guest exit=0
	assert_success
	assert_error_has "linux.resources.pids.limit: this host has no pids controller"
	config '.linux.resources.pids = {limit: 2047}'
	run_guest exit=0
	assert_refused linux.resources.pids.limit
	assert_clean
}
