load ../run/helpers

@test "the guest has a session keyring of its own, named after the container" {
	config '.linux.maskedPaths -= ["/proc/keys"]'
	run_guest keyring
	assert_success
	assert_output_has "$ID"
}

@test "--no-new-keyring keeps the caller's" {
	guest_does keyring
	try kavel run --no-new-keyring --bundle "$BUNDLE" "$ID"
	assert_success
	refute_output_has ";_ses.$ID"
	[[ $output != *"$ID" ]]
}
