load setup

prepare() {
	rootless_config
	mkdir "$BUNDLE"/{lower,upper,work,merged}
	mv "$BUNDLE/rootfs" "$BUNDLE/lower/base"
	mkdir -p "$BUNDLE/lower/second/etc" "$BUNDLE/lower/base/old/inside"
	echo second >"$BUNDLE/lower/second/etc/which"
	chown -R $ANN:$ANN "$BUNDLE"
	config --arg b "$BUNDLE" '.root.path = "merged" | .annotations = {
		"org.kavel.overlay.lowerdirs": "\($b)/lower/second:\($b)/lower/base",
		"org.kavel.overlay.upperdir": "upper", "org.kavel.overlay.workdir": "work"}'
}

@test "an overlay by the kernel, as the caller: what is written is hers" {
	guest_shell 'cat /etc/which; echo new >/etc/new; grep " / overlay" /proc/self/mounts'
	run_guest
	assert_success
	assert_line second
	assert_matches 'userxattr'
	[[ $(<"$BUNDLE/upper/etc/new") == new && $(stat -c %u "$BUNDLE/upper/etc/new") == 1000 ]]
	[[ ! -e $BUNDLE/lower/base/etc/new && ! -e $BUNDLE/lower/second/etc/new ]]
}

@test "a folder that is replaced stays empty" {
	guest_shell 'rm -r /old && mkdir /old && ls /old | wc -l'
	run_guest
	assert_success
	assert_line 0
	guest_shell 'ls /old | wc -l'
	run_guest
	assert_line 0
}

@test "with subordinate IDs their files go to the upper directory" {
	config 'del(.linux.uidMappings, .linux.gidMappings) | .process.user = {uid: 33, gid: 44}'
	chmod 777 "$BUNDLE/lower/base/tmp"
	guest_shell 'echo >/tmp/new'
	run_guest
	assert_success
	[[ $(stat -c %u:%g "$BUNDLE/upper/tmp/new") == 100032:200043 ]]
}

@test "an upper directory in a tmpfs is gone with the guest" {
	config '.annotations["org.kavel.overlay.upperdir"] = "tmpfs" | del(.annotations["org.kavel.overlay.workdir"])'
	guest_shell 'echo new >/etc/new && rm -r /old && mkdir /old && cat /etc/new'
	run_guest
	assert_success
	assert_line new
	[[ ! $(ls -A "$BUNDLE/upper") ]]
}

@test "an upper directory of somebody else's is refused" {
	chown 0:0 "$BUNDLE/upper" "$BUNDLE/work"
	chmod 755 "$BUNDLE/upper" "$BUNDLE/work"
	guest_shell 'echo >/etc/new'
	run_guest
	((status != 0))
	[[ ! -e $BUNDLE/upper/etc ]]
}

@test "the kernel's refusal is told" {
	config '.annotations["org.kavel.overlay.workdir"] = "nosuch"'
	run_guest
	assert_refused org.kavel.overlay.workdir nosuch
}
