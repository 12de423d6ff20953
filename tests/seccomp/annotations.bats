load ../run/helpers

# Annotations of crun's that concern seccomp.
prepare() {
	[[ $(uname -m) == x86_64 ]] || skip "the numbers are those of x86-64"
	GETPPID=110
	AGENT=$BATS_TEST_TMPDIR/agent.sock SEEN=$BATS_TEST_TMPDIR/seen
	AGENT_PID=''
}

cleanup() {
	if [[ $AGENT_PID ]]; then
		kill "$AGENT_PID"
		wait "$AGENT_PID" 2>/dev/null
	fi
	return 0
}

start_agent() { # ANSWER...
	"${BATS_TEST_DIRNAME}/agent" "$AGENT" "$SEEN" "$@" 3>&- 4>&- &
	AGENT_PID=$!
	eventually test -S "$AGENT"
}

annotate() { # KEY VALUE
	config --arg key "$1" --arg value "$2" '.annotations[$key] = $value'
}

# Instructions "code,jt,jf,k" as base64 of what seccomp(2) gets.
program() { # INSTRUCTION...
	python3 -c 'import base64, struct, sys
print(base64.b64encode(b"".join(struct.pack("=HBBI", *(int(n, 0) for n in i.split(","))) for i in sys.argv[1:])).decode())' "$@"
}

# Load the number; if it is getppid's return what is given, else allow.
on_getppid() { # ACTION
	program 0x20,0,0,0 "0x15,0,1,$GETPPID" "0x06,0,0,$1" 0x06,0,0,0x7fff0000
}

@test "a raw program is the filter, instead of the profile or without one" {
	annotate run.oci.seccomp_bpf_data "$(on_getppid 0x5000b)"
	run_guest "syscall=$GETPPID" security
	assert_success
	assert_line "syscall=$GETPPID: EAGAIN"
	assert_line "seccomp: 2"
	# the profile is not looked at
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_KILL"}'
	run_guest "syscall=$GETPPID"
	assert_success
	assert_line "syscall=$GETPPID: EAGAIN"
}

@test "a raw program holds in exec, and in startContainer hooks" {
	annotate run.oci.seccomp_bpf_data "$(program 0x20,0,0,0 0x15,0,1,83 0x06,0,0,0x5000b 0x06,0,0,0x7fff0000)"
	add_hook startContainer '! mkdir /from-hook 2>/hook.err'
	guest_does pause
	start_guest
	[[ $(<"$BUNDLE/rootfs/hook.err") == *temporarily* ]]
	try kavel exec "$ID" /guest mkdir=/x
	assert_line "mkdir=/x: EAGAIN"
	must kavel delete --force "$ID"
}

@test "a raw program may notify an agent" {
	start_agent "$GETPPID=value:77"
	annotate run.oci.seccomp_bpf_data "$(on_getppid 0x7fc00000)"
	run_guest "syscall=$GETPPID"
	assert_refused SCMP_ACT_NOTIFY listenerPath
	annotate run.oci.seccomp.receiver "$AGENT"
	run_guest "syscall=$GETPPID"
	assert_success
	assert_line "syscall=$GETPPID: 77"
}

@test "what is no program is refused before anything is made" {
	local text

	for text in "" "!" "AAAA" "AA==AA==" "$(program 0x06,0,0,0x7fff0000 | tr -d '\n')=" " $(program 0x06,0,0,0x7fff0000)"; do
		annotate run.oci.seccomp_bpf_data "$text"
		run_guest
		assert_refused run.oci.seccomp_bpf_data
	done
	annotate run.oci.seccomp_bpf_data "$(program 0x20,0,0,0)"
	run_guest
	assert_refused run.oci.seccomp_bpf_data "does not return"
	annotate run.oci.seccomp_bpf_data "$(program 0x20,0,0,1 0x06,0,0,0)"
	run_guest
	assert_refused run.oci.seccomp_bpf_data "instruction 0"
	annotate run.oci.seccomp_bpf_data "$(program 0x20,0,0,0 0x15,0,1,5 0x06,0,0,0)"
	run_guest
	assert_refused run.oci.seccomp_bpf_data "instruction 1"
	# an uninitialized cell, which only the kernel sees
	annotate run.oci.seccomp_bpf_data "$(program 0x60,0,0,3 0x06,0,0,0x7fff0000)"
	run_guest
	assert_refused seccomp "load the filter" "kernel does not"
	assert_clean
}

@test "an agent may be named by an annotation or by the environment; the configuration goes before both" {
	start_agent "$GETPPID=value:78"
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid"], action: "SCMP_ACT_NOTIFY"}]}'
	annotate run.oci.seccomp.receiver "$AGENT"
	run_guest "syscall=$GETPPID"
	assert_line "syscall=$GETPPID: 78"

	config 'del(.annotations)'
	guest_does "syscall=$GETPPID"
	try env RUN_OCI_SECCOMP_RECEIVER="$AGENT" "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_line "syscall=$GETPPID: 78"

	# start and exec know of it, though they do not have it
	guest_does pause
	must env RUN_OCI_SECCOMP_RECEIVER="$AGENT" "$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
	must kavel start "$ID"
	try kavel exec "$ID" /guest "syscall=$GETPPID"
	assert_line "syscall=$GETPPID: 78"
	must kavel delete --force "$ID"

	annotate run.oci.seccomp.receiver /no/such/agent
	config --arg path "$AGENT" '.linux.seccomp.listenerPath = $path'
	run_guest "syscall=$GETPPID"
	assert_line "syscall=$GETPPID: 78"
	annotate run.oci.seccomp.receiver relative
	run_guest
	assert_refused run.oci.seccomp.receiver "absolute path"
}

@test "unknown system calls are an error on request" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid", "no_such_call"],
		action: "SCMP_ACT_ERRNO"}]}'
	annotate run.oci.seccomp_fail_unknown_syscall 0
	run_guest "syscall=$GETPPID"
	assert_success
	assert_line "syscall=$GETPPID: EPERM"
	annotate run.oci.seccomp_fail_unknown_syscall 1
	run_guest
	assert_refused "linux.seccomp.syscalls[0].names[1]" no_such_call
	assert_clean
}

@test "plugins are refused with the reason" {
	annotate run.oci.seccomp.plugins /usr/lib/plugin.so
	run_guest
	assert_refused run.oci.seccomp.plugins /usr/lib/plugin.so listenerPath
}
