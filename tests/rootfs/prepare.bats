# What the host side prepares, as the root of the guest's user namespace could not.
load ../run/helpers

prepare() {
	HIDDEN=$BATS_TEST_TMPDIR/hidden # of the host's root alone
	mkdir -p "$HIDDEN/volume/below"
	echo content >"$HIDDEN/volume/file"
	ln -s volume "$HIDDEN/link"
	chmod 700 "$HIDDEN"
	config '.linux.namespaces += [{type: "user"}] |
		.linux |= (.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .gidMappings = .uidMappings)'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_TEST_TMPDIR"
}

cleanup() {
	umount -l "$HIDDEN/volume/below" "$HIDDEN/volume" 2>/dev/null || :
	rm -rf "$HIDDEN"
}

@test "sources in a directory of the host's root are bound" {
	mount -t tmpfs below "$HIDDEN/volume/below"
	echo deep >"$HIDDEN/volume/below/file"
	add_mount /data bind "$HIDDEN/volume" rbind ro
	add_mount /flat bind "$HIDDEN/volume" bind
	add_mount /etc/passwd bind "$HIDDEN/volume/file" bind
	add_mount /link bind "$HIDDEN/link" bind
	add_mount /copy bind "$HIDDEN/link" bind copy-symlink
	add_mount /nofollow bind "$HIDDEN/link" bind src-nofollow dest-nofollow
	run_guest read=/data/file read=/data/below/file ls=/flat/below read=/etc/passwd read=/link/file readlink=/copy \
		readlink=/nofollow write=/data/new:x
	umount "$HIDDEN/volume/below"
	assert_success
	[[ $(grep -cx content <<<"$output") == 3 ]]
	assert_line deep
	assert_line "ls=/flat/below:"
	assert_line "readlink=/copy: volume"
	assert_line "readlink=/nofollow: volume"
	assert_line "write=/data/new:x: EROFS"
	assert_clean
}

@test "the rootfs may lie in such a directory" {
	mv "$BUNDLE/rootfs" "$HIDDEN/rootfs"
	config --arg path "$HIDDEN/rootfs" '.root.path = $path'
	run_guest read=/etc/passwd write=/new:x mount=/proc cwd
	assert_success
	assert_line "root:x:0:0:root:/root:/bin/sh"
	assert_line "cwd: /"
	[[ -e $HIDDEN/rootfs/new ]]
	config '.root.readonly = true | .linux.rootfsPropagation = "rshared"'
	run_guest write=/again:x
	assert_success
	assert_line "write=/again:x: EROFS"
	try kavel run --no-pivot --bundle "$BUNDLE" "$ID"
	assert_refused "rootfsPropagation: rshared is not possible with --no-pivot"
	config 'del(.linux.rootfsPropagation)'
	try kavel run --no-pivot --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "write=/again:x: EROFS"
	rm -rf "$HIDDEN/rootfs"
	assert_clean
}

@test "nothing that is mounted on a prepared mount reaches the host" {
	mount -t tmpfs shared "$HIDDEN/volume"
	mount --make-shared "$HIDDEN/volume"
	mkdir "$HIDDEN/volume/inner"
	config '.linux.rootfsPropagation = "rshared"'
	add_capabilities CAP_SYS_ADMIN
	add_mount /data bind "$HIDDEN/volume" rbind rshared
	run_guest mount-tmpfs=/data/inner mount=/data/inner mount=/data
	assert_success
	assert_matches '^mount=/data/inner: .* - tmpfs'
	assert_matches '^mount=/data: .* master:'
	! grep -q "volume/inner" /proc/self/mountinfo
	umount "$HIDDEN/volume"
	assert_clean
}

@test "what the host locked on a mount stays locked for the guest" {
	mount -t tmpfs -o ro,nosuid,nodev locked "$HIDDEN/volume"
	add_capabilities CAP_SYS_ADMIN
	add_mount /data bind "$HIDDEN/volume" bind
	run_guest remount-rw=/data mount=/data
	umount "$HIDDEN/volume"
	assert_success
	assert_line "remount-rw=/data: EPERM"
	assert_matches '^mount=/data: .* /data ro,nosuid,nodev'
}

@test "what is mounted below a source stays in place for the guest" {
	mkdir "$HIDDEN/volume/below/secret"
	mount -t tmpfs below "$HIDDEN/volume/below"
	add_capabilities CAP_SYS_ADMIN
	add_mount /data bind "$HIDDEN/volume" rbind
	run_guest umount=/data/below ls=/data/below
	umount "$HIDDEN/volume/below"
	assert_success
	assert_line "umount=/data/below: EINVAL"
	assert_line "ls=/data/below:"
}

@test "a source that is missing is named as ever" {
	add_mount /data bind "$HIDDEN/nowhere" bind
	run_guest exit=0
	assert_refused "mounts[7]: bind $HIDDEN/nowhere to /data (bind): No such file or directory"
	assert_clean
}

@test "a thousand of them fit below a limit of 256 descriptors, which the guest keeps" {
	config --arg source "$HIDDEN/volume/file" 'del(.process.rlimits) |
		.mounts += [range(1000) | {destination: "/many/\(.)", source: $source, options: ["bind", "ro"]}]'
	guest_does rlimits read=/many/999 fds
	try prlimit --nofile=256:4096 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line content
	assert_matches '^(rlimit|RLIMIT)?.*NOFILE.* 256 4096'
	[[ $(grep -c '^fd: ' <<<"$output") == 3 ]]
	try prlimit --nofile=256:256 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_refused "Too many open files"
	assert_clean
}

@test "hooks get no descriptor of it" {
	add_mount /data bind "$HIDDEN/volume" bind
	for kind in createRuntime createContainer; do
		add_hook "$kind" "ls -l /proc/self/fd | grep -c volume >>$BUNDLE/seen; :"
	done
	run_guest exit=0
	assert_success
	[[ $(uniq "$BUNDLE/seen") == 0 ]]
}

@test "layers of an overlay may lie in such a directory" {
	mkdir "$BUNDLE/root" "$HIDDEN"/{upper,work,top}
	mv "$BUNDLE/rootfs" "$HIDDEN/rootfs"
	echo top >"$HIDDEN/top/file"
	chown 100000:100000 "$HIDDEN"/{upper,work,top}
	config --arg dir "$HIDDEN" '.root.path = "root" | .annotations = {
		"org.kavel.overlay.lowerdirs": "\($dir)/top:\($dir)/rootfs",
		"org.kavel.overlay.upperdir": "\($dir)/upper", "org.kavel.overlay.workdir": "\($dir)/work"}'
	run_guest read=/file write=/new:x stat=/new stat=/
	assert_success
	assert_line top
	assert_line "stat=/new: file 0644 0:0 1"
	assert_line "stat=/: directory 0755 0:0"
	[[ $(cat "$HIDDEN/upper/new") == x && $(stat -c %u "$HIDDEN/upper/new") == 100000 ]]
	config '.annotations["org.kavel.overlay.upperdir"] = "tmpfs" | del(.annotations["org.kavel.overlay.workdir"])'
	run_guest read=/file write=/new:x stat=/new stat=/
	assert_success
	assert_line "stat=/new: file 0644 0:0 1"
	assert_line "stat=/: directory 0755 0:0"
	config 'del(.annotations["org.kavel.overlay.upperdir"])'
	run_guest read=/file write=/new:x
	assert_success
	assert_line "write=/new:x: EROFS"
	assert_clean
}
