load ../run/helpers

@test "the default devices and links are there" {
	local device
	run_guest stat=/dev/null stat=/dev/zero stat=/dev/full stat=/dev/random stat=/dev/urandom stat=/dev/tty \
		readlink=/dev/fd readlink=/dev/stdin readlink=/dev/stdout readlink=/dev/stderr readlink=/dev/ptmx
	assert_success
	for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
		assert_line "stat=/dev/${device%%:*}: char 0666 0:0 ${device#*:}"
	done
	assert_line "readlink=/dev/fd: /proc/self/fd"
	assert_line "readlink=/dev/stdin: /proc/self/fd/0"
	assert_line "readlink=/dev/stdout: /proc/self/fd/1"
	assert_line "readlink=/dev/stderr: /proc/self/fd/2"
	assert_line "readlink=/dev/ptmx: pts/ptmx"
}

@test "the default devices can be used" {
	guest_shell 'head -c 3 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; echo x >/dev/null; echo x >/dev/full'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_line 3
	assert_line 4
	assert_error_has "No space left on device"
}

@test "their mode does not depend on the umask" {
	umask 077
	run_guest stat=/dev/null stat=/dev/tty
	assert_success
	assert_line "stat=/dev/null: char 0666 0:0 1:3"
	assert_line "stat=/dev/tty: char 0666 0:0 5:0"
}

@test "the devices are made in the rootfs when /dev is not mounted" {
	config 'del(.mounts[] | select(.destination | startswith("/dev")))'
	rmdir "$BUNDLE/rootfs/dev"
	run_guest stat=/dev/null stat=/dev readlink=/dev/fd
	assert_success
	assert_line "stat=/dev: directory 0755 0:0"
	assert_line "stat=/dev/null: char 0666 0:0 1:3"
	assert_line "readlink=/dev/fd: /proc/self/fd"
	# and a second time, when they are there
	run_guest stat=/dev/null
	assert_success
}

@test "listed devices have their type, number, mode and owner" {
	config '.linux.devices = [
		{path: "/dev/char", type: "c", major: 10, minor: 229, fileMode: 432, uid: 5, gid: 6},
		{path: "/dev/unbuffered", type: "u", major: 1, minor: 3},
		{path: "/dev/block", type: "b", major: 7, minor: 1, fileMode: 384},
		{path: "/dev/pipe", type: "p", fileMode: 420, uid: 7},
		{path: "/var/deep/er/null", type: "c", major: 1, minor: 3, gid: 9}]'
	run_guest stat=/dev/char stat=/dev/unbuffered stat=/dev/block stat=/dev/pipe stat=/var/deep/er/null
	assert_success
	assert_line "stat=/dev/char: char 0660 5:6 10:229"
	assert_line "stat=/dev/unbuffered: char 0666 0:0 1:3"
	assert_line "stat=/dev/block: block 0600 0:0 7:1"
	assert_line "stat=/dev/pipe: fifo 0644 7:0"
	assert_line "stat=/var/deep/er/null: char 0666 0:9 1:3"
}

@test "a listed device takes the place of a default one" {
	config '.linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 384, uid: 3}]'
	run_guest stat=/dev/null
	assert_success
	assert_line "stat=/dev/null: char 0600 3:0 1:3"
}

@test "a device that is there already is accepted, another file is an error" {
	config 'del(.mounts[] | select(.destination | startswith("/dev"))) |
		.linux.devices = [{path: "/dev/thing", type: "c", major: 1, minor: 5, fileMode: 438}]'
	mknod -m 0600 "$BUNDLE/rootfs/dev/thing" c 1 5
	run_guest stat=/dev/thing
	assert_success
	assert_line "stat=/dev/thing: char 0600 0:0 1:5"
	rm "$BUNDLE/rootfs/dev/thing"
	mknod "$BUNDLE/rootfs/dev/thing" c 1 7
	run_guest exit=0
	assert_refused "linux.devices[0]: /dev/thing is another device"
	rm "$BUNDLE/rootfs/dev/thing"
	touch "$BUNDLE/rootfs/dev/thing"
	run_guest exit=0
	assert_refused "linux.devices[0]: /dev/thing is another kind of file"
	assert_clean
}

@test "a device is not made where a directory is" {
	config '.linux.devices = [{path: "/dev/shm", type: "c", major: 1, minor: 5}]'
	run_guest exit=0
	assert_refused "linux.devices[0]: /dev/shm is another kind of file"
	assert_clean
}

@test "a path that leaves /dev is refused" {
	config '.linux.devices = [{path: "/dev/../etc/x", type: "c", major: 1, minor: 3}]'
	run_guest exit=0
	assert_refused "linux.devices[0].path"
	[[ ! -e $BUNDLE/rootfs/etc/x ]]
	assert_clean
}

@test "in a /dev of the caller's nothing is made" {
	mkdir "$BUNDLE/dev"
	mknod -m 0666 "$BUNDLE/dev/null" c 1 3
	config 'del(.mounts[] | select(.destination | startswith("/dev")))'
	add_mount /dev bind dev rbind
	run_guest ls=/dev
	assert_success
	assert_line "ls=/dev: null"
	[[ $(ls "$BUNDLE/dev") == null ]]
}

@test "where nodes may not be made, the host's are mounted" {
	inject mknodat:error=EPERM:when=1+2 # the node, not the file that is made in its place
	run_guest stat=/dev/null stat=/dev/tty mount=/dev/null mount=/dev/tty write=/dev/null:x
	assert_success
	assert_matches '^stat=/dev/null: char .* 1:3$'
	assert_matches '^stat=/dev/tty: char .* 5:0$'
	refute_line "mount=/dev/null: none"
	refute_line "mount=/dev/tty: none"
	assert_line "write=/dev/null:x: ok"
}

@test "a host's device that is not the one asked for is not mounted" {
	config '.linux.devices = [{path: "/dev/zero", type: "c", major: 1, minor: 3}]'
	inject mknodat:error=EPERM:when=1+2
	run_guest exit=0
	assert_refused "linux.devices[0]" "/dev/zero is another device"
}

# The guest has a user namespace of its own, whose root owns the rootfs.
user_namespace() {
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_TEST_TMPDIR"
	config '.linux.namespaces += [{type: "user"}] |
		.linux |= (.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .gidMappings = .uidMappings)'
}

@test "in a user namespace listed devices have their type, number, mode and owner" {
	user_namespace
	config '.linux.devices = [
		{path: "/dev/foo", type: "b", major: 1, minor: 5, fileMode: 111, uid: 10, gid: 11},
		{path: "/dev/plain", type: "c", major: 1, minor: 3},
		{path: "/dev/pipe", type: "p", fileMode: 420, uid: 7},
		{path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 384, uid: 3},
		{path: "/var/deep/er/zero", type: "c", major: 1, minor: 5, gid: 9}]'
	umask 077
	run_guest stat=/dev/foo stat=/dev/plain stat=/dev/pipe stat=/dev/null stat=/var/deep/er/zero write=/dev/plain:x \
		mount=/dev/foo stat=/dev/zero
	assert_success
	assert_line "stat=/dev/foo: block 0157 10:11 1:5"
	assert_line "stat=/dev/plain: char 0666 0:0 1:3"
	assert_line "stat=/dev/pipe: fifo 0644 7:0"
	assert_line "stat=/dev/null: char 0600 3:0 1:3"
	assert_line "stat=/var/deep/er/zero: char 0666 0:9 1:5"
	assert_line "write=/dev/plain:x: ok"
	assert_matches '^mount=/dev/foo: .*nosuid.*noexec'
	assert_matches '^stat=/dev/zero: char 0666 .* 1:5$'
	assert_clean
}

@test "in a user namespace the device rules decide whether such a device can be opened" {
	user_namespace
	config '.linux.devices = [{path: "/dev/thing", type: "c", major: 10, minor: 229}] |
		.linux.resources.devices = [{allow: false, access: "rwm"}]'
	run_guest open=/dev/thing
	assert_success
	assert_line "open=/dev/thing: EPERM"
	config '.linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 229, access: "rwm"}]'
	run_guest open=/dev/thing
	assert_success
	assert_matches '^open=/dev/thing: (ok|ENXIO|ENODEV)$' # as the kernel has its driver
}

@test "an owner that the user namespace does not have is refused" {
	user_namespace
	config '.linux.devices = [{path: "/dev/foo", type: "c", major: 1, minor: 3, uid: 70000}]'
	run_guest exit=0
	assert_refused "linux.devices[0].uid: 70000 is not mapped"
	config '.linux.devices[0] |= (.gid = 65536 | .uid = 65535)'
	run_guest exit=0
	assert_refused "linux.devices[0].gid: 65536 is not mapped"
	assert_clean
}

@test "where the host side may not make nodes, the difference of the host's is a warning" {
	user_namespace
	config '.linux.devices = [{path: "/dev/zero", type: "c", major: 1, minor: 5, fileMode: 384, uid: 10}]'
	inject mknodat:error=EPERM:when=1 # of the host side, and of the guest, who may not either
	run_guest stat=/dev/zero
	assert_success
	assert_matches '^stat=/dev/zero: char 0666 .* 1:5$'
	assert_error_has "linux.devices[0]: /dev/zero is the host's, with mode 0666"
	config '.linux.devices[0] |= del(.fileMode, .uid)'
	run_guest stat=/dev/zero
	assert_success
	[[ ! $error ]]
}
