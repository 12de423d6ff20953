load setup

prepare() {
	rootless_config
}

@test "the configuration of spec --rootless works as it is" {
	rm "$BUNDLE/config.json"
	must kavel spec --rootless --bundle "$BUNDLE"
	config '.process.terminal = false | .process.args = ["sh", "-c", "id -u; id -g; cat /proc/self/uid_map"]'
	run_guest
	assert_success
	[[ ! $error ]]
	assert_line 0
	assert_matches '^ +0 +1000 +1$'
}

@test "the configuration of spec --rootless works as it is, with a terminal" {
	rm "$BUNDLE/config.json"
	must kavel spec --rootless --bundle "$BUNDLE"
	config '.process.args = ["sh", "-c", "test -t 0 && test -t 1 && echo tty; cat /proc/self/setgroups"]'
	run_guest
	assert_success
	assert_line tty
	assert_line deny
}

@test "the whole life of a guest" {
	create_guest read=/proc/self/uid_map pause
	assert_success
	[[ ! $error ]]
	status_is created
	must kavel start "$ID"
	status_is running
	must kavel list
	assert_matches "^$ID .* running .* ann"
	must kavel state "$ID"
	jq -e '.owner == "ann" and .status == "running"' <<<"$output"
	must kavel ps -f json "$ID"
	jq -e 'length == 1' <<<"$output"
	must kavel exec "$ID" /guest say=hello
	assert_output_is hello
	must kavel exec -t "$ID" /bin/sh -c 'test -t 0 && echo tty'
	assert_line tty
	must kavel kill "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	[[ ! -e $ROOT/$ID ]]
}

@test "the guest's exit code is the caller's, and nothing is left" {
	run_guest exit=7
	assert_status 7
	[[ ! -e $ROOT/$ID ]]
}

@test "delete --force ends a running guest" {
	start_guest fork=3 pause
	must kavel delete --force "$ID"
}

@test "a guest gets signals" {
	guest_does trap=15 signal
	start_guest
	eventually kavel kill "$ID" TERM
	eventually status_is stopped
}

@test "a failing create leaves nothing" {
	config '.process.args = ["/nosuch"]'
	run_guest
	assert_refused nosuch
	[[ ! -e $ROOT/$ID ]]
}

@test "all namespaces but the network's are the guest's own" {
	local type

	start_guest pause
	for type in pid ipc uts mnt cgroup user; do
		[[ $(readlink "/proc/$(guest_pid)/ns/$type") != "$(readlink "/proc/self/ns/$type")" ]] || fail "$type"
	done
	[[ $(readlink "/proc/$(guest_pid)/ns/net") == "$(readlink /proc/self/ns/net)" ]]
}

@test "with a network namespace of its own the guest has a loopback, and a sysfs" {
	config '.linux.namespaces += [{type: "network"}] |
		(.mounts[] | select(.destination == "/sys")) = {destination: "/sys", type: "sysfs", source: "sysfs",
			options: ["nosuid", "noexec", "nodev", "ro"]}'
	guest_shell 'ls /sys/class/net; cat /proc/net/dev'
	run_guest
	assert_success
	assert_line lo
}

@test "a hook runs as the caller" {
	add_hook createRuntime "id -u >$HOMES/ann/hook"
	run_guest
	assert_success
	[[ $(<"$HOMES/ann/hook") == 1000 ]]
}

@test "without a user namespace a caller who is not root is refused, with the remedy" {
	without_namespace user
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	run_guest
	assert_refused linux.namespaces "user namespace" "kavel spec --rootless"
}

@test "as crun, without a user namespace the guest gets one" {
	ln -s program "$HOMES/crun"
	make_user_script "$KAVEL" "$HOMES/crun"
	without_namespace user
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	guest_shell 'cat /proc/self/uid_map'
	run_guest
	assert_success
	assert_matches ' +1 +100000 +65536'
}

@test "plan needs no rights, and shows the mappings" {
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	must kavel plan "$BUNDLE"
	assert_output_has "uid 1 is 100000 on the host, 65536 in all"
	without_namespace user
	must kavel plan "$BUNDLE"
}

@test "an idmapped mount is refused, and says whose right it takes" {
	rootless_config
	add_mount /data bind /run/rootless bind idmap
	run_guest
	assert_refused "bind /run/rootless to /data (bind,idmap): Operation not permitted" "the rights of the host's root"
	assert_clean
}
