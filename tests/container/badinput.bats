load ../run/helpers

refused() { # TEXT...
	LIMIT=10 try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused "$@"
	assert_clean
}

@test "a bundle that is missing, a file or unreadable" {
	try kavel run --bundle /nonexistent "$ID"
	assert_refused /nonexistent
	try kavel run --bundle /etc/passwd "$ID"
	assert_refused /etc/passwd
	rm "$BUNDLE/config.json"
	refused config.json
	mkdir "$BUNDLE/config.json"
	refused config.json
	assert_clean
}

@test "a configuration that is a FIFO or never ends is refused at once" {
	rm "$BUNDLE/config.json"
	mkfifo "$BUNDLE/config.json"
	refused config.json
	rm "$BUNDLE/config.json"
	ln -s /dev/zero "$BUNDLE/config.json"
	refused config.json
}

@test "a configuration that is not JSON names line and column" {
	printf '{\n  "ociVersion": "1.0.2",\n  "process" {}\n}\n' >"$BUNDLE/config.json"
	refused config.json 3
}

@test "malformed JSON of all kinds is refused" {
	local text good

	good=$(jq -c . "$BUNDLE/config.json")
	for text in '' ' ' '[]' '"x"' 'null' '1' '{' "${good%\}}" "$good$good" "$good x" "// x
$good" "${good%\}},}" "{'a': 1}" '{"a": 1, "a": 2}' "${good/\"hostname\":\"guest\"/\"hostname\":\"a\",\"hostname\":\"b\"}" \
		"${good/\"guest\"/\"gu\\u0000est\"}" "${good/\"guest\"/\"gu\\ud800est\"}" "${good/\"guest\"/01}"; do
		printf '%s' "$text" >"$BUNDLE/config.json"
		refused config.json
	done
}

@test "invalid UTF-8 and a NUL byte are refused" {
	sed -i 's/"hostname": "guest"/"hostname": "\xff\xfe"/' "$BUNDLE/config.json"
	refused config.json
	default_config >"$BUNDLE/config.json"
	printf '\0' >>"$BUNDLE/config.json"
	refused config.json
}

@test "10,000-deep nesting is refused" {
	{
		printf '{"ociVersion": "1.0.2", "x": '
		printf '[%.0s' $(seq 10000)
		printf ']%.0s' $(seq 10000)
		printf '}'
	} >"$BUNDLE/config.json"
	refused config.json
	{
		printf '{"a":%.0s' $(seq 10000)
		printf '1'
		printf '}%.0s' $(seq 10000)
	} >"$BUNDLE/config.json"
	refused config.json
}

@test "a configuration of 10 MB is read or refused, quickly" {
	local start

	jq -c --arg value "$(head -c 100000 /dev/zero | tr '\0' x)" \
		'.annotations = ([range(100)] | map({("key.\(.)"): $value}) | add)' --null-input >"$BATS_TEST_TMPDIR/annotations" ||
		skip "the arguments are too long for jq"
	jq -c --slurpfile more "$BATS_TEST_TMPDIR/annotations" '. + $more[0]' <"$BUNDLE/config.json" >"$BUNDLE/big"
	mv "$BUNDLE/big" "$BUNDLE/config.json"
	(($(stat -c %s "$BUNDLE/config.json") > 10000000))
	start=$SECONDS
	try kavel run --bundle "$BUNDLE" "$ID"
	((status == 0)) || assert_refused config.json
	((SECONDS - start < 5 * SLOWNESS))
	assert_clean
}

@test "a configuration of 20 MB is refused" {
	truncate -s 20M "$BUNDLE/config.json"
	refused config.json
}

@test "an empty configuration file, and one without the required properties" {
	: >"$BUNDLE/config.json"
	refused config.json
	echo '{}' >"$BUNDLE/config.json"
	refused ociVersion
	echo '{"ociVersion": "1.0.2"}' >"$BUNDLE/config.json"
	refused root
}

@test "wrong types and ranges are named by their place" {
	local good place filter

	good=$(<"$BUNDLE/config.json")
	while IFS='|' read -r filter place; do
		echo "$good" >"$BUNDLE/config.json"
		config "$filter"
		try kavel create --bundle "$BUNDLE" "$ID"
		assert_refused "$place"
	done <<-'EOT'
		.ociVersion = ""|ociVersion
		.ociVersion = "abc"|ociVersion
		.ociVersion = "2.0.0"|ociVersion
		.ociVersion = 1|ociVersion
		.hostname = 5|hostname
		.hostname = ("x" * 65)|hostname
		.process = []|process
		.process.terminal = "yes"|process.terminal
		.process.args = "x"|process.args
		.process.args = []|process.args
		.process.args = [1]|process.args[0]
		.process.args = [null]|process.args[0]
		.process.cwd = null|process.cwd
		del(.process.cwd)|process.cwd
		.process.cwd = ""|process.cwd
		.process.env = ["NOEQUALS"]|process.env[0]
		.process.env = ["=x"]|process.env[0]
		.process.user.uid = -1|process.user.uid
		.process.user.uid = 1.5|process.user.uid
		.process.user.uid = true|process.user.uid
		.process.user.uid = 4294967296|process.user.uid
		.process.user.gid = 4294967295|process.user.gid
		.process.user.additionalGids = [4294967295]|process.user.additionalGids[0]
		.process.user.umask = 4096|process.user.umask
		.process.oomScoreAdj = 1001|process.oomScoreAdj
		.process.oomScoreAdj = -1001|process.oomScoreAdj
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: -5, hard: 5}]|process.rlimits[0].soft
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 9, hard: 1}]|process.rlimits[0]
		.process.rlimits += .process.rlimits|process.rlimits[1]
		.process.rlimits = [{soft: 1, hard: 1}]|process.rlimits[0].type
		.root = "rootfs"|root
		.root.path = ""|root.path
		.root.path = 5|root.path
		.root.readonly = "no"|root.readonly
		.mounts = {}|mounts
		.mounts[0].destination = ""|mounts[0].destination
		del(.mounts[0].destination)|mounts[0].destination
		.mounts[0].options = "ro"|mounts[0].options
		.linux.namespaces += [{type: "pid"}]|linux.namespaces
		.linux.namespaces += [{type: "nosuch"}]|linux.namespaces[6].type
		.linux.namespaces += [{}]|linux.namespaces[6].type
		.linux.namespaces[0].path = "relative"|linux.namespaces[0].path
		.linux.rootfsPropagation = "bogus"|linux.rootfsPropagation
		.linux.maskedPaths = ["relative"]|linux.maskedPaths[0]
		.linux.maskedPaths = [""]|linux.maskedPaths[0]
		.linux.readonlyPaths = ["relative"]|linux.readonlyPaths[0]
		.linux.resources.pids = {limit: "1G"}|linux.resources.pids.limit
		.linux.resources.memory = {limit: -2}|linux.resources.memory.limit
		.linux.resources.devices = [{allow: true, type: "z"}]|linux.resources.devices[0].type
		.linux.resources.devices = [{allow: true, access: "xyz"}]|linux.resources.devices[0].access
		.linux.devices = [{path: "dev/x", type: "c", major: 1, minor: 3}]|linux.devices[0].path
		.linux.devices = [{path: "/dev/x", type: "c", major: -1, minor: 3}]|linux.devices[0].major
		.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, fileMode: 1048576}]|linux.devices[0].fileMode
		.linux.devices = [{type: "c", major: 1, minor: 3}]|linux.devices[0].path
		.linux.seccomp = {}|linux.seccomp.defaultAction
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["NOSUCH"]}|linux.seccomp.flags[0]
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{action: "SCMP_ACT_KILL"}]}|linux.seccomp.syscalls[0].names
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: [], action: "SCMP_ACT_KILL"}]}|linux.seccomp.syscalls[0].names
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 1}|linux.seccomp.defaultErrnoRet
		.hooks = []|hooks
		.hooks.poststop = [{}]|hooks.poststop[0].path
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]|linux.uidMappings
		.annotations = {"": "x"}|annotations
		.annotations = {"x": 1}|annotations
	EOT
	assert_clean
}

@test "unknown properties are ignored" {
	config '.nosuch = {a: [1, 2]} | .process.nosuch = 5 | .linux.nosuch = null | .windows = {} | .vm = 1 | .solaris = []'
	run_guest say=fine
	assert_success
	assert_output_is fine
}

@test "the largest limit, 18446744073709551615, is accepted" {
	# jq would round it
	sed -i 's/"hard": 1024, "soft": 1024/"hard": 0, "soft": 0/' "$BUNDLE/config.json"
	sed -i 's/"type": "RLIMIT_NOFILE", "hard": 0, "soft": 0/"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 0/' \
		"$BUNDLE/config.json"
	sed -i 's|"args": \["/guest"\]|"args": ["/guest", "rlimits"]|' "$BUNDLE/config.json"
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_line "RLIMIT_CORE: 0 unlimited"
	sed -i 's/18446744073709551615/18446744073709551616/' "$BUNDLE/config.json"
	refused "line 13"
}

@test "a rootfs that is missing, a file or a loop of links" {
	config '.root.path = "nothing"'
	refused root.path nothing
	config '.root.path = "config.json"'
	refused root.path config.json
	ln -s loop "$BUNDLE/loop"
	config '.root.path = "loop"'
	refused root.path loop
	config '.root.path = ("x" * 5000)'
	refused root.path
}

@test "IDs that cannot be" {
	local id

	for id in "" . .. .hidden -x a/b /abs ../x "a b" $'a\nb' $'a\tb' $'\xc3\xa4' '*' 'a:b' "$(printf 'x%.0s' $(seq 256))" \
		"$(printf 'x%.0s' $(seq 2000))"; do
		try kavel create --bundle "$BUNDLE" "$id"
		assert_refused
		try kavel state "$id"
		assert_refused
		assert_clean
	done
	try kavel create --bundle "$BUNDLE" -- -x
	assert_refused
	[[ $(ls "$BATS_TEST_TMPDIR") != *"x"*"x"* ]]
}

@test "IDs of all characters that are allowed work" {
	try kavel run --bundle "$BUNDLE" Az09_+.-x
	assert_success
	try kavel run --bundle "$BUNDLE" "$(printf 'x%.0s' $(seq 255))"
	((status == 0)) || assert_refused
	assert_clean
}

@test "unknown commands and options, and missing arguments" {
	try "$KAVEL" nosuch
	assert_refused nosuch
	try "$KAVEL" --nosuch
	((status != 0))
	assert_error_has nosuch
	try kavel run --nosuch "$ID"
	((status != 0))
	assert_error_has nosuch
	try kavel run
	((status != 0))
	try kavel run --bundle
	((status != 0))
	try kavel state a b
	((status != 0))
	try kavel --log-format yaml list
	((status != 0))
	assert_error_has yaml
	try kavel --log /nonexistent/log list
	((status != 0))
	assert_error_has /nonexistent/log
}

@test "closed standard streams are survived" {
	local closed

	guest_does fds write=/ran:yes
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		rm -f "$BUNDLE/rootfs/ran"
		status=0
		eval 'timeout -s KILL 10 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3>&- 4>&- '"$closed" \
			>"$BATS_TEST_TMPDIR/out.$RANDOM" || status=$?
		((status == 0 || status == 1)) || fail "run $closed: status $status"
		((status == 1)) || [[ -e $BUNDLE/rootfs/ran ]] || fail "run $closed: the guest did not run"
		assert_clean
	done
}

@test "a reader that is gone does not kill the runtime with the guest left behind" {
	config '.process.args = ["/bin/sh", "-c", "while echo line; do :; done"]'
	timeout -s KILL 10 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 2>/dev/null 3>&- | head -1
	eventually test ! -e "$ROOT/$ID"
	assert_clean
}

@test "a full state directory" {
	mkdir "$ROOT"
	mount -t tmpfs -o size=4k none "$ROOT"
	take_snapshot
	head -c 4096 /dev/zero >"$ROOT/filler" 2>/dev/null || :
	create_guest pause
	assert_refused
	rm "$ROOT/filler"
	assert_clean
	umount "$ROOT"
	take_snapshot
}

@test "a read-only state directory" {
	mkdir "$ROOT"
	mount -t tmpfs -o ro none "$ROOT"
	take_snapshot
	create_guest pause
	assert_refused
	assert_clean
	umount "$ROOT"
	take_snapshot
}

@test "a state directory that is a file" {
	touch "$ROOT"
	try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused "$ROOT"
	rm "$ROOT"
}

@test "too few descriptors: it works or is refused, and nothing is left" {
	local limit worked=0

	# raising the limit again may not be allowed
	config 'del(.process.rlimits)'
	for limit in 4 5 6 7 8 9 10 12 14 16 20 30; do
		status=0
		(
			ulimit -n "$limit"
			exec timeout -s KILL 10 "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3>&- 4>&-
		) </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- 4>&- || status=$?
		((status < 126)) || fail "limit $limit: status $status: $(<"$BATS_TEST_TMPDIR/err")"
		((status != 0)) || worked=1
		assert_clean
	done
	((worked)) || fail "30 descriptors are not enough"
}

@test "without /proc on the host: it works or is refused, and does not hang" {
	skip_with_sanitizer
	guest_does ids
	status=0
	unshare --mount sh -c 'umount -l /proc; exec timeout -s KILL 10 "$@"' sh \
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null \
		>"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" 3>&- 4>&- || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout") error=$(<"$BATS_TEST_TMPDIR/stderr")
	if ((status == 0)); then
		assert_line "pid: 1"
	else
		assert_refused
	fi
	assert_clean
}

@test "SIGCHLD ignored, all signals blocked, an umask of 0777, no environment: it works" {
	run_guest umask signals ids
	assert_success
	try env --ignore-signal=CHLD "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	try env --block-signal "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	try env -i "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	try sh -c 'umask 0777; exec "$@"' sh "$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	assert_success
	assert_clean
}

@test "a current directory that is gone" {
	mkdir "$BATS_TEST_TMPDIR/gone"
	cd "$BATS_TEST_TMPDIR/gone"
	rmdir "$BATS_TEST_TMPDIR/gone"
	run_guest say=fine
	assert_success
	assert_output_is fine
}

# Processor time of the children that a shell has waited for, in hundredths of a second: a busy host does not lengthen it.
child_ticks() { # PID
	awk '{ print $16 + $17 }' "/proc/$1/stat"
}

@test "20,000 device rules and 100,000 annotations take less than 3 seconds" {
	local self=$BASHPID start

	config '.linux.resources.devices = [range(20000) | {allow: true, type: "c", major: (. % 4000), minor: ., access: "rw"}]'
	start=$(child_ticks "$self")
	create_guest pause
	(($(child_ticks "$self") - start < 300 * SLOWNESS))
	try kavel delete --force "$ID"
	default_config >"$BUNDLE/config.json"
	config '.annotations = ([range(100000)] | map({key: "key.\(.)", value: "v"}) | from_entries)'
	start=$(child_ticks "$self")
	run_guest say=fine
	(($(child_ticks "$self") - start < 300 * SLOWNESS))
	assert_clean
}
