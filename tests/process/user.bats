load ../run/helpers

@test "user, group and additional groups are the configured ones, in all their kinds" {
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6, 4294967294]}'
	run_guest ids
	assert_success
	assert_line "uid: 1000 1000 1000"
	assert_line "gid: 1001 1001 1001"
	assert_line "groups: 5 6 4294967294"
}

@test "on request additional groups stay those of the caller, in exec too" {
	command -v setpriv >/dev/null || skip "setpriv is missing"
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5]} | .annotations["run.oci.keep_original_groups"] = "1"'
	guest_does ids
	try setpriv --groups 10,11,12 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "groups: 10 11 12"
	assert_line "gid: 1001 1001 1001"
	guest_does pause
	start_guest
	try setpriv --groups 13,14 "$KAVEL" --root "$ROOT" exec "$ID" /guest ids
	assert_line "groups: 13 14"
	must kavel delete --force "$ID"
	config '.annotations["run.oci.keep_original_groups"] = "0"'
	guest_does ids
	try setpriv --groups 10,11,12 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_line "groups: 5"
}

@test "without additional groups the caller's are dropped" {
	guest_does ids
	try setpriv --groups 10,11,12 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "groups:"
}

@test "a user that is not in /etc/passwd works" {
	config '.process.user = {uid: 4294967294, gid: 4294967294}'
	run_guest ids
	assert_success
	assert_line "uid: 4294967294 4294967294 4294967294"
}

@test "an /etc/passwd that is a FIFO, a link or a folder does not hang the start" {
	local passwd=$BUNDLE/rootfs/etc/passwd

	config '.process.user = {uid: 1000, gid: 1000} | .process.env = ["PATH=/bin"]'
	rm "$passwd"
	mkfifo "$passwd"
	LIMIT=5 run_guest getenv=HOME
	assert_success
	assert_line "getenv=HOME: /"
	rm "$passwd"
	ln -s /dev/zero "$passwd"
	LIMIT=5 run_guest getenv=HOME
	assert_success
	rm "$passwd"
	mkdir "$passwd"
	LIMIT=5 run_guest getenv=HOME
	assert_success
}

@test "numbers are taken as numbers and never as root" {
	local value

	for value in '"1000"' true '[0]' 4294967295 -1 4294967296 18446744073709551615 1e3 1000.5 null; do
		default_config >"$BUNDLE/config.json"
		guest_does ids
		# not by jq, which changes large numbers
		sed -i "s/\"uid\": 0/\"uid\": $value/" "$BUNDLE/config.json"
		try kavel run --bundle "$BUNDLE" "$ID"
		if ((status == 0)); then
			refute_line "uid: 0 0 0"
		else
			assert_refused process.user.uid
		fi
		assert_clean
	done
}
