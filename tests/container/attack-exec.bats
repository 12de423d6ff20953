load ../run/helpers

# Promise: of a process that joins the guest nothing of the host's can be seen there, whatever the guest may do: no descriptor but
# the caller's standard streams, no byte of the caller's environment, no memory and no program of the runtime.

EXECS=200

prepare() {
	add_capabilities CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_ADMIN CAP_SYS_CHROOT
	export HOST_SECRET_BATS="HOST_SECRET of the caller"
}

# One exec after the other, while the guest stops and looks into whatever appears.
watched() { # [exec's options]
	local i

	guest_shell '/guest watch=/stop >/told & /guest pause'
	start_guest
	eventually test -e "$BUNDLE/rootfs/told"
	for ((i = 0; i < EXECS; i++)); do
		try kavel exec "$@" "$ID" /guest exit=3
		assert_status 3
	done
	touch "$BUNDLE/rootfs/stop"
	eventually grep -q 'watch: .* found' "$BUNDLE/rootfs/told"
	output=$(<"$BUNDLE/rootfs/told")
	assert_line "watch: 0 found"
	# or else it has looked too late, and proves nothing
	assert_matches '^watch: [1-9][0-9]* launchers$'
}

@test "a guest that may trace sees nothing of the host in a process that joins it" {
	watched
}

@test "nor in one that is another user" {
	watched --user 1000:1000 --env A=b
}

@test "nor in one with a terminal" {
	EXECS=60 watched --tty
}

@test "nor in a user namespace whose root it is" {
	config '.linux.namespaces += [{type: "user"}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.uidMappings = .linux.gidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	watched
}

@test "nor in one that fails" {
	local i

	guest_shell '/guest watch=/stop >/told & /guest pause'
	start_guest
	for ((i = 0; i < 60; i++)); do
		try kavel exec "$ID" /not/there
		((status == 255)) || fail "an exec of what is missing"
		try kavel exec --cwd /not/there "$ID" /guest
		((status == 255)) || fail "an exec where there is no directory"
	done
	touch "$BUNDLE/rootfs/stop"
	eventually grep -q 'watch: .* found' "$BUNDLE/rootfs/told"
	grep -qx 'watch: 0 found' "$BUNDLE/rootfs/told" || fail "$(<"$BUNDLE/rootfs/told")"
}

@test "nor in the first process, while that waits to be started" {
	create_guest pause
	assert_success
	try kavel exec "$ID" /guest look=1
	assert_line "look: 1 looked into"
	assert_line "look: 1 launchers"
	assert_line "look: 0 found"
	must kavel start "$ID"
	try kavel exec "$ID" /guest look=1
	assert_line "look: 1 looked into"
	assert_line "look: 0 found"
}

# It ends by itself, or, being held, when it is asked to.  Returns 0 in the second case.
ends_when_asked() { # PID
	local end=$((SECONDS + 2 * SLOWNESS))

	until is_gone "$1"; do
		if ((SECONDS >= end)); then
			kill -TERM "$1"
			eventually is_gone "$1"
			return 0
		fi
		sleep 0.05
	done
	return 1
}

@test "a guest that holds what joins it keeps nobody: an exec ends when it is asked to" {
	local i held=0

	guest_shell '/guest hold=/stop >/told & /guest pause'
	start_guest
	eventually test -e "$BUNDLE/rootfs/told"
	for ((i = 0; i < 100 && held < 3; i++)); do
		"$KAVEL" --root "$ROOT" exec "$ID" /not/there </dev/null >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- 4>&- &
		if ends_when_asked $!; then
			held=$((held + 1))
		fi
		status=0
		wait $! || status=$?
		((status == 255)) || fail "status $status: $(<"$BATS_TEST_TMPDIR/said")"
	done
	touch "$BUNDLE/rootfs/stop"
	eventually grep -q '^hold: [1-9]' "$BUNDLE/rootfs/told"
	grep . "$BUNDLE/rootfs/told" && ((held)) || fail "nothing was held"
}
