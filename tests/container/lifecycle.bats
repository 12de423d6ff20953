load ../run/helpers

@test "run shows the guest as pid 1, passes its exit code on and leaves nothing" {
	run_guest ids exit=42
	assert_status 42
	assert_line "pid: 1"
	assert_line "ppid: 0"
	assert_clean
}

@test "run gives 128 + signal when a signal ends the guest" {
	run_guest raise=15 exit=3
	# pid 1 of a pid namespace ignores its own signals unless it handles them
	assert_status 3
	without_namespace pid
	run_guest raise=15
	assert_status 143
	assert_clean
}

@test "create leaves the guest waiting, start runs the program" {
	guest_does write=/started:yes pause
	must kavel create --bundle "$BUNDLE" "$ID"
	[[ ! $error ]] || fail "create must be silent"
	status_is created
	[[ ! -e $BUNDLE/rootfs/started ]]
	must kavel start "$ID"
	eventually test -e "$BUNDLE/rootfs/started"
	status_is running
	must kavel kill "$ID" KILL
	eventually status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "state is the document of the specification" {
	config '.annotations = {"org.example.key": "a value"}'
	create_guest pause
	must kavel state "$ID"
	jq -e --arg id "$ID" --arg bundle "$BUNDLE" '
		.ociVersion == "1.3.0" and .id == $id and .status == "created" and .bundle == $bundle and
		.rootfs == $bundle + "/rootfs" and (.pid | type) == "number" and .pid > 1 and
		.annotations == {"org.example.key": "a value"} and
		(.created | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{1,9}Z$"))' <<<"$output"
	[[ -d /proc/$(guest_pid) ]]
	must kavel kill "$ID" KILL
	eventually status_is stopped
	must kavel state "$ID"
	jq -e '.pid == 0 and .status == "stopped"' <<<"$output"
}

@test "the guest's process is the one that state names" {
	start_guest pause
	eventually grep -q guest "/proc/$(guest_pid)/cmdline"
	[[ $(readlink "/proc/$(guest_pid)/ns/pid") != "$(readlink /proc/self/ns/pid)" ]]
}

@test "state of an unknown container fails" {
	try kavel state nothing
	assert_refused nothing "does not exist"
}

@test "start works once: a running container is not started again" {
	start_guest pause
	try kavel start "$ID"
	assert_refused "$ID"
	status_is running
}

@test "a stopped container is not started" {
	start_guest exit=0
	eventually status_is stopped
	try kavel start "$ID"
	assert_refused "$ID"
}

@test "an ID that is in use is refused and its container lives on" {
	start_guest pause
	try kavel create --bundle "$BUNDLE" "$ID"
	assert_refused "$ID" "exist"
	status_is running
	try kavel run --bundle "$BUNDLE" "$ID"
	assert_refused "$ID" "exist"
	status_is running
}

@test "the same ID below another root is another container" {
	start_guest pause
	config '.linux.cgroupsPath = "/elsewhere"'
	must "$KAVEL" --root "$ROOT.other" create --bundle "$BUNDLE" "$ID"
	must "$KAVEL" --root "$ROOT.other" delete --force "$ID"
	status_is running
}

@test "run --detach returns while the guest runs" {
	guest_does pause
	try kavel run --detach --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	assert_success
	status_is running
	[[ $(<"$BATS_TEST_TMPDIR/pid") == "$(guest_pid)" ]]
	must kavel delete --force "$ID"
	assert_clean
}

@test "run --keep keeps the stopped container" {
	guest_does exit=5
	try kavel run --keep --bundle "$BUNDLE" "$ID"
	assert_status 5
	status_is stopped
	must kavel delete "$ID"
	assert_clean
}

@test "the pid file has the pid alone and is relative to the caller" {
	guest_does pause
	cd "$BATS_TEST_TMPDIR"
	must kavel create --bundle "$BUNDLE" --pid-file the.pid "$ID"
	[[ $(<the.pid) == "$(guest_pid)" ]]
	[[ $(wc -l <the.pid) == 0 ]]
}

@test "a pid file that is a symbolic link does not overwrite its target" {
	echo precious >"$BATS_TEST_TMPDIR/victim"
	ln -s victim "$BATS_TEST_TMPDIR/pid"
	guest_does pause
	try kavel create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	[[ $(<"$BATS_TEST_TMPDIR/victim") == precious ]]
}

@test "the current directory is the bundle unless one is named" {
	guest_does say=here
	cd "$BUNDLE"
	try kavel run "$ID"
	assert_success
	assert_output_is here
}

@test "a configuration of another name is taken from the bundle" {
	guest_does say=other
	mv "$BUNDLE/config.json" "$BUNDLE/other.json"
	try kavel run --bundle "$BUNDLE" --config other.json "$ID"
	assert_success
	assert_output_is other
}

@test "options stand before and after the ID, with one dash or two, with = or a space" {
	guest_does say=hi
	try kavel run "$ID" --bundle "$BUNDLE"
	assert_output_is hi
	try kavel run "-bundle=$BUNDLE" "$ID"
	assert_output_is hi
	try kavel run -b "$BUNDLE" -no-new-keyring "$ID"
	assert_output_is hi
	try kavel -root "$ROOT" run -bundle "$BUNDLE" "$ID"
	assert_output_is hi
}

@test "the version says name, specification and commit" {
	try "$KAVEL" --version
	assert_success
	assert_matches '^kavel version [0-9]+\.[0-9]+\.[0-9]+'
	assert_matches '^spec: 1\.3\.0'
	assert_matches '^commit:'
}

@test "features is a document with the required parts" {
	must kavel features
	jq -e '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.3.0" and
		(.hooks | index("createRuntime")) and (.mountOptions | index("rbind")) and
		(.linux.namespaces | index("pid")) and (.linux.capabilities | index("CAP_KILL")) and
		.linux.cgroup.v2 == true and .linux.seccomp.enabled == true and
		(.linux.seccomp.actions | index("SCMP_ACT_ERRNO"))' <<<"$output"
}

@test "spec writes a configuration that runs, and never overwrites one" {
	rm "$BUNDLE/config.json"
	must kavel spec --bundle "$BUNDLE"
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/first"
	try kavel spec --bundle "$BUNDLE"
	assert_refused config.json
	cmp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/first"
	config '.process.terminal = false | .process.args = ["/guest", "say=from spec", "caps"]'
	run_guest
	assert_success
	assert_line "from spec"
	assert_line "inheritable: 0000000000000000"
	assert_line "ambient: 0000000000000000"
}

@test "a container without a process can be created and not started" {
	config 'del(.process)'
	create_guest
	if ((status == 0)); then
		try kavel start "$ID"
		assert_refused process
	else
		assert_refused process
	fi
}

@test "200 guests one after the other leave nothing and use no memory up" {
	local i

	guest_does exit=0
	for ((i = 0; i < 200; i++)); do
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	done
	assert_clean
}

@test "eight containers are run at the same time" {
	local i pids=()

	guest_does ids sleep=0.2
	for ((i = 0; i < 8; i++)); do
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID-$i" </dev/null >"$BATS_TEST_TMPDIR/out.$i" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	[[ $(cat "$BATS_TEST_TMPDIR"/out.* | grep -c '^pid: 1$') == 8 ]]
	assert_clean
}
