load ../run/helpers

@test "exec --process reads its document from a pipe" {
	local process

	process=$(jq -c '.process | .args = ["/guest", "cwd"] | .cwd = "/etc"' "$BUNDLE/config.json")
	start_guest pause
	must bash -c '"$0" --root "$1" exec --process <(sleep 0.1; echo "$3") "$2"' "$KAVEL" "$ROOT" "$ID" "$process"
	assert_line "cwd: /etc"
	try bash -c '"$0" --root "$1" exec --process <(head -c 20000000 /dev/zero) "$2"' "$KAVEL" "$ROOT" "$ID"
	((status == 255))
	assert_error_has "is larger than"
}

@test "exec --cap is ambient only when the container lets the capability be inherited" {
	config '.process.capabilities = {
		inheritable: ["CAP_CHOWN", "CAP_SYSLOG"], ambient: ["CAP_CHOWN"], effective: ["CAP_KILL"],
		permitted: ["CAP_KILL", "CAP_CHOWN"], bounding: ["CAP_KILL", "CAP_CHOWN", "CAP_SYSLOG"]}'
	start_guest pause
	must kavel exec --cap CAP_SYSLOG --cap CAP_AUDIT_WRITE "$ID" /bin/cat /proc/self/status
	assert_line $'CapInh:\t0000000400000001'
	assert_line $'CapBnd:\t0000000420000021'
	assert_line $'CapAmb:\t0000000400000001'
}

@test "exec --cgroup runs in a group below the container's, and nowhere else" {
	local group sub

	[[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]] || skip "needs cgroup v2"
	config '.linux.cgroupsPath = "/exec-parent/guest"'
	start_guest pause
	group=/sys/fs/cgroup/exec-parent/guest
	mkdir "$group/below" "$group/../beside"
	must kavel exec --cgroup below "$ID" /bin/cat /proc/self/cgroup
	assert_line 0::/below
	must kavel exec --cgroup / "$ID" /bin/cat /proc/self/cgroup
	assert_line 0::/
	for sub in .. ../beside below/.. below/../../beside /../beside; do
		try kavel exec --cgroup "$sub" "$ID" /guest exit=0
		((status == 255))
		assert_error_has "bad sub cgroup path $sub: \`..\` components are not allowed"
	done
	try kavel exec --cgroup missing "$ID" /guest exit=0
	((status == 255))
	assert_error_has "cgroup missing of the container: no such file or directory"
	rmdir "$group/../beside"
	must kavel delete --force "$ID"
	rmdir /sys/fs/cgroup/exec-parent 2>/dev/null || :
}

@test "exec runs where the first process is when the container's group is gone or takes no processes" {
	[[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]] || skip "needs cgroup v2"
	config '.linux.cgroupsPath = "/exec-parent/guest"'
	start_guest pause
	mkdir /sys/fs/cgroup/exec-parent/guest/below
	echo "$(guest_pid)" >/sys/fs/cgroup/exec-parent/guest/below/cgroup.procs
	must kavel exec "$ID" /bin/cat /proc/self/cgroup
	assert_line 0::/
	# what the kernel says once the group hands down controllers; a v2 without any cannot show it
	must strace -f -o /dev/null -e trace=clone3 -e inject=clone3:error=EBUSY:when=1 \
		"$KAVEL" --root "$ROOT" exec "$ID" /bin/cat /proc/self/cgroup
	assert_line 0::/below
	try strace -f -o /dev/null -e trace=clone3 -e inject=clone3:error=EBUSY:when=1 \
		"$KAVEL" --root "$ROOT" exec --cgroup / "$ID" /bin/cat /proc/self/cgroup
	((status == 255))
	assert_error_has "device or resource busy"
	mkdir /sys/fs/cgroup/elsewhere
	echo "$(guest_pid)" >/sys/fs/cgroup/elsewhere/cgroup.procs
	rmdir /sys/fs/cgroup/exec-parent/guest/below /sys/fs/cgroup/exec-parent/guest
	must kavel exec "$ID" /bin/cat /proc/self/cgroup
	assert_line 0::/../../elsewhere
	must kavel delete --force "$ID"
	rmdir /sys/fs/cgroup/elsewhere
	rmdir /sys/fs/cgroup/exec-parent 2>/dev/null || :
}
