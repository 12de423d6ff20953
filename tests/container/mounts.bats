load ../run/helpers

prepare() {
	VOLUME=$BATS_TEST_TMPDIR/volume
	FILE=$BATS_TEST_TMPDIR/mounts.json
	mkdir -p "$VOLUME"
	echo content >"$VOLUME/file"
	config '.process.args = ["/bin/sleep", "100"] | .process.noNewPrivileges = false'
}

# A guest whose IDs from 0 on are the host's from 100000 on.
with_user_namespace() {
	config '.linux.namespaces += [{type: "user"}] |
		.linux |= (.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .gidMappings = .uidMappings)'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_TEST_TMPDIR" "$VOLUME"
}

# The array, as words of JSON: wanted '{...}' '{...}'
wanted() { # JSON...
	printf '%s\n' "$@" | jq -s --arg volume "$VOLUME" 'map(if .source == "VOLUME" then .source = $volume else . end)' >"$FILE"
}

start() {
	must kavel run --detach --bundle "$BUNDLE" "$ID"
}

inside() { # WORD...
	try kavel exec "$ID" "$@"
}

# Lines of the guest's mountinfo about a place.
seen_at() { # PLACE
	kavel exec "$ID" cat /proc/self/mountinfo | awk -v place="$1" '$5 == place'
}

@test "mounts come to a running container and go again" {
	start
	wanted '{"destination": "/new/data", "type": "bind", "source": "VOLUME", "options": ["bind", "ro"]}' \
		'{"destination": "/new/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k", "nosuid"]}'
	inside cat /new/data/file
	assert_status 1
	must kavel mounts add "$ID" "$FILE"
	[[ ! $output && ! $error ]] || fail "it should say nothing"
	inside cat /new/data/file
	assert_output_is content
	inside touch /new/data/other
	assert_status 1
	assert_error_has "Read-only file system"
	[[ $(seen_at /new/tmp) == *nosuid*" - tmpfs "*size=64k* ]] || fail "$(seen_at /new/tmp)"
	inside touch /new/tmp/file
	assert_success

	must kavel mounts remove "$ID" "$FILE"
	[[ ! $(seen_at /new/data) && ! $(seen_at /new/tmp) ]] || fail "still mounted"
	inside cat /new/data/file
	assert_status 1
}

@test "a file is bound, and unmounted as a file" {
	start
	echo own >"$BUNDLE/rootfs/etc/hosts"
	jq -n --arg source "$VOLUME/file" '[{destination: "/etc/hosts", type: "bind", source: $source}]' >"$FILE"
	must kavel mounts add "$ID" "$FILE"
	inside cat /etc/hosts
	assert_output_is content
	must kavel mounts remove "$ID" "$FILE"
	inside cat /etc/hosts
	assert_output_is own
}

@test "in a user namespace too, and what came read-only cannot be made writable there" {
	add_capabilities CAP_SYS_ADMIN
	with_user_namespace
	start
	wanted '{"destination": "/new/data", "type": "bind", "source": "VOLUME", "options": ["bind", "ro"]}' \
		'{"destination": "/new/tmp", "type": "tmpfs", "source": "tmpfs"}'
	must kavel mounts add "$ID" "$FILE"
	inside cat /new/data/file
	assert_output_is content
	inside mount -o remount,bind,rw /new/data
	((status)) || fail "it could be made writable"
	inside sh -c 'echo mine >/new/tmp/file && stat -c %u /new/tmp/file /new'
	assert_output_is $'0\n0'
	must kavel mounts remove "$ID" "$FILE"
	[[ ! $(seen_at /new/data) && ! $(seen_at /new/tmp) ]] || fail "still mounted"
}

@test "a mapping of IDs holds for what comes later" {
	chown 7:8 "$VOLUME/file"
	start
	wanted '{"destination": "/data", "type": "bind", "source": "VOLUME",
		"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
		"gidMappings": [{"containerID": 0, "hostID": 2000, "size": 10}]}'
	must kavel mounts add "$ID" "$FILE"
	inside stat -c %u:%g /data/file
	assert_output_is 1007:2008
}

@test "to the guest's own IDs, when it has a user namespace" {
	with_user_namespace
	chown 7:8 "$VOLUME/file"
	start
	wanted '{"destination": "/data", "type": "bind", "source": "VOLUME", "options": ["bind", "idmap"]}'
	must kavel mounts add "$ID" "$FILE"
	inside stat -c %u:%g /data/file
	assert_output_is 7:8
}

@test "either all mounts come or none" {
	start
	wanted '{"destination": "/first", "type": "tmpfs", "source": "tmpfs"}' \
		'{"destination": "/second", "type": "bind", "source": "VOLUME"}' \
		'{"destination": "/third", "type": "tmpfs", "source": "tmpfs", "options": ["nosuchoption=1"]}'
	try kavel mounts add "$ID" "$FILE"
	assert_refused "mounts: add: mounts[2]: mount tmpfs to /third (nosuchoption=1): Invalid argument"
	[[ ! $(seen_at /first) && ! $(seen_at /second) ]] || fail "the first mounts stayed"
	wanted '{"destination": "/first", "type": "tmpfs", "source": "tmpfs"}' \
		'{"destination": "/second", "type": "bind", "source": "/nowhere"}'
	try kavel mounts add "$ID" "$FILE"
	assert_refused "mounts[1]" "bind /nowhere to /second" "No such file or directory"
	[[ ! $(seen_at /first) ]] || fail "the first mount stayed"
}

@test "either all mounts go or none" {
	start
	wanted '{"destination": "/first", "type": "tmpfs", "source": "tmpfs"}'
	must kavel mounts add "$ID" "$FILE"
	wanted '{"destination": "/first"}' '{"destination": "/tmp"}'
	try kavel mounts remove "$ID" "$FILE"
	assert_refused "mounts[1].destination: nothing is mounted at /tmp"
	[[ $(seen_at /first) ]] || fail "the first is gone"
	wanted '{"destination": "/first"}' '{"destination": "/nowhere"}'
	try kavel mounts remove "$ID" "$FILE"
	assert_refused "mounts[1].destination" "/nowhere"
	[[ $(seen_at /first) ]] || fail "the first is gone"
}

@test "the paths of the guest lead nowhere but into the guest" {
	mkdir "$BATS_TEST_TMPDIR/host"
	ln -s "$BATS_TEST_TMPDIR/host" "$BUNDLE/rootfs/link"
	ln -s ../../../../.. "$BUNDLE/rootfs/up"
	start
	wanted '{"destination": "/link/data", "type": "bind", "source": "VOLUME"}' \
		'{"destination": "/up/mnt", "type": "tmpfs", "source": "tmpfs"}'
	must kavel mounts add "$ID" "$FILE"
	[[ ! -e $BATS_TEST_TMPDIR/host/data ]] || fail "it reached the host"
	inside cat "$BATS_TEST_TMPDIR/host/data/file"
	assert_output_is content
	[[ $(seen_at /mnt) ]] || fail "it is not at /mnt"
	must kavel mounts remove "$ID" "$FILE"
}

@test "a link of the guest cannot lead a mount into procfs" {
	ln -s /proc/sys "$BUNDLE/rootfs/link"
	start
	wanted '{"destination": "/link", "type": "tmpfs", "source": "tmpfs"}'
	try kavel mounts add "$ID" "$FILE"
	assert_refused "leads into procfs"
}

@test "what a container has from its creation can be neither covered nor taken away" {
	local destination type

	start
	for destination in / /proc /dev /sys /proc/sys/../bus; do
		wanted "{\"destination\": \"$destination\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}"
		try kavel mounts add "$ID" "$FILE"
		assert_refused "mounts[0]"
		try kavel mounts remove "$ID" "$FILE"
		assert_refused "mounts[0].destination: " "cannot be taken away"
	done
	wanted '{"destination": "/sys/firmware"}'
	try kavel mounts remove "$ID" "$FILE"
	assert_refused "protected by linux.maskedPaths"
	for type in proc sysfs cgroup cgroup2; do
		wanted "{\"destination\": \"/mnt\", \"type\": \"$type\", \"source\": \"none\"}"
		try kavel mounts add "$ID" "$FILE"
		assert_refused "mounts[0].type" "would lack the container's masks"
	done
	wanted '{"destination": "/mnt", "type": "ext4", "source": "/dev/loop0"}'
	try kavel mounts add "$ID" "$FILE"
	assert_refused "ext4 cannot be mounted" "mount it on the host and bind it"
	wanted '{"destination": "/dev/shm", "type": "tmpfs", "options": ["remount", "ro"]}'
	try kavel mounts add "$ID" "$FILE"
	assert_refused "cannot be changed"
}

@test "a file that is not an array of mounts is refused with its place" {
	start
	printf '{}' >"$FILE"
	try kavel mounts add "$ID" "$FILE"
	assert_refused "expected array, got object"
	printf '[{"destination": 5}]' >"$FILE"
	try kavel mounts add "$ID" "$FILE"
	assert_refused "mounts[0].destination: expected string"
	printf '[{"destination": "/a", "type": "bind"}]' >"$FILE"
	try kavel mounts add "$ID" "$FILE"
	assert_refused "mounts[0].source: missing"
	printf '[' >"$FILE"
	try kavel mounts add "$ID" "$FILE"
	assert_refused "line 1"
	try kavel mounts add "$ID" "$BATS_TEST_TMPDIR/nowhere"
	assert_refused "nowhere" "No such file or directory"
	try kavel mounts change "$ID" "$FILE"
	assert_refused 'expected add or remove, got "change"'
	printf '[]' >"$FILE"
	must kavel mounts add "$ID" "$FILE"
	must kavel mounts remove "$ID" "$FILE"
}

@test "a container that waits to be started, and one that is paused, get mounts; one that ended does not" {
	wanted '{"destination": "/data", "type": "bind", "source": "VOLUME"}'
	must kavel create --bundle "$BUNDLE" "$ID"
	must kavel mounts add "$ID" "$FILE"
	must kavel start "$ID"
	inside cat /data/file
	assert_output_is content
	must kavel mounts remove "$ID" "$FILE"
	must kavel pause "$ID"
	must kavel mounts add "$ID" "$FILE"
	must kavel resume "$ID"
	inside cat /data/file
	assert_output_is content
	must kavel kill "$ID" KILL
	eventually status_is stopped
	try kavel mounts add "$ID" "$FILE"
	assert_refused "container not running"
	try kavel mounts add nosuch "$FILE"
	assert_refused "does not exist"
}

@test "nothing of it reaches the host or the configuration that is kept" {
	local before after

	start
	before=$(mounts)
	wanted '{"destination": "/data", "type": "bind", "source": "VOLUME"}'
	must kavel mounts add "$ID" "$FILE"
	after=$(mounts)
	[[ $before == "$after" ]] || fail "mounts of the host changed"
	jq -e '.mounts | map(.destination) | index("/data") | not' "$ROOT/$ID/config.json" >/dev/null || fail "it was kept"
}
