# Each option of a mount, seen from inside: in mountinfo, or by what it does.
load ../run/helpers

prepare() {
	VOLUME=$BUNDLE/volume
	mkdir -p "$VOLUME/below"
	echo content >"$VOLUME/file"
	ln -s file "$VOLUME/link"
}

cleanup() {
	umount -l "$VOLUME/below" "$VOLUME" 2>/dev/null || :
}

# Extended attributes, without a program for them.
xattr() { # get|set|set-hex FILE NAME [VALUE]
	python3 - "$@" <<-'PYTHON'
		import os, sys
		what, file, name, *value = sys.argv[1:]
		if what == "get":
		    print(os.getxattr(file, name).hex())
		else:
		    os.setxattr(file, name, bytes.fromhex(value[0]) if what == "set-hex" else value[0].encode())
	PYTHON
}

# One tmpfs, or one bind mount, for each option; "OPTION PATTERN", what mountinfo has after the mount point.
each() { # TYPE SOURCE OPTIONS... <<<LINES
	local option pattern i=0 words=() patterns=() type=$1 source=$2

	shift 2
	while read -r option pattern; do
		add_mount "/m$i" "$type" "$source" "$@" ${option//,/ }
		words+=("mount=/m$i")
		patterns+=("^mount=/m$i: .* /m$i $pattern")
		i=$((i + 1))
	done
	run_guest "${words[@]}"
	assert_success
	for pattern in "${patterns[@]}"; do
		assert_matches "$pattern"
	done
	assert_clean
}

@test "options of a file system's mount" {
	each tmpfs tmpfs <<-'LINES'
		defaults rw,relatime
		ro ro,relatime
		ro,rw rw,relatime
		nosuid rw,nosuid,relatime
		nosuid,suid rw,relatime
		nodev rw,nodev,relatime
		nodev,dev rw,relatime
		noexec rw,noexec,relatime
		noexec,exec rw,relatime
		noatime rw,noatime
		noatime,atime rw,relatime
		relatime rw,relatime
		norelatime rw,relatime
		strictatime rw -
		strictatime,nostrictatime rw,relatime
		nodiratime rw,nodiratime,relatime
		nodiratime,diratime rw,relatime
		nosymfollow rw,relatime,nosymfollow
		nosymfollow,symfollow rw,relatime
		rro,rnosuid,rnodev,rnoexec,rnoatime,rnodiratime,rnosymfollow ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow
	LINES
}

@test "options of a file system as a whole" {
	each tmpfs tmpfs <<-'LINES'
		sync .* - tmpfs tmpfs rw,sync
		rsync .* - tmpfs tmpfs rw,sync
		sync,async .* - tmpfs tmpfs rw[^,]*(,(size|inode|huge|mode|nr)[^,]*)*$
		rsync,rasync .* - tmpfs tmpfs rw[^,]*(,(size|inode|huge|mode|nr)[^,]*)*$
		dirsync .* - tmpfs tmpfs rw,dirsync
		rdirsync .* - tmpfs tmpfs rw,dirsync
		mand .* - tmpfs tmpfs rw(,mand)?
		rmand,rnomand .* - tmpfs tmpfs rw
		mand,nomand .* - tmpfs tmpfs rw
		lazytime .* - tmpfs tmpfs rw,lazytime
		lazytime,nolazytime .* - tmpfs tmpfs rw[^,]*(,(size|inode|huge|mode|nr)[^,]*)*$
		iversion .* - tmpfs tmpfs rw
		iversion,noiversion .* - tmpfs tmpfs rw
		silent .* - tmpfs tmpfs rw
		silent,loud .* - tmpfs tmpfs rw
	LINES
}

@test "what mountinfo does not tell of a file system reaches the kernel" {
	command -v strace >/dev/null || skip "strace is missing"
	skip_with_sanitizer
	add_mount /a tmpfs first iversion silent
	add_mount /b tmpfs second iversion silent noiversion loud
	guest_does exit=0
	try strace -f -qq -e trace=mount -o "$BATS_TEST_TMPDIR/trace" "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	grep -qE 'mount\("first", .*MS_SILENT.*MS_I_VERSION|mount\("first", .*MS_I_VERSION.*MS_SILENT' "$BATS_TEST_TMPDIR/trace"
	! grep -E 'mount\("second", .*(MS_SILENT|MS_I_VERSION)' "$BATS_TEST_TMPDIR/trace"
}

@test "options of a bind mount" {
	each bind "$VOLUME" bind <<-'LINES'
		defaults rw,relatime
		ro ro,relatime
		nosuid rw,nosuid,relatime
		nodev rw,nodev,relatime
		noexec rw,noexec,relatime
		noatime rw,noatime
		strictatime rw -
		nodiratime rw,nodiratime,relatime
		nosymfollow rw,relatime,nosymfollow
		rro ro,relatime
		rro,rrw rw,relatime
		rnosuid rw,nosuid,relatime
		rnosuid,rsuid rw,relatime
		rnodev rw,nodev,relatime
		rnodev,rdev rw,relatime
		rnoexec rw,noexec,relatime
		rnoexec,rexec rw,relatime
		rnoatime rw,noatime
		rnoatime,ratime rw,relatime
		rrelatime rw,relatime
		rnorelatime rw,relatime
		rstrictatime rw -
		rstrictatime,rnostrictatime rw,relatime
		rnodiratime rw,nodiratime,relatime
		rnodiratime,rdiratime rw,relatime
		rnosymfollow rw,relatime,nosymfollow
		rnosymfollow,rsymfollow rw,relatime
	LINES
}

@test "r options reach what is mounted below, and take away there too" {
	mount -t tmpfs -o nosuid,noexec,noatime,ro below "$VOLUME/below"
	add_mount /set bind "$VOLUME" rbind rnodev rnosymfollow
	add_mount /cleared bind "$VOLUME" rbind rsuid rexec rrelatime rrw
	add_mount /kept bind "$VOLUME" rbind suid exec
	run_guest mount=/set/below mount=/cleared/below mount=/kept/below
	umount "$VOLUME/below"
	assert_success
	assert_matches '^mount=/set/below: .* ro,nosuid,nodev,noexec,noatime,nosymfollow'
	assert_matches '^mount=/cleared/below: .* /cleared/below rw,relatime'
	assert_matches '^mount=/kept/below: .* ro,nosuid,noexec,noatime'
}

@test "nosymfollow and noexec do what they say" {
	cp "$(guest_program)" "$VOLUME/program"
	add_mount /data bind "$VOLUME" bind nosymfollow noexec
	run_guest read=/data/link readlink=/data/link exec=/data/program
	assert_line "read=/data/link: ELOOP"
	assert_line "readlink=/data/link: file"
	assert_line "exec=/data/program: EACCES"
}

@test "each propagation of a mount" {
	mount -t tmpfs -o mode=755 volume "$VOLUME"
	mount --make-shared "$VOLUME"
	mkdir "$VOLUME/below"
	mount -t tmpfs below "$VOLUME/below"
	config '.linux.rootfsPropagation = "rslave"'
	for propagation in private rprivate slave rslave shared rshared unbindable runbindable; do
		add_mount "/$propagation" bind "$VOLUME" rbind "$propagation"
	done
	run_guest mount=/{,r}{private,slave,shared,unbindable} mount=/{,r}{private,slave,shared,unbindable}/below
	umount -R "$VOLUME"
	assert_success
	assert_matches '^mount=/private: .* rw,relatime - tmpfs'
	assert_matches '^mount=/rprivate/below: .* rw,relatime - tmpfs'
	assert_matches '^mount=/slave: .* rw,relatime master:[0-9]+ - tmpfs'
	assert_matches '^mount=/rslave/below: .* rw,relatime master:[0-9]+ - tmpfs'
	assert_matches '^mount=/shared: .* rw,relatime shared:[0-9]+ '
	assert_matches '^mount=/rshared/below: .* rw,relatime shared:[0-9]+ '
	assert_matches '^mount=/unbindable: .* rw,relatime unbindable - tmpfs'
	assert_matches '^mount=/runbindable/below: .* rw,relatime unbindable - tmpfs'
	assert_clean
}

@test "a file system that is mounted anew has the propagation it asks for" {
	for propagation in private shared slave unbindable; do
		add_mount "/$propagation" tmpfs tmpfs "$propagation"
	done
	run_guest mount=/private mount=/shared mount=/slave mount=/unbindable
	assert_success
	assert_matches '^mount=/private: .* rw,relatime - tmpfs'
	assert_matches '^mount=/shared: .* rw,relatime shared:[0-9]+ - tmpfs'
	assert_matches '^mount=/slave: .* rw,relatime - tmpfs'
	assert_matches '^mount=/unbindable: .* rw,relatime unbindable - tmpfs'
}

@test "each propagation of the rootfs" {
	local propagation pattern

	while read -r propagation pattern; do
		config --arg propagation "$propagation" '.linux.rootfsPropagation = $propagation'
		run_guest mount=/
		assert_success
		assert_matches "^mount=/: .* / rw,[a-z,]*$pattern"
	done <<-'LINES'
		private \ -
		rprivate \ -
		slave (\ master:[0-9]+)?\ -
		rslave (\ master:[0-9]+)?\ -
		shared \ shared:[0-9]+
		rshared \ shared:[0-9]+
		unbindable \ unbindable
		runbindable \ unbindable
	LINES
	assert_clean
}

@test "remount changes what was mounted before" {
	add_mount /data tmpfs tmpfs size=64k
	add_mount /data none none remount ro size=128k nosuid
	add_mount /bound bind "$VOLUME" bind
	add_mount /bound none none remount bind ro
	run_guest mount=/data mount=/bound
	assert_success
	assert_matches '^mount=/data: .* /data ro,nosuid,relatime - tmpfs tmpfs ro,size=128k'
	assert_matches '^mount=/bound: .* /bound ro,'
}

@test "a destination may be relative, a device, a symlink inside the rootfs, or below another mount" {
	mkdir -p "$BUNDLE/rootfs/real"
	ln -s /real "$BUNDLE/rootfs/absolute"
	ln -s ../../../real "$BUNDLE/rootfs/etc/relative"
	add_mount relative/place bind "$VOLUME" bind
	add_mount /dev/file bind "$VOLUME/file" bind
	add_mount /dev/dir/deep bind "$VOLUME" bind
	add_mount /absolute/one bind "$VOLUME" bind
	add_mount /etc/relative/two bind "$VOLUME" bind
	add_mount /real/one/below bind "$VOLUME" bind
	run_guest read=/relative/place/file read=/dev/file read=/dev/dir/deep/file read=/real/one/file read=/real/two/file \
		read=/real/one/below/file
	assert_success
	[[ $(grep -cx content <<<"$output") == 6 ]]
	[[ ! -e $BUNDLE/real ]]
}

@test "symlinks that lead in a circle are refused, with the mount" {
	ln -s circle "$BUNDLE/rootfs/circle"
	ln -s /there/sub "$BUNDLE/rootfs/here"
	ln -s /here "$BUNDLE/rootfs/there"
	add_mount /circle bind "$VOLUME" bind
	run_guest exit=0
	assert_refused "mounts[7]" "/circle in the rootfs: Too many levels of symbolic links"
	config '.mounts[7].destination = "/here/place"'
	run_guest exit=0
	assert_refused "mounts[7]" "Too many levels of symbolic links"
	assert_clean
}

@test "a source that is a circle, or vanishes, is named with destination and options" {
	ln -s circle "$VOLUME/circle"
	add_mount /data bind "$VOLUME/circle" bind ro
	run_guest exit=0
	assert_refused "mounts[7]: bind $VOLUME/circle to /data (bind,ro): Too many levels of symbolic links"
	config --arg source "$VOLUME/gone/x" '.mounts[7].source = $source'
	mkdir "$VOLUME/gone"
	add_hook createRuntime "rmdir $VOLUME/gone"
	run_guest exit=0
	assert_refused "mounts[7]: bind $VOLUME/gone/x to /data (bind,ro): No such file or directory"
	assert_clean
}

@test "a file system that cannot be mounted is named with source, destination and options" {
	add_mount /data ext4 /dev/null noatime errors=continue
	run_guest exit=0
	assert_refused "mounts[7]: mount ext4 /dev/null to /data (noatime,errors=continue)"
	config '.mounts[7] |= (.type = "tmpfs" | .source = "tmpfs" | .options = ["size=lots"])'
	run_guest exit=0
	assert_refused "mounts[7]: mount tmpfs to /data (size=lots): Invalid argument"
	assert_clean
}

@test "tmpcopyup keeps owners, modes, times, links and extended attributes" {
	local dir=$BUNDLE/rootfs/data

	mkdir -p "$dir/sub"
	echo text >"$dir/sub/file"
	chown 5:6 "$dir/sub/file"
	chmod 4711 "$dir/sub/file"
	touch -d @1000000000 "$dir/sub/file"
	ln -s sub/file "$dir/link"
	xattr set "$dir/sub" trusted.kavel one || skip "no extended attributes here"
	xattr set "$dir/sub/file" trusted.kavel two
	# the capability to use raw sockets, see linux/capability.h
	xattr set-hex "$dir/sub/file" security.capability 0100000200200000000000000000000000000000
	add_mount /data tmpfs tmpfs tmpcopyup
	guest_does pause
	start_guest
	cd "/proc/$(guest_pid)/root/data"
	[[ $(stat -c %u:%g:%a:%Y sub/file) == 5:6:4711:1000000000 || $(stat -c %u:%g:%a:%Y sub/file) == 5:6:711:1000000000 ]]
	[[ $(readlink link) == sub/file ]]
	[[ $(xattr get sub trusted.kavel) == 6f6e65 && $(xattr get sub/file trusted.kavel) == 74776f ]]
	[[ $(xattr get sub/file security.capability) == 0100000200200000000000000000000000000000 ]]
	cd /
}
