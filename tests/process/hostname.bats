load ../run/helpers

@test "host name and domain name are the guest's alone" {
	local before

	before=$(hostname)
	config '.hostname = "inside" | .domainname = "example.org"'
	run_guest names
	assert_success
	assert_line "hostname: inside"
	assert_line "domainname: example.org"
	[[ $(hostname) == "$before" ]]
}

@test "a host name of 64 bytes works, one of 65 is refused" {
	config '.hostname = ("h" * 64)'
	run_guest names
	assert_success
	assert_line "hostname: $(printf 'h%.0s' $(seq 64))"
	config '.hostname = ("h" * 65)'
	run_guest names
	assert_refused hostname
	assert_clean
}

@test "without a UTS namespace of its own the guest may not have a host name" {
	local before

	before=$(hostname)
	without_namespace uts
	run_guest names
	assert_refused hostname
	config 'del(.hostname) | .domainname = "x"'
	run_guest names
	assert_refused domainname
	config 'del(.domainname)'
	run_guest names
	assert_success
	assert_line "hostname: $before"
	[[ $(hostname) == "$before" ]]
}
