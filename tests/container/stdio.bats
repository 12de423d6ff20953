load ../run/helpers

@test "standard input, output and error are the caller's" {
	echo "through the guest" >"$BATS_TEST_TMPDIR/in"
	guest_does stdin say-error=complaint
	STDIN=$BATS_TEST_TMPDIR/in try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_output_is "through the guest"
	[[ $error == complaint ]]
}

@test "a pipe through the guest carries 10 MB" {
	config '.process.args = ["/bin/cat"]'
	[[ $(head -c 10000000 /dev/zero | "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" | wc -c) == 10000000 ]]
}

@test "the guest has three descriptors and no other" {
	guest_does fds
	exec 7</ 8</etc/passwd 9<>/dev/null
	run_guest
	exec 7<&- 8<&- 9<&-
	assert_success
	[[ $(grep -c '^fd:' <<<"$output") == 3 ]]
}

@test "the waiting process of a created container has no descriptor of a folder of the host" {
	local link

	exec 7</
	create_guest pause
	exec 7<&-
	for link in "/proc/$(guest_pid)/fd"/*; do
		[[ ! -d $link ]] || fail "$link is $(readlink "$link")"
	done
}

@test "/dev/null of the host keeps its owner when the guest is another user" {
	local before

	before=$(stat -c '%u:%g %a' /dev/null)
	config '.process.user = {uid: 1000, gid: 1000}'
	run_guest ids
	assert_success
	[[ $(stat -c '%u:%g %a' /dev/null) == "$before" ]]
}

@test "a guest of another user can reopen its standard output when it is a pipe or file" {
	config '.process.user = {uid: 1000, gid: 1000}'
	guest_does write=/proc/self/fd/1:reopened
	"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 2>&1 3>&- | grep -q reopened
}

@test "a file that is the guest's standard stream becomes its user's and group's" {
	local file=$BATS_TEST_TMPDIR/out

	config '.process.user = {uid: 1000, gid: 1001}'
	guest_does ids
	"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$file" 3>&-
	[[ $(stat -c '%u:%g' "$file") == 1000:1001 ]]
}

@test "the output of a detached guest goes where create's went" {
	guest_does say=late pause
	"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&-
	[[ ! -s $BATS_TEST_TMPDIR/out ]]
	must kavel start "$ID"
	eventually grep -qx late "$BATS_TEST_TMPDIR/out"
}
