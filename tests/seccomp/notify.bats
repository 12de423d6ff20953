load ../run/helpers

# An agent outside of the guest answers the calls of a profile: see the program beside this file.
prepare() {
	[[ $(uname -m) == x86_64 ]] || skip "the numbers are those of x86-64"
	GETPPID=110 MKDIR=83 GETPGRP=111 EXECVE=59
	AGENT=$BATS_TEST_TMPDIR/agent.sock SEEN=$BATS_TEST_TMPDIR/seen
	AGENTS=()
}

cleanup() {
	local pid

	for pid in "${AGENTS[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	return 0
}

start_agent() { # [--mode MODE] | ANSWER...
	"${BATS_TEST_DIRNAME}/agent" "$AGENT" "$SEEN" "$@" 3>&- 4>&- &
	AGENTS+=($!)
	eventually test -S "$AGENT"
}

end_agents() {
	local pid

	for pid in "${AGENTS[@]}"; do
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null || :
	done
	AGENTS=()
}

# All calls of these names are answered by the agent: notify NAME...
notify() {
	config --arg path "$AGENT" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path,
		architectures: ["SCMP_ARCH_X86_64"],
		syscalls: [{names: $ARGS.positional, action: "SCMP_ACT_NOTIFY"}]}' --args "$@"
}

# One of what the agent saw: state NUMBER JQ-FILTER
state() {
	eventually test -e "$SEEN/state.$1.json"
	jq -r "$2" "$SEEN/state.$1.json"
}

states() {
	find "$SEEN" -name 'state.*.json' | wc -l
}

@test "an agent answers with an errno or a value, and lets calls go on" {
	start_agent "$MKDIR=error:ENOMEDIUM" "$GETPPID=value:4711"
	notify mkdir getppid getpgrp
	run_guest mkdir=/new "syscall=$GETPPID" "syscall=$GETPGRP" security
	assert_success
	assert_line "mkdir=/new: ENOMEDIUM"
	assert_line "syscall=$GETPPID: 4711"
	assert_line "syscall=$GETPGRP: 1"
	assert_line "seccomp: 2"
	[[ $(cut -d' ' -f1 "$SEEN/calls" | tr '\n' ' ') == "$MKDIR $GETPPID $GETPGRP " ]]
}

@test "the agent gets one state document on a connection, with the listener, before the program runs" {
	start_agent
	notify execve
	config '.linux.seccomp.listenerMetadata = "MKNOD=/dev/null\n\"ü\"" | .annotations = {"a.b": "c"}'
	run_guest ids
	assert_success
	[[ $(states) == 1 ]]
	[[ $(state 1 .descriptors) == 1 && $(state 1 '.parts | tojson') == '[0]' ]]
	[[ $(state 1 '.document | keys | tojson') == '["fds","metadata","ociVersion","pid","state"]' ]]
	[[ $(state 1 '.document.fds | tojson') == '["seccompFd"]' ]]
	[[ $(state 1 .document.ociVersion) == 1.* ]]
	[[ $(state 1 '.document.metadata == "MKNOD=/dev/null\n\"ü\""') == true ]]
	[[ $(state 1 .document.state.id) == "$ID" ]]
	[[ $(state 1 .document.state.status) == creating ]]
	[[ $(state 1 .document.state.bundle) == "$BUNDLE" ]]
	[[ $(state 1 '.document.state.annotations["a.b"]') == c ]]
	[[ $(state 1 '.document.pid == .document.state.pid') == true ]]
	# the first call that the agent heard of is that which executes the program, by the pid of the document
	[[ $(head -n 1 "$SEEN/calls") == "$EXECVE $(state 1 .document.pid) "* ]]
}

@test "without metadata there is none in the document" {
	start_agent
	notify getppid
	run_guest ids
	assert_success
	[[ $(state 1 '.document | has("metadata")') == false ]]
}

@test "any call may be the agent's, those by which the listener is handed over among them" {
	local no_new_privs

	start_agent
	# whatever the launcher and a static program do
	for no_new_privs in true false; do
		config --argjson value "$no_new_privs" '.process.noNewPrivileges = $value'
		notify read write readv writev sendmsg sendmmsg sendto recvmsg recvmmsg recvfrom close close_range dup3 fcntl \
			execve exit_group exit wait4 waitid futex ppoll poll prctl seccomp brk mmap getrandom clock_nanosleep pause \
			rt_sigprocmask rt_sigaction rt_sigreturn openat open fstat ioctl
		run_guest say=hello
		assert_success
		assert_line hello
	done
	grep -q "^$EXECVE " "$SEEN/calls"
	assert_clean
}

@test "the same calls may be refused: what the launcher needs does not go by the profile" {
	start_agent
	notify getppid
	config '.linux.seccomp.syscalls += [{names: ["sendmmsg", "readv", "close_range", "exit_group", "sendmsg", "recvmsg"],
		action: "SCMP_ACT_KILL_PROCESS"}]'
	guest_does "syscall=$GETPPID"
	run_guest
	# exit_group at its end
	assert_status 159
	assert_line "syscall=$GETPPID: 0"
	assert_clean
}

@test "a program that cannot be executed is told although the filter forbids all that could tell it" {
	start_agent
	notify getppid
	config '.linux.seccomp.syscalls += [{names: ["write", "read", "exit_group", "exit"], action: "SCMP_ACT_ERRNO"}]'
	config '.process.args = ["/bin/sh"]'
	printf '#!/no/such/interpreter\n' >"$BUNDLE/rootfs/script"
	chmod +x "$BUNDLE/rootfs/script"
	config '.process.args = ["/script"]'
	run_guest
	assert_refused /script /no/such/interpreter
	assert_clean
}

@test "create waits for start to hand the listener over, and exec has one of its own" {
	start_agent "$GETPPID=value:99" "$MKDIR=error:ENOMEDIUM"
	notify getppid mkdir
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	[[ $(states) == 0 ]]
	must kavel start "$ID"
	[[ $(states) == 1 && $(state 1 .document.state.status) == creating ]]
	[[ $(state 1 .document.pid) == "$(guest_pid)" ]]
	try kavel exec "$ID" /guest mkdir=/x "syscall=$GETPPID"
	assert_success
	assert_line "mkdir=/x: ENOMEDIUM"
	assert_line "syscall=$GETPPID: 99"
	[[ $(states) == 2 && $(state 2 .document.state.status) == running ]]
	[[ $(state 2 .document.state.pid) == "$(guest_pid)" ]]
	[[ $(state 2 .document.pid) != "$(guest_pid)" ]]
	# the agent saw the caller under the number of the document
	[[ $(sed -n 1p "$SEEN/calls" | cut -d' ' -f2) == "$(state 2 .document.pid)" ]]
	must kavel delete --force "$ID"
	assert_clean
}

@test "startContainer hooks have a listener each, no descriptor more, and their own pid" {
	start_agent "$MKDIR=error:ENOMEDIUM"
	notify mkdir
	add_hook startContainer 'mkdir /from-hook 2>/hook.err; ls /proc/self/fd | tr "\n" " " >/hook.fds'
	add_hook startContainer true
	run_guest ids
	assert_success
	[[ $(<"$BUNDLE/rootfs/hook.err") == *"No medium found"* ]]
	[[ $(<"$BUNDLE/rootfs/hook.fds") == "0 1 2 3 " ]]
	[[ $(states) == 3 ]]
	[[ $(state 1 .document.pid) != "$(state 3 .document.pid)" ]]
	[[ $(state 3 '.document.pid == .document.state.pid') == true ]]
	[[ $(head -n 1 "$SEEN/calls") == "$MKDIR "* ]]
	must kavel create --bundle "$BUNDLE" "$ID"
	must kavel start "$ID"
	[[ $(states) == 6 ]]
	must kavel delete --force "$ID"
	assert_clean
}

@test "a hook that cannot be executed is told under a filter with a listener" {
	start_agent
	notify write
	config '.hooks.startContainer = [{path: "/no/such/hook"}]'
	run_guest ids
	assert_refused /no/such/hook "No such file"
	assert_clean
}

@test "a guest with a user namespace and an ordinary user has an agent as well" {
	start_agent "$MKDIR=error:ENOMEDIUM"
	notify mkdir
	config '.linux.namespaces += [{type: "user"}] | .process.user = {uid: 5, gid: 5} |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$BUNDLE" "$BUNDLE/rootfs" 2>/dev/null || :
	run_guest mkdir=/tmp/x
	[[ $error != *"not supported"* ]] || skip "user namespaces are not supported"
	assert_success
	assert_line "mkdir=/tmp/x: ENOMEDIUM"
}

@test "no agent: run, exec and create fail and leave nothing, start can be tried again" {
	notify mkdir
	run_guest ids
	assert_refused "failed to connect with seccomp agent" "$AGENT" "No such file"
	assert_clean
	create_guest
	assert_refused "$AGENT" "No such file"
	assert_clean

	start_agent
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	end_agents
	try kavel start "$ID"
	assert_refused "failed to connect with seccomp agent" "Connection refused"
	[[ $(guest_status) == created ]]
	rm "$AGENT"
	start_agent
	must kavel start "$ID"
	[[ $(guest_status) == running ]]
	end_agents
	try kavel exec "$ID" /guest ids
	assert_status 255
	assert_error_has "failed to connect with seccomp agent"
	must kavel delete --force "$ID"
	assert_clean
}

@test "an agent that is no socket is refused" {
	notify mkdir
	echo >"$AGENT"
	create_guest
	assert_refused "$AGENT" "not a socket"
	run_guest
	assert_refused "failed to connect with seccomp agent"
	assert_clean
}

@test "an agent that does not accept is given up after ten seconds" {
	local begin=$SECONDS

	start_agent --mode hang
	notify mkdir
	run_guest ids
	assert_refused "failed to connect with seccomp agent" "nobody accepts"
	((SECONDS - begin >= 9 && SECONDS - begin <= 14 * SLOWNESS))
	assert_clean
}

@test "an agent that hangs up at once is an error, and the program does not run" {
	start_agent --mode hang-up
	notify mkdir
	# more than a socket holds: what fits could be sent before the agent is seen to hang up
	head -c 1000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/big"
	config --rawfile big "$BATS_TEST_TMPDIR/big" '.linux.seccomp.listenerMetadata = $big'
	run_guest say=alive
	assert_refused "send the listener to seccomp agent $AGENT"
	refute_output_has alive
	assert_clean
	must kavel create --bundle "$BUNDLE" "$ID"
	try kavel start "$ID"
	assert_refused "send the listener to seccomp agent $AGENT"
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "an agent that stops reading is given up after ten seconds" {
	start_agent --mode unread
	notify mkdir
	# more than a socket holds
	head -c 1000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/big"
	config --rawfile big "$BATS_TEST_TMPDIR/big" '.linux.seccomp.listenerMetadata = $big'
	run_guest say=alive
	assert_refused "seccomp agent $AGENT" "does not read"
	refute_output_has alive
	assert_clean
}

@test "metadata and annotations of a megabyte arrive whole" {
	start_agent
	notify mkdir
	head -c 1000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/big"
	config --rawfile big "$BATS_TEST_TMPDIR/big" '.linux.seccomp.listenerMetadata = $big | .annotations = {big: $big}'
	run_guest ids
	assert_success
	[[ $(state 1 '.document.metadata | length') == 1000000 ]]
	[[ $(state 1 '.document.state.annotations.big | length') == 1000000 ]]
	[[ $(state 1 '.parts | tojson') == '[0]' ]]
}

@test "when the agent has ended its calls fail with ENOSYS" {
	start_agent
	notify mkdir
	guest_does pause
	start_guest
	start_agent_pid=${AGENTS[0]}
	end_agents
	[[ $start_agent_pid ]]
	rm "$AGENT"
	start_agent
	must kavel exec "$ID" /guest mkdir=/x
	must kavel delete --force "$ID"

	guest_shell 'until test -e /go; do sleep 0.05; done; mkdir /x 2>/result; echo >/done'
	start_guest
	end_agents
	touch "$BUNDLE/rootfs/go"
	eventually test -e "$BUNDLE/rootfs/done"
	[[ $(<"$BUNDLE/rootfs/result") == *"not implemented"* ]]
	must kavel delete --force "$ID"
	assert_clean
}

@test "a path is not looked at unless a rule notifies" {
	profile='{defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/no/such/agent", listenerMetadata: "x"}'
	config ".linux.seccomp = $profile"
	run_guest ids
	assert_success
}

@test "what cannot be is refused: no path, metadata alone, a relative path, as default action" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
	run_guest
	assert_refused SCMP_ACT_NOTIFY listenerPath
	config '.linux.seccomp.listenerPath = ""'
	run_guest
	assert_refused SCMP_ACT_NOTIFY listenerPath
	config '.linux.seccomp.listenerPath = "@abstract"'
	run_guest
	assert_refused "@abstract"
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x"}'
	run_guest
	assert_refused listenerMetadata listenerPath
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_NOTIFY", listenerPath: "/x"}'
	run_guest
	assert_refused linux.seccomp.defaultAction
	assert_clean
}

@test "WAIT_KILLABLE_RECV goes to the kernel with a listener, and is refused without" {
	start_agent "$MKDIR=error:ENOMEDIUM"
	notify mkdir
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	try kavel --debug run --bundle "$BUNDLE" "$ID"
	assert_success
	# 32, and 8 for the listener
	assert_error_has "seccomp filter flags: 40"
	config '.linux.seccomp.syscalls = []'
	run_guest
	assert_refused "linux.seccomp.flags[0]" SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV SCMP_ACT_NOTIFY
	assert_clean
}

@test "delete --force ends a guest whose execve nobody answers" {
	local pid

	start_agent --mode unread
	notify execve
	must kavel create --bundle "$BUNDLE" "$ID"
	"$KAVEL" --root "$ROOT" start "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
	pid=$!
	sleep 0.3
	kill -0 "$pid"
	must kavel delete --force "$ID"
	wait "$pid" || :
	assert_clean
}

@test "a signal ends run while nobody answers for its execve" {
	local pid

	start_agent --mode unread
	notify execve
	guest_does say=alive
	"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
	pid=$!
	eventually test -e "$ROOT/$ID"
	sleep 0.3
	kill -TERM "$pid"
	wait "$pid" && fail "it should have failed"
	grep -q 'interrupted by a signal' "$BATS_TEST_TMPDIR/out"
	assert_clean
}

@test "a system call of the host side that fails leaves nothing" {
	local call runtime=$KAVEL

	start_agent
	notify mkdir
	guest_does say=alive
	for call in socket:error=EMFILE connect:error=EACCES setsockopt:error=EPERM sendmsg:error=EIO:when=1 \
		sendmsg:error=EIO:when=2 sendmsg:error=EIO:when=3 recvmsg:error=EIO sendmmsg:error=EIO \
		readv:error=EIO seccomp:error=EBUSY close_range:error=EIO:when=2 getrandom:error=EIO; do
		KAVEL=$runtime
		inject "$call"
		run_guest
		((status == 0)) || assert_clean
		[[ $error || $output == alive ]] || fail "$call"
	done
	KAVEL=$runtime
	inject seccomp:error=EBUSY
	run_guest
	assert_refused "load the filter" "there can be one"
}
