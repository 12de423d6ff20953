load ../run/helpers

@test "devices that are not allowed cannot be opened, the default ones can" {
	add_capabilities CAP_MKNOD
	config '.process.noNewPrivileges = false'
	run_guest mknod=/dev/mem2:1:1 open=/dev/mem2 mknod=/dev/null2:1:3 open=/dev/null2 open=/dev/zero open=/dev/full \
		open=/dev/random open=/dev/urandom
	assert_success
	assert_line "open=/dev/mem2: EPERM"
	assert_line "open=/dev/null2: ok"
	assert_line "open=/dev/zero: ok"
	assert_line "open=/dev/full: ok"
	assert_line "open=/dev/random: ok"
	assert_line "open=/dev/urandom: ok"
}

@test "a rule allows what it names, in the order of the list" {
	add_capabilities CAP_MKNOD
	config '.linux.resources.devices = [{allow: false, access: "rwm"},
		{allow: true, type: "c", major: 10, minor: 229, access: "rwm"}] |
		.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438}]'
	run_guest open=/dev/fuse
	assert_success
	refute_line "open=/dev/fuse: EPERM"
	config '.linux.resources.devices += [{allow: false, type: "c", major: 10, minor: 229, access: "rwm"}]'
	run_guest open=/dev/fuse
	assert_line "open=/dev/fuse: EPERM"
}

@test "reading may be allowed and writing not" {
	add_capabilities CAP_MKNOD
	config '.linux.resources.devices = [{allow: false, access: "rwm"},
		{allow: true, type: "c", major: 1, minor: 11, access: "rm"}]'
	run_guest mknod=/dev/kmsg2:1:11 write=/dev/kmsg2:x
	assert_success
	assert_line "write=/dev/kmsg2:x: EPERM"
}

@test "mknod of what is not allowed is refused" {
	add_capabilities CAP_MKNOD
	config '.linux.resources.devices = [{allow: false, access: "rwm"}]'
	run_guest mknod=/dev/x:200:1
	((status == 0))
	refute_line "open=/dev/x: ok"
}

@test "a device that the configuration lists can be used" {
	config '.linux.devices = [{path: "/dev/tun2", type: "c", major: 10, minor: 200, fileMode: 438, uid: 3, gid: 4}] |
		.linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 200, access: "rw"}]'
	run_guest stat=/dev/tun2 open=/dev/tun2
	assert_success
	assert_line "stat=/dev/tun2: char 0666 3:4 10:200"
	refute_line "open=/dev/tun2: EPERM"
}
