load ../run/helpers

@test "the environment is the configured one and nothing of the caller's" {
	config '.process.env = ["PATH=/bin", "A=1", "B=two words", "EMPTY=", "HOME=/here"]'
	guest_does env
	SECRET=caller try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	[[ $(grep -c '^env:' <<<"$output") == 5 ]] || fail "five items"
	assert_line "env: PATH=/bin"
	assert_line "env: A=1"
	assert_line "env: B=two words"
	assert_line "env: EMPTY="
	assert_line "env: HOME=/here"
}

@test "HOME comes from the guest's /etc/passwd when it is unset or empty" {
	config '.process.env = ["PATH=/bin"]'
	run_guest getenv=HOME
	assert_line "getenv=HOME: /root"
	config '.process.env = ["PATH=/bin", "HOME="]'
	run_guest getenv=HOME
	assert_line "getenv=HOME: /root"
	config '.process.user = {uid: 1000, gid: 1000}'
	run_guest getenv=HOME
	assert_line "getenv=HOME: /home"
	config '.process.user = {uid: 4242, gid: 1000}'
	run_guest getenv=HOME
	assert_line "getenv=HOME: /"
}

@test "of a name that is there twice the last holds" {
	config '.process.env = ["PATH=/bin", "A=1", "A=2", "HOME=/"]'
	run_guest env
	assert_line "env: A=2"
	refute_line "env: A=1"
}

@test "an item without = or without a name is refused" {
	config '.process.env += ["NOTHING"]'
	run_guest env
	assert_refused "process.env[2]"
	config '.process.env[2] = "=value"'
	run_guest env
	assert_refused "process.env[2]"
	assert_clean
}

@test "the waiting process does not hold the caller's environment" {
	guest_does pause
	SECRET=caller must kavel create --bundle "$BUNDLE" "$ID"
	! tr '\0' '\n' <"/proc/$(guest_pid)/environ" | grep -q caller
}

@test "more environment than the kernel takes is refused with a reason" {
	config '.process.env += ["BIG=" + ("x" * 200000)]'
	run_guest env
	assert_refused
	assert_clean
}
