load ../run/helpers

prepare() {
	VOLUME=$BUNDLE/volume
	mkdir -p "$VOLUME/below"
	echo content >"$VOLUME/file"
	chown 7:8 "$VOLUME/file"
}

# Mappings of the last mount: "FILE-SYSTEM HOST SIZE" of users and groups.
mapped() { # UIDS GIDS
	config 'def pairs: split("#") | map(split(" ") | map(tonumber) | {containerID: .[0], hostID: .[1], size: .[2]});
		.mounts[-1] += {uidMappings: ($ARGS.positional[0] | pairs), gidMappings: ($ARGS.positional[1] | pairs)}' \
		--args "$@"
}

# A guest whose IDs from 0 on are the host's from 100000 on.
with_user_namespace() {
	config '.linux.namespaces += [{type: "user"}] |
		.linux |= (.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .gidMappings = .uidMappings)'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_TEST_TMPDIR"
}

# Something is mounted below the volume, for this test alone.
mount_below() {
	mount -t tmpfs -o mode=755 below "$VOLUME/below"
	echo deep >"$VOLUME/below/file"
	chown 7:8 "$VOLUME/below/file"
}

cleanup() {
	umount "$VOLUME/below" 2>/dev/null || :
}

# ------------------------------------------------------------------------------------------- without a user namespace

@test "a bind mount's files have the owners that its mappings say" {
	add_mount /data bind "$VOLUME" bind
	mapped "0 1000 10" "0 2000 10"
	run_guest stat=/data/file stat=/data read=/data/file
	assert_success
	assert_line "stat=/data/file: file 0644 1007:2008 8"
	assert_matches '^stat=/data: directory 0755 1000:2000'
	assert_line content
	[[ $(stat -c %u:%g "$VOLUME/file") == 7:8 ]]
	assert_clean
}

@test "mappings may have several ranges; what is in none belongs to nobody" {
	chown 40:50 "$VOLUME/file"
	add_mount /data bind "$VOLUME" bind idmap
	mapped "0 1000 10#40 5000 1" "0 1000 10#50 6000 1"
	run_guest stat=/data/file
	assert_line "stat=/data/file: file 0644 5000:6000 8"
	chown 41:50 "$VOLUME/file"
	run_guest stat=/data/file
	assert_line "stat=/data/file: file 0644 65534:6000 8"
}

@test "idmap maps the mount itself, ridmap what is mounted below it as well" {
	mount_below
	add_mount /top bind "$VOLUME" rbind idmap
	mapped "0 1000 10" "0 2000 10"
	add_mount /all bind "$VOLUME" rbind ridmap
	mapped "0 1000 10" "0 2000 10"
	run_guest stat=/top/file stat=/top/below/file stat=/all/file stat=/all/below/file
	assert_success
	assert_line "stat=/top/file: file 0644 1007:2008 8"
	assert_line "stat=/top/below/file: file 0644 7:8 5"
	assert_line "stat=/all/file: file 0644 1007:2008 8"
	assert_line "stat=/all/below/file: file 0644 1007:2008 5"
}

@test "an idmapped mount has its other options too" {
	add_mount /data bind "$VOLUME" bind ro nosuid noexec
	mapped "0 1000 10" "0 2000 10"
	run_guest mount=/data write=/data/new:x
	assert_success
	assert_matches '^mount=/data: .* /data ro,nosuid,noexec,.*idmapped'
	assert_line "write=/data/new:x: EROFS"
}

@test "one source may be mapped in several ways" {
	for i in 1 2 3; do
		add_mount "/data$i" bind "$VOLUME" bind
		mapped "0 ${i}000 10" "0 ${i}500 10"
	done
	add_mount /plain bind "$VOLUME" bind
	run_guest stat=/data1/file stat=/data2/file stat=/data3/file stat=/plain/file
	assert_line "stat=/data1/file: file 0644 1007:1508 8"
	assert_line "stat=/data2/file: file 0644 2007:2508 8"
	assert_line "stat=/data3/file: file 0644 3007:3508 8"
	assert_line "stat=/plain/file: file 0644 7:8 8"
}

@test "a file is mounted idmapped onto a file" {
	add_mount /etc/passwd bind "$VOLUME/file" bind
	mapped "0 1000 10" "0 2000 10"
	run_guest stat=/etc/passwd read=/etc/passwd
	assert_line "stat=/etc/passwd: file 0644 1007:2008 8"
	assert_line content
}

@test "mappings may stand in the option itself" {
	add_mount /data bind "$VOLUME" bind "idmap=uids=0-1000-5#5-3000-5;gids=0-2000-10"
	run_guest stat=/data/file stat=/data
	assert_success
	assert_line "stat=/data/file: file 0644 3002:2008 8"
	assert_line "stat=/data: directory 0755 1000:2000"
}

@test "a tmpfs is idmapped" {
	mkdir -m 2750 "$BUNDLE/rootfs/kept"
	echo old >"$BUNDLE/rootfs/kept/file"
	add_mount /data tmpfs tmpfs size=64k mode=711 nosuid
	mapped "0 0 1000" "0 0 1000"
	add_mount /shifted tmpfs tmpfs mode=711
	mapped "0 1000 10" "0 2000 10"
	add_mount /kept tmpfs tmpfs tmpcopyup ro
	mapped "0 0 1000" "0 0 1000"
	run_guest mount=/data stat=/data stat=/shifted stat=/kept read=/kept/file write=/kept/file:x write=/data/new:x stat=/data/new
	assert_success
	assert_matches '^mount=/data: .* /data rw,nosuid,.*idmapped.* - tmpfs tmpfs rw,size=64k,mode=711'
	assert_line "stat=/data: directory 0711 0:0"
	assert_line "stat=/shifted: directory 0711 1000:2000"
	assert_line "stat=/kept: directory 2750 0:0"
	assert_line old
	assert_line "write=/kept/file:x: EROFS"
	assert_line "stat=/data/new: file 0644 0:0 1"
	assert_clean
}

@test "a file system that does not support it is named, and nothing is left" {
	add_mount /data bind /proc/sys bind
	mapped "0 1000 10" "0 2000 10"
	run_guest exit=0
	assert_refused "mounts[7]: idmap /proc/sys: Invalid argument" "the file system proc does not support idmapped mounts"
	config '.mounts[7] |= (.type = "mqueue" | .source = "mqueue" | .options = [])'
	run_guest exit=0
	assert_refused "mounts[7]: idmap mqueue: Invalid argument" "the file system mqueue does not support idmapped mounts"
	config '.mounts[7] |= (.type = "nosuchfs" | .source = "nosuchfs")'
	run_guest exit=0
	assert_refused "mounts[7]: make the file system nosuchfs for /data: No such device" "the kernel has no such file system"
	config '.mounts[7] |= (.type = "tmpfs" | .options = ["bogus=1"])'
	run_guest exit=0
	assert_refused "mounts[7]: make the file system tmpfs for /data (bogus=1): Invalid argument" "Unknown parameter 'bogus'"
	assert_clean
}

@test "mappings that make no sense are refused with their place" {
	add_mount /data bind "$VOLUME" bind idmap
	run_guest exit=0
	assert_refused "mounts[7].options: idmap needs uidMappings and gidMappings, or a user namespace"
	config '.mounts[7].uidMappings = [{containerID: 0, hostID: 0, size: 1}]'
	run_guest exit=0
	assert_refused "mounts[7].gidMappings: missing"
	config '.mounts[7].gidMappings = [{containerID: 0, hostID: 0, size: 0}]'
	run_guest exit=0
	assert_refused "mounts[7].gidMappings[0].size"
	config 'del(.mounts[7].uidMappings, .mounts[7].gidMappings) | .mounts[7].options = ["bind", "idmap=uids=0-1"]'
	run_guest exit=0
	assert_refused 'mounts[7].options[1]: "0-1" is not FILE-SYSTEM-ID-HOST-ID-SIZE'
	config '.mounts[7].options = ["bind", "idmap=uids=0-1-1"]'
	run_guest exit=0
	assert_refused "mounts[7].options[1]: needs both uids= and gids="
	config '.mounts[7].options = ["bind", "ridmap=uids=@0-1-1;gids=@0-1-1"]'
	run_guest exit=0
	assert_refused "mounts[7].options[1]" "relative to mappings that linux does not have"
	assert_clean
}

@test "a source that is missing is named with its mount" {
	add_mount /data bind nowhere bind ro
	mapped "0 1000 10" "0 2000 10"
	run_guest exit=0
	assert_refused "mounts[7]: bind $BUNDLE/nowhere to /data (bind,ro): No such file or directory"
	assert_clean
}

@test "the guest gets no descriptor of it" {
	mount_below
	add_mount /data bind "$VOLUME" rbind ridmap
	mapped "0 1000 10" "0 2000 10"
	run_guest fds
	assert_success
	[[ $(grep -c '^fd: ' <<<"$output") == 3 ]]
}

# ---------------------------------------------------------------------------------------------- with a user namespace

@test "in a user namespace a mount is mapped as its mappings say, or as the guest's own" {
	with_user_namespace
	mount_below
	add_mount /same bind "$VOLUME" bind idmap
	add_mount /all bind "$VOLUME" rbind ridmap
	add_mount /own bind "$VOLUME" bind
	mapped "0 100500 10" "0 100600 10"
	add_mount /plain bind "$VOLUME" bind
	run_guest stat=/same/file stat=/all/below/file stat=/own/file stat=/plain/file write=/same/new:x stat=/same/new
	assert_success
	assert_line "stat=/same/file: file 0644 7:8 8"
	assert_line "stat=/all/below/file: file 0644 7:8 5"
	assert_line "stat=/own/file: file 0644 507:608 8"
	assert_line "stat=/plain/file: file 0644 65534:65534 8"
	assert_line "stat=/same/new: file 0644 0:0 1"
	[[ $(stat -c %u:%g "$VOLUME/new") == 0:0 ]]
	umount "$VOLUME/below"
	assert_clean
}

@test "mappings in the option may be relative to the guest's, over several of its ranges" {
	with_user_namespace
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 5}, {containerID: 5, hostID: 200000, size: 100}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 1000}]'
	chown 3:4 "$VOLUME/file"
	echo second >"$VOLUME/second"
	chown 6:0 "$VOLUME/second"
	add_mount /data bind "$VOLUME" bind "idmap=uids=@0-0-10;gids=@0-20-10"
	run_guest stat=/data/file stat=/data/second
	assert_success
	assert_line "stat=/data/file: file 0644 3:24 8"
	assert_line "stat=/data/second: file 0644 6:20 7"
	config '.mounts[7].options[1] = "idmap=uids=@0-100-10;gids=@0-20-10"'
	run_guest exit=0
	assert_refused 'mounts[7].options[1]: "@0-100-10" is not mapped by the guest'
}

@test "idmap means the mapping of a user namespace that is joined" {
	local other

	with_user_namespace
	run_guest() { try kavel run --bundle "$BUNDLE" "$ID"; }
	unshare --user sleep 1000 3>&- 4>&- &
	other=$!
	eventually test "$(readlink /proc/self/ns/user)" != "$(readlink "/proc/$other/ns/user")"
	echo "0 100000 65536" >"/proc/$other/uid_map"
	echo "0 100000 65536" >"/proc/$other/gid_map"
	config --arg path "/proc/$other/ns/user" 'del(.linux.uidMappings, .linux.gidMappings) |
		(.linux.namespaces[] | select(.type == "user")).path = $path'
	add_mount /data bind "$VOLUME" bind idmap
	guest_does stat=/data/file ids
	run_guest
	kill "$other"
	assert_success
	assert_line "stat=/data/file: file 0644 7:8 8"
	assert_line "uid: 0 0 0"
}

@test "a tmpfs is idmapped to the guest" {
	with_user_namespace
	add_mount /data tmpfs tmpfs mode=700 idmap
	run_guest stat=/data write=/data/file:x stat=/data/file
	assert_success
	assert_line "stat=/data: directory 0700 0:0"
	assert_line "stat=/data/file: file 0644 0:0 1"
}

# ------------------------------------------------------------------------------------------------ the rootfs, idmapped

@test "an image owned by root serves a guest with a user namespace: org.kavel.rootfs.idmap" {
	with_user_namespace
	chown -R 0:0 "$BUNDLE/rootfs"
	chown 1000:1000 "$BUNDLE/rootfs/home"
	chmod 700 "$BUNDLE/rootfs/root"
	run_guest stat=/bin
	config '.annotations["org.kavel.rootfs.idmap"] = "true"'
	run_guest stat=/bin stat=/home stat=/root write=/root/new:x stat=/root/new mount=/ read=/proc/self/uid_map
	assert_success
	assert_line "stat=/bin: directory 0755 0:0"
	assert_line "stat=/home: directory 0755 1000:1000"
	assert_line "stat=/root/new: file 0644 0:0 1"
	assert_matches '^mount=/: .*idmapped'
	assert_line "         0     100000      65536"
	[[ $(stat -c %u:%g "$BUNDLE/rootfs/root/new") == 0:0 ]]
	assert_clean
}

@test "where the guest's root may not make a destination, the message names the ways out" {
	with_user_namespace
	chown -R 0:0 "$BUNDLE/rootfs"
	add_mount /not/there tmpfs tmpfs
	run_guest
	assert_refused "make directory /not" "Permission denied" "org.kavel.rootfs.idmap=true"
	assert_clean
}

@test "a rootfs that is idmapped can be read-only, and have any propagation" {
	local propagation

	with_user_namespace
	chown -R 0:0 "$BUNDLE/rootfs"
	config '.annotations["org.kavel.rootfs.idmap"] = "true" | .root.readonly = true'
	for propagation in private rprivate slave rslave shared rshared unbindable; do
		config --arg propagation "$propagation" '.linux.rootfsPropagation = $propagation'
		run_guest write=/new:x
		assert_success
		assert_line "write=/new:x: EROFS"
	done
	assert_clean
}

@test "an overlay of layers owned by root serves a guest with a user namespace" {
	with_user_namespace
	chown -R 0:0 "$BUNDLE/rootfs"
	mkdir -p "$BUNDLE"/{top,data/upper,data/work,root}
	echo top >"$BUNDLE/top/file"
	chmod 666 "$BUNDLE/top/file"
	chown 5:6 "$BUNDLE/top/file"
	config '.root.path = "root" | .annotations = {"org.kavel.rootfs.idmap": "true",
		"org.kavel.overlay.lowerdirs": "top:rootfs",
		"org.kavel.overlay.upperdir": "data/upper", "org.kavel.overlay.workdir": "data/work"}'
	run_guest stat=/file stat=/bin write=/bin/new:x stat=/bin/new write=/file:y stat=/ statfs=/
	assert_success
	assert_line "stat=/file: file 0666 5:6 4"
	assert_line "stat=/bin: directory 0755 0:0"
	assert_line "stat=/bin/new: file 0644 0:0 1"
	assert_line "stat=/: directory 0755 0:0"
	assert_line "statfs=/: 794c7630"
	[[ $(stat -c %u:%g "$BUNDLE/data/upper/bin/new" "$BUNDLE/data/upper/file") == $'100000:100000\n100005:100006' ]]
	assert_clean
}

@test "an idmapped overlay may be written to a tmpfs, or not at all" {
	with_user_namespace
	chown -R 0:0 "$BUNDLE/rootfs"
	mkdir "$BUNDLE/root"
	config '.root.path = "root" | .annotations = {"org.kavel.rootfs.idmap": "true",
		"org.kavel.overlay.lowerdirs": "rootfs", "org.kavel.overlay.upperdir": "tmpfs"}'
	run_guest stat=/bin write=/bin/new:x stat=/bin/new stat=/ mkdir=/etc/sub unlink=/etc/passwd stat=/etc/passwd
	assert_success
	assert_line "stat=/bin/new: file 0644 0:0 1"
	assert_line "stat=/: directory 0755 0:0"
	assert_line "unlink=/etc/passwd: ok"
	assert_line "stat=/etc/passwd: ENOENT"
	config 'del(.annotations["org.kavel.overlay.upperdir"])'
	run_guest stat=/bin write=/bin/new:x
	assert_success
	assert_line "stat=/bin: directory 0755 0:0"
	assert_line "write=/bin/new:x: EROFS"
	config '.annotations["org.kavel.overlay.lowerdirs"] = "nowhere:rootfs"'
	run_guest exit=0
	assert_refused "copy the mount of the layer $BUNDLE/nowhere: No such file or directory"
	assert_clean
}

@test "what one layer replaces of another is hidden in an idmapped overlay too" {
	with_user_namespace
	chown -R 0:0 "$BUNDLE/rootfs"
	mkdir -p "$BUNDLE"/{root,top/etc}
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "trusted.overlay.opaque", b"y")' "$BUNDLE/top/etc" ||
		skip "no trusted attributes"
	config '.root.path = "root" | .annotations = {"org.kavel.rootfs.idmap": "true",
		"org.kavel.overlay.lowerdirs": "top:rootfs"}'
	run_guest ls=/etc
	assert_line "ls=/etc:"
}

@test "org.kavel.rootfs.idmap is refused where it makes no sense" {
	config '.annotations["org.kavel.rootfs.idmap"] = "true"'
	run_guest exit=0
	assert_refused 'annotations["org.kavel.rootfs.idmap"]: needs a user and a mount namespace'
	config '.annotations["org.kavel.rootfs.idmap"] = "yes"'
	run_guest exit=0
	assert_refused 'annotations["org.kavel.rootfs.idmap"]: expected true or false, got "yes"'
	config '.annotations["org.kavel.rootfs.idmap"] = "false"'
	run_guest exit=0
	assert_success
}
