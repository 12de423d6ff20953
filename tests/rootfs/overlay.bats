load ../run/helpers

prepare() {
	mkdir "$BUNDLE"/{top,upper,work,root}
	echo top >"$BUNDLE/top/file"
	echo bottom >"$BUNDLE/rootfs/file"
	config '.root.path = "root"'
}

overlay() { # LOWERDIRS [UPPERDIR [WORKDIR]]
	config '.annotations = ([["lowerdirs", "upperdir", "workdir"], $ARGS.positional] | transpose |
		map(select(.[1])) | map({key: "org.kavel.overlay.\(.[0])", value: .[1]}) | from_entries)' --args "$@"
}

@test "what is written goes to the upper directory" {
	overlay top:rootfs upper work
	run_guest read=/file write=/new:here stat=/guest
	assert_success
	assert_line top
	[[ $(cat "$BUNDLE/upper/new") == here && ! -e $BUNDLE/rootfs/new && ! -e $BUNDLE/top/new ]]
	[[ ! $(ls -A "$BUNDLE/root") ]]
	assert_clean
}

@test "what is written to a tmpfs is gone with the guest" {
	overlay "$BUNDLE/rootfs" tmpfs
	run_guest write=/new:here read=/new stat=/ statfs=/
	assert_success
	assert_line here
	assert_line "statfs=/: 794c7630"
	assert_line "stat=/: directory 0755 0:0"
	[[ ! $(ls -A "$BUNDLE/root") && ! -e $BUNDLE/rootfs/new ]]
	run_guest stat=/new
	assert_line "stat=/new: ENOENT"
}

@test "without an upper directory the overlay is read-only" {
	overlay top:rootfs
	run_guest read=/file write=/file:x
	assert_line top
	assert_line "write=/file:x: EROFS"
	overlay rootfs
	run_guest read=/file write=/file:x
	assert_line bottom
	assert_line "write=/file:x: EROFS"
	assert_clean
}

@test "a read-only root is read-only above an upper directory too" {
	overlay rootfs upper work
	config '.root.readonly = true'
	run_guest write=/file:x
	assert_line "write=/file:x: EROFS"
}

@test "the host's own root can be the lower directory" {
	overlay / tmpfs
	config '.process.args = ["/bin/sh", "-c", "echo $$; echo mine >/etc/hostname; cat /etc/hostname; ls /proc/1/exe"]'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line 1
	assert_line mine
	[[ $(cat /etc/hostname) != mine ]]
	assert_clean
}

@test "a colon, a comma and a backslash in a path are taken as they are" {
	local name='a:b,c\d'
	mv "$BUNDLE/top" "$BUNDLE/$name"
	mkdir "$BUNDLE/up,per" "$BUNDLE/wo:rk"
	overlay 'a\:b,c\\d:rootfs' up,per wo:rk
	run_guest read=/file write=/new:here
	assert_success
	assert_line top
	[[ $(cat "$BUNDLE/up,per/new") == here ]]
}

@test "a directory that is missing is named" {
	overlay rootfs:nowhere upper work
	run_guest exit=0
	assert_refused "org.kavel.overlay.lowerdirs" "$BUNDLE/nowhere" "No such file or directory"
	overlay rootfs nowhere work
	run_guest exit=0
	assert_refused "org.kavel.overlay.upperdir" "$BUNDLE/nowhere" "No such file or directory"
	overlay rootfs upper nowhere
	run_guest exit=0
	assert_refused "org.kavel.overlay.workdir" "$BUNDLE/nowhere" "No such file or directory"
	overlay config.json:rootfs
	run_guest exit=0
	assert_refused "org.kavel.overlay.lowerdirs" "$BUNDLE/config.json" "Not a directory"
	assert_clean
}

@test "an upper directory needs lower ones and a work directory" {
	overlay rootfs upper
	run_guest exit=0
	assert_refused "org.kavel.overlay.workdir"
	config '.annotations = {"org.kavel.overlay.upperdir": "tmpfs"}'
	run_guest exit=0
	assert_refused "org.kavel.overlay.lowerdirs"
	assert_clean
}

@test "a layer inside another is explained" {
	mkdir "$BUNDLE/upper/lower"
	overlay upper/lower:rootfs upper work
	run_guest exit=0
	assert_refused "root.path" "one layer lies inside another"
	assert_clean
}

@test "an ordinary overlay mount takes paths as they are on the host" {
	config '.root.path = "rootfs"'
	add_mount /data overlay overlay "lowerdir=$BUNDLE/top,upperdir=$BUNDLE/upper,workdir=$BUNDLE/work"
	add_mount /relative overlay overlay lowerdir=top:rootfs/etc
	run_guest read=/data/file write=/data/new:here stat=/relative/passwd
	assert_success
	assert_line top
	[[ $(cat "$BUNDLE/upper/new") == here ]]
	assert_matches '^stat=/relative/passwd: file'
}
