load setup

# The host's own system as the image, where it has systemd: mounted elsewhere, so that the store does not lie in it.
prepare_image() {
	[[ -x /lib/systemd/systemd ]] || skip "needs systemd: the host has none"
	IMAGE=$BATS_TEST_TMPDIR/image
	mkdir "$IMAGE"
	mount --bind / "$IMAGE"
	# what would differ from one machine to another, and is no concern of the test
	STORE=$BATS_TEST_TMPDIR/store
}

cleanup() {
	local names

	names=$("$KAVEL" --root "$ROOT" status --store "$STORE" --quiet 2>/dev/null)
	# shellcheck disable=SC2086
	[[ ! $names ]] || "$KAVEL" --root "$ROOT" rm --force --store "$STORE" $names
	rmdir "$ROOT/.shim" 2>/dev/null || :
	umount "$BATS_TEST_TMPDIR/image" 2>/dev/null || :
}

# systemd has started what it was told to: the one target that is there on all hosts.
is_up() {
	inside deb systemctl is-active basic.target
	[[ $output == active ]]
}

patiently() { # COMMAND...
	local end=$((SECONDS + 60 * SLOWNESS))

	until "$@"; do
		((SECONDS < end)) || fail "never true: $* ($(tail -n 5 "$(folder_of deb)/log/guest.log"))"
		sleep 0.1
	done
}

up_system() { # OPTION...
	# few units, whatever the host has enabled
	must_guest up deb --rootfs "$IMAGE" "$@" -- /lib/systemd/systemd --unit=basic.target
	patiently is_up
}

@test "systemd as the first process boots, is asked, and is stopped by its signal" {
	prepare_image
	up_system
	inside deb systemctl show --property=Virtualization --value
	assert_output_is container-other
	inside deb cat /proc/1/comm
	assert_output_is systemd
	[[ $(jq -r .stopSignal "$(folder_of deb)/guest.json") == SIGRTMIN+3 ]] || fail "no system was seen in it"
	must_guest down deb
	[[ $(jq -r .poweredOff "$(folder_of deb)/exit.json") == true ]] || fail "it did not power off by itself"
}

@test "a reboot inside starts the system again" {
	local pid

	prepare_image
	up_system
	eventually is_status deb running
	pid=$(guest_pid deb)
	inside deb systemctl reboot
	is_another() { [[ $(status_of deb pid) != 0 && $(status_of deb pid) != "$pid" ]]; }
	patiently is_another
	patiently is_up
	must_guest down deb
}

@test "without a user namespace a system boots, too" {
	prepare_image
	up_system --userns host
	must_guest down deb
}
