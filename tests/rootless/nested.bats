load setup

# A guest with a root of its own user namespace, in which this program runs as that root.
prepare() {
	rootless_config
	add_capabilities CAP_SYS_ADMIN CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_MKNOD CAP_SYS_CHROOT \
		CAP_SETPCAP CAP_SETFCAP CAP_NET_ADMIN
	# the kernel lets a user namespace mount a procfs only where one is wholly visible already
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .process.noNewPrivileges = false'
	cp "$HOMES/program" "$BUNDLE/rootfs/bin/kavel"
	mkdir -p "$BUNDLE/rootfs/inner" "$BUNDLE/rootfs/run"
	cp -a "$BUNDLE/rootfs" "$BATS_TEST_TMPDIR/inner"
	mv "$BATS_TEST_TMPDIR/inner" "$BUNDLE/rootfs/inner/rootfs"
	jq 'del(.linux.namespaces[] | select(.type == "user")) | del(.linux.uidMappings, .linux.gidMappings)' \
		<"$BUNDLE/config.json" >"$BUNDLE/rootfs/inner/config.json"
	chown -R $ANN:$ANN "$BUNDLE"
}

inner() { # FILTER...
	jq "$@" <"$BUNDLE/rootfs/inner/config.json" >"$BATS_TEST_TMPDIR/inner.json"
	cp "$BATS_TEST_TMPDIR/inner.json" "$BUNDLE/rootfs/inner/config.json"
}

@test "a guest's root runs a guest of his own, without a further user namespace" {
	inner '.process.args = ["/bin/sh", "-c", "echo inner; cat /proc/self/uid_map; cat /proc/1/comm; ls /inner"]'
	guest_shell 'kavel run --bundle /inner nested; echo code $?; ls /run/kavel'
	run_guest
	assert_success
	assert_line inner
	assert_matches '^ +0 +1000 +1$'
	assert_line "code 0"
}

@test "a guest's root runs a guest of his own with a user namespace" {
	inner '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] |
		.linux.gidMappings = .linux.uidMappings | .process.args = ["/bin/sh", "-c", "echo inner; cat /proc/self/uid_map"]'
	guest_shell 'kavel run --bundle /inner nested; echo code $?'
	run_guest
	assert_success
	assert_line inner
	assert_matches '^ +0 +0 +1$'
	assert_line "code 0"
}

@test "the life of a nested guest" {
	inner '.process.args = ["/guest", "pause"]'
	guest_shell 'set -e; kavel create --bundle /inner nested; kavel start nested; kavel list; kavel exec nested /guest say=hello
		kavel ps -f json nested; kavel kill nested KILL; while ! kavel delete nested 2>/dev/null; do sleep 0.01; done
		kavel list -q | wc -l'
	run_guest
	assert_success
	assert_matches '^nested .* running .*'
	assert_line hello
	assert_line 0
}

@test "with subordinate IDs, a nested guest has a part of them" {
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	inner '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 500}] |
		.linux.gidMappings = .linux.uidMappings | .process.user = {uid: 33, gid: 33} |
		.process.args = ["/bin/sh", "-c", "id -u; cat /proc/self/uid_map"]'
	guest_shell 'busybox chown -R 1000:1000 /inner; kavel run --bundle /inner nested; echo code $?'
	run_guest
	assert_success
	assert_line 33
	assert_matches '^ +0 +1000 +500$'
	assert_line "code 0"
}

@test "where the outer guest's /proc is masked, the kernel's refusal is explained" {
	config '.linux.maskedPaths = ["/proc/keys"]'
	inner '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] |
		.linux.gidMappings = .linux.uidMappings'
	guest_shell 'kavel run --bundle /inner nested 2>&1; echo code $?'
	run_guest
	assert_line "code 1"
	assert_output_has "nothing is covered"
}

@test "an overlay in a nested guest" {
	inner '.root.path = "merged" | .annotations = {"org.kavel.overlay.lowerdirs": "rootfs",
		"org.kavel.overlay.upperdir": "tmpfs"} | .process.args = ["/bin/sh", "-c", "rm -r /inner && mkdir /inner && ls /inner | wc -l"]'
	mkdir "$BUNDLE/rootfs/inner/merged"
	chown $ANN:$ANN "$BUNDLE/rootfs/inner/merged"
	guest_shell 'kavel run --bundle /inner nested; echo code $?'
	run_guest
	assert_success
	assert_line 0
	assert_line "code 0"
}
