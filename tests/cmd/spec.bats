load setup

@test "spec writes a configuration with what the specification requires" {
	must kavel spec
	assert_output_is ""
	jq -e '.ociVersion == "1.3.0" and .root.path == "rootfs" and .process.cwd == "/" and
		(.process.args | length > 0) and (.linux.namespaces | map(.type) | contains(["pid", "mount", "network"]))' \
		config.json >/dev/null || fail "$(cat config.json)"
	jq -e '.linux.namespaces | map(.type) | contains(["user"]) | not' config.json >/dev/null || fail "$(cat config.json)"
}

@test "spec --rootless asks for a user namespace" {
	must kavel spec --rootless
	jq -e '.linux.namespaces | map(.type) | contains(["user"])' config.json >/dev/null || fail "$(cat config.json)"
}

@test "spec writes to the bundle and under the name that it is told" {
	mkdir bundle
	must kavel spec --bundle bundle
	[[ -s bundle/config.json ]] || fail "no bundle/config.json"
	must kavel spec -b bundle -f other.json
	cmp bundle/config.json bundle/other.json
	must kavel spec --config "$PWD/absolute.json" --bundle bundle
	cmp bundle/config.json absolute.json
}

@test "spec overwrites nothing" {
	echo keep >config.json
	try kavel spec
	assert_refused "config.json exists already"
	[[ $(cat config.json) == keep ]] || fail "it was overwritten"
	rm config.json
	ln -s elsewhere config.json
	try kavel spec
	assert_refused "config.json exists already"
	[[ ! -e elsewhere ]] || fail "a link was followed"
}

@test "spec fails clearly where it cannot write" {
	try kavel spec --bundle nowhere
	assert_refused "bundle nowhere: No such file or directory"
	touch file
	try kavel spec --bundle file
	assert_refused "bundle file: Not a directory"
}

@test "plan accepts what spec writes, and a bundle is named once" {
	mkdir -p bundle/rootfs
	must kavel spec --bundle bundle
	must kavel plan bundle
	[[ $output ]] || fail "plan should print something"
	must kavel plan --bundle bundle
	try kavel plan bundle --bundle bundle
	assert_refused "given twice"
	try kavel plan nowhere
	assert_refused "nowhere"
}

@test "plan and spec need no privilege and no state directory" {
	((EUID == 0)) || skip "needs root to become somebody else"
	mkdir -p bundle/rootfs
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" . bundle bundle/rootfs
	must kavel spec --bundle bundle
	chmod 644 bundle/config.json
	# the program itself may lie where nobody can go
	cp "$KAVEL" kavel
	must setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_RUNTIME_DIR ./kavel plan bundle
	[[ $output ]] || fail "plan should print something"
	must setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_RUNTIME_DIR ./kavel features
	try setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_RUNTIME_DIR ./kavel list
	assert_refused "XDG_RUNTIME_DIR"
}

@test "features is the same for every caller, and needs nothing of the host" {
	local here

	skip_with_sanitizer # which reads procfs
	must kavel features
	here=$output
	must env -i "$KAVEL" features
	assert_output_is "$here"
	# nothing of procfs, of the file systems, of the state directory
	must unshare --mount --net --ipc -- sh -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys && exec "$0" features' "$KAVEL"
	assert_output_is "$here"
	must "$KAVEL" --root /nonexistent/x features
	assert_output_is "$here"
}

@test "features has what engines look for" {
	must kavel features
	# containerd and docker: recursive read-only mounts; kubelet: user namespaces of pods; podman: checkpoints
	jq -e '(.mountOptions | index("rro") and index("ro")) and .linux.mountExtensions.idmap.enabled == true
		and .linux.cgroup.v2 == true and .linux.seccomp.enabled == true
		and .annotations["org.opencontainers.runc.checkpoint.enabled"] == "false"
		and (.potentiallyUnsafeConfigAnnotations | index("org.kavel.overlay.lowerdirs") and index("run.oci.handler"))' <<<"$output" >/dev/null ||
		fail "something is missing"
}

@test "features is JSON and names the versions of the specification" {
	must kavel features
	jq -e '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.3.0"' <<<"$output" >/dev/null || fail "other versions"
}
