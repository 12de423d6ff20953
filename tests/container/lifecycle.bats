load ../run/helpers

@test "run shows the guest as pid 1 and passes its exit code on" {
	run_guest ids exit=42
	assert_status 42
	assert_line "pid: 1"
	assert_clean
}
