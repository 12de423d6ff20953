load ../run/helpers

@test "masked files are empty, masked directories too" {
	config '.linux.maskedPaths = ["/proc/timer_list", "/sys/firmware", "/etc/passwd", "/home"]'
	echo secret >"$BUNDLE/rootfs/home/file"
	run_guest read=/proc/timer_list stat=/proc/timer_list ls=/sys/firmware read=/etc/passwd ls=/home write=/home/x:1
	assert_success
	assert_matches '^stat=/proc/timer_list: char .* 1:3'
	assert_line "ls=/sys/firmware:"
	assert_line "ls=/home:"
	assert_line "write=/home/x:1: EROFS"
	refute_output_has secret
	refute_output_has "root:x"
}

@test "what is written to a masked file is lost" {
	config '.linux.maskedPaths = ["/etc/passwd"]'
	run_guest write=/etc/passwd:new
	assert_success
	grep -q root "$BUNDLE/rootfs/etc/passwd"
}

@test "a path that is listed twice is masked once" {
	config '.linux.maskedPaths = ["/etc/passwd", "/home", "/etc//passwd", "/home/", "/etc/passwd"]'
	guest_shell 'sed -n "s/.* \(.etc.passwd\|.home\) .*/\1/p" /proc/self/mountinfo'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	[[ $(grep -c . <<<"$output") == 2 ]] || fail "there should be two mounts"
}

@test "paths that are missing are skipped" {
	config '.linux.maskedPaths = ["/nothing", "/etc/passwd/below", "/proc/nothing"] |
		.linux.readonlyPaths = ["/nothing", "/etc/passwd/below"]'
	run_guest stat=/nothing
	assert_success
	assert_line "stat=/nothing: ENOENT"
}

@test "read-only paths are read-only with what is mounted below" {
	add_mount /data tmpfs tmpfs
	add_mount /data/sub tmpfs tmpfs
	config '.linux.readonlyPaths = ["/data", "/etc/passwd"]'
	run_guest write=/data/x:1 write=/data/sub/x:1 write=/etc/passwd:1 read=/etc/passwd
	assert_line "write=/data/x:1: EROFS"
	assert_line "write=/data/sub/x:1: EROFS"
	assert_line "write=/etc/passwd:1: EROFS"
	assert_output_has "root:x"
}

@test "a mask below a read-only path stays" {
	add_mount /data tmpfs tmpfs
	mkdir "$BUNDLE/secret"
	echo secret >"$BUNDLE/secret/file"
	add_mount /data/secret bind secret bind
	config '.linux.readonlyPaths = ["/data"] | .linux.maskedPaths = ["/data/secret"]'
	run_guest ls=/data/secret write=/data/x:1
	assert_line "ls=/data/secret:"
	assert_line "write=/data/x:1: EROFS"
}

@test "a symlink is followed to what it names" {
	echo secret >"$BUNDLE/rootfs/etc/real"
	ln -s real "$BUNDLE/rootfs/etc/link"
	config '.linux.maskedPaths = ["/etc/link"]'
	run_guest read=/etc/real stat=/etc/real
	assert_success
	refute_output_has secret
	assert_matches '^stat=/etc/real: char .* 1:3'
}

@test "a loop of symlinks is an error" {
	ln -s loop "$BUNDLE/rootfs/etc/loop"
	config '.linux.maskedPaths = ["/etc/loop"]'
	run_guest exit=0
	assert_refused "linux.maskedPaths" "etc/loop" "symbolic links"
	assert_clean
}

@test "the guest cannot take a mask away" {
	config '.linux.maskedPaths = ["/etc/passwd"]'
	run_guest umount=/etc/passwd remount-rw=/proc/sys
	assert_line "umount=/etc/passwd: EPERM"
	assert_line "remount-rw=/proc/sys: EPERM"
}

@test "masked directories share one file system, however many paths are masked" {
	local i paths=()

	for i in {10..69}; do
		mkdir "$BUNDLE/rootfs/masked$i"
		touch "$BUNDLE/rootfs/plain$i"
		paths+=("/masked$i" "/plain$i")
	done
	config '.linux.maskedPaths = $ARGS.positional' --args "${paths[@]}"
	guest_shell 'stat -c %d /masked* | uniq -c; ls -A /masked*'
	run_guest
	assert_success
	assert_matches '^ *60 [0-9]+$'
	(($(grep -c . <<<"$output") == 61)) || fail "a mask is not empty"
}
