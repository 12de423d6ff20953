load ../run/helpers

# CVE-2019-5736: the runtime's binary is never writable from a guest.

prepare() {
	# a copy, so that a broken runtime breaks only that
	mkdir "$BATS_TEST_TMPDIR/copy"
	cp "$KAVEL" "$BATS_TEST_TMPDIR/copy/kavel"
	REAL=$KAVEL
	KAVEL=$BATS_TEST_TMPDIR/copy/kavel
	BEFORE=$(sha256sum <"$KAVEL")
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/evil"
	chmod 755 "$BUNDLE/rootfs/evil"
	# all that a guest could be given
	config '.process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN", "CAP_SYS_CHROOT"]'
}

cleanup() {
	# undone with the one that is known to be whole
	"$REAL" --root "$ROOT" delete --force "$ID" 2>/dev/null || :
}

unchanged() {
	[[ $(sha256sum <"$KAVEL") == "$BEFORE" ]] || fail "the runtime's binary was changed"
}

# The guest attacks while the host makes one process after the other in it.
attacked_by_exec() {
	local end

	guest_shell '/guest attack=4 >/told & /guest pause'
	start_guest
	end=$((SECONDS + 4))
	while ((SECONDS < end)); do
		try kavel exec "$ID" /evil
		try kavel exec "$ID" /guest exit=0
	done
	eventually grep -q written "$BUNDLE/rootfs/told"
	unchanged
	grep -qx 'attack: some tries' "$BUNDLE/rootfs/told"
	must kavel delete --force "$ID"
	unchanged
	assert_clean
}

@test "a guest that writes into /proc/N/exe during execs does not reach the runtime" {
	attacked_by_exec
}

@test "nor does one without the capability to trace" {
	config '.process.capabilities[] -= ["CAP_SYS_PTRACE"]'
	attacked_by_exec
}

@test "nor does one with no more than the default capabilities" {
	config '.process.capabilities[] = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]'
	attacked_by_exec
}

@test "a guest that is the attacker from its first moment does not reach the runtime" {
	local i

	# the program itself is a script whose interpreter is the runtime, were it still there
	config '.process.args = ["/evil"]'
	for ((i = 0; i < 20; i++)); do
		run_guest
		unchanged
	done
	guest_does attack=1
	run_guest
	unchanged
	assert_clean
}

@test "the waiting process of a created container is no way to the runtime either" {
	without_namespace pid
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	# its program is not the file on the host
	[[ $(readlink "/proc/$(guest_pid)/exe") != "$KAVEL" ]] ||
		! (echo >>"/proc/$(guest_pid)/exe") 2>/dev/null || fail "the binary was opened for writing"
	unchanged
}

# The guest belongs to an unprivileged user, who owns the binary as well, so that its root could write to it.
owned_by_user() {
	config '.linux.namespaces += [{type: "user"}] | del(.linux.resources) |
		.linux.uidMappings = [{containerID: 0, hostID: 1234, size: 1}] | .linux.gidMappings = .linux.uidMappings |
		.mounts |= map(if .type == "devpts" then .options -= ["gid=5"] else . end)'
	PLACE=$(mktemp -d)
	mv "$BUNDLE" "$PLACE/bundle"
	mv "$BATS_TEST_TMPDIR/copy" "$PLACE/copy"
	BUNDLE=$PLACE/bundle KAVEL=$PLACE/copy/kavel
	mkdir "$PLACE/state"
	chown -R 1234:1234 "$PLACE"
}

as_user() {
	try setpriv --reuid 1234 --regid 1234 --clear-groups "$KAVEL" --root "$PLACE/state" "$@"
}

@test "an unprivileged user's guest that writes into /proc/N/exe during execs does not reach the runtime" {
	local end

	owned_by_user
	guest_shell '/guest attack=4 >/told & /guest pause'
	as_user run --detach --bundle "$BUNDLE" "$ID"
	assert_success
	end=$((SECONDS + 4))
	while ((SECONDS < end)); do
		as_user exec "$ID" /evil
		as_user exec "$ID" /guest exit=0
	done
	eventually grep -q written "$BUNDLE/rootfs/told"
	as_user delete --force "$ID"
	unchanged
	grep -qx 'attack: some tries' "$BUNDLE/rootfs/told"
	rm -r "$PLACE"
}

# Execs, one after the other, while the guest looks for them: it does not even meet the runtime.
spied_by_guest() { # COMMAND...: runs the runtime
	local end=$((SECONDS + 4))

	while ((SECONDS < end)); do
		"$@" exec "$ID" /guest exit=0
		assert_success
	done
	eventually grep -q seen "$BUNDLE/rootfs/told"
	"$@" delete --force "$ID"
	[[ $(<"$BUNDLE/rootfs/told") == 'spy: none met'$'\n''spy: 0 seen' ]] || fail "$(<"$BUNDLE/rootfs/told")"
}

@test "a guest with all capabilities in its user namespace sees nothing of a process that joins it" {
	in_user_namespace
	guest_shell '/guest spy=4 >/told & /guest pause'
	try kavel run --detach --bundle "$BUNDLE" "$ID"
	assert_success
	spied_by_guest try kavel
}

@test "nor does one of an unprivileged user" {
	owned_by_user
	guest_shell '/guest spy=4 >/told & /guest pause'
	as_user run --detach --bundle "$BUNDLE" "$ID"
	assert_success
	spied_by_guest as_user
	unchanged
	rm -r "$PLACE"
}

# The guest sees the host's processes, and looks for those of the runtime while that makes others.
spies_on_host() {
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/plain.json"
	without_namespace pid
	config '.mounts |= map(if .destination == "/proc" then .type = "bind" | .source = "/proc" | .options = ["rbind"] else . end)
		| .linux.cgroupsPath = "/spy"'
	guest_shell '/guest spy=5 >/told & /guest pause'
	try kavel run --detach --bundle "$BUNDLE" spy
	assert_success
}

in_user_namespace() {
	config '.linux.namespaces += [{type: "user"}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.uidMappings = .linux.gidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
}

saw_nothing() { # COMMAND...: makes one guest after the other
	local end=$((SECONDS + 5))

	while ((SECONDS < end)); do
		"$@"
		assert_success
	done
	eventually grep -q seen "$BUNDLE/rootfs/told"
	must kavel delete --force spy
	[[ $(<"$BUNDLE/rootfs/told") == 'spy: some met'$'\n''spy: 0 seen' ]] || fail "$(<"$BUNDLE/rootfs/told")"
}

@test "a guest among the host's processes sees nothing of what joins its user namespace" {
	in_user_namespace
	spies_on_host
	cp "$BATS_TEST_TMPDIR/plain.json" "$BUNDLE/config.json"
	without_namespace user
	config --arg path "/proc/$(guest_pid spy)/ns/user" '.linux.namespaces += [{type: "user", path: $path}, {type: "time"}] |
		.linux.timeOffsets.boottime.secs = 5'
	saw_nothing run_guest exit=0
}

@test "nor does one with root's own number of a user namespace that is being made" {
	config '.process.capabilities[] = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_DAC_OVERRIDE"]'
	spies_on_host
	cp "$BATS_TEST_TMPDIR/plain.json" "$BUNDLE/config.json"
	config '.linux.namespaces += [{type: "user"}] | .linux.gidMappings = [{containerID: 0, hostID: 0, size: 65536}] |
		.linux.uidMappings = .linux.gidMappings'
	saw_nothing run_guest exit=0
}
