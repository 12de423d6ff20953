load ../run/helpers

prepare() {
	VOLUME=$BUNDLE/volume
	mkdir "$VOLUME"
	echo content >"$VOLUME/file"
}

# ---------------------------------------------------------------------------------------------------- file systems

@test "the default mounts are what they should be" {
	run_guest statfs=/proc statfs=/dev statfs=/dev/pts statfs=/dev/shm statfs=/dev/mqueue statfs=/sys \
		statfs=/sys/fs/cgroup stat=/dev stat=/dev/shm
	assert_success
	assert_line "statfs=/proc: 9fa0"
	assert_line "statfs=/dev: 1021994"
	assert_line "statfs=/dev/pts: 1cd1"
	assert_line "statfs=/dev/shm: 1021994"
	assert_line "statfs=/dev/mqueue: 19800202"
	assert_line "statfs=/sys: 62656572"
	assert_line "statfs=/sys/fs/cgroup: 63677270"
	assert_line "stat=/dev: directory 0755 0:0"
	assert_line "stat=/dev/shm: directory 1777 0:0"
}

@test "flags and the file system's own options reach the kernel" {
	add_mount /data tmpfs tmpfs nosuid nodev noexec noatime size=128k
	run_guest mount=/data
	assert_success
	assert_matches '^mount=/data: .* /data rw,nosuid,nodev,noexec,noatime .*- tmpfs tmpfs rw,size=128k'
}

@test "mounts are made in their order: a later one covers an earlier one" {
	add_mount /data tmpfs first size=64k
	add_mount /data/sub tmpfs second size=64k
	add_mount /data tmpfs third size=64k
	run_guest mount=/data ls=/data
	assert_success
	assert_matches '- tmpfs third'
	assert_line "ls=/data:"
}

@test "a tmpfs has the mode of the directory that it covers" {
	mkdir -m 2750 "$BUNDLE/rootfs/data"
	add_mount /data tmpfs tmpfs
	add_mount /missing tmpfs tmpfs
	add_mount /tmp tmpfs tmpfs mode=0700
	run_guest stat=/data stat=/missing stat=/tmp
	assert_success
	assert_line "stat=/data: directory 2750 0:0"
	assert_line "stat=/missing: directory 1777 0:0"
	assert_line "stat=/tmp: directory 0700 0:0"
}

@test "a read-only /dev has its devices, mounts and console, and is read-only" {
	config '(.mounts[] | select(.destination == "/dev")).options += ["ro"]'
	run_guest mount=/dev mount=/dev/shm stat=/dev/null write=/dev/new:x write=/dev/shm/new:x
	assert_success
	assert_matches '^mount=/dev: .* /dev ro,'
	assert_line "stat=/dev/null: char 0666 0:0 1:3"
	assert_line "write=/dev/new:x: EROFS"
	assert_line "write=/dev/shm/new:x: ok"
}

@test "mount points are made with mode 0755 whatever the umask is" {
	add_mount /a/b/c tmpfs tmpfs
	guest_does stat=/a stat=/a/b
	umask 077
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "stat=/a: directory 0755 0:0"
	assert_line "stat=/a/b: directory 0755 0:0"
}

@test "a destination without a leading slash begins at the root" {
	add_mount data tmpfs tmpfs
	run_guest statfs=/data
	assert_success
	assert_line "statfs=/data: 1021994"
}

@test "tmpcopyup fills the tmpfs with what it covers" {
	local data=$BUNDLE/rootfs/data
	mkdir -m 0711 "$data"
	mkdir "$data/sub"
	echo deep >"$data/sub/file"
	chown 12:34 "$data/sub/file"
	chmod 4644 "$data/sub/file"
	ln -s sub/file "$data/link"
	mkfifo -m 0600 "$data/fifo"
	add_mount /data tmpfs tmpfs tmpcopyup ro
	run_guest statfs=/data read=/data/link stat=/data stat=/data/sub/file readlink=/data/link stat=/data/fifo \
		write=/data/new:x
	assert_line "statfs=/data: 1021994"
	assert_line deep
	assert_line "stat=/data: directory 0711 0:0"
	assert_line "stat=/data/sub/file: file 4644 12:34 5"
	assert_line "readlink=/data/link: sub/file"
	assert_line "stat=/data/fifo: fifo 0600 0:0"
	assert_line "write=/data/new:x: EROFS"
}

@test "remount changes what is mounted" {
	add_mount /data tmpfs tmpfs size=64k
	add_mount /data tmpfs tmpfs remount ro size=128k
	run_guest mount=/data
	assert_success
	assert_matches '^mount=/data: .* - tmpfs tmpfs ro,size=128k'
}

@test "a mount that the kernel refuses is named with its options" {
	add_mount /data tmpfs tmpfs size=abc
	run_guest exit=0
	assert_refused "mounts[7]: mount tmpfs to /data (size=abc): Invalid argument"
	assert_clean
}

@test "an unknown file system is named" {
	add_mount /data frobfs none
	run_guest exit=0
	assert_refused "mounts[7]: mount frobfs none to /data: No such device"
	assert_clean
}

@test "a destination below a file is refused" {
	add_mount /etc/passwd/data tmpfs tmpfs
	run_guest exit=0
	assert_refused "mounts[7]" "/etc/passwd/data" "Not a directory"
	assert_clean
}

@test "names that are too long are refused" {
	add_mount "/$(printf 'x%.0s' {1..300})" tmpfs tmpfs
	run_guest exit=0
	assert_refused "mounts[7]" "File name too long"
	assert_clean
}

@test "sysfs is the host's, read-only, for a guest that may not mount its own" {
	without_namespace network
	config '.mounts = [.mounts[0], .mounts[5]]'
	inject mount:error=EPERM:when=4 # after "/", the rootfs and proc
	run_guest statfs=/sys mkdir=/sys/x mount=/sys
	assert_success
	assert_line "statfs=/sys: 62656572"
	assert_line "mkdir=/sys/x: EROFS"
	assert_matches '^mount=/sys: .* /sys ro,'
}

@test "a mount that is refused is not replaced where the guest has its own network" {
	config '.mounts = [.mounts[0], .mounts[5]]'
	inject mount:error=EPERM:when=4
	run_guest exit=0
	assert_refused "mounts[1]: mount sysfs to /sys" "Operation not permitted"
}

@test "a propagation option holds for a file system too" {
	add_mount /data tmpfs tmpfs shared
	add_mount /other tmpfs tmpfs unbindable
	run_guest mount=/data mount=/other
	assert_success
	assert_matches '^mount=/data: .* shared:'
	assert_matches '^mount=/other: .* unbindable -'
}

# -------------------------------------------------------------------------------------------------------- cgroup

@test "a cgroup mount without a cgroup namespace shows the guest's own group, read-only" {
	without_namespace cgroup
	config '.mounts[6].options = []'
	run_guest ls=/sys/fs read=/sys/fs/cgroup/cgroup.procs mkdir=/sys/fs/cgroup/new
	assert_success
	assert_line 1
	[[ $(grep -cxE '[0-9]+' <<<"$output") == 1 ]] || fail "the group should have the guest alone"
	assert_line "mkdir=/sys/fs/cgroup/new: EROFS"
}

@test "a cgroup mount with a cgroup namespace has the guest's group as its root" {
	guest_shell 'cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "0::/"
	assert_line 1
}

# ---------------------------------------------------------------------------------------------------------- bind

@test "a bind source is relative to the bundle" {
	add_mount /data bind volume rbind
	(cd / && guest_does read=/data/file write=/data/new:yes && try kavel run --bundle "$BUNDLE" "$ID" && assert_success)
	[[ $(cat "$VOLUME/new") == yes ]]
}

@test "a file is bound onto a file, which is made when it is missing" {
	add_mount /etc/new/file bind "$VOLUME/file" bind ro
	add_mount /etc/passwd "" "$VOLUME/file" bind
	run_guest read=/etc/new/file read=/etc/passwd write=/etc/new/file:x
	assert_line content
	[[ $(grep -cx content <<<"$output") == 2 ]]
	assert_line "write=/etc/new/file:x: EROFS"
	[[ -f $BUNDLE/rootfs/etc/new/file && ! -s $BUNDLE/rootfs/etc/new/file ]]
}

@test "a missing bind source is named" {
	add_mount /data bind nowhere rbind
	run_guest exit=0
	assert_refused "mounts[7]: bind $BUNDLE/nowhere to /data (rbind): No such file or directory"
	assert_clean
}

@test "a directory is not bound onto a file, nor a file onto a directory" {
	add_mount /etc/passwd bind "$VOLUME" bind
	run_guest exit=0
	assert_refused "mounts[7]" "/etc/passwd" "Not a directory"
	config '.mounts[7].destination = "/etc" | .mounts[7].source += "/file"'
	run_guest exit=0
	assert_refused "mounts[7]: bind $VOLUME/file to /etc (bind)"
	assert_clean
}

@test "an unknown option is refused on a bind mount" {
	add_mount /data bind "$VOLUME" bind frobnicate
	run_guest exit=0
	assert_refused 'mounts[7].options[1]: unknown option "frobnicate" for a bind mount'
	config '.mounts[7].options = ["bind", "mode=755"]'
	run_guest read=/data/file
	assert_success
	assert_line content
	assert_error_has 'mounts[7].options: "mode=755" has no effect on a bind mount'
	assert_clean
}

@test "bind options hold for the mount, r options for everything below" {
	mkdir "$VOLUME/sub"
	mount -t tmpfs none "$VOLUME/sub"
	add_mount /top bind "$VOLUME" rbind ro nosuid
	add_mount /all bind "$VOLUME" rbind rro rnosuid
	run_guest mount=/top mount=/top/sub mount=/all mount=/all/sub
	umount "$VOLUME/sub"
	assert_success
	assert_matches '^mount=/top: .* /top ro,nosuid,'
	assert_matches '^mount=/top/sub: .* /top/sub rw,relatime'
	assert_matches '^mount=/all: .* /all ro,nosuid,'
	assert_matches '^mount=/all/sub: .* /all/sub ro,nosuid,'
}

@test "bind does not take along what is mounted below, rbind does" {
	mkdir "$VOLUME/sub"
	mount -t tmpfs none "$VOLUME/sub"
	add_mount /flat bind "$VOLUME" bind
	add_mount /deep bind "$VOLUME" rbind
	run_guest mount=/flat/sub mount=/deep/sub
	umount "$VOLUME/sub"
	assert_success
	assert_line "mount=/flat/sub: none"
	assert_matches '^mount=/deep/sub: .* - tmpfs'
}

@test "a bind mount keeps its source's flags when the options name none, and only then" {
	mount -t tmpfs -o nosuid,nodev,noexec none "$VOLUME"
	add_mount /kept bind "$VOLUME" bind rprivate
	add_mount /named bind "$VOLUME" bind nosuid
	run_guest mount=/kept mount=/named
	umount "$VOLUME"
	assert_success
	assert_matches '^mount=/kept: .* /kept rw,nosuid,nodev,noexec,'
	assert_matches '^mount=/named: .* /named rw,nosuid,relatime'
}

@test "a bind source may be something that was mounted before" {
	add_mount /data tmpfs data size=64k
	add_mount /same bind rootfs/data bind
	guest_does write=/data/file:there read=/same/file
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line there
}

@test "a dangling symlink as destination is followed inside the rootfs" {
	ln -s ../var/made "$BUNDLE/rootfs/etc/dangling"
	ln -s /var/dir "$BUNDLE/rootfs/etc/dir"
	add_mount /etc/dangling bind "$VOLUME/file" bind
	add_mount /etc/dir bind "$VOLUME" bind
	run_guest read=/var/made read=/var/dir/file
	assert_success
	[[ $(grep -cx content <<<"$output") == 2 ]]
}

@test "copy-symlink makes the same symlink" {
	ln -s /somewhere/else "$VOLUME/link"
	add_mount /etc/copy bind "$VOLUME/link" bind copy-symlink
	add_mount /etc/file bind "$VOLUME/file" bind copy-symlink
	run_guest readlink=/etc/copy read=/etc/file
	assert_success
	assert_line "readlink=/etc/copy: /somewhere/else"
	assert_line content
}

@test "dest-nofollow mounts onto the symlink itself" {
	ln -s /etc/passwd "$BUNDLE/rootfs/etc/link"
	add_mount /etc/link bind "$VOLUME/file" bind dest-nofollow
	run_guest stat=/etc/link read=/etc/link stat=/etc/passwd
	assert_success
	assert_line "stat=/etc/link: file 0644 0:0 8"
	assert_line content
	refute_line "stat=/etc/passwd: file 0644 0:0 8"
}

@test "src-nofollow mounts the symlink itself" {
	ln -s /nowhere "$VOLUME/link"
	add_mount /etc/link bind "$VOLUME/link" bind src-nofollow dest-nofollow
	run_guest readlink=/etc/link
	assert_success
	assert_line "readlink=/etc/link: /nowhere"
}

@test "nothing of FIFOs is opened: neither as source nor as destination" {
	mkfifo "$VOLUME/fifo" "$BUNDLE/rootfs/etc/fifo"
	add_mount /etc/target bind "$VOLUME/fifo" bind
	add_mount /etc/fifo bind "$VOLUME/file" bind
	run_guest stat=/etc/target read=/etc/fifo
	assert_success
	assert_matches '^stat=/etc/target: fifo'
	assert_line content
}

