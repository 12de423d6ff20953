load ../run/helpers

@test "settings of the guest's own namespaces are written, and the host's are not" {
	local before

	before=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max)
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmni": "1234", "fs.mqueue.msg_max": "17",
		"net/ipv4/conf/lo/forwarding": "1"}'
	run_guest read=/proc/sys/net/ipv4/ip_forward read=/proc/sys/kernel/shmmni read=/proc/sys/fs/mqueue/msg_max
	assert_success
	assert_output_is $'1\n1234\n17'
	[[ $(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max) == "$before" ]]
}

@test "settings of the whole machine are refused and stay" {
	local key before

	before=$(cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sys/kernel/pid_max)
	for key in kernel.core_pattern vm.overcommit_memory kernel.pid_max fs.file-max kernel.modprobe \
		net.ipv4.ip_forward/../../../kernel/core_pattern net..x .. kernel/../vm/overcommit_memory "" net. \
		$'net.ipv4.ip_forward\nx'; do
		config --arg key "$key" '.linux.sysctl = {($key): "1"}'
		run_guest exit=0
		assert_refused linux.sysctl
		assert_clean
	done
	[[ $(cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sys/kernel/pid_max) == "$before" ]]
}

@test "a setting of a namespace that the guest shares is refused" {
	local before

	before=$(cat /proc/sys/net/ipv4/ip_forward)
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .mounts |= map(select(.destination != "/sys"))'
	without_namespace network
	run_guest exit=0
	assert_refused net.ipv4.ip_forward
	[[ $(cat /proc/sys/net/ipv4/ip_forward) == "$before" ]]
	default_config >"$BUNDLE/config.json"
	config '.linux.sysctl = {"kernel.shmmni": "99"} | .mounts |= map(select(.type != "mqueue"))'
	without_namespace ipc
	run_guest exit=0
	assert_refused kernel.shmmni
	default_config >"$BUNDLE/config.json"
	config '.linux.sysctl = {"kernel.domainname": "x"} | del(.hostname)'
	without_namespace uts
	run_guest exit=0
	assert_refused kernel.domainname
	assert_clean
}

@test "a name that two properties set is refused" {
	config '.linux.sysctl = {"kernel.hostname": "x"} | del(.hostname)'
	run_guest exit=0
	assert_refused kernel.hostname hostname
	config '.linux.sysctl = {"kernel.domainname": "x"} | .domainname = "y"'
	run_guest exit=0
	assert_refused kernel.domainname domainname
	config '.domainname = "x"'
	run_guest read=/proc/sys/kernel/domainname
	assert_line x
	config 'del(.domainname)'
	run_guest read=/proc/sys/kernel/domainname
	assert_success
	assert_line x
}

@test "settings are not writable by the guest afterwards" {
	run_guest write=/proc/sys/net/ipv4/ip_forward:1 write=/proc/sys/kernel/shmmni:5
	assert_success
	assert_output_has "ip_forward:1: EROFS"
	assert_output_has "shmmni:5: EROFS"
}

@test "a value that the kernel refuses names the key and the value" {
	config '.linux.sysctl = {"net.ipv4.ip_forward": "many"}'
	run_guest exit=0
	assert_refused net.ipv4.ip_forward
	assert_clean
}
