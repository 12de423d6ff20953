load setup

prepare() {
	rootless_config
}

# The runtime with another environment, and without --root.
with() { # VARIABLE=VALUE... -- WORD...
	local changes=()

	while [[ $1 != -- ]]; do
		changes+=("$1")
		shift
	done
	try setpriv --reuid $ANN --regid $ANN --init-groups -- env -i PATH=/bin "${changes[@]}" "$HOMES/program" "${@:2}"
}

@test "the state lies in XDG_RUNTIME_DIR, for the caller alone" {
	guest_does pause
	must "$KAVEL" create --bundle "$BUNDLE" "$ID"
	[[ $(stat -c %a:%u "$ROOT") == 1700:1000 ]]
	[[ $(stat -c %a:%u "$ROOT/$ID") == 700:1000 ]]
	must "$KAVEL" list -q
	assert_output_is "$ID"
	must "$KAVEL" delete "$ID"
}

@test "without XDG_RUNTIME_DIR there is no state directory, and the remedy is told" {
	with HOME=/ -- list
	assert_refused XDG_RUNTIME_DIR "--root DIR"
	with XDG_RUNTIME_DIR= -- list
	assert_refused XDG_RUNTIME_DIR "--root DIR"
	with XDG_RUNTIME_DIR=run -- list
	assert_refused "XDG_RUNTIME_DIR=run is not an absolute path"
	with HOME=/ -- --root "$HOMES/ann/state" run --bundle "$BUNDLE" "$ID"
	assert_success
}

@test "a state directory that cannot be made is named" {
	with XDG_RUNTIME_DIR=/proc/nosuch -- run --bundle "$BUNDLE" "$ID"
	assert_refused "state directory /proc/nosuch"
	with XDG_RUNTIME_DIR=/run/user/4711 -- run --bundle "$BUNDLE" "$ID"
	assert_refused "state directory /run/user/4711" "Permission denied" "--root DIR"
	mkdir -m 755 "$HOMES/other"
	with -- --root "$HOMES/other" run --bundle "$BUNDLE" "$ID"
	assert_refused "$HOMES/other/$ID" "Permission denied"
	rmdir "$HOMES/other"
}

@test "root of a user namespace that a user made has that user's state directory" {
	guest_does pause
	must "$KAVEL" create --bundle "$BUNDLE" "$ID"
	try setpriv --reuid $ANN --regid $ANN --init-groups -- unshare -r \
		env -i PATH=/bin USER=ann XDG_RUNTIME_DIR=/run/user/$ANN "$HOMES/program" list -q
	assert_success
	assert_output_is "$ID"
	# unless the environment is root's; what others keep there is out of the way
	try setpriv --reuid $ANN --regid $ANN --init-groups -- unshare -rm sh -c \
		'[ ! -d /run/kavel ] || mount -t tmpfs kavel /run/kavel || exit 9
		exec env -i PATH=/bin USER=root XDG_RUNTIME_DIR=/nowhere "$0" list -q' "$HOMES/program"
	assert_success
	assert_output_is ''
}

@test "real root has its own state directory, whatever XDG_RUNTIME_DIR says" {
	guest_does pause
	must "$KAVEL" create --bundle "$BUNDLE" "$ID"
	try env XDG_RUNTIME_DIR=/run/user/$ANN "$HOMES/program" list -q
	assert_success
	assert_output_is ''
}

@test "another user sees nothing of a guest's state" {
	guest_does pause
	must "$KAVEL" create --bundle "$BUNDLE" "$ID"
	try setpriv --reuid 1001 --regid 1001 --clear-groups -- "$HOMES/program" --root "$ROOT" state "$ID"
	assert_refused "Permission denied"
	try setpriv --reuid 1001 --regid 1001 --clear-groups -- "$HOMES/program" --root "$ROOT" list
	assert_refused "Permission denied"
}

@test "--rootless is accepted, whatever it says" {
	local when

	for when in true false auto; do
		try kavel --rootless "$when" run --bundle "$BUNDLE" "$ID"
		assert_success
	done
	try kavel --rootless perhaps run --bundle "$BUNDLE" "$ID"
	assert_refused perhaps
}
