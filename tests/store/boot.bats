load setup

# In a virtual machine of the test's own: units are written to its /etc.
is_active() { # NAME STATE
	[[ $(systemctl is-active "kavel@$1.service") == "$2" ]]
}

remove_unit() {
	systemctl stop "kavel@web.service" 2>/dev/null || :
	rm -f /etc/systemd/system/kavel@web.service /etc/systemd/system/multi-user.target.wants/kavel@web.service
	systemctl daemon-reload
	systemctl stop system-kavel.slice # which systemd makes for units with an @
}

@test "an enabled guest is a service of systemd, which starts and stops it" {
	needs systemd
	up_waiting web
	must_guest down web
	must_guest enable web
	[[ $(systemctl is-enabled kavel@web.service) == enabled ]] || fail "systemd does not see it as enabled"
	[[ $(status_of web enabled) == true ]] || fail "it should be enabled"
	systemctl start kavel@web.service || { systemctl status kavel@web.service; fail "it does not start"; }
	is_active web active || fail "the service should be active"
	eventually is_status web running
	[[ $(systemctl show --property=MainPID --value kavel@web.service) == "$(status_of web shim)" ]] ||
		fail "the shim should be the main process"
	systemctl stop kavel@web.service
	is_status web stopped || fail "the guest should be stopped"
	[[ $(status_of web exitCode) == 0 ]] || fail "it should have ended by its signal"
	must_guest disable web
	[[ $(systemctl is-enabled kavel@web.service 2>&1) != enabled ]] || fail "it is still enabled"
	remove_unit
}

@test "a guest that is stopped by its name leaves its service inactive" {
	needs systemd
	up_waiting web
	must_guest down web
	must_guest enable web
	systemctl start kavel@web.service
	eventually is_status web running
	must_guest down web
	eventually is_active web inactive
	must_guest rm web
	[[ ! -e /etc/systemd/system/kavel@web.service ]] || fail "rm leaves the unit"
	remove_unit
}

@test "systemd in a guest boots under systemd of the host" {
	needs systemd
	IMAGE=$BATS_TEST_TMPDIR/image
	mkdir "$IMAGE"
	mount --bind / "$IMAGE"
	must_guest up deb --rootfs "$IMAGE" -- /lib/systemd/systemd --unit=basic.target
	booted() { inside deb systemctl is-active basic.target && [[ $output == active ]]; }
	local end=$((SECONDS + 60 * SLOWNESS))
	until booted; do
		((SECONDS < end)) || fail "never up: $(tail -n 5 "$(folder_of deb)/log/guest.log")"
		sleep 0.2
	done
	must_guest down deb
	must_guest rm deb
	umount "$IMAGE"
}
