# What an image or a neighbour can do to the paths of a rootfs.  Outside stands for the host.
load ../run/helpers

prepare() {
	OUTSIDE=$BATS_TEST_TMPDIR/outside
	mkdir "$OUTSIDE"
	echo marker >"$OUTSIDE/marker"
	mkdir "$BUNDLE/volume"
	echo content >"$BUNDLE/volume/file"
}

# Outside is as it was.
untouched() {
	[[ $(ls -A "$OUTSIDE") == marker && $(cat "$OUTSIDE/marker") == marker ]] ||
		fail "outside has changed: $(ls -lA "$OUTSIDE")"
	! grep -q "$OUTSIDE" /proc/self/mountinfo || fail "something is mounted outside"
}

@test "a destination through an absolute symlink stays inside (CVE-2015-1335)" {
	ln -s "$OUTSIDE" "$BUNDLE/rootfs/escape"
	add_mount /escape/file bind volume/file bind
	add_mount /escape/dir tmpfs tmpfs
	run_guest "read=$OUTSIDE/file" "statfs=$OUTSIDE/dir"
	assert_success
	assert_line content
	untouched
}

@test "a destination with too many .. stays inside" {
	add_mount "/../../../../../../..$OUTSIDE/file" bind volume/file bind
	run_guest "read=$OUTSIDE/file"
	assert_success
	assert_line content
	untouched
}

@test "a destination whose last component is a symlink to the host stays inside" {
	ln -s "$OUTSIDE/marker" "$BUNDLE/rootfs/etc/resolv.conf"
	add_mount /etc/resolv.conf bind volume/file bind
	run_guest read=/etc/resolv.conf
	assert_success
	assert_line content
	untouched
}

@test "a relative symlink that climbs out stays inside" {
	ln -s ../../../../../../../../../.."$OUTSIDE" "$BUNDLE/rootfs/climb"
	add_mount /climb/new/deep tmpfs tmpfs
	run_guest "statfs=$OUTSIDE/new/deep"
	assert_success
	assert_line "statfs=$OUTSIDE/new/deep: 1021994"
	untouched
}

@test "a /dev that is a symlink is refused (CVE-2026-41579, CVE-2026-47766)" {
	rmdir "$BUNDLE/rootfs/dev"
	ln -s "$OUTSIDE" "$BUNDLE/rootfs/dev"
	run_guest exit=0
	assert_refused "/dev" "symlink"
	config 'del(.mounts[] | select(.destination | startswith("/dev")))'
	run_guest exit=0
	assert_refused "/dev" "symlink"
	untouched
	assert_clean
}

@test "/proc and /sys must be ordinary directories (CVE-2019-19921, CVE-2023-27561)" {
	mkdir -p "$BUNDLE/rootfs/tmp/fake/self"
	rmdir "$BUNDLE/rootfs/proc"
	ln -s tmp/fake "$BUNDLE/rootfs/proc"
	run_guest exit=0
	assert_refused "mounts[0]" "must be mounted on ordinary directory"
	rm "$BUNDLE/rootfs/proc"
	mkdir "$BUNDLE/rootfs/proc"
	rmdir "$BUNDLE/rootfs/sys"
	ln -s tmp/fake "$BUNDLE/rootfs/sys"
	run_guest exit=0
	assert_refused "mounts[5]" "must be mounted on ordinary directory"
	assert_clean
}

@test "nothing but procfs is mounted on /proc (CVE-2019-16884)" {
	add_mount /proc tmpfs tmpfs
	run_guest exit=0
	assert_refused "mounts[7]" "/proc"
	config '.mounts[7] |= (.type = "bind" | .source = "volume" | .options = ["bind"])'
	run_guest exit=0
	assert_refused "mounts[7]" "/proc"
	config '.mounts[7].source = "/proc/self"'
	run_guest exit=0
	assert_refused "mounts[7]" "/proc"
	assert_clean
}

@test "nothing is mounted inside /proc but what lxcfs covers (CVE-2025-52881)" {
	local place
	for place in /proc/self/attr /proc/sys/net /proc/sys/kernel/core_pattern /proc/1 /proc/./sys //proc/sys/../sys; do
		config --arg place "$place" '.mounts[7] = {destination: $place, type: "bind", source: "volume", options: ["bind"]}'
		run_guest exit=0
		assert_refused "mounts[7]" "/proc"
	done
	config '.mounts[7] = {destination: "/proc/cpuinfo", type: "bind", source: "volume/file", options: ["bind"]}'
	run_guest read=/proc/cpuinfo
	assert_success
	assert_line content
	assert_clean
}

@test "a symlink of the image does not lead a mount into /proc" {
	ln -s /proc/sys "$BUNDLE/rootfs/link"
	ln -s ../proc "$BUNDLE/rootfs/home/proc"
	add_mount /link tmpfs tmpfs
	run_guest exit=0
	assert_refused "mounts[7]" "/link" "procfs"
	config '.mounts[7].destination = "/home/proc/sys/kernel"'
	run_guest exit=0
	assert_refused "mounts[7]" "/home/proc/sys/kernel" "procfs"
	assert_clean
}

@test "a magic link of procfs is not followed" {
	ln -s /proc/self/root "$BUNDLE/rootfs/magic"
	add_mount /magic/data tmpfs tmpfs
	run_guest exit=0
	assert_refused "mounts[7]" "/magic/data"
	assert_clean
}

@test "a planted /dev/null masks nothing (CVE-2025-31133)" {
	local dev=$BUNDLE/dev
	mkdir "$dev"
	config 'del(.mounts[] | select(.destination | startswith("/dev"))) | .linux.maskedPaths = ["/proc/timer_list", "/etc/passwd"]'
	add_mount /dev bind dev rbind
	echo planted >"$dev/null"
	run_guest read=/proc/timer_list read=/etc/passwd
	refute_output_has planted
	refute_output_has root:x
	rm "$dev/null"
	ln -s /proc/sys/kernel/hostname "$dev/null"
	run_guest read=/proc/timer_list read=/etc/passwd write=/etc/passwd:changed read=/proc/sys/kernel/hostname
	refute_output_has root:x
	refute_line changed
	[[ $(cat "$dev/null") == "$(cat /proc/sys/kernel/hostname)" ]]
}

@test "a path that is masked twice by symlinks stays masked" {
	echo secret >"$BUNDLE/rootfs/etc/secret"
	ln -s secret "$BUNDLE/rootfs/etc/other"
	config '.linux.maskedPaths = ["/etc/secret", "/etc/other"]'
	run_guest read=/etc/secret read=/etc/other
	refute_output_has secret$'\n'
	assert_clean
}

@test "device nodes and links do not follow what an image planted in /dev" {
	config 'del(.mounts[] | select(.destination | startswith("/dev")))'
	ln -s "$OUTSIDE/node" "$BUNDLE/rootfs/dev/zero"
	run_guest exit=0
	assert_refused "/dev/zero"
	untouched
	rm "$BUNDLE/rootfs/dev/zero"
	ln -s "$OUTSIDE/ptmx" "$BUNDLE/rootfs/dev/ptmx"
	run_guest readlink=/dev/ptmx
	untouched
	rm -r "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	ln -s "$OUTSIDE" "$BUNDLE/rootfs/dev/dir"
	config '.linux.devices = [{path: "/dev/dir/node", type: "c", major: 1, minor: 3}]'
	run_guest "stat=$OUTSIDE/node"
	assert_success
	untouched
}

@test "tmpcopyup copies symlinks as they are, and opens no FIFO" {
	mkdir "$BUNDLE/rootfs/data"
	ln -s "$OUTSIDE/marker" "$BUNDLE/rootfs/data/link"
	mkfifo "$BUNDLE/rootfs/data/fifo"
	add_mount /data tmpfs tmpfs tmpcopyup
	run_guest readlink=/data/link read=/data/link
	assert_success
	assert_line "readlink=/data/link: $OUTSIDE/marker"
	refute_line marker
	untouched
}

# A neighbour swaps a directory of a shared volume with a symlink to the host as fast as it can.
start_swapper() { # DIRECTORY
	(
		cd "$1" || exit
		exec 3>&-
		while :; do
			mv -T --exchange a b 2>/dev/null || {
				mv -T a c && mv -T b a && mv -T c b
			}
		done
	) &
	SWAPPER=$!
}

cleanup() {
	[[ ! ${SWAPPER-} ]] || kill "$SWAPPER"
}

@test "a swapped directory never leads a mount or a new file out (CVE-2021-30465, CVE-2024-45310)" {
	local round volume=$BUNDLE/volume
	mkdir "$volume/a"
	ln -s / "$volume/b"
	mkdir -p "$OUTSIDE/canary"
	add_mount /vol bind volume rbind
	add_mount "/vol/a$OUTSIDE/canary" tmpfs tmpfs
	add_mount "/vol/a$OUTSIDE/made/file" bind volume/file bind
	start_swapper "$volume"
	for ((round = 0; round < 40; round++)); do
		run_guest exit=0
		((status == 0 || status == 1)) || fail "round $round"
		! grep -q "$OUTSIDE" /proc/self/mountinfo || fail "mounted outside in round $round"
		[[ $(ls -A "$OUTSIDE") == canary$'\n'marker ]] || fail "made outside in round $round"
	done
	kill "$SWAPPER"
	SWAPPER=
	assert_clean
}

@test "no mount is made by a path of the guest" {
	command -v strace >/dev/null || skip "strace is missing"
	ln -s /etc "$BUNDLE/rootfs/link"
	add_mount /link/data tmpfs tmpfs
	add_mount /data bind volume rbind ro
	guest_does exit=0
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 try strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=mount,move_mount,mkdir,mknod,symlink,chown \
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	# a destination is ".", or one name in a /dev that was just mounted; the rootfs itself and "/" come before
	! grep -E ' (mkdir|mknod|symlink|chown)\("/' "$BATS_TEST_TMPDIR/trace" | grep -vE "\"($ROOT|/sys/fs/cgroup)" || fail "made by path"
	! grep -E ' mount\("[^"]*", "[^"]*/' "$BATS_TEST_TMPDIR/trace" | grep -vE "\"$BUNDLE/rootfs\"|\"/proc/self/fd/" ||
		fail "mounted by path"
	! grep -E ' move_mount\([^,]*, "", [^,]*, "[^"]' "$BATS_TEST_TMPDIR/trace" || fail "attached by path"
}

# A kernel or an outer seccomp filter without openat2(2): paths are walked step by step.
without_openat2() {
	inject openat2:error=ENOSYS
	LIMIT=60
}

@test "without openat2 symlinks stay inside as well" {
	without_openat2
	ln -s "$OUTSIDE" "$BUNDLE/rootfs/home/escape"
	ln -s ../../../../../../../../../.."$OUTSIDE/marker" "$BUNDLE/rootfs/etc/resolv.conf"
	add_mount /home/escape/file bind volume/file bind
	add_mount /etc/resolv.conf bind volume/file bind
	config '.linux.maskedPaths += ["/home/escape/dir"]'
	run_guest "read=$OUTSIDE/file" read=/etc/resolv.conf
	assert_success
	[[ $(grep -cx content <<<"$output") == 2 ]]
	untouched
}

@test "without openat2 /dev and /proc are still no symlinks, and magic links are not followed" {
	without_openat2
	ln -s /proc/self/root "$BUNDLE/rootfs/magic"
	add_mount /magic/data tmpfs tmpfs
	run_guest exit=0
	assert_refused "mounts[7]" "/magic/data"
	rmdir "$BUNDLE/rootfs/dev"
	ln -s "$OUTSIDE" "$BUNDLE/rootfs/dev"
	run_guest exit=0
	assert_refused "/dev" "symlink"
	mkdir "$BUNDLE/rootfs/fake"
	rmdir "$BUNDLE/rootfs/proc"
	ln -s fake "$BUNDLE/rootfs/proc"
	run_guest exit=0
	assert_refused "must be mounted on ordinary directory"
	untouched
}

@test "without openat2 a swapped directory leads nowhere either" {
	local round volume=$BUNDLE/volume
	without_openat2
	mkdir "$volume/a"
	ln -s / "$volume/b"
	add_mount /vol bind volume rbind
	add_mount "/vol/a$OUTSIDE/made" tmpfs tmpfs
	start_swapper "$volume"
	for ((round = 0; round < 10; round++)); do
		run_guest exit=0
		((status == 0 || status == 1)) || fail "round $round"
		untouched
	done
	kill "$SWAPPER"
	SWAPPER=
}
