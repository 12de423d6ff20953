load ../run/helpers

# No kernel at hand has resctrl.  A folder stands for it: strace(1) tells the runtime that its file system is the right one.
RESCTRL_MAGIC=2158650700000000

# The runtime in a mount namespace where $FAKE lies at /sys/fs/resctrl.
with_resctrl() {
	command -v strace >/dev/null || skip "strace is missing"
	strace -qq -o /dev/null -e inject=fstatfs:poke_exit=@arg2=00 true 2>/dev/null || skip "this strace cannot write to memory"
	skip_with_sanitizer
	FAKE=$BATS_TEST_TMPDIR/resctrl
	mkdir -p "$FAKE"/{info/L3,info/MB,mon_groups,gold/mon_groups,gold/mon_data/mon_L3_00}
	echo ok >"$FAKE/info/last_cmd_status"
	echo 10 >"$FAKE/info/MB/bandwidth_gran"
	printf '    L3:0=7ff\n    MB:0=100\n' >"$FAKE/schemata"
	printf '    L3:0=f\n    MB:0=50\n' >"$FAKE/gold/schemata"
	touch "$FAKE/tasks" "$FAKE/gold/tasks"
	cat >"$BATS_TEST_TMPDIR/inside" <<-SCRIPT
		#!/bin/sh
		mkdir -p /tmp/cgroup.$$ && mount --rbind /sys/fs/cgroup /tmp/cgroup.$$ &&
			mount -t tmpfs none /sys/fs && mkdir /sys/fs/cgroup /sys/fs/resctrl &&
			mount --rbind /tmp/cgroup.$$ /sys/fs/cgroup && umount -l /tmp/cgroup.$$ &&
			mount --bind "$FAKE" /sys/fs/resctrl || exit 99
		exec strace \${FOLLOW-} -qq -o /dev/null -P /sys/fs/resctrl -e inject=fstatfs:poke_exit=@arg2=$RESCTRL_MAGIC "$KAVEL" "\$@"
	SCRIPT
	printf '#!/bin/sh\nexec unshare -m "%s" "$@"\n' "$BATS_TEST_TMPDIR/inside" >"$BATS_TEST_TMPDIR/kavel"
	chmod +x "$BATS_TEST_TMPDIR/kavel" "$BATS_TEST_TMPDIR/inside"
	KAVEL=$BATS_TEST_TMPDIR/kavel
}

rdt() { # JSON
	config --argjson rdt "$1" '.linux.intelRdt = $rdt'
}

picture() {
	(cd "$FAKE" && find . -type d | sort)
}

@test "without the file system linux.intelRdt is refused by its name, and nothing is left" {
	[[ ! -e /sys/fs/resctrl/schemata ]] || skip "this machine has it"
	rdt '{"closID": "gold"}'
	run_guest
	assert_refused linux.intelRdt "no resctrl file system is mounted"
	assert_clean
	rdt '{"enableMonitoring": true}'
	create_guest pause
	assert_refused linux.intelRdt
	assert_clean
}

@test "the guest's process is in the group before its program runs, and exec's too" {
	with_resctrl
	rdt '{"closID": "gold", "l3CacheSchema": "L3:0=0f"}'
	start_guest pause
	[[ $(cat "$FAKE/gold/tasks") == "$(guest_pid)" ]]
	export FOLLOW=-f # it is the guest side that joins
	must kavel exec "$ID" /guest ids
	unset FOLLOW
	# the caller of the write
	[[ $(head -1 "$FAKE/gold/tasks") == 0 ]]
	must kavel delete --force "$ID"
	[[ -e $FAKE/gold/tasks ]]
}

@test "the default group takes the process, and is not touched otherwise" {
	with_resctrl
	rdt '{"closID": "/"}'
	start_guest pause
	[[ $(cat "$FAKE/tasks") == "$(guest_pid)" ]]
	[[ $(head -1 "$FAKE/schemata") == "    L3:0=7ff" ]]
	must kavel delete --force "$ID"
}

@test "a group with another schema, one that is missing, and one of the container's name are refused, and all stays" {
	local before

	with_resctrl
	before=$(picture)
	rdt '{"closID": "gold", "memBwSchema": "MB:0=60"}'
	run_guest
	assert_refused linux.intelRdt.memBwSchema gold
	rdt '{"closID": "silver"}'
	run_guest
	assert_refused linux.intelRdt.closID silver
	[[ $(picture) == "$before" ]]
	mkdir "$FAKE/$ID"
	rdt '{}'
	run_guest
	assert_refused linux.intelRdt "exists already"
	[[ -d $FAKE/$ID ]]
	assert_clean
}

@test "a create that fails afterwards removes what it made and gives schemata back" {
	local before

	with_resctrl
	before=$(picture)
	# the folder does not fill what is made in it, so that the next step fails
	rdt '{"l3CacheSchema": "L3:0=1"}'
	run_guest
	assert_refused linux.intelRdt.l3CacheSchema
	[[ $(picture) == "$before" ]]
	rdt '{"closID": "gold", "enableMonitoring": true}'
	run_guest
	assert_refused linux.intelRdt "mon_groups/$ID/tasks"
	[[ $(picture) == "$before" ]]
	rdt '{"closID": "gold", "schemata": ["L2:0=ff"]}'
	config '.process.args = ["/nonexistent"]'
	run_guest
	assert_status 1
	[[ $(head -1 "$FAKE/gold/schemata") == "    MB:0=50" ]] # the line that is written last
	assert_clean
}

@test "update changes the schemas of the group, and refuses what is none or has no group" {
	with_resctrl
	rdt '{"closID": "gold"}'
	start_guest pause
	must kavel update --l3-cache-schema 'L3:0=3' "$ID"
	[[ $(head -1 "$FAKE/gold/schemata") == L3:0=3 ]]
	must kavel update --mem-bw-schema 'MB:0=10' "$ID"
	[[ $(head -1 "$FAKE/gold/schemata") == MB:0=10 ]]
	jq -e '.linux.intelRdt | .l3CacheSchema == "L3:0=3" and .memBwSchema == "MB:0=10"' "$ROOT/$ID/config.json"
	try kavel update --mem-bw-schema 'L3:0=1' "$ID"
	assert_refused linux.intelRdt.memBwSchema
	try kavel update --l3-cache-schema 'L3=1' "$ID"
	assert_refused linux.intelRdt.l3CacheSchema
	# what is refused of the rest takes the schema back
	try kavel update --l3-cache-schema 'L3:0=7' --pids-limit -5 "$ID"
	assert_status 1
	[[ $(head -1 "$FAKE/gold/schemata") == MB:0=10 ]]
	must kavel delete --force "$ID"
	config 'del(.linux.intelRdt)'
	start_guest pause
	try kavel update --l3-cache-schema 'L3:0=3' "$ID"
	assert_refused linux.intelRdt
	must kavel delete --force "$ID"
}

@test "events tell the schemas of the group" {
	with_resctrl
	rdt '{"closID": "gold"}'
	start_guest pause
	must kavel update --l3-cache-schema 'L3:0=3' "$ID"
	must kavel events --stats "$ID"
	jq -e '.data.intel_rdt.l3_cache_schema == "L3:0=3"' <<<"$output"
	must kavel delete --force "$ID"
}

@test "events tells the schemas and what is counted of the group" {
	with_resctrl
	echo 7ff >"$FAKE/info/L3/cbm_mask"
	echo 1 >"$FAKE/info/L3/min_cbm_bits"
	echo 16 >"$FAKE/info/L3/num_closids"
	echo 4096 >"$FAKE/gold/mon_data/mon_L3_00/llc_occupancy"
	echo 17 >"$FAKE/gold/mon_data/mon_L3_00/mbm_total_bytes"
	rdt '{"closID": "gold"}'
	start_guest pause
	must kavel events --stats "$ID"
	jq -e '.data.intel_rdt | .l3_cache_info == {cbm_mask: "7ff", min_cbm_bits: 1, num_closids: 16} and
		.l3_cache_schema_root == "L3:0=7ff" and .l3_cache_schema == "L3:0=f" and .mem_bw_schema == "MB:0=50" and
		.cmt_stats == [{llc_occupancy: 4096}] and .mbm_stats == [{mbm_total_bytes: 17}]' <<<"$output"
	must kavel delete --force "$ID"
}
