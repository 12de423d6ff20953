load ../run/helpers

@test "no_new_privs is set when the configuration says so, and only then" {
	run_guest security
	assert_line "no_new_privs: 1"
	config '.process.noNewPrivileges = false'
	run_guest security
	assert_line "no_new_privs: 0"
	config 'del(.process.noNewPrivileges)'
	run_guest security
	assert_line "no_new_privs: 0"
}

@test "a set-user-ID program gives nothing when no_new_privs is set" {
	chmod 4755 "$BUNDLE/rootfs/guest"
	config '.process.user = {uid: 1000, gid: 1000}'
	run_guest ids
	assert_line "uid: 1000 1000 1000"
	config '.process.noNewPrivileges = false'
	run_guest ids
	assert_line "uid: 1000 0 0"
}

@test "the guest is as a program expects to be: dumpable, no securebits, no death signal, no subreaper" {
	run_guest security
	assert_line "dumpable: 1"
	assert_line "securebits: 0"
	assert_line "keepcaps: 0"
	assert_line "pdeathsig: 0"
	assert_line "subreaper: 0"
	assert_line "seccomp: 0"
}

@test "the guest is the leader of a session of its own" {
	run_guest ids
	assert_line "sid: 1"
	assert_line "pgid: 1"
}

@test "the waiting process of a created container cannot be dumped" {
	create_guest pause
	# files in /proc of a process that is not dumpable belong to root, whoever it runs as
	config '.process.user = {uid: 1000, gid: 1000}'
	must kavel delete --force "$ID"
	create_guest pause
	[[ $(stat -c %u "/proc/$(guest_pid)/environ") == 0 ]]
}
