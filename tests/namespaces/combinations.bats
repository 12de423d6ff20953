load ../run/helpers

# Two holders of namespaces, all of which a guest can join: a container with a user namespace of its own, and a process of
# the host's user namespace.
prepare() {
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/plain.json"
	chown -R 100000:200000 "$BUNDLE/rootfs"
	config '.linux.namespaces += [{type: "user"}, {type: "time"}] | .linux.cgroupsPath = "/holder" |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
	guest_does pause
	must kavel create --bundle "$BUNDLE" holder
	must kavel start holder
	HOLDER=$(guest_pid holder)
	cp "$BATS_TEST_TMPDIR/plain.json" "$BUNDLE/config.json"
	unshare --net --ipc --uts --cgroup --time --mount --pid --fork --kill-child sh -c 'touch "$1"; exec sleep 1000' sh \
		"$BATS_TEST_TMPDIR/ready" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	PLAIN_PARENT=$!
	eventually test -e "$BATS_TEST_TMPDIR/ready"
	PLAIN=$(pgrep -P "$PLAIN_PARENT")
}

cleanup() {
	kill -KILL "$PLAIN" "$PLAIN_PARENT" 2>/dev/null
	wait "$PLAIN_PARENT" 2>/dev/null || :
}

kernel_name() { # TYPE
	case $1 in
	network) echo net ;;
	mount) echo mnt ;;
	*) echo "$1" ;;
	esac
}

# namespace TYPE none|new|holder|plain|own: how the guest gets it.
namespace() {
	local path=null pid

	without_namespace "$1"
	case $2 in
	none) return ;;
	holder) pid=$HOLDER ;;
	plain) pid=$PLAIN ;;
	own) pid=self ;;
	esac
	[[ $2 == new ]] || path="\"/proc/$pid/ns/$(kernel_name "$1")\""
	config --arg type "$1" --argjson path "$path" \
		'.linux.namespaces += [{type: $type} + if $path then {path: $path} else {} end]'
	if [[ $1 == user ]]; then
		[[ $2 == new ]] || config 'del(.linux.uidMappings, .linux.gidMappings)'
		[[ $2 != new ]] || config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
			.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
	fi
}

# What every kind of guest here can do without: mounts that need the new namespace of their type.
plain_config() {
	cp "$BATS_TEST_TMPDIR/plain.json" "$BUNDLE/config.json"
	config 'del(.hostname) | .mounts |= map(select(.type | IN("proc", "tmpfs", "devpts")))'
}

# The guest runs; from outside, check how it came by its namespaces.  expect TYPE none|new|holder|plain|own
expect() {
	local name link

	name=$(kernel_name "$1")
	link=$(readlink "/proc/$(guest_pid)/ns/$name")
	case $2 in
	none | own) [[ $link == "$(readlink "/proc/self/ns/$name")" ]] ;;
	holder) [[ $link == "$(readlink "/proc/$HOLDER/ns/$name")" ]] ;;
	plain) [[ $link == "$(readlink "/proc/$PLAIN/ns/$name")" ]] ;;
	new)
		[[ $link != "$(readlink "/proc/self/ns/$name")" && $link != "$(readlink "/proc/$HOLDER/ns/$name")" &&
			$link != "$(readlink "/proc/$PLAIN/ns/$name")" ]]
		# a user namespace has no such owner; any other belongs to the guest's
		[[ $1 == user ]] || [[ $(owner_of "/proc/$(guest_pid)/ns/$name") == "$(readlink "/proc/$(guest_pid)/ns/user")" ]]
		;;
	esac || fail "$1 $2: $link"
}

namespaces_of() { # PID
	readlink /proc/"$1"/ns/{cgroup,ipc,mnt,net,pid,time,user,uts}
}

# Run a guest with these, look at it, look by exec, and remove it.  combine TYPE=HOW...
combine() {
	local pair

	for pair; do
		namespace "${pair%=*}" "${pair#*=}"
	done
	guest_does pause
	try kavel run --detach --bundle "$BUNDLE" "$ID"
	((status == 0)) || fail "combination: $*"
	for pair; do
		expect "${pair%=*}" "${pair#*=}"
	done
	try kavel exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" /guest pause
	((status == 0)) || fail "exec in the combination: $*"
	[[ $(namespaces_of "$(cat "$BATS_TEST_TMPDIR/pid")") == "$(namespaces_of "$(guest_pid)")" ]] ||
		fail "exec is elsewhere in the combination: $*"
	[[ $(grep -E '^(Uid|Gid|Groups):' "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/status") == \
		"$(grep -E '^(Uid|Gid|Groups):' "/proc/$(guest_pid)/status")" ]] || fail "exec is another user: $*"
	must kavel delete --force "$ID"
}

@test "each way of the user namespace goes with each way of each other type" {
	local ways=(none new holder plain) types=(pid network ipc uts cgroup time) user shift i pairs

	for user in none new holder; do
		for shift in 0 1 2 3; do
			pairs=()
			for i in "${!types[@]}"; do
				pairs+=("${types[i]}=${ways[(i * (i > 3 ? 3 : 1) + shift) % 4]}")
			done
			plain_config
			# a procfs can be mounted only in a pid namespace that the guest's user namespace owns
			config '.mounts |= map(select(.type != "proc"))'
			combine "user=$user" "${pairs[@]}"
		done
	done
}

@test "all of another container's namespaces but the mount namespace are joined" {
	plain_config
	combine user=holder pid=holder network=holder ipc=holder uts=holder cgroup=holder time=holder mount=new
	kill -0 "$HOLDER"
}

@test "all namespaces of a process without a user namespace are joined with a new one" {
	plain_config
	config '.mounts = []'
	combine user=new pid=plain network=plain ipc=plain uts=plain cgroup=plain time=plain mount=new
}

@test "a joined user namespace with all others new, which it owns" {
	combine user=holder pid=new network=new ipc=new uts=new cgroup=new time=new mount=new
}

@test "the caller's own namespaces, by path" {
	plain_config
	config '.mounts = []'
	combine user=own pid=own network=own ipc=own uts=own cgroup=own time=own mount=new
}

@test "a joined user namespace and a new time namespace with offsets" {
	plain_config
	config '.linux.timeOffsets.boottime.secs = 4000000'
	combine user=holder time=new pid=new
	config '.linux.namespaces |= map(select(.type != "pid"))'
	namespace pid holder
	run_guest clocks read=/proc/self/uid_map read=/proc/self/timens_offsets
	assert_success
	(($(sed -n 's/^boottime: //p' <<<"$output") > 4000000))
	assert_line "         0     100000      65536"
}

@test "networks of three owners: the joined user namespace's, another's, the host's" {
	local how

	for how in holder plain own; do
		plain_config
		combine user=new network=$how pid=new
		plain_config
		combine user=holder network=$how pid=new
	done
}

@test "a mount namespace is joined with a new or joined user namespace, and nothing is mounted" {
	local user before=(/proc/"$PLAIN"/mountinfo /proc/"$HOLDER"/mountinfo) seen

	seen=$(cat "${before[@]}")
	for user in new holder; do
		plain_config
		config '.mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
		combine user=$user mount=plain pid=plain
	done
	# of the joined user namespace: with its own root as that of the guest
	plain_config
	config '.mounts = [] | .root.path = "/" | del(.linux.maskedPaths, .linux.readonlyPaths)'
	combine user=holder mount=holder pid=holder
	[[ $(cat "${before[@]}") == "$seen" ]]
}

@test "mappings beside the path of a user namespace must be those that it has" {
	plain_config
	namespace user holder
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
	run_guest ids
	assert_success
	config '.linux.gidMappings[0].hostID = 200001'
	run_guest ids
	assert_refused "linux.gidMappings: not those of the joined user namespace /proc/$HOLDER/ns/user"
}

@test "an ID that is not mapped in a joined user namespace is refused" {
	plain_config
	namespace user holder
	config '.process.user.uid = 70000'
	run_guest ids
	assert_refused "process.user.uid: 70000 is not mapped in the user namespace"
	config '.process.user = {uid: 5, gid: 65536}'
	run_guest ids
	assert_refused "process.user.gid: 65536 is not mapped in the user namespace"
	config '.process.user = {uid: 5, gid: 6, additionalGids: [65536]}'
	run_guest ids
	assert_refused "process.user.additionalGids" "not mapped in the user namespace"
}

@test "paths of user and time namespaces that are missing or of another type are refused, and nothing is left" {
	plain_config
	namespace user holder
	config '.linux.namespaces |= map(if .type == "user" then .path = "/proc/self/ns/net" else . end)'
	run_guest
	assert_refused "/proc/self/ns/net is a namespace of type network, not user"
	config '.linux.namespaces |= map(if .type == "user" then .path = "/nowhere/user" else . end)'
	run_guest
	assert_refused "linux.namespaces[6].path: /nowhere/user: No such file or directory"
	config '.linux.namespaces += [{type: "user"}]'
	run_guest
	assert_refused "linux.namespaces[7]: same type as linux.namespaces[6]"
	plain_config
	namespace time holder
	config '.linux.namespaces |= map(if .type == "time" then .path = "/proc/self/ns/user" else . end)'
	run_guest
	assert_refused "/proc/self/ns/user is a namespace of type user, not time"
	[[ ! -e $ROOT/$ID ]]
}

@test "a limit of one process is enough for a guest that joins a user namespace and is born in a new pid namespace" {
	needs pids
	plain_config
	config '.linux.resources.pids.limit = 1'
	namespace user holder
	run_guest ids
	assert_success
}
