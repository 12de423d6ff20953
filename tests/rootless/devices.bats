load setup

prepare() {
	rootless_config
}

@test "the default devices are the host's, by bind mounts without set-user-ID and exec" {
	local name

	guest_shell 'for d in null zero full random urandom tty; do test -c /dev/$d || echo $d is missing; done
		echo >/dev/null && dd if=/dev/zero bs=4 count=1 2>/dev/null | wc -c
		cat /proc/self/mounts'
	run_guest
	assert_success
	refute_output_has "is missing"
	assert_line 4
	for name in null zero full random urandom tty; do
		assert_matches " /dev/$name [a-z]* [^ ]*nosuid,noexec"
	done
}

@test "the links in /dev lead where they should" {
	run_guest readlink=/dev/fd readlink=/dev/stdin readlink=/dev/stdout readlink=/dev/stderr readlink=/dev/ptmx
	assert_success
	assert_output_has /proc/self/fd
	assert_output_has pts/ptmx
}

@test "a listed device is bound from the host" {
	config '.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438}]'
	guest_shell 'test -c /dev/fuse && cat /proc/self/mounts'
	run_guest
	assert_success
	assert_matches ' /dev/fuse '
}

@test "a mode or an owner that the host's device does not have is a warning, not silence" {
	config '.linux.devices = [
		{path: "/dev/zero", type: "c", major: 1, minor: 5},
		{path: "/dev/full", type: "c", major: 1, minor: 7, fileMode: 384}]'
	run_guest
	assert_success
	assert_error_has "warning: linux.devices[1]: /dev/full is the host's, with mode 0666"
	assert_error_has "its fileMode cannot be changed"
	[[ $error != *"linux.devices[0]"* ]]
	config '.linux.devices[1] |= (del(.fileMode) | .uid = 0)' # whom the guest does not have: the host's root
	run_guest
	assert_success
	assert_error_has "its uid and gid cannot be changed"
}

@test "a listed device in a folder of its own is bound from the host" {
	config '.linux.devices = [{path: "/dev/net/tun", type: "c", major: 10, minor: 200}]'
	guest_shell 'test -c /dev/net/tun'
	run_guest
	assert_success
}

@test "a listed device that the host has not is refused by name" {
	config '.linux.devices = [{path: "/dev/nosuch", type: "c", major: 10, minor: 229}]'
	run_guest
	assert_refused "linux.devices[0]" /dev/nosuch "No such file"
}

@test "a listed device that is another on the host is refused" {
	config '.linux.devices = [{path: "/dev/fuse", type: "c", major: 1, minor: 1}]'
	run_guest
	assert_refused "linux.devices[0]" /dev/fuse "another device"
}

@test "a listed ptmx is the link to the guest's own" {
	config '.linux.devices = [{path: "/dev/ptmx", type: "c", major: 5, minor: 2}]'
	run_guest readlink=/dev/ptmx
	assert_success
	assert_output_has pts/ptmx
}

@test "a listed FIFO is made" {
	config '.linux.devices = [{path: "/dev/pipe", type: "p", fileMode: 416}]'
	guest_shell 'test -p /dev/pipe && stat -c %a /dev/pipe'
	run_guest
	assert_success
	assert_line 640
}

@test "devices can be bound a second time in a root that keeps what they were bound to" {
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	guest_shell 'test -c /dev/null && test -c /dev/tty'
	run_guest
	assert_success
	run_guest
	assert_success
}

@test "device rules, which need more rights, are left out" {
	config '.linux.resources.devices = [{allow: false, access: "rwm"}]'
	run_guest
	assert_success
	[[ ! $error ]]
}

@test "the guest cannot make a device node" {
	run_guest mknod=/tmp/x:1:3
	assert_line "mknod=/tmp/x:1:3: EPERM"
}

@test "masked paths are covered, and cannot be uncovered" {
	config '.linux.maskedPaths = ["/proc/keys", "/proc/acpi", "/tmp"]'
	mkdir -p "$BUNDLE/rootfs/tmp/inside"
	add_capabilities CAP_SYS_ADMIN
	guest_shell 'wc -c </proc/keys; ls /tmp | wc -l; umount /tmp; umount /proc/keys; ls /tmp | wc -l'
	run_guest
	assert_line 0
	refute_output_has inside
}

@test "read-only paths are read-only" {
	guest_shell 'echo 1 >/proc/sys/kernel/domainname; mkdir /sys/x; true'
	run_guest
	assert_error_has "read-only file system"
}

@test "a console is a terminal of the guest's own" {
	config '.process.terminal = true'
	guest_shell 'test -c /dev/console && cat /proc/self/mounts'
	run_guest
	assert_success
	assert_matches 'devpts /dev/console devpts'
}

@test "an unmapped group of a devpts is refused with the reason" {
	config '(.mounts[] | select(.destination == "/dev/pts").options) += ["gid=5"]'
	run_guest
	assert_refused "mounts[" devpts gid=5 mapped
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	run_guest
	assert_success
}

@test "a sysfs without a network namespace is the host's, read-only" {
	config '(.mounts[] | select(.destination == "/sys")) = {destination: "/sys", type: "sysfs", source: "sysfs",
			options: ["nosuid", "noexec", "nodev", "ro"]}'
	guest_shell 'test -d /sys/kernel && ! mkdir /sys/fs/x'
	run_guest
	assert_success
}

@test "the guest sees its own cgroup, also on a /sys that is the host's" {
	local layout

	guest_shell 'cat /proc/self/cgroup; cat /proc/self/mountinfo'
	run_guest
	assert_success
	assert_line 0::/
	assert_matches ' / /sys/fs/cgroup '
	# without a cgroup namespace
	without_namespace cgroup
	run_guest
	assert_success
	assert_matches ' /sys/fs/cgroup ro'
}

@test "what the kernel lets no user namespace mount is refused with the reason" {
	add_mount /mnt debugfs debugfs
	run_guest
	assert_refused "mounts[" debugfs "Operation not permitted" "user namespace"
}

@test "a procfs without a pid namespace of the guest's own is refused with the reason" {
	without_namespace pid
	run_guest
	assert_status 1
	assert_error_has "mount proc to /proc: Operation not permitted (in a user namespace it takes a pid namespace"
}
