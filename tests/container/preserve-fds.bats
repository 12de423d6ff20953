load ../run/helpers

@test "preserved descriptors reach the guest, others do not" {
	echo first >"$BATS_TEST_TMPDIR/first"
	echo second >"$BATS_TEST_TMPDIR/second"
	guest_does fds read-fd=3 read-fd=4
	"$KAVEL" --root "$ROOT" run --preserve-fds 2 --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" \
		2>&1 3<"$BATS_TEST_TMPDIR/first" 4<"$BATS_TEST_TMPDIR/second" 5</etc/passwd
	output=$(<"$BATS_TEST_TMPDIR/out")
	assert_line "read-fd=3: first"
	assert_line "read-fd=4: second"
	[[ $(grep -c '^fd:' <<<"$output") == 5 ]] || fail "descriptors"
}

@test "preserved descriptors of create live until start" {
	echo content >"$BATS_TEST_TMPDIR/file"
	guest_does read-fd=3
	"$KAVEL" --root "$ROOT" create --preserve-fds=1 --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" \
		2>&1 3<"$BATS_TEST_TMPDIR/file" 4>&-
	rm "$BATS_TEST_TMPDIR/file"
	must kavel start "$ID"
	eventually grep -qx "read-fd=3: content" "$BATS_TEST_TMPDIR/out"
}

@test "what cannot be a number of descriptors is refused" {
	local number

	for number in -1 x 4294967296 1.5 ""; do
		try kavel run --preserve-fds "$number" --bundle "$BUNDLE" "$ID"
		assert_refused
		assert_clean
	done
}
