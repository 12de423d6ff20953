load ../run/helpers

@test "nothing of the host's tree is left in the guest" {
	guest_shell 'cat /proc/self/mountinfo; ls -a /..'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	[[ $(awk '$5 == "/"' <<<"$output" | wc -l) == 1 ]] || fail "there should be one root"
	assert_line guest
}

@test "the guest has no descriptor but its standard ones, and begins at its root" {
	run_guest fds cwd
	assert_success
	refute_output_has "fd 3"
	assert_line "cwd: /"
}

@test "a read-only root is read-only, and what is mounted in it is not" {
	config '.root.readonly = true'
	run_guest write=/file:1 write=/dev/shm/file:1
	assert_line "write=/file:1: EROFS"
	assert_line "write=/dev/shm/file:1: ok"
}

@test "the rootfs may be an absolute path, and lie on the far side of a symlink" {
	ln -s "$BUNDLE/rootfs" "$BATS_TEST_TMPDIR/link"
	config --arg path "$BATS_TEST_TMPDIR/link" '.root.path = $path'
	run_guest ids
	assert_success
	assert_line "pid: 1"
}

@test "a rootfs that is missing, a file or a loop is named" {
	config '.root.path = "nowhere"'
	run_guest exit=0
	assert_refused "root.path" "$BUNDLE/nowhere" "No such file or directory"
	config '.root.path = "config.json"'
	run_guest exit=0
	assert_refused "root.path" "$BUNDLE/config.json" "Not a directory"
	ln -s loop "$BUNDLE/loop"
	config '.root.path = "loop"'
	run_guest exit=0
	assert_refused "root.path" "$BUNDLE/loop" "symbolic links"
	config '.root.path = "/"'
	run_guest exit=0
	assert_refused "root.path"
	assert_clean
}

@test "--no-pivot moves the root instead" {
	guest_does ls=/ write=/file:there mount=/
	try kavel run --no-pivot --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "write=/file:there: ok"
	[[ $(cat "$BUNDLE/rootfs/file") == there ]]
	assert_clean
}

@test "--no-pivot leaves no procfs or sysfs of the host behind, by which a user namespace could mount an unmasked one" {
	mkdir "$BATS_TEST_TMPDIR/a b"
	mount -t proc proc "$BATS_TEST_TMPDIR/a b"
	add_capabilities CAP_SETFCAP
	config '.process.args = ["/bin/busybox", "unshare", "-mrpf", "/bin/busybox", "sh", "-c",
		"for type in proc sysfs; do mount -t $type none /tmp && echo $type is bare; done; exit 3"]'
	try kavel run --no-pivot --bundle "$BUNDLE" "$ID"
	umount "$BATS_TEST_TMPDIR/a b"
	assert_status 3
	refute_output_has bare
	assert_error_has "permission denied"
	[[ -e /proc/self/status && -e /sys/kernel ]]
}

@test "--no-pivot does not move the root of a shared host" {
	local propagation

	mount --make-rshared /
	mounts >"$BATS_TEST_TMPDIR/before"
	for propagation in private rslave unbindable; do
		config --arg propagation $propagation '.linux.rootfsPropagation = $propagation'
		must kavel create --no-pivot --bundle "$BUNDLE" "$ID"
		mounts | diff "$BATS_TEST_TMPDIR/before" -
		must kavel delete --force "$ID"
	done
	config '.linux.rootfsPropagation = "rshared"'
	try kavel create --no-pivot --bundle "$BUNDLE" "$ID"
	assert_refused linux.rootfsPropagation --no-pivot
	mount --make-rprivate /
	assert_clean
}

@test "without a mount namespace the guest is only chrooted" {
	without_namespace mount
	config '.mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	mounts >"$BATS_TEST_TMPDIR/before"
	run_guest ls=/ cwd
	assert_success
	assert_output_has guest
	assert_line "cwd: /"
	mounts | diff "$BATS_TEST_TMPDIR/before" -
	assert_clean
}

@test "without a mount namespace nothing can be mounted" {
	local filter
	without_namespace mount
	for filter in '.' '.mounts = [] | del(.linux.maskedPaths)' '.mounts = [] | del(.linux.readonlyPaths)' \
		'.mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = true' \
		'.mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths) | .linux.rootfsPropagation = "slave"' \
		'.mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths) |
			.annotations = {"org.kavel.overlay.lowerdirs": "/"}'; do
		cp "$BUNDLE/config.json" "$BUNDLE/saved"
		config "$filter"
		run_guest exit=0
		assert_refused "needs a new mount namespace"
		mv "$BUNDLE/saved" "$BUNDLE/config.json"
	done
	assert_clean
}

# The optional fields of a line of mountinfo.
propagation_of() { # PATH
	awk -v path="$1" '$5 == path { for (i = 7; $i != "-"; i++) line = line " " $i; print line; exit }' <<<"$output"
}

@test "the guest's mounts are private unless the configuration says otherwise" {
	mount --make-rshared /
	run_guest read=/proc/self/mountinfo
	mount --make-rprivate /
	assert_success
	[[ $output != *shared:* && $output != *master:* ]] || fail "something propagates"
}

@test "rootfsPropagation shared makes the root shared, and not with the host" {
	mkdir "$BUNDLE/rootfs/sub"
	mount -t tmpfs none "$BUNDLE/rootfs/sub"
	mount --make-rshared /
	mounts >"$BATS_TEST_TMPDIR/before"
	config '.linux.rootfsPropagation = "shared"'
	add_mount /sub/inner tmpfs tmpfs
	start_guest pause
	mounts | diff "$BATS_TEST_TMPDIR/before" -
	output=$(cat "/proc/$(guest_pid)/mountinfo")
	[[ $(propagation_of /) == *shared:* && $(propagation_of /) != *master:* ]] || fail "the root should be shared"
	must kavel delete --force "$ID"
	mounts | diff "$BATS_TEST_TMPDIR/before" -
	mount --make-rprivate /
	umount "$BUNDLE/rootfs/sub"
}

@test "rootfsPropagation slave lets the host's mounts in, and none out" {
	mkdir "$BUNDLE/volume"
	mount --bind "$BUNDLE/volume" "$BUNDLE/volume"
	mount --make-shared "$BUNDLE/volume"
	mkdir "$BUNDLE/volume/in" "$BUNDLE/volume/out"
	config '.linux.rootfsPropagation = "slave"'
	add_capabilities CAP_SYS_ADMIN
	add_mount /data bind volume rbind rslave
	start_guest mount-tmpfs=/data/out pause
	mount -t tmpfs inside "$BUNDLE/volume/in"
	eventually grep -q ' /data/out ' "/proc/$(guest_pid)/mountinfo"
	grep -q ' /data/in ' "/proc/$(guest_pid)/mountinfo"
	! grep -q "$BUNDLE/volume/out" /proc/self/mountinfo
	umount "$BUNDLE/volume/in"
	must kavel delete --force "$ID"
	umount "$BUNDLE/volume"
}

@test "a bind mount that is shared propagates both ways" {
	mkdir "$BUNDLE/volume"
	mount --bind "$BUNDLE/volume" "$BUNDLE/volume"
	mount --make-shared "$BUNDLE/volume"
	mkdir "$BUNDLE/volume/out"
	config '.linux.rootfsPropagation = "shared"'
	add_capabilities CAP_SYS_ADMIN
	add_mount /data bind volume rbind rshared
	start_guest mount-tmpfs=/data/out pause
	eventually grep -q "$BUNDLE/volume/out" /proc/self/mountinfo
	! grep "$BUNDLE/rootfs" /proc/self/mountinfo || fail "the guest's own mounts are seen on the host"
	must kavel delete --force "$ID"
	umount "$BUNDLE/volume/out" "$BUNDLE/volume"
}

@test "an unbindable root cannot be bound" {
	config '.linux.rootfsPropagation = "unbindable"'
	run_guest mount=/
	assert_success
	assert_matches '^mount=/: .* unbindable -'
}
