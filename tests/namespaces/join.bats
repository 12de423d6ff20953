load ../run/helpers

# A process with namespaces of its own, whose names are then in /proc/$holder/ns.
prepare() {
	unshare --net --ipc --uts --mount --cgroup --pid --fork --kill-child sh -c 'hostname held; exec sleep 1000' \
		</dev/null >/dev/null 2>&1 3>&- 4>&- &
	unshare_pid=$!
	eventually test -n "$(pgrep -P "$unshare_pid")" -o 1
	eventually holder_is_ready
	holder=$(pgrep -P "$unshare_pid")
	# what the holder is in must not look like a guest
	HOLDER_MOUNTS=$(readlink "/proc/$holder/ns/mnt")
}

holder_is_ready() {
	[[ $(cat "/proc/$(pgrep -P "$unshare_pid")/comm") == sleep ]]
}

cleanup() {
	kill -KILL "$holder" "$unshare_pid" 2>/dev/null
	wait "$unshare_pid" 2>/dev/null || :
}

join() { # TYPE [KERNEL-NAME]
	config --arg type "$1" --arg path "/proc/$holder/ns/${2:-$1}" \
		'.linux.namespaces |= map(if .type == $type then .path = $path else . end)'
}

held() { # KERNEL-NAME
	readlink "/proc/$holder/ns/$1"
}

@test "network, IPC, UTS and cgroup namespaces are joined by path" {
	config 'del(.hostname)'
	join network net
	join ipc
	join uts
	join cgroup
	config '.mounts |= map(select(.type != "cgroup"))'
	run_guest namespaces names
	assert_success
	assert_line "ns: $(held net)"
	assert_line "ns: $(held ipc)"
	assert_line "ns: $(held uts)"
	assert_line "ns: $(held cgroup)"
	assert_line "hostname: held"
}

@test "a pid namespace is joined: the guest is not its pid 1 and ends alone" {
	join pid
	run_guest namespaces ids
	assert_success
	assert_line "ns: $(held pid)"
	refute_line "pid: 1"
	kill -0 "$holder"
}

@test "a guest in a joined pid namespace is killed and deleted, the others in there are not" {
	join pid
	start_guest fork=3 pause
	must kavel kill --all "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	kill -0 "$holder"
}

@test "a mount namespace that is joined is not changed: refused, or chrooted without mounts" {
	local before

	before=$(awk '{ print $5 }' "/proc/$holder/mountinfo")
	join mount mnt
	run_guest ids
	((status == 0)) || assert_refused
	[[ $(awk '{ print $5 }' "/proc/$holder/mountinfo") == "$before" ]]
	[[ $(readlink "/proc/$holder/root") == / ]]
}

@test "a path of another type is refused by its place" {
	join network uts
	run_guest
	assert_refused "linux.namespaces"
	join network ipc
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/user" else . end)'
	run_guest
	assert_refused "linux.namespaces"
}

@test "a path that blocks, a plain file and a name that does not exist are refused at once" {
	local path

	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for path in "$BATS_TEST_TMPDIR/fifo" /etc/passwd /nonexistent /dev/zero; do
		config --arg path "$path" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
		LIMIT=5 run_guest
		assert_refused "linux.namespaces" "$path"
	done
}

@test "a namespace that was kept by a bind mount is joined" {
	touch "$BATS_TEST_TMPDIR/net"
	mount --bind "/proc/$holder/ns/net" "$BATS_TEST_TMPDIR/net"
	take_snapshot
	config --arg path "$BATS_TEST_TMPDIR/net" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	run_guest namespaces
	assert_success
	assert_line "ns: $(held net)"
	umount "$BATS_TEST_TMPDIR/net"
	take_snapshot
}

@test "two guests share a network" {
	start_guest pause
	config --arg path "/proc/$(guest_pid)/ns/net" '.linux.cgroupsPath = "/second" |
		.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	guest_does namespaces
	try kavel run --bundle "$BUNDLE" second
	assert_success
	assert_line "ns: $(readlink "/proc/$(guest_pid)/ns/net")"
}
