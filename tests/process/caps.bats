load ../run/helpers

# CAP_KILL 5, CAP_NET_BIND_SERVICE 10, CAP_AUDIT_WRITE 29; CAP_CHOWN 0; CAP_NET_RAW 13

@test "root has the bounding set, as execve(2) gives it" {
	config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], effective: ["CAP_KILL"],
		permitted: ["CAP_KILL", "CAP_CHOWN"], inheritable: [], ambient: []}'
	run_guest caps
	assert_success
	assert_line "bounding: 0000000000002021"
	# with no_new_privs it gains none that were not permitted before
	assert_line "effective: 0000000000000021"
	assert_line "permitted: 0000000000000021"
	config '.process.noNewPrivileges = false'
	run_guest caps
	assert_line "effective: 0000000000002021"
	assert_line "permitted: 0000000000002021"
	assert_line "inheritable: 0000000000000000"
	assert_line "ambient: 0000000000000000"
}

@test "empty sets leave root without any" {
	config '.process.capabilities = {bounding: [], effective: [], permitted: [], inheritable: [], ambient: []}'
	run_guest caps
	assert_success
	assert_line "bounding: 0000000000000000"
	assert_line "effective: 0000000000000000"
	assert_line "permitted: 0000000000000000"
}

@test "a user who is not root keeps the ambient ones" {
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"],
		effective: ["CAP_KILL"], permitted: ["CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	run_guest caps ids
	assert_success
	assert_line "uid: 1000 1000 1000"
	assert_line "effective: 0000000000000020"
	assert_line "ambient: 0000000000000020"
	assert_line "bounding: 0000000000000021"
}

@test "a user who is not root has none without ambient ones" {
	config '.process.user = {uid: 1000, gid: 1000}'
	run_guest caps
	assert_success
	assert_line "effective: 0000000000000000"
	assert_line "permitted: 0000000000000000"
	assert_line "ambient: 0000000000000000"
}

@test "an unknown capability is a warning, and the others hold" {
	config '.process.capabilities[] += ["CAP_NOSUCH"]'
	run_guest caps
	assert_success
	assert_error_has CAP_NOSUCH
	assert_line "effective: 0000000020000420"
	assert_line "bounding: 0000000020000420"
}

@test "without capabilities in the configuration the guest has no more than the caller" {
	config 'del(.process.capabilities)'
	run_guest caps
	assert_success
	assert_line "inheritable: 0000000000000000"
}

@test "a capability that is not there is not there: chown is refused" {
	guest_shell 'ln -s busybox /bin/chown 2>/dev/null; /bin/busybox chown 5 /guest 2>&1 || echo refused'
	run_guest
	assert_output_has refused
}

@test "the set-up's privileges do not survive exec" {
	run_guest exec=/guest
	assert_success
	assert_line "effective: 0000000020000420"
	assert_line "bounding: 0000000020000420"
}
