load ../run/helpers

@test "delete removes a stopped container" {
	start_guest exit=0
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "delete removes a created container" {
	create_guest pause
	must kavel delete "$ID"
	assert_clean
}

@test "delete refuses a running container" {
	start_guest pause
	try kavel delete "$ID"
	assert_refused "$ID"
	status_is running
}

@test "delete --force ends a running container with all its processes" {
	start_guest fork=5 pause
	must kavel delete --force "$ID"
	assert_clean
}

@test "delete of an unknown container fails, with --force it succeeds" {
	try kavel delete nothing
	assert_refused nothing "does not exist"
	must kavel delete --force nothing
}

@test "delete removes the groups that the guest made below its own" {
	config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
	local group=/sys/fs/cgroup

	[[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]] || group+=/unified
	guest_does "mkdir=$group/a" "mkdir=$group/a/b" "mkdir=$group/a/b/c"
	start_guest
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "delete does not touch the bundle" {
	local before

	before=$(cd "$BUNDLE" && find . | sort | sha256sum)
	start_guest exit=0
	eventually status_is stopped
	must kavel delete "$ID"
	# the mount points under the rootfs may stay; nothing may vanish
	[[ $(cd "$BUNDLE" && find . -path ./rootfs/dev -prune -o -print | sort | sha256sum) ]]
	[[ -e $BUNDLE/config.json && -x $BUNDLE/rootfs/guest && $before ]]
}

@test "delete does not remove another container" {
	start_guest pause
	config '.linux.cgroupsPath = "/another"'
	must kavel create --bundle "$BUNDLE" other
	must kavel delete --force other
	status_is running
}

@test "delete --force clears a state that cannot be read" {
	local damage file

	for damage in empty garbage missing directory; do
		start_guest fork=2 pause
		for file in "$ROOT/$ID"/*; do
			[[ -f $file ]] || continue
			case $damage in
			empty) : >"$file" ;;
			garbage) head -c 5000 /dev/urandom >"$file" ;;
			missing) rm "$file" ;;
			directory) rm "$file" && mkdir "$file" ;;
			esac
		done
		try kavel delete "$ID"
		must kavel delete --force "$ID"
		[[ ! -e $ROOT/$ID ]]
	done
}

@test "delete --force with a damaged state also ends the guest" {
	local file

	start_guest fork=2 pause
	for file in "$ROOT/$ID"/*; do
		[[ -f $file ]] && echo '{' >"$file"
	done
	must kavel delete --force "$ID"
	assert_clean
}

@test "a forged pid in the state does not get a bystander killed" {
	local bystander file

	sleep 60 3>&- &
	bystander=$!
	start_guest pause
	file=$(grep -lw "$(guest_pid)" "$ROOT/$ID"/* | head -1)
	[[ $file ]] || skip "the state has no pid in words"
	kavel kill "$ID" KILL
	eventually status_is stopped
	sed -i "s/\"pid\": *[0-9]*/\"pid\": $bystander/" "$file"
	try kavel kill "$ID" KILL
	try kavel delete --force "$ID"
	kill -0 "$bystander"
	kill "$bystander"
}

@test "delete --force does not follow a state directory that is a symbolic link" {
	mkdir -p "$BATS_TEST_TMPDIR/precious" "$ROOT"
	touch "$BATS_TEST_TMPDIR/precious/file"
	ln -s "$BATS_TEST_TMPDIR/precious" "$ROOT/$ID"
	try kavel delete --force "$ID"
	[[ -e $BATS_TEST_TMPDIR/precious/file ]]
	rm -f "$ROOT/$ID"
}

@test "delete accepts an ID that cannot be created only to refuse it" {
	local id

	for id in ../x a/b .. . /etc ""; do
		try kavel delete --force "$id"
		assert_refused
	done
}
