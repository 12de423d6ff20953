load ../run/helpers

@test "the working directory is the configured one" {
	config '.process.cwd = "/etc"'
	run_guest cwd
	assert_success
	assert_line "cwd: /etc"
}

@test "a working directory that is missing is made, also where the root is read-only" {
	local readonly

	for readonly in false true; do
		config --argjson readonly $readonly '.process.cwd = "/not/there" | .root.readonly = $readonly'
		run_guest cwd
		assert_success
		assert_line "cwd: /not/there"
		rmdir "$BUNDLE/rootfs/not/there"
	done
	assert_clean
}

@test "exec does not make a working directory" {
	start_guest pause
	try kavel exec --cwd /not/there "$ID" /guest cwd
	((status == 255))
	assert_error_has "no such file or directory"
	[[ ! -e $BUNDLE/rootfs/not ]]
	must kavel exec --cwd /etc "$ID" /guest cwd
	assert_line "cwd: /etc"
}

@test "a working directory on a mount of the configuration" {
	add_mount /work tmpfs tmpfs mode=755
	config '.process.cwd = "/work"'
	run_guest cwd statfs=/work
	assert_success
	assert_line "cwd: /work"
	assert_line "statfs=/work: 1021994"
}

@test "a working directory through /proc/self/fd does not lead out of the guest" {
	local fd

	exec 7</ 8</
	for fd in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		config --arg cwd "/proc/self/fd/$fd" '.process.cwd = $cwd'
		run_guest cwd ls=.
		((status == 1)) || refute_output_has vmlinuz
		((status == 1)) || assert_matches '^cwd: /'
		refute_output_has unreachable
	done
	exec 7<&- 8<&-
	assert_clean
}

@test "a working directory that is a link to the outside stays inside" {
	ln -s /tmp/../../../.. "$BUNDLE/rootfs/out"
	config '.process.cwd = "/out"'
	run_guest cwd stat=guest
	if ((status == 0)); then
		assert_matches "^stat=guest: file"
	else
		assert_refused process.cwd
	fi
}

@test "a folder that only the user may enter, and root without capabilities may not" {
	mkdir -m 700 "$BUNDLE/rootfs/own"
	chown 1000:1000 "$BUNDLE/rootfs/own"
	config '.process.cwd = "/own" | .process.user = {uid: 1000, gid: 1000}'
	run_guest cwd write=file:x
	assert_success
	assert_line "cwd: /own"
	assert_line "write=file:x: ok"
}
