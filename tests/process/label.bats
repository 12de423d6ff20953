load ../run/helpers

has_apparmor() {
	[[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]]
}

# Everything but writing below /tmp; what is executed stays in the profile.
load_profile() { # NAME [RULES]
	mountpoint -q /sys/kernel/security || {
		must mount -t securityfs securityfs /sys/kernel/security
		MOUNTED=1
	}
	apparmor_parser --replace --skip-cache <<-PROFILE || fail "the profile cannot be loaded"
		profile $1 flags=(attach_disconnected,mediate_deleted) {
			file,
			capability,
			network,
			signal,
			ptrace,
			mount,
			umount,
			${2-deny /tmp/** w,}
		}
	PROFILE
	LOADED+=("$1")
}

cleanup() {
	local name

	for name in "${LOADED[@]}"; do
		apparmor_parser --remove <<<"profile $name {}" || :
	done
	[[ ! $MOUNTED ]] || umount /sys/kernel/security

	[[ ! $MOUNTED_SELINUX ]] || umount /sys/fs/selinux
}

prepare() {
	LOADED=() MOUNTED='' MOUNTED_SELINUX=''
}

# A cage has a sysfs of its own.
mount_selinux() {
	[[ -e /sys/fs/selinux/enforce ]] || {
		must mount -t selinuxfs selinuxfs /sys/fs/selinux
		MOUNTED_SELINUX=1
	}
}

# A label that the policy of this host knows, and may be had without new privileges.
SELINUX_LABEL=${KAVEL_TEST_SELINUX_LABEL:-system_u:system_r:container_t:s0:c1,c2}

# ------------------------------------------------------------------------------- a host without the module

@test "a profile is refused where the kernel has no AppArmor, except unconfined" {
	! has_apparmor || skip "this kernel has AppArmor"
	config '.process.apparmorProfile = "kavel-test"'
	create_guest pause
	assert_refused process.apparmorProfile kavel-test "AppArmor is disabled or not supported"
	assert_clean
	config '.process.apparmorProfile = "unconfined"'
	run_guest say=fine
	assert_success
	assert_line fine
	config '.process.apparmorProfile = ""'
	run_guest say=fine
	assert_success
}

@test "a label is refused where the host has no SELinux" {
	[[ ! -e /sys/fs/selinux/enforce ]] || skip "this host has SELinux"
	config '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
	create_guest pause
	assert_refused process.selinuxLabel "SELinux is disabled or not supported"
	assert_clean
	config '.process.selinuxLabel = ""'
	run_guest say=fine
	assert_success
}

@test "exec refuses labels that nothing on this host could enforce" {
	start_guest pause
	if ! has_apparmor; then
		try kavel exec --apparmor kavel-test "$ID" /guest exit=0
		assert_status 255
		assert_error_has process.apparmorProfile
		must kavel exec --apparmor unconfined "$ID" /guest exit=0
	fi
	if [[ ! -e /sys/fs/selinux/enforce ]]; then
		try kavel exec --process-label a:b:c "$ID" /guest exit=0
		assert_status 255
		assert_error_has process.selinuxLabel
	fi
	must kavel exec --apparmor "" --process-label "" "$ID" /guest exit=0
}

# ------------------------------------------------------------------------------------------------- AppArmor

@test "the program is confined by the profile, and so is what it executes" {
	needs apparmor apparmor_parser
	load_profile kavel-test
	config '.process.apparmorProfile = "kavel-test"'
	run_guest read=/proc/self/attr/current write=/tmp/a:b write=/home/a:b
	assert_success
	assert_line "kavel-test (enforce)"
	assert_line "write=/tmp/a:b: EACCES"
	assert_line "write=/home/a:b: ok"
	guest_shell 'cat /proc/self/attr/current; echo x >/tmp/x'
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_line "kavel-test (enforce)"
	assert_error_has "permission denied"
}

@test "a profile that allows to execute nothing holds for the program itself" {
	needs apparmor apparmor_parser
	load_profile kavel-test "deny /** x,"
	config '.process.apparmorProfile = "kavel-test"'
	run_guest read=/proc/self/attr/current exec=/guest
	assert_success
	assert_line "kavel-test (enforce)"
	assert_line "exec=/guest: EACCES"
}

@test "a profile holds with create and start, without new privileges, with a filter and as another user" {
	needs apparmor apparmor_parser
	load_profile kavel-test
	config '.process.apparmorProfile = "kavel-test" | .process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = true
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	run_guest read=/proc/self/attr/current security ids mkdir=/tmp/d
	assert_success
	assert_line "kavel-test (enforce)"
	assert_line "no_new_privs: 1"
	assert_line "seccomp: 2"
	assert_line "mkdir=/tmp/d: EOPNOTSUPP"
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	must kavel start "$ID"
	eventually grep -q '^kavel-test ' "/proc/$(guest_pid)/attr/current"
}

@test "a guest in a user namespace is confined, and so is exec" {
	needs apparmor apparmor_parser
	load_profile kavel-test
	config '.process.apparmorProfile = "kavel-test" | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	run_guest read=/proc/self/attr/current write=/tmp/a:b ids
	assert_success
	assert_line "kavel-test (enforce)"
	assert_line "write=/tmp/a:b: EACCES"
	start_guest pause
	must kavel exec "$ID" /guest read=/proc/self/attr/current write=/tmp/a:b
	assert_line "kavel-test (enforce)"
	assert_line "write=/tmp/a:b: EACCES"
}

@test "a filter without no_new_privs goes with a profile" {
	needs apparmor apparmor_parser
	load_profile kavel-test
	config '.process.apparmorProfile = "kavel-test" | .process.noNewPrivileges = false
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	run_guest read=/proc/self/attr/current security
	assert_success
	assert_line "kavel-test (enforce)"
	assert_line "no_new_privs: 0"
	assert_line "seccomp: 2"
}

@test "under a confined caller the profile is stacked where no_new_privs would forbid the change" {
	needs apparmor apparmor_parser aa-exec
	load_profile kavel-runtime "change_profile -> **, pivot_root, unix,"
	load_profile kavel-test
	config '.process.apparmorProfile = "kavel-test" | .process.noNewPrivileges = true'
	guest_does read=/proc/self/attr/current write=/tmp/a:b
	try aa-exec -p kavel-runtime -- "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_matches '^kavel-(runtime//&kavel-test|test//&kavel-runtime) \(enforce\)'
	assert_line "write=/tmp/a:b: EACCES"
	config '.process.noNewPrivileges = false'
	try aa-exec -p kavel-runtime -- "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "kavel-test (enforce)"
}

@test "create fails for a profile that is not loaded, and leaves nothing" {
	needs apparmor apparmor_parser
	config '.process.apparmorProfile = "no-such-profile"'
	create_guest pause
	assert_refused process.apparmorProfile no-such-profile "not loaded"
	assert_clean
}

@test "unconfined and no profile are unconfined" {
	needs apparmor apparmor_parser
	config '.process.apparmorProfile = "unconfined"'
	run_guest read=/proc/self/attr/current
	assert_success
	assert_line unconfined
	config 'del(.process.apparmorProfile)'
	run_guest read=/proc/self/attr/current
	assert_success
	assert_line unconfined
}

@test "exec has the container's profile, or that of its option or process file" {
	needs apparmor apparmor_parser
	load_profile kavel-test
	load_profile kavel-other
	config '.process.apparmorProfile = "kavel-test"'
	start_guest pause
	try kavel exec "$ID" /guest read=/proc/self/attr/current write=/tmp/a:b
	assert_success
	assert_line "kavel-test (enforce)"
	assert_line "write=/tmp/a:b: EACCES"
	try kavel exec --apparmor kavel-other "$ID" /guest read=/proc/self/attr/current
	assert_success
	assert_line "kavel-other (enforce)"
	jq '.process | .apparmorProfile = "kavel-other" | .args = ["/guest", "read=/proc/self/attr/current"]' \
		"$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process"
	try kavel exec --process "$BATS_TEST_TMPDIR/process" "$ID"
	assert_success
	assert_line "kavel-other (enforce)"
	try kavel exec --apparmor no-such-profile "$ID" /guest exit=0
	assert_status 255
	assert_error_has "not loaded"
}

@test "startContainer hooks are confined as the program, with a filter and without" {
	needs apparmor apparmor_parser
	load_profile kavel-test
	config '.process.apparmorProfile = "kavel-test"
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/attr/current >/home/seen"]}]'
	run_guest read=/home/seen read=/proc/self/attr/current
	assert_success
	[[ $(grep -c '^kavel-test (enforce)$' <<<"$output") == 2 ]] || fail "both should be confined"
	rm -f "$BUNDLE/rootfs/home/seen"
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	run_guest read=/home/seen read=/proc/self/attr/current
	assert_success
	[[ $(grep -c '^kavel-test (enforce)$' <<<"$output") == 2 ]] || fail "both should be confined with a filter"
}

@test "what the image has in place of /proc does not get the label" {
	needs apparmor apparmor_parser
	load_profile kavel-test
	mkdir -p "$BUNDLE/rootfs/fake/self/attr/apparmor" "$BUNDLE/rootfs/fake/thread-self/attr/apparmor"
	touch "$BUNDLE/rootfs/fake"/{self,thread-self}/attr/{exec,current} \
		"$BUNDLE/rootfs/fake"/{self,thread-self}/attr/apparmor/{exec,current}
	# a bind of a folder that looks like procfs, over the real one
	config '.process.apparmorProfile = "kavel-test"
		| .mounts |= map(select(.destination != "/proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)
		| .mounts += [{destination: "/real", type: "proc", source: "proc"}]'
	rmdir "$BUNDLE/rootfs/proc"
	mv "$BUNDLE/rootfs/fake" "$BUNDLE/rootfs/proc"
	run_guest read=/real/self/attr/current
	assert_success
	assert_line "kavel-test (enforce)"
	[[ ! -s $BUNDLE/rootfs/proc/thread-self/attr/apparmor/exec && ! -s $BUNDLE/rootfs/proc/self/attr/exec ]]
}

@test "a guest without any procfs is confined too, and no descriptor is left to it" {
	needs apparmor apparmor_parser
	load_profile kavel-test
	config '.process.apparmorProfile = "kavel-test" | .process.noNewPrivileges = true
		| .mounts |= map(select(.destination != "/proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
	run_guest fds write=/tmp/a:b
	assert_success
	assert_line "write=/tmp/a:b: EACCES"
	[[ $(grep -c '^fd: ' <<<"$output") == 3 ]] || fail "three descriptors"
}

in_user_namespace() {
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR" "$BUNDLE"
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
}

@test "a guest with a user namespace is confined, and exec in it" {
	needs apparmor apparmor_parser
	load_profile kavel-test "deny /tmp/** w, userns,"
	in_user_namespace
	config '.process.apparmorProfile = "kavel-test" | .process.noNewPrivileges = true'
	run_guest read=/proc/self/attr/current write=/tmp/a:b
	assert_success
	assert_line "kavel-test (enforce)"
	assert_line "write=/tmp/a:b: EACCES"
	start_guest pause
	try kavel exec "$ID" /guest read=/proc/self/attr/current
	assert_success
	assert_line "kavel-test (enforce)"
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/attr/current >/home/seen"]}]'
	must kavel delete --force "$ID"
	run_guest read=/home/seen
	assert_success
	assert_line "kavel-test (enforce)"
}

@test "a guest with a user namespace is confined where no procfs may be mounted, as something lies over the host's" {
	needs apparmor apparmor_parser
	load_profile kavel-test "deny /tmp/** w, userns,"
	in_user_namespace
	config '.process.apparmorProfile = "kavel-test"
		| .mounts |= map(select(.destination != "/proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
	guest_does write=/tmp/a:b
	try unshare --mount -- sh -c 'mount -t tmpfs none /proc/irq && exec "$@"' sh \
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "write=/tmp/a:b: EACCES"
	# there the hooks cannot be given the label, and are not run without
	config '.hooks.startContainer = [{path: "/bin/true"}]'
	try unshare --mount -- sh -c 'mount -t tmpfs none /proc/irq && exec "$@"' sh \
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_refused hooks.startContainer process.apparmorProfile
	[[ ! -e $ROOT/$ID ]]
}

# -------------------------------------------------------------------------------------------------- SELinux

@test "the program has the label, and so do its session keyring, exec and startContainer hooks" {
	needs selinux
	mount_selinux
	config --arg label "$SELINUX_LABEL" '.process.selinuxLabel = $label | .process.noNewPrivileges = true
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/attr/current >/home/seen"]}]'
	run_guest read=/proc/self/attr/current keyring security
	assert_success
	assert_line "$SELINUX_LABEL"
	assert_line "keyring-label: $SELINUX_LABEL"
	assert_line "no_new_privs: 1"
	[[ $(tr -d '\0' <"$BUNDLE/rootfs/home/seen") == "$SELINUX_LABEL" ]]
	start_guest pause
	[[ $(tr -d '\0' <"/proc/$(guest_pid)/attr/current") == "$SELINUX_LABEL" ]]
	# for the one execution, not for those that follow
	[[ ! $(tr -d '\0' <"/proc/$(guest_pid)/attr/exec")$(tr -d '\0' <"/proc/$(guest_pid)/attr/keycreate") ]]
	try kavel exec "$ID" /guest read=/proc/self/attr/current keyring
	assert_success
	assert_line "$SELINUX_LABEL"
	try kavel exec --process-label "$(tr -d '\0' </proc/self/attr/current)" "$ID" /guest read=/proc/self/attr/current
	assert_success
	assert_line "$(tr -d '\0' </proc/self/attr/current)"
}

@test "a label that the policy does not know makes create fail, and leaves nothing" {
	needs selinux
	mount_selinux
	config '.process.selinuxLabel = "system_u:system_r:no_such_type_t:s0"'
	create_guest pause
	assert_refused process.selinuxLabel no_such_type_t "SELinux policy of this host does not know it"
	[[ ! -e $ROOT/$ID ]]
	try kavel create --no-new-keyring --bundle "$BUNDLE" "$ID"
	assert_refused process.selinuxLabel "does not know it"
	[[ ! -e $ROOT/$ID ]]
}
