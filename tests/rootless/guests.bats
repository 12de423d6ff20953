load setup

prepare() {
	STORE=$HOMES/ann/store
	IMAGE=$BUNDLE/rootfs
}

cleanup() {
	"$KAVEL" rm --force --store "$STORE" web 2>/dev/null || :
	rmdir "$ROOT/.shim" 2>/dev/null || :
}

guest() { # COMMAND WORD...
	try "$KAVEL" "$1" --store "$STORE" "${@:2}"
}

must_guest() {
	guest "$@"
	((status == 0)) || fail "failed: $*"
}

@test "a user's guest runs with his subordinate IDs, over an image, and is removed with files of all of them" {
	must_guest up web --rootfs "$IMAGE" -- /bin/sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
	try "$KAVEL" exec web /bin/sh -c 'mkdir -p /d/e && echo x >/d/e/f && /bin/busybox chown -R 33:33 /d && stat -c %u /d/e/f'
	assert_success
	assert_output_is 33
	[[ $(stat -c %u "$STORE/guests/web/layers/upper/d") == 100032 ]] || fail "not a subordinate ID"
	must_guest down web
	must_guest up web
	try "$KAVEL" exec web cat /d/e/f
	assert_output_is x
	must_guest rm --force web
	[[ ! -e $STORE/guests/web ]] || fail "something is left"
}

@test "a user's guest has the programs of the host, and a unit of the user's own systemd" {
	must_guest up web -- /bin/sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
	try "$KAVEL" exec web /bin/sh -c 'test -x /usr/bin/env && cat /etc/hostname; touch /etc/x /root/x && echo own'
	assert_output_is "web
own"
	must_guest enable web
	grep -q '^ExecStart=.*"up".*"web"$' "$HOMES/ann/.config/systemd/user/kavel@web.service" || fail "no unit"
	must_guest disable web
	[[ ! -e $HOMES/ann/.config/systemd/user/kavel@web.service ]] || fail "the unit is still there"
}

@test "a user cannot do without a user namespace" {
	guest up web --rootfs "$IMAGE" --userns host -- /bin/true
	assert_refused "--userns host: only root"
}
