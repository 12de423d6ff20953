load ../run/helpers

@test "kill sends TERM when no signal is named" {
	start_guest trap=15 say=ready signal exit=9 >/dev/null
	eventually grep -q guest "/proc/$(guest_pid)/cmdline"
	eventually handles_signal 15
	must kavel kill "$ID"
	eventually status_is stopped
}

handles_signal() { # NUMBER
	local caught

	caught=$(awk '/^SigCgt/ { print $2 }' "/proc/$(guest_pid)/status")
	(((0x$caught >> ($1 - 1)) & 1))
}

@test "a signal is named with or without SIG, in small letters, or by its number" {
	local name

	guest_does trap=10 trap=12 signal signal signal signal signal write=/all:yes pause
	start_guest
	eventually handles_signal 12
	for name in USR1 SIGUSR1 usr1 sigusr2 10; do
		must kavel kill "$ID" "$name"
		sleep 0.05
	done
	eventually test -e "$BUNDLE/rootfs/all"
}

@test "signal 0 tells whether the guest lives" {
	start_guest pause
	must kavel kill "$ID" 0
}

@test "an unknown signal is refused and hurts nobody" {
	local name

	start_guest pause
	for name in NOSUCH 65 -1 999 "" SIG 9x; do
		try kavel kill "$ID" "$name"
		assert_refused
	done
	status_is running
}

@test "kill of a stopped container fails" {
	start_guest exit=0
	eventually status_is stopped
	try kavel kill "$ID" KILL
	assert_refused "container not running"
	# which shims call when they clean up
	must kavel kill --all "$ID" KILL
	must kavel kill --all "$ID" 0
}

@test "kill of an unknown container fails" {
	try kavel kill nothing KILL
	assert_refused nothing "does not exist"
}

@test "a created container can be killed" {
	create_guest pause
	must kavel kill "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "TERM, INT and HUP end a created container, whose program could not handle them yet" {
	local signal hooks

	for hooks in '' '.hooks.startContainer = [{path: "/guest", args: ["guest", "exit=0"]}]'; do
		[[ ! $hooks ]] || config "$hooks"
		for signal in TERM INT HUP; do
			create_guest pause
			assert_success
			must kavel kill "$ID" "$signal"
			eventually status_is stopped
			must kavel delete "$ID"
		done
	done
	assert_clean
}

@test "a signal right after create is not lost" {
	local round hooks

	guest_does pause
	for hooks in '' '.hooks.startContainer = [{path: "/guest", args: ["guest", "exit=0"]}]'; do
		[[ ! $hooks ]] || config "$hooks"
		for ((round = 0; round < 30; round++)); do
			"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &&
				"$KAVEL" --root "$ROOT" kill "$ID" TERM
			eventually status_is stopped
			must kavel delete "$ID"
		done
	done
	assert_clean
}

@test "kill --all reaches every process of the guest" {
	start_guest fork=3 pause
	eventually has_processes 4
	must kavel kill --all "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

has_processes() { # COUNT
	[[ $(kavel ps --format json "$ID" | jq length) == "$1" ]]
}

@test "KILL without a pid namespace ends the whole guest" {
	without_namespace pid
	config 'del(.linux.maskedPaths, .linux.readonlyPaths) | .mounts |= map(select(.destination != "/proc"))'
	start_guest fork=3 pause
	eventually has_processes 4
	must kavel kill "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "only the guest is signalled: a bystander in the cage lives on" {
	local bystander

	sleep 60 3>&- &
	bystander=$!
	start_guest fork=2 pause
	must kavel kill --all "$ID" KILL
	eventually status_is stopped
	must kavel delete --force "$ID"
	kill -0 "$bystander"
	kill "$bystander"
}

@test "pid 1 that ignores TERM is ended by KILL" {
	start_guest ignore=15 pause
	must kavel kill "$ID" TERM
	sleep 0.1
	status_is running
	must kavel kill "$ID" KILL
	eventually status_is stopped
}
