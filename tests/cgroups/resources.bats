load ../run/helpers

# A controller that can be enabled here, for either layout.
V2=/sys/fs/cgroup

@test "pids: the guest cannot have more processes than its limit" {
	grep -qw pids "$V2/cgroup.controllers" 2>/dev/null || [[ -d /sys/fs/cgroup/pids ]] || skip "no pids controller"
	config '.linux.resources.pids = {limit: 5}'
	guest_shell 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; echo never'
	run_guest
	refute_output_has never
	assert_clean
}

@test "memory: a guest that takes more than its limit is killed" {
	grep -qw memory "$V2/cgroup.controllers" 2>/dev/null || [[ -d /sys/fs/cgroup/memory ]] || skip "no memory controller"
	config '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	run_guest memory=64
	refute_output_has "memory=64: ok"
	((status == 137)) || fail "status 137"
	assert_clean
	run_guest memory=4
	assert_output_has "memory=4: ok"
}

@test "hugetlb: a limit is written where the host has the controller" {
	local file

	grep -qw hugetlb "$V2/cgroup.controllers" 2>/dev/null || skip "no hugetlb controller"
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}] | .linux.cgroupsPath = "/parent/guest"'
	start_guest pause
	file=$V2/parent/guest/hugetlb.2MB.max
	[[ $(<"$file") == 4194304 ]]
	# of reserved pages, too, where the kernel counts them
	file=$V2/parent/guest/hugetlb.2MB.rsvd.max
	[[ ! -e $file || $(<"$file") == 4194304 ]]
	must kavel delete --force "$ID"
	rmdir "$V2/parent" 2>/dev/null || :
	echo -hugetlb >"$V2/cgroup.subtree_control" 2>/dev/null || :
}

@test "unified: a file of the group is written, one that does not exist is an error" {
	[[ $(stat -f -c %T "$V2") == cgroup2fs ]] || skip "not cgroup v2 alone"
	config '.linux.resources.unified = {"cgroup.max.depth": "3"} | .linux.cgroupsPath = "/parent/guest"'
	start_guest pause
	[[ $(<"$V2/parent/guest/cgroup.max.depth") == 3 ]]
	must kavel delete --force "$ID"
	config '.linux.resources.unified = {"memory.nosuch": "3"}'
	run_guest
	assert_refused linux.resources.unified memory.nosuch
	rmdir "$V2/parent" 2>/dev/null || :
	assert_clean
}

@test "unified: files that would move, freeze or kill processes, and paths, are refused" {
	local key

	[[ $(stat -f -c %T "$V2") == cgroup2fs ]] || skip "not cgroup v2 alone"
	for key in cgroup.procs cgroup.threads cgroup.freeze cgroup.kill ../cgroup.procs /abs a/b "" x $'a.b\nc'; do
		config --arg key "$key" '.linux.resources.unified = {($key): "1"}'
		run_guest
		assert_refused linux.resources.unified
		assert_clean
	done
}

@test "a property of a controller that this host lacks is refused by its name, not ignored" {
	local controller filter

	while IFS='|' read -r controller filter; do
		grep -qw "$controller" "$V2/cgroup.controllers" 2>/dev/null && continue
		[[ -d /sys/fs/cgroup/${controller/#io/blkio} ]] && continue
		default_config >"$BUNDLE/config.json"
		config "$filter"
		run_guest
		assert_refused linux.resources
		assert_clean
	done <<-'EOT'
		memory|.linux.resources.memory = {limit: 100000000}
		cpu|.linux.resources.cpu = {shares: 100}
		cpuset|.linux.resources.cpu = {cpus: "0"}
		pids|.linux.resources.pids = {limit: 10}
		io|.linux.resources.blockIO = {weight: 100}
		rdma|.linux.resources.rdma = {"x": {hcaHandles: 1}}
	EOT
}

@test "pids: -1 means that there is no limit" {
	grep -qw pids "$V2/cgroup.controllers" 2>/dev/null || [[ -d /sys/fs/cgroup/pids ]] || skip "no pids controller"
	config '.linux.resources.pids = {limit: -1}'
	run_guest fork=20 say=unlimited
	assert_success
	assert_line unlimited
}
