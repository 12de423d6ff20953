load ../run/helpers

# The numbers of system calls differ between architectures.
prepare() {
	[[ $(uname -m) == x86_64 ]] || skip "written for x86-64"
	GETPPID=110 MKDIR=83 SETHOSTNAME=170 PERSONALITY=135 SOCKET=41 GETPID=39
}

# A profile that allows all but what the rules say: profile RULE...
profile() {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"],
		syscalls: ($ARGS.positional | map(fromjson))}' --args "$@"
}

@test "a refused call gives the errno of the rule, EPERM unless named" {
	profile '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"}' \
		'{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}'
	run_guest "syscall=$GETPPID" "mkdir=/new" "syscall=$GETPID" security
	assert_success
	assert_line "syscall=$GETPPID: EPERM"
	assert_line "mkdir=/new: ENOSYS"
	assert_line "syscall=$GETPID: 1"
	assert_line "seccomp: 2"
}

@test "without seccomp in the configuration there is no filter" {
	run_guest security
	assert_line "seccomp: 0"
}

@test "the default action holds for what no rule names, with its errno" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 95, syscalls: [
		{names: ["execve", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink",
		"readlinkat", "getrandom", "mprotect", "write", "fstat", "newfstatat", "exit_group", "exit", "mmap", "munmap",
		"rt_sigaction", "ioctl", "close", "read", "uname", "prctl"], action: "SCMP_ACT_ALLOW"}]}'
	run_guest "syscall=$GETPPID"
	assert_success
	assert_line "syscall=$GETPPID: EOPNOTSUPP"
}

@test "arguments decide: equal, not equal, less, greater, masked" {
	profile '{"names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 11,
			"args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}' \
		'{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 12,
			"args": [{"index": 0, "value": 15, "op": "SCMP_CMP_GE"}, {"index": 1, "value": 3, "op": "SCMP_CMP_LE"}]}' \
		'{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
			"args": [{"index": 0, "value": 240, "valueTwo": 32, "op": "SCMP_CMP_MASKED_EQ"}]}' \
		'{"names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 14,
			"args": [{"index": 0, "value": 0, "op": "SCMP_CMP_NE"}]}'
	run_guest "syscall=$PERSONALITY:8" "syscall=$PERSONALITY:0xffffffff" "syscall=$SOCKET:14:1" "syscall=$SOCKET:15:1" \
		"syscall=$SOCKET:16:3" "syscall=$SOCKET:17:4" "syscall=$GETPPID:0x2f" "syscall=$GETPPID:0x3f" \
		syscall=121:0 syscall=121:1
	assert_success
	assert_line "syscall=$PERSONALITY:8: EAGAIN"
	assert_line "syscall=$PERSONALITY:0xffffffff: 0"
	assert_line "syscall=$SOCKET:15:1: ENOMEM"
	assert_line "syscall=$SOCKET:16:3: ENOMEM"
	refute_line "syscall=$SOCKET:14:1: ENOMEM"
	refute_line "syscall=$SOCKET:17:4: ENOMEM"
	assert_line "syscall=$GETPPID:0x2f: EACCES"
	assert_line "syscall=$GETPPID:0x3f: 0"
	assert_line "syscall=121:0: 1"
	assert_line "syscall=121:1: EFAULT"
}

@test "conditions on one and the same argument are alternatives, as in the peers" {
	profile '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
			"args": [{"index": 0, "value": 5, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 6, "op": "SCMP_CMP_EQ"}]}'
	run_guest "syscall=$GETPPID:4" "syscall=$GETPPID:5" "syscall=$GETPPID:6"
	assert_line "syscall=$GETPPID:4: 0"
	assert_line "syscall=$GETPPID:5: EACCES"
	assert_line "syscall=$GETPPID:6: EACCES"
}

@test "all 64 bits of an argument are compared" {
	profile '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
			"args": [{"index": 1, "value": 4294967296, "op": "SCMP_CMP_GE"}]}'
	run_guest "syscall=$GETPPID:0:0xffffffff" "syscall=$GETPPID:0:0x100000000" "syscall=$GETPPID:0:0xffffffffffffffff"
	assert_line "syscall=$GETPPID:0:0xffffffff: 0"
	assert_line "syscall=$GETPPID:0:0x100000000: EACCES"
	assert_line "syscall=$GETPPID:0:0xffffffffffffffff: EACCES"
}

@test "a call that kills ends the guest with SIGSYS" {
	profile '{"names": ["getppid"], "action": "SCMP_ACT_KILL_PROCESS"}'
	run_guest "syscall=$GETPPID" say=alive
	assert_status 159
	refute_output_has alive
	assert_clean
	profile '{"names": ["getppid"], "action": "SCMP_ACT_TRAP"}'
	without_namespace pid
	run_guest "syscall=$GETPPID" say=alive
	assert_status 159
	assert_clean
}

@test "names that this kernel does not have are skipped" {
	profile '{"names": ["no_such_call", "getppid"], "action": "SCMP_ACT_ERRNO"}'
	run_guest "syscall=$GETPPID"
	assert_success
	assert_line "syscall=$GETPPID: EPERM"
}

@test "the 32-bit calls of another architecture are filtered or killed, not let through" {
	profile '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"}'
	config '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]'
	# bit 30: x32
	run_guest "syscall=$GETPPID" "syscall=$((0x40000000 + GETPPID))"
	assert_line "syscall=$GETPPID: EPERM"
	refute_line "syscall=$((0x40000000 + GETPPID)): 0"
}

@test "the filter is on before the program, and no_new_privs off does not hinder it" {
	config '.process.noNewPrivileges = false'
	profile '{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}'
	run_guest "syscall=$SETHOSTNAME:0:0" security
	assert_success
	assert_line "syscall=$SETHOSTNAME:0:0: EIO"
	assert_line "no_new_privs: 0"
	assert_line "seccomp: 2"
}

@test "flags are accepted, unknown ones refused" {
	profile '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"}'
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"]'
	run_guest "syscall=$GETPPID"
	assert_success
	assert_line "syscall=$GETPPID: EPERM"
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_NOSUCH"]'
	run_guest
	assert_refused "linux.seccomp.flags[0]"
}

@test "an errno for an action that takes none, or beyond 4095, is refused" {
	profile '{"names": ["getppid"], "action": "SCMP_ACT_KILL", "errnoRet": 1}'
	run_guest
	assert_refused "linux.seccomp.syscalls[0]" errnoRet
	profile '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99999}'
	run_guest
	assert_refused "linux.seccomp.syscalls[0]" errnoRet
	profile '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}'
	run_guest
	assert_refused "linux.seccomp.syscalls[0].args[0].index"
	profile '{"names": ["write"], "action": "SCMP_ACT_NOTIFY"}'
	run_guest
	assert_refused linux.seccomp
	assert_clean
}

@test "the profile of the benchmark, 330 calls for three architectures, runs a shell" {
	config --slurpfile profile "$TREE/tests/bench/seccomp.json" '.linux.seccomp = $profile[0]'
	add_capabilities CAP_SYS_ADMIN
	guest_shell 'echo shell; ls / >/dev/null; id -u; exec /guest mount-tmpfs=/tmp unshare=0'
	run_guest
	assert_success
	assert_line shell
	assert_line 0
	assert_line "mount-tmpfs=/tmp: EPERM"
	assert_line "unshare=0: EPERM"
}

@test "of rules that contradict each other the most restrictive decides, whatever their order" {
	local order

	for order in '.' 'reverse'; do
		config '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 95, syscalls: [
			{names: ["personality"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 4294967290, op: "SCMP_CMP_GT"}]},
			{names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 11, args: [{index: 1, value: 7, op: "SCMP_CMP_EQ"}]},
			{names: ["execve", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64",
				"readlink", "readlinkat", "getrandom", "mprotect", "write", "fstat", "newfstatat", "exit_group",
				"ioctl"], action: "SCMP_ACT_ALLOW"}]}'
		config ".linux.seccomp.syscalls |= $order"
		run_guest "syscall=$PERSONALITY:0xffffffff:0" "syscall=$PERSONALITY:0xffffffff:7" "syscall=$PERSONALITY:0:7" \
			"syscall=$PERSONALITY:0:0"
		assert_success
		assert_line "syscall=$PERSONALITY:0xffffffff:0: 0"
		assert_line "syscall=$PERSONALITY:0xffffffff:7: EAGAIN"
		assert_line "syscall=$PERSONALITY:0:7: EAGAIN"
		assert_line "syscall=$PERSONALITY:0:0: EOPNOTSUPP"
	done
}

@test "features tell what this kernel does with seccomp" {
	try kavel features
	assert_success
	[[ $(jq .linux.seccomp.enabled <<<"$output") == true ]]
	[[ $(jq '.linux.seccomp.actions | index("SCMP_ACT_NOTIFY") != null' <<<"$output") == true ]]
	[[ $(jq '.linux.seccomp.archs | length' <<<"$output") == 23 ]]
	[[ $(jq '.linux.seccomp.supportedFlags | length' <<<"$output") == 4 ]]
	command -v strace >/dev/null || skip "strace is missing"
	inject seccomp:error=ENOSYS
	try kavel features
	assert_success
	[[ $(jq .linux.seccomp.enabled <<<"$output") == false ]]
	[[ $(jq '.linux.seccomp.supportedFlags | length' <<<"$output") == 0 ]]
}

@test "each action does what it says" {
	local row action errno want

	while read -r action errno want; do
		profile "$(jq -nc --arg action "$action" --argjson errno "$errno" \
			'{names: ["getppid"], action: $action} + if $errno then {errnoRet: $errno} else {} end')"
		run_guest "syscall=$GETPPID" say=alive
		if [[ $want == SIGSYS ]]; then
			assert_status 159
			refute_output_has alive
		else
			assert_success
			assert_line "syscall=$GETPPID: $want"
			assert_line alive
		fi
	done <<-'ROWS'
		SCMP_ACT_ALLOW null 0
		SCMP_ACT_LOG null 0
		SCMP_ACT_ERRNO null EPERM
		SCMP_ACT_ERRNO 0 0
		SCMP_ACT_ERRNO 133 EHWPOISON
		SCMP_ACT_TRACE null ENOSYS
		SCMP_ACT_TRACE 65535 ENOSYS
		SCMP_ACT_KILL null SIGSYS
		SCMP_ACT_KILL_THREAD null SIGSYS
		SCMP_ACT_KILL_PROCESS null SIGSYS
	ROWS
	assert_clean
}
