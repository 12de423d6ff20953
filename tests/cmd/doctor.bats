# The checks that read files: on hosts that are folders.  The kernel that is asked is the one that runs.
load setup

HOST_FILES=(proc/self sys/fs/cgroup etc/docker etc/containerd etc/crio/crio.conf.d etc/containers/containers.conf.d usr/bin
	usr/share/containers dev/pts)

# A host that has all that is asked for.
good_host() {
	local folder

	HOST=$BATS_TEST_TMPDIR/host
	for folder in "${HOST_FILES[@]}"; do
		mkdir -p "$HOST/$folder"
	done
	touch "$HOST/dev/pts/ptmx"
	mkdir -p "$HOST"/proc/sys/{kernel/seccomp,kernel/keys,user} "$HOST/sys/module/apparmor/parameters"
	printf '\text4\nnodev\toverlay\n' >"$HOST/proc/filesystems"
	echo "kill_process trap errno user_notif trace log allow" >"$HOST/proc/sys/kernel/seccomp/actions_avail"
	echo 1000000 >"$HOST/proc/sys/kernel/keys/root_maxkeys"
	echo 15000 >"$HOST/proc/sys/user/max_user_namespaces"
	echo Y >"$HOST/sys/module/apparmor/parameters/enabled"
	echo "30 23 0:26 / $HOST/sys/fs/cgroup rw - cgroup2 cgroup2 rw" >"$HOST/proc/self/mountinfo"
	echo 0::/ >"$HOST/proc/self/cgroup"
}

doctor() { # OPTION...
	try kavel doctor --host "$HOST" --format json "$@"
}

# The findings of a check: STATUS and a text that one of them has, and the change that goes with it.
found() { # CHECK STATUS TEXT [CHANGE]
	jq -e --arg check "$1" --arg status "$2" --arg text "$3" --arg change "${4-}" 'any(.[]; .check == $check and
		.status == $status and (.finding | contains($text)) and ((.change // "") | contains($change)) and
		(.status == "ok" or has("change")))' <<<"$output" >/dev/null || fail "no finding: $*"
}

@test "every finding has a check, a status and a text, and says what to change unless it is ok" {
	try kavel doctor --format json
	((status == 0 || status == 1)) || fail "the exit code should be 0 or 1"
	jq -e 'length > 10 and all(.[]; (.check | length > 0) and (.finding | length > 0) and
		(if .status == "ok" then has("change") | not else (.status == "warn" or .status == "fail") and
			(.change | length > 0) end))' <<<"$output" >/dev/null || fail "findings"
	[[ $(jq 'any(.[]; .status == "fail")' <<<"$output") == "$( ((status)) && echo true || echo false)" ]] || fail "the exit code"
}

@test "the table has a line for each finding, with what to change below" {
	good_host
	rm "$HOST/proc/filesystems"
	try kavel doctor --host "$HOST"
	assert_matches '^ok    kernel       Linux [0-9]'
	assert_matches '^warn  overlay      no overlay file system'
	assert_matches '^                   -> modprobe overlay'
}

@test "what the kernel has is told, and what is lost without it" {
	good_host
	doctor
	found seccomp ok "with notification"
	found overlay ok overlay
	found lsm ok "AppArmor is on"
	found devpts ok devpts
	found keys ok 1000000
	found user-ns ok "users may"
	rm "$HOST/proc/sys/kernel/seccomp/actions_avail" "$HOST/dev/pts/ptmx" "$HOST/sys/module/apparmor/parameters/enabled"
	echo 200 >"$HOST/proc/sys/kernel/keys/root_maxkeys"
	doctor
	assert_status 1
	found seccomp fail "no seccomp filters" CONFIG_SECCOMP_FILTER
	found devpts warn "no devpts" "mount -t devpts"
	found lsm ok "neither AppArmor nor SELinux"
	found keys warn "200 keys" "maxkeys"
	echo "kill trap errno trace allow" >"$HOST/proc/sys/kernel/seccomp/actions_avail"
	doctor
	found seccomp warn "without notification" "newer kernel"
}

@test "settings that keep users from user namespaces are named" {
	good_host
	echo 0 >"$HOST/proc/sys/user/max_user_namespaces"
	doctor
	found user-ns warn "user.max_user_namespaces = 0" "sysctl -w user.max_user_namespaces"
	echo 15000 >"$HOST/proc/sys/user/max_user_namespaces"
	echo 0 >"$HOST/proc/sys/kernel/unprivileged_userns_clone"
	doctor
	found user-ns warn "kernel.unprivileged_userns_clone = 0" "unprivileged_userns_clone=1"
	echo 1 >"$HOST/proc/sys/kernel/unprivileged_userns_clone"
	echo 1 >"$HOST/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
	doctor
	found user-ns warn "apparmor_restrict_unprivileged_userns = 1" userns
	echo 3 >"$HOST/proc/sys/user/max_net_namespaces"
	doctor
	found limits warn "user.max_net_namespaces = 3" "sysctl -w user.max_net_namespaces"
}

as_user() { # OPTION...
	chmod a+rx "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	try setpriv --reuid 4242 --regid 4242 --clear-groups env HOME=/ XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" \
		"$KAVEL" doctor --host "$HOST" --format json "$@"
}

@test "a user is told of subordinate IDs and of the programs that map them" {
	[[ $(id -u) == 0 ]] || skip "needs root to become a user"
	setpriv --reuid 4242 test -x "$KAVEL" || skip "no user can run the program there"
	good_host
	as_user
	found subids warn "/etc/subuid grants 0 IDs" "usermod --add-subuids"
	found subids warn "/etc/subgid grants 0 IDs" "usermod --add-subgids"
	found uidmap warn "newuidmap is missing" "install uidmap"
	echo other:1:70000 >"$HOST/etc/subuid"
	printf '4242:100000:30000\n4242:200000:40000\n' >>"$HOST/etc/subuid"
	echo 4242:100000:65536 >"$HOST/etc/subgid"
	touch "$HOST/usr/bin/newuidmap" "$HOST/usr/bin/newgidmap"
	chmod 4755 "$HOST/usr/bin/newuidmap"
	as_user
	found subids ok "/etc/subuid grants 70000 IDs"
	found subids ok "/etc/subgid grants 65536 IDs"
	found uidmap ok /usr/bin/newuidmap
	found uidmap warn "/usr/bin/newgidmap has no right" "install uidmap again"
	echo 0 >"$HOST/proc/sys/user/max_user_namespaces"
	as_user
	found user-ns fail "user.max_user_namespaces = 0"
	assert_status 1
}

@test "layouts of cgroups are told apart, and missing controllers named" {
	good_host
	: >"$HOST/proc/self/mountinfo"
	doctor
	found cgroups warn "no cgroups" "mount -t cgroup2"
	cat >"$HOST/proc/self/mountinfo" <<-EOF
		30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
		31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
	EOF
	printf '2:memory:/\n1:cpu,cpuacct:/\n' >"$HOST/proc/self/cgroup"
	doctor
	found cgroups warn "cgroup v1" unified_cgroup_hierarchy
	found controllers warn "no controller pids: no limits of processes" boot
	found controllers ok "2 of 6 controllers"
}

@test "podman's configuration is read, and what is missing is said" {
	good_host
	doctor
	[[ $(jq 'any(.[]; .check == "podman")' <<<"$output") == false ]] || fail "podman is not there"
	touch "$HOST/usr/bin/podman"
	doctor
	found podman warn "does not know the runtime kavel" 'kavel = ["'
	printf '[engine]\n# kavel\nruntime_supports_json = ["crun", # "kavel",\n  "runc"]\n[engine.runtimes]\nkavel = [ "/usr/bin/kavel" ]\n' \
		>"$HOST/etc/containers/containers.conf"
	doctor
	found podman ok "podman knows the runtime kavel"
	found podman warn "plain text" runtime_supports_json
	printf '[engine]\nruntime="kavel"\nruntime_supports_json = [\n"crun",\n"kavel",\n]\n' \
		>"$HOST/etc/containers/containers.conf.d/50.conf"
	doctor
	found podman ok "podman knows the runtime kavel, its default"
	[[ $(jq 'any(.[]; .check == "podman" and .status == "warn")' <<<"$output") == false ]] || fail "there is nothing to change"
}

@test "Docker's configuration is read, and what is missing is said" {
	good_host
	touch "$HOST/usr/bin/dockerd"
	doctor
	found docker warn "does not know" '"runtimes": {"kavel": {"path": "'
	echo '{"runtimes": {"fast": {"path": "/opt/kavel"}}, "default-runtime": "fast"}' >"$HOST/etc/docker/daemon.json"
	doctor
	found docker ok 'knows kavel as "fast", its default'
	echo '{"runtimes": {"crun": {"path": "/usr/bin/crun"}}}' >"$HOST/etc/docker/daemon.json"
	doctor
	found docker warn "does not know"
	echo '{"runtimes": ' >"$HOST/etc/docker/daemon.json"
	doctor
	found docker fail "line " "correct it"
}

@test "containerd's and CRI-O's configuration is read, and what is missing is said" {
	good_host
	touch "$HOST"/usr/bin/{containerd,crio}
	doctor
	found containerd warn "does not know kavel" docs/engines/containerd.md
	found cri-o warn "does not know kavel" docs/engines/cri-o.md
	cat >"$HOST/etc/containerd/config.toml" <<-'EOF'
		version = 2
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kavel.options]
		  BinaryName = "/usr/local/bin/kavel" # ours
	EOF
	printf '[crio.runtime.runtimes.kavel]\nruntime_path = "/usr/bin/kavel"\n' >"$HOST/etc/crio/crio.conf.d/10.conf"
	doctor
	found containerd ok "knows kavel"
	found cri-o ok "knows kavel"
}

@test "a state directory that others may write to fails" {
	chmod 777 "$ROOT"
	try kavel doctor --format json
	assert_status 1
	found state fail "others may write" "chmod go-w"
	chmod 700 "$ROOT"
	try kavel doctor --format json
	found state ok "$ROOT"
	found leftovers ok "nothing is left"
	touch file
	try "$KAVEL" --root "$PWD/file" doctor --format json
	found state fail "no directory"
}

@test "--repair is not for the files of another host" {
	good_host
	try kavel doctor --host "$HOST" --repair
	assert_refused "--repair is for this host"
}
