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
