load ../run/helpers

prepare() {
	grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null || [[ -d /sys/fs/cgroup/memory ]] || skip "no memory controller"
	config '.process.args = ["/bin/true"]'
}

limit() { # KIB
	config --argjson limit "$(($1 * 1024))" '.linux.resources.memory = {limit: $limit}'
}

@test "512 KiB are enough to start a small static program" {
	skip_with_sanitizer
	limit 512
	run_guest
	assert_success
	[[ ! $error ]]
	must kavel create --bundle "$BUNDLE" "$ID"
	must kavel start "$ID"
	assert_clean_after_end
}

assert_clean_after_end() {
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "a limit that is too low for setting up is an error that says so, and how much is needed" {
	limit 16
	try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused "create $ID" "out of memory" "linux.resources.memory.limit is 16384 bytes" "some 192 KiB"
	assert_clean
	run_guest
	assert_refused "out of memory" "linux.resources.memory.limit is 16384 bytes"
	assert_clean
}

@test "the end of a program that needed more than its limit is told" {
	limit 8192
	run_guest memory=64
	assert_status 137
	assert_error_has "container $ID was killed, out of memory: linux.resources.memory.limit is 8388608 bytes"
	assert_clean
}

@test "the end by a signal of others is not taken for that" {
	limit 65536
	guest_shell 'kill -KILL $$; sleep 1'
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	run_guest
	assert_status 137
	[[ $error != *memory* ]]
}
