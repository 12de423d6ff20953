load ../run/helpers

# The specification: once created, later edits of config.json have no effect.

@test "a configuration that is edited, broken or removed after create changes nothing" {
	guest_does say=original ids pause
	config '.process.env += ["WHICH=original"] | .hostname = "original"'
	guest_shell 'hostname >/told; echo $WHICH >>/told; sleep 100'
	ln -s busybox "$BUNDLE/rootfs/bin/hostname"
	must kavel create --bundle "$BUNDLE" "$ID"
	config '.process.args = ["/bin/false"] | .hostname = "edited" | .process.env = ["WHICH=edited"]'
	must kavel start "$ID"
	eventually grep -q original "$BUNDLE/rootfs/told"
	[[ $(<"$BUNDLE/rootfs/told") == $'original\noriginal' ]]
	echo 'broken' >"$BUNDLE/config.json"
	status_is running
	must kavel kill "$ID" KILL
	eventually status_is stopped
	rm "$BUNDLE/config.json"
	must kavel delete "$ID"
	assert_clean
}

@test "the poststop hooks are those at create" {
	add_hook poststop "echo original >>$BATS_TEST_TMPDIR/seen"
	create_guest pause
	config '.hooks.poststop[0].args[2] = "echo edited >>'"$BATS_TEST_TMPDIR"'/seen"'
	must kavel delete --force "$ID"
	[[ $(<"$BATS_TEST_TMPDIR/seen") == original ]]
}

@test "the startContainer and poststart hooks are those at create" {
	config '.hooks.startContainer = [{path: "/bin/touch", args: ["touch", "/original"]}]'
	add_hook poststart "echo original >>$BATS_TEST_TMPDIR/seen"
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	echo '{}' >"$BUNDLE/config.json"
	must kavel start "$ID"
	[[ -e $BUNDLE/rootfs/original ]]
	[[ $(<"$BATS_TEST_TMPDIR/seen") == original ]]
}

@test "state tells the annotations at create" {
	config '.annotations = {"a": "original"}'
	create_guest pause
	config '.annotations = {"a": "edited"}'
	must kavel state "$ID"
	jq -e '.annotations.a == "original"' <<<"$output"
}
