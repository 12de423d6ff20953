# What callers of crun and of runc read: texts, formats and exit codes, by the name that the program is called by.
load setup

# Lines: PEER STATUS TEXT | WORDS: the error of these words has that text (any case).
@test "failures have the exit code and the text that callers of each peer look for" {
	local peer code rest text words

	while read -r peer code rest; do
		text=${rest%% | *}
		read -ra words <<<"${rest#* | }"
		try_as "$peer" "${words[@]}"
		((status == code)) || fail "$peer ${words[*]}: the exit code should be $code"
		[[ ${error,,} == *"${text,,}"* ]] || fail "$peer ${words[*]}: the error should have \"$text\""
		[[ ${error,,} == *error* ]] || fail "$peer ${words[*]}: the error should say so"
	done <<-'TABLE'
		crun 1 does not exist | state nosuch
		runc 1 does not exist | state nosuch
		crun 1 does not exist | start nosuch
		runc 1 does not exist | start nosuch
		crun 1 does not exist | kill nosuch KILL
		runc 1 does not exist | kill nosuch 9
		crun 1 does not exist | delete nosuch
		runc 1 does not exist | delete nosuch
		crun 1 does not exist | pause nosuch
		runc 1 does not exist | resume nosuch
		crun 1 does not exist | ps nosuch
		runc 1 does not exist | ps --format json nosuch
		crun 1 does not exist | exec nosuch true
		runc 255 does not exist | exec nosuch true
		runc 255 does not exist | exec --process file nosuch
		crun 1 does not exist | update --pids-limit 3 nosuch
		runc 1 does not exist | events --stats nosuch
		crun 1 does not exist | mounts add nosuch file
		crun 1 does not exist | mounts remove nosuch file
		crun 64 unknown option --nosuch | list --nosuch
		runc 1 unknown option --nosuch | list --nosuch
		crun 64 unknown option -nosuch | --root /tmp -nosuch list
		crun 64 argument missing | state
		runc 1 argument missing | state
		crun 64 unknown command | nosuch
		runc 1 no help topic for 'nosuch' | nosuch
		crun 64 argument missing | mounts add nosuch
		crun 1 expected add or remove | mounts change c1 file
		crun 1 invalid character | run a/b
		runc 1 invalid character | run a/b
		crun 1 does not exist | checkpoint nosuch
		runc 1 does not exist | checkpoint --pre-dump --parent-path . nosuch
		runc 1 --parent-path p: ./p: no such file | checkpoint --pre-dump --parent-path p nosuch
		runc 1 --parent-path ../p: i/../p: no such file | checkpoint --image-path i --parent-path ../p nosuch
		runc 1 --parent-path | checkpoint --pre-dump --parent-path /absolute nosuch
		crun 1 not built in | restore -b d --image-path i c1
		runc 1 not built in | restore --image-path i -no-subreaper c1
		crun 64 --manage-cgroups-mode | checkpoint --manage-cgroups-mode none c1
		runc 1 --status-fd | checkpoint --status-fd x c1
		crun 1 unknown signal | kill c1 NOSUCH
	TABLE
}

@test "delete --force of what does not exist is no failure and says nothing" {
	local peer

	for peer in crun runc; do
		try_as "$peer" delete --force nosuch
		assert_success
		[[ ! $output && ! $error ]] || fail "it should say nothing"
	done
}

@test "engines find in the help what they look for" {
	try_as crun checkpoint --help
	assert_success
	try_as runc checkpoint --help
	assert_success
	try_as crun restore --help
	assert_success
	assert_output_has --lsm-mount-context
	try_as crun mounts --help
	assert_success
	[[ $output == "Usage: crun [OPTION...] mounts [add|remove] CONTAINER FILE"$'\n'* ]] || fail "crun's suite reads this line"
}

@test "the version has the lines that the parsers of each peer read" {
	try_as runc --version
	assert_matches '^runc version [0-9]+\.[0-9]+\.[0-9]+'
	assert_matches '^commit: [^ ]+$'
	assert_matches '^spec: 1\.[0-9]+\.[0-9]+$'
	refute_output_has +SECCOMP
	try_as crun --version
	assert_matches '^crun version [0-9]+\.[0-9]+\.[0-9]+'
	assert_matches '^commit: [^ ]+$'
	assert_matches '^rundir: /'
	assert_matches '^spec: 1\.'
	assert_matches '^\+SYSTEMD \+SELINUX \+APPARMOR \+CAP \+SECCOMP \+EBPF$'
	refute_output_has CRIU
}

@test "features tell of the peer by whose name they are asked for" {
	try_as crun features
	assert_success
	jq -e '.annotations | .["run.oci.crun.version"] == .["org.kavel.version"] and .["run.oci.crun.checkpoint.enabled"] == "false"
		and .["org.opencontainers.runc.checkpoint.enabled"] == "false" and has("run.oci.crun.commit")
		and .["run.oci.crun.wasm"] == "false" and (has("org.opencontainers.runc.version") | not)' <<<"$output" >/dev/null ||
		fail "annotations"
	try_as runc features
	jq -e '.annotations | .["org.opencontainers.runc.version"] == .["org.kavel.version"] and has("org.opencontainers.runc.commit")
		and (has("run.oci.crun.version") | not)' <<<"$output" >/dev/null || fail "annotations"
	must kavel features
	jq -e '.annotations | (has("run.oci.crun.version") or has("org.opencontainers.runc.version")) | not' <<<"$output" >/dev/null ||
		fail "annotations"
}

@test "empty lists are as each peer's callers expect them" {
	try_as runc list --format json
	assert_output_is null
	try_as crun list --format json
	assert_output_is "[]"
	try_as runc list
	assert_matches '^ID +PID +STATUS +BUNDLE +CREATED +OWNER$'
	try_as crun list
	assert_matches '^NAME +PID +STATUS +BUNDLE PATH +CREATED +OWNER$'
}

@test "a state directory that was named and is not there is a failure of list" {
	try "$BATS_TEST_TMPDIR/runc" --root "$PWD/nowhere" list
	assert_refused "nowhere"
}

@test "the log of a shim is lines of JSON with the failure as the last error" {
	local peer

	for peer in crun runc; do
		try_as "$peer" --log "$peer.json" --log-format json --debug state nosuch
		assert_status 1
		[[ $(jq -r 'select(.level == "error") | .msg' "$peer.json" | tail -n 1) == *"does not exist" ]] || fail "$(cat "$peer.json")"
		jq -es 'all(has("level") and has("msg") and has("time"))' "$peer.json" >/dev/null || fail "$(cat "$peer.json")"
		[[ $error != *debug* ]] || fail "what is debugged belongs into the file alone"
	done
}

@test "by crun's names for handlers nothing runs, and help and version are there" {
	local name

	for name in krun crun-wasm crun-krun; do
		ln -s "$KAVEL" "$name"
		try "./$name" --root "$ROOT" list
		assert_refused "called as \"$name\"" "not built in"
		try "./$name" --version
		assert_success
		[[ $output == "crun version "* ]] || fail "it should be crun's"
		try "./$name" --help
		assert_success
	done
}

@test "spec writes where each peer's options say" {
	try_as runc spec --bundle .
	assert_success
	try_as runc spec
	assert_refused "config.json exists already"
	try_as crun spec -f other.json
	assert_success
	try_as crun spec --file "$PWD/third.json" --rootless
	assert_success
	jq -e '.linux.namespaces | map(.type) | index("user")' third.json >/dev/null || fail "not for a caller who is not root"
	mkdir b
	try_as crun spec -b b -f there.json
	assert_success
	[[ -s b/there.json && -s other.json ]] || fail "they are elsewhere"
}
