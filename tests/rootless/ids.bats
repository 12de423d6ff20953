load setup

# A user namespace whose mappings the runtime is to find.
prepare() {
	rootless_config
	config 'del(.linux.uidMappings, .linux.gidMappings)'
}

# The mappings that the guest has: "INSIDE HOST SIZE" by lines.
uid_map() {
	guest_shell 'cat /proc/self/uid_map'
	run_guest
	assert_success
	output=$(tr -s ' ' <<<"$output" | sed 's/^ //')
}

gid_map() {
	guest_shell 'cat /proc/self/gid_map'
	run_guest
	assert_success
	output=$(tr -s ' ' <<<"$output" | sed 's/^ //')
}

@test "the caller is root in the guest, and the IDs above are her subordinate ones" {
	grants ann:100000:65536 ann:200000:1000
	uid_map
	assert_output_is $'0 1000 1\n1 100000 65536'
	gid_map
	assert_output_is $'0 1000 1\n1 200000 1000'
}

@test "several ranges, by name and by number, are all used" {
	grants $'bob:1:1\nann:100000:10\n1000:300000:5\nann:200000:7' $'1000:100000:3\nann:50000:2'
	uid_map
	assert_output_is $'0 1000 1\n1 100000 10\n11 300000 5\n16 200000 7'
	gid_map
	assert_output_is $'0 1000 1\n1 100000 3\n4 50000 2'
}

@test "a process of another user is one of the subordinate IDs on the host" {
	config '.process.user = {uid: 33, gid: 44, additionalGids: [55]}'
	chmod 777 "$BUNDLE/rootfs/tmp"
	guest_shell 'id -u; id -g; id -G; echo >/tmp/new'
	run_guest
	assert_success
	assert_output_is $'33\n44\n44 55'
	[[ $(stat -c %u:%g "$BUNDLE/rootfs/tmp/new") == 100032:200043 ]]
}

@test "without subordinate IDs the caller alone is mapped, and setgroups is denied" {
	grants
	uid_map
	assert_output_is '0 1000 1'
	gid_map
	assert_output_is '0 1000 1'
	run_guest read=/proc/self/setgroups
	assert_success
	assert_output_has deny
}

@test "with subordinate IDs of one kind alone, the caller alone is mapped" {
	grants ann:100000:65536 bob:200000:65536
	uid_map
	assert_output_is '0 1000 1'
	KAVEL_ROOT=1 try kavel --log-level info run --bundle "$BUNDLE" "$ID"
	assert_error_has "/etc/subgid grants user 1000 no IDs"
}

@test "without subordinate IDs the caller is who the process is to be" {
	grants
	config '.process.user = {uid: 33, gid: 44}'
	guest_shell 'id -u; id -g; cat /proc/self/uid_map; echo >/tmp/new'
	run_guest
	assert_success
	assert_line 33
	assert_line 44
	[[ $(stat -c %u:%g "$BUNDLE/rootfs/tmp/new") == 1000:1000 ]]
}

@test "additional groups need subordinate ones" {
	grants
	config '.process.user.additionalGids = [55]'
	run_guest
	assert_refused "process.user.additionalGids[0]: 55 is not mapped" "/etc/subuid grants user 1000 no IDs"
}

@test "a user beyond the subordinate IDs is refused" {
	config '.process.user.uid = 70000'
	run_guest
	assert_refused "process.user.uid: 70000 is not mapped" "/etc/subuid"
}

@test "mappings of the configuration are written as far as they are granted" {
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 1000, size: 1}] |
		.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 20}]'
	chmod 755 "$BUNDLE" "$HOMES/ann"
	chown 100000:200000 "$BUNDLE/rootfs"
	uid_map
	assert_output_is $'0 100000 10\n10 1000 1'
	config '.linux.uidMappings[0].hostID = 99999'
	run_guest
	assert_refused linux.uidMappings newuidmap /etc/subuid
	config '.linux.uidMappings[0].hostID = 100000 | .linux.gidMappings[0].hostID = 199999'
	run_guest
	assert_refused linux.gidMappings newgidmap /etc/subgid
}

@test "another's ID is refused" {
	config '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] |
		.linux.gidMappings = [{containerID: 0, hostID: 1000, size: 1}]'
	run_guest
	assert_refused linux.uidMappings newuidmap
}

# In a mount namespace of its own: the runtime without these programs.
without_programs() {
	touch "$ETC/nothing"
	cat >"$KAVEL" <<-SCRIPT
		#!/bin/sh
		exec unshare -m sh -c 'for p in newuidmap newgidmap; do mount --bind $ETC/nothing /usr/bin/\$p; done
			exec "\$@"' sh setpriv --reuid $ANN --regid $ANN --init-groups -- env -i PATH=/bin \\
			HOME=$HOMES/ann USER=ann XDG_RUNTIME_DIR=/run/user/$ANN $HOMES/program "\$@"
	SCRIPT
}

@test "without newuidmap the caller alone is mapped" {
	without_programs
	uid_map
	assert_output_is '0 1000 1'
	try kavel --log-level info run --bundle "$BUNDLE" "$ID"
	assert_error_has "newuidmap is not installed"
}

@test "without newuidmap more than the caller is refused, with the remedy" {
	without_programs
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}] |
		.linux.gidMappings = [{containerID: 0, hostID: 1000, size: 1}]'
	run_guest
	assert_refused linux.uidMappings "newuidmap, which is not installed" uidmap
}

@test "without newuidmap one's own ID needs nothing" {
	without_programs
	config '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] |
		.linux.gidMappings = [{containerID: 0, hostID: 1000, size: 1}]'
	uid_map
	assert_output_is '0 1000 1'
}

@test "exec joins the user namespace" {
	start_guest pause
	must kavel exec "$ID" /bin/sh -c 'cat /proc/self/uid_map; id -u'
	assert_matches ' +1 +100000 +65536'
	assert_line 0
	must kavel exec --user 33:44 "$ID" /bin/sh -c 'id -u; id -g'
	assert_output_is $'33\n44'
}
