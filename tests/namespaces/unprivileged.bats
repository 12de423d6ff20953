load ../run/helpers

# A user without any privilege, and nothing in /etc/subuid: the namespaces that the kernel lets anybody make and join.

prepare() {
	PLACE=$(mktemp -d) # which that user can reach
	mv "$BUNDLE" "$PLACE/bundle"
	BUNDLE=$PLACE/bundle
	mkdir "$PLACE/state"
	config '.linux.namespaces += [{type: "user"}] | del(.linux.resources) |
		.linux.uidMappings = [{containerID: 0, hostID: 1234, size: 1}] | .linux.gidMappings = .linux.uidMappings |
		.mounts |= map(if .type == "devpts" then .options -= ["gid=5"] else . end)'
	chown -R 1234:1234 "$PLACE"
}

cleanup() {
	local id

	for id in "$PLACE"/state/*; do
		[[ ! -e $id ]] || user_does delete --force "${id##*/}"
	done
	rm -r "$PLACE"
}

user_does() {
	try setpriv --reuid 1234 --regid 1234 --clear-groups "$KAVEL" --root "$PLACE/state" "$@"
}

run_guest() {
	(($#)) && guest_does "$@"
	user_does run --bundle "$BUNDLE" "$ID"
}

start_guest() {
	guest_does pause
	user_does run --detach --bundle "$BUNDLE" "$ID"
	assert_success
	GUEST_PID=$(jq .pid < <(setpriv --reuid 1234 --regid 1234 --clear-groups "$KAVEL" --root "$PLACE/state" state "$ID"))
}

join_guest() { # TYPE...
	config --arg path "/proc/$GUEST_PID/ns/" '.linux.namespaces |= map(if .type | IN($ARGS.positional[]) then
		.path = $path + (if .type == "network" then "net" else .type end) else . end) |
		del(.linux.uidMappings, .linux.gidMappings, .linux.timeOffsets)' --args "$@"
}

@test "an unprivileged user is root in a user namespace of his own, without other groups" {
	run_guest ids namespaces read=/proc/self/setgroups read=/proc/self/uid_map stat=/proc/self/fd
	assert_success
	assert_line "uid: 0 0 0"
	assert_line "gid: 0 0 0"
	assert_line "groups:"
	assert_line deny
	assert_line "         0       1234          1"
	for type in user mnt pid net ipc uts cgroup; do
		refute_line "ns: $(readlink /proc/self/ns/$type)"
	done
	assert_clean
}

@test "offsets of a new time namespace are an unprivileged user's to set" {
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 6000000}}'
	run_guest clocks
	assert_success
	(($(sed -n 's/^boottime: //p' <<<"$output") > 6000000))
}

@test "additional groups and other users are refused, as they do not exist there" {
	config '.process.user.additionalGids = [0]'
	run_guest ids
	assert_refused "process.user.additionalGids: " "denies setgroups(2)"
	config '.process.user = {uid: 5, gid: 0}'
	run_guest ids
	assert_refused "process.user.uid: 5 is not mapped by linux.uidMappings"
	assert_clean
}

@test "exec enters the user namespace, the pid namespace and all others, as the user who made them" {
	local type

	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 6000000}}'
	start_guest
	user_does exec "$ID" /guest namespaces ids clocks
	assert_success
	for type in user mnt pid net ipc uts cgroup time; do
		assert_line "ns: $(readlink "/proc/$GUEST_PID/ns/$type")"
	done
	assert_line "uid: 0 0 0"
	(($(sed -n 's/^boottime: //p' <<<"$output") > 6000000))
	user_does exec "$ID" /guest exit=7
	assert_status 7
	try setpriv --reuid 1234 --regid 1234 --clear-groups script -qec "'$KAVEL' --root '$PLACE/state' exec --tty $ID /guest ttys" /dev/null
	assert_success
	assert_output_has /dev/pts/0
}

@test "exec shares what the container shares with the host" {
	without_namespace network
	without_namespace ipc
	config '.mounts |= map(select(.type != "mqueue" and .type != "sysfs" and .type != "cgroup"))'
	start_guest
	user_does exec "$ID" /guest namespaces
	assert_success
	assert_line "ns: $(readlink /proc/self/ns/net)"
	assert_line "ns: $(readlink /proc/self/ns/ipc)"
	assert_line "ns: $(readlink "/proc/$GUEST_PID/ns/pid")"
}

@test "the OOM score can be raised, for the container and by exec; lowering it is refused with the reason" {
	config '.process.oomScoreAdj = 500'
	start_guest
	[[ $(<"/proc/$GUEST_PID/oom_score_adj") == 500 ]]
	user_does exec "$ID" /guest oom
	assert_line "oom_score_adj: 500"
	user_does delete --force "$ID"
	config '.process.oomScoreAdj = -500'
	run_guest oom
	assert_refused "process.oomScoreAdj: set to -500" "CAP_SYS_RESOURCE"
}

@test "a second guest joins the first one's namespaces: the user namespace first, then what it owns" {
	local type

	config '.linux.namespaces += [{type: "time"}]'
	start_guest
	join_guest user pid network ipc uts cgroup time
	config 'del(.hostname)'
	guest_does namespaces ids
	user_does run --bundle "$BUNDLE" second
	assert_success
	for type in user pid net ipc uts cgroup time; do
		assert_line "ns: $(readlink "/proc/$GUEST_PID/ns/$type")"
	done
	assert_line "uid: 0 0 0"
	join_guest user
	config '.linux.namespaces |= map(if .type == "user" then . else del(.path) end) |
		.linux.timeOffsets.boottime.secs = 6000000'
	guest_does namespaces clocks
	user_does run --bundle "$BUNDLE" second
	assert_success
	assert_line "ns: $(readlink "/proc/$GUEST_PID/ns/user")"
	for type in pid net ipc uts cgroup time; do
		refute_line "ns: $(readlink "/proc/$GUEST_PID/ns/$type")"
	done
	(($(sed -n 's/^boottime: //p' <<<"$output") > 6000000))
}

@test "namespaces of the host are not an unprivileged user's to join" {
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)'
	run_guest namespaces
	assert_refused "linux.namespaces[1].path: join /proc/self/ns/net: Operation not permitted" CAP_SYS_ADMIN
	without_namespace user
	config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(del(.path))'
	run_guest namespaces
	assert_refused "linux.namespaces: a caller who is not root needs a user namespace"
	assert_clean
}

@test "hooks, kill, ps and delete of an unprivileged user's guest" {
	add_hook createRuntime "id -u >$PLACE/state/runtime"
	add_hook createContainer "id -u >$PLACE/state/container"
	start_guest
	[[ $(<"$PLACE/state/runtime") == 1234 && $(<"$PLACE/state/container") == 0 ]]
	rm "$PLACE/state/runtime" "$PLACE/state/container"
	user_does kill "$ID" KILL
	assert_success
	eventually is_gone "$GUEST_PID"
	user_does delete "$ID"
	assert_success
	assert_clean
}

@test "exec finds the user namespace that was made unasked" {
	cp "$KAVEL" "$PLACE/crun"
	config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
	guest_does pause
	try setpriv --reuid 1234 --regid 1234 --clear-groups "$PLACE/crun" --root "$PLACE/state" run --detach --bundle "$BUNDLE" "$ID"
	assert_success
	user_does exec "$ID" /guest ids read=/proc/self/uid_map
	assert_success
	assert_line "uid: 0 0 0"
	assert_line "         0       1234          1"
}
