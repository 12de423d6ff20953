# What a test needs and not every host has; part of helpers.bash.
#
#	@test "a guest that takes more than memory.max is killed" {
#		needs memory
#
# The test is skipped, with the reason, where that is not there.  tests/vm/suite finds the word in the file (in a test, or in
# prepare() for all tests of the file) and runs the test in a virtual machine that has it.
# shellcheck shell=bash

needs() { # WHAT...
	local what reason

	for what; do
		case $what in
		cpu | cpuset | io | memory | pids | hugetlb | rdma | misc)
			reason="no $what controller in cgroup v2"
			grep -qw "$what" /sys/fs/cgroup/cgroup.controllers 2>/dev/null && continue
			;;
		cpus)
			reason="one processor only"
			(($(nproc) > 1)) && continue
			;;
		apparmor)
			reason="no AppArmor"
			[[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]] && continue
			;;
		resource)
			reason="root has no CAP_SYS_RESOURCE"
			((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) & 1 << 24)) && continue
			;;
		selinux) # with a policy
			reason="no SELinux"
			grep -qw selinuxfs /proc/filesystems && grep -q : /proc/self/attr/current 2>/dev/null && continue
			;;
		vm) # it changes the machine
			reason="not in a virtual machine"
			[[ -e /run/vm/command ]] && continue
			;;
		systemd-v1) # the same, with controllers on cgroup v1
			reason="no systemd of our own on cgroup v1"
			[[ -e /run/vm/command && $(</proc/1/comm) == systemd && -d /sys/fs/cgroup/systemd ]] && continue
			;;
		systemd) # as PID 1 of a machine that is the test's own
			reason="no systemd of our own"
			[[ -e /run/vm/command && -d /run/systemd/system && $(</proc/1/comm) == systemd ]] && continue
			;;
		*) # any program
			reason="no $what in the path"
			command -v "$what" >/dev/null && continue
			;;
		esac
		skip "needs $what: $reason"
	done
}
