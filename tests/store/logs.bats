load setup

# What the `logs` command shows of guests by name; of files: tests/cmd/logs.bats.

@test "logs shows what a guest printed, also after it has ended and was started again" {
	must_guest up web --rootfs "$IMAGE" -- /bin/sh -c 'echo one; echo two >&2; printf three'
	eventually is_status web stopped
	must_guest logs web
	[[ $output == $'one\nthree' && $error == two ]] || fail "$output"
	must_guest up web
	eventually is_status web stopped
	must_guest logs --tail 2 --stream stdout web
	[[ $output == $'one\nthree' ]] || fail "$output"
	must_guest logs web
	[[ $output == $'one\nthree\none\nthree' ]] || fail "$output"
	must_guest logs --format json -n 1 --stream stdout web
	[[ $(jq -r .text <<<"$output") == three ]]
}

@test "logs follows a guest to its end, through restarts" {
	local deadline=$((SECONDS + 20 * SLOWNESS))

	must_guest up web --rootfs "$IMAGE" --restart on-failure:2 -- /bin/sh -c 'sleep 0.3; echo once more; exit 1'
	must_guest logs --follow web
	[[ $output == $'once more\nonce more\nonce more' ]] || fail "$output"
	((SECONDS < deadline)) || fail "it should have ended with the guest"
	# a guest that does not run prints nothing more
	must_guest logs --follow -n 1 web
	[[ $output == 'once more' ]] || fail "$output"
}

@test "logs of a guest that prints nothing are empty, and those that are elsewhere are named" {
	up_waiting quiet
	must_guest logs quiet
	[[ ! $output$error ]] || fail "$output$error"
	up_waiting none --log-driver none
	guest logs none
	assert_refused 'guest none has no log: its log driver is none'
	guest logs nosuch
	assert_refused 'guest "nosuch" does not exist'
}

@test "logs reads the rotated files of a guest, in Docker's format, too" {
	must_guest up web --rootfs "$IMAGE" --log-driver json-file --log-size 4096 --log-files 100 -- /bin/sh -c \
		'i=0; while [ $i -lt 200 ]; do echo "line $i"; i=$((i+1)); done'
	eventually is_status web stopped
	must_guest logs web
	diff <(seq -f 'line %.0f' 0 199) - <<<"$output"
	[[ -e $(folder_of web)/log/guest.log.2 ]] || fail "it should have been rotated"
}
