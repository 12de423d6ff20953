load ../run/helpers

# What arrives in the files of cgroup v2.

GROUP=/sys/fs/cgroup/parent/guest

prepare() {
	config '.linux.cgroupsPath = "/parent/guest"'
}

cleanup() {
	rmdir /sys/fs/cgroup/parent 2>/dev/null || :
}

# Create a guest with these resources, which sees its own group, and wait until it runs.
guest_with() { # JQ-OBJECT
	config ".linux.resources += $1"
	start_guest pause
}

assert_file() { # NAME TEXT
	local text

	text=$(<"$GROUP/$1") || fail "$1 is not there"
	[[ $text == "$2" ]] || fail "$1 is \"$text\", not \"$2\""
}

@test "memory: limit, reservation and swap arrive, swap without the memory in it" {
	needs memory
	guest_with '{memory: {limit: 104857600, reservation: 52428800, swap: 209715200}}'
	assert_file memory.max 104857600
	assert_file memory.low 52428800
	assert_file memory.swap.max 104857600
}

@test "memory: -1 is no limit" {
	needs memory
	guest_with '{memory: {limit: -1, swap: -1}}'
	assert_file memory.max max
	assert_file memory.swap.max max
}

@test "memory: a guest that takes more than its limit is killed, and the group counts it" {
	needs memory
	guest_with '{memory: {limit: 16777216, swap: 16777216}}'
	must kavel exec "$ID" /guest memory=4
	try kavel exec "$ID" /guest memory=64
	assert_status 137
	grep -qx 'oom_kill 1' "$GROUP/memory.events"
}
