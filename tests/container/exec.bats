load ../run/helpers

prepare() {
	start_guest pause
}

execute() { # exec's options and command
	try kavel exec "$@"
}

@test "exec runs in the guest's namespaces, root and group, and passes output and exit code on" {
	local type

	execute "$ID" /guest namespaces read=/proc/self/cgroup ls=/ say-error=complaint exit=7
	assert_status 7
	for type in pid mnt net ipc uts cgroup; do
		assert_line "ns: $(readlink "/proc/$(guest_pid)/ns/$type")"
	done
	assert_line "0::/"
	assert_matches '^ls=/: .*guest'
	[[ $error == complaint ]]
}

@test "exec gives 128 + signal" {
	execute "$ID" /guest raise=9
	assert_status 137
}

@test "exec has standard input" {
	echo "from the caller" >"$BATS_TEST_TMPDIR/in"
	STDIN=$BATS_TEST_TMPDIR/in execute "$ID" /guest stdin
	assert_output_is "from the caller"
}

@test "exec takes environment, working directory, user and capabilities from the configuration" {
	execute "$ID" /guest ids caps cwd env rlimits security umask
	assert_success
	assert_line "uid: 0 0 0"
	assert_line "effective: 0000000020000420"
	assert_line "bounding: 0000000020000420"
	assert_line "inheritable: 0000000000000000"
	assert_line "ambient: 0000000000000000"
	assert_line "cwd: /"
	assert_line "env: TERM=xterm"
	assert_line "RLIMIT_NOFILE: 1024 1024"
	assert_line "no_new_privs: 1"
}

@test "exec's options take their place" {
	execute --user 1000:1001 --cwd /etc --env A=1 -e B=2 "$ID" /guest ids cwd getenv=A getenv=B
	assert_success
	assert_line "uid: 1000 1000 1000"
	assert_line "gid: 1001 1001 1001"
	assert_line "cwd: /etc"
	assert_line "getenv=A: 1"
	assert_line "getenv=B: 2"
}

@test "exec --cap adds to the configured ones and leaves the inheritable set empty" {
	execute --cap CAP_CHOWN "$ID" /guest caps
	assert_success
	assert_line "effective: 0000000020000421"
	assert_line "inheritable: 0000000000000000"
}

@test "exec --user takes a number strictly" {
	local user

	for user in -1 1:-1 4294967295 99999999999 " 1" 0x10 1: "" 1:2:3 +1 1.5; do
		execute --user "$user" "$ID" /guest ids
		((status != 0)) || refute_line "uid: 0 0 0"
		((status != 0)) || fail "--user '$user' was taken"
	done
}

@test "exec --process reads a process document" {
	jq '.process | .args = ["/guest", "ids", "getenv=X"] | .user = {uid: 5, gid: 6} | .env = ["X=y"]' \
		"$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
	execute --process "$BATS_TEST_TMPDIR/process.json" "$ID"
	assert_success
	assert_line "uid: 5 5 5"
	assert_line "getenv=X: y"
}

@test "exec --detach returns at once and leaves the process in the guest" {
	execute --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" /guest pause
	assert_success
	[[ $(readlink "/proc/$(<"$BATS_TEST_TMPDIR/pid")/ns/pid") == "$(readlink "/proc/$(guest_pid)/ns/pid")" ]]
	[[ $(kavel ps -f json "$ID" | jq length) == 2 ]]
	must kavel delete --force "$ID"
	assert_clean
}

@test "exec in a created container works or is refused, in a stopped or unknown one it is refused" {
	must kavel kill "$ID" KILL
	eventually status_is stopped
	execute "$ID" /guest
	((status != 0))
	assert_error_has "not running"
	execute nothing /guest
	((status != 0))
	assert_error_has "does not exist"
}

@test "exec of a program that is missing tells it" {
	execute "$ID" /not/there
	((status != 0))
	assert_error_has "/not/there"
	assert_error_has "no such file or directory"
	execute "$ID" nothing
	((status != 0))
	assert_error_has 'executable file not found in $PATH'
}

@test "exec passes no descriptor but the standard ones" {
	exec 7</ 8</etc/passwd
	execute "$ID" /guest fds
	exec 7<&- 8<&-
	[[ $(grep -c '^fd:' <<<"$output") == 3 ]]
}

@test "exec's working directory does not lead out of the guest" {
	local fd

	exec 7</
	for fd in 0 3 4 5 6 7 8 9 10 11 12; do
		execute --cwd "/proc/self/fd/$fd" "$ID" /guest cwd ls=.
		refute_output_has unreachable
		refute_output_has vmlinuz
	done
	exec 7<&-
}

@test "exec is filtered as the guest is" {
	[[ $(uname -m) == x86_64 ]] || skip "written for x86-64"
	must kavel delete --force "$ID"
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid"], action: "SCMP_ACT_ERRNO"}]}'
	start_guest pause
	execute "$ID" /guest syscall=110
	assert_line "syscall=110: EPERM"
}

@test "exec has a terminal when asked" {
	execute --tty "$ID" /guest ttys
	assert_success
	assert_line "tty: 0 /dev/pts/0"
}

@test "exec into a paused container is refused" {
	must kavel pause "$ID"
	execute "$ID" /guest
	((status != 0))
	assert_error_has "paused"
	must kavel resume "$ID"
}

@test "an exec that lives on does not keep delete --force from its work" {
	execute --detach "$ID" /guest fork=3 ignore=15 pause
	execute --detach "$ID" /guest fork=3 pause
	must kavel delete --force "$ID"
	assert_clean
}

@test "twenty execs at once" {
	local i pids=()

	for ((i = 0; i < 20; i++)); do
		"$KAVEL" --root "$ROOT" exec "$ID" /guest "say=number $i" "exit=$i" </dev/null >"$BATS_TEST_TMPDIR/out.$i" 3>&- 4>&- &
		pids+=($!)
	done
	for ((i = 0; i < 20; i++)); do
		wait "${pids[i]}" && status=0 || status=$?
		((status == i)) || fail "exec $i ended with $status"
		[[ $(<"$BATS_TEST_TMPDIR/out.$i") == "number $i" ]]
	done
}

@test "exec sets the oom score by the host's procfs, not by what the guest has at /proc" {
	must kavel delete --force "$ID"
	config '.process.oomScoreAdj = 321 | .mounts |= map(select(.destination != "/proc"))
		| del(.linux.maskedPaths, .linux.readonlyPaths)'
	mkdir -p "$BUNDLE/rootfs/proc/self"
	echo untouched >"$BUNDLE/rootfs/proc/self/oom_score_adj"
	start_guest pause
	execute --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" /guest pause
	assert_success
	[[ $(<"/proc/$(<"$BATS_TEST_TMPDIR/pid")/oom_score_adj") == 321 ]]
	[[ $(<"$BUNDLE/rootfs/proc/self/oom_score_adj") == untouched ]]
}

@test "neither the guest nor an exec inherits the CPUs that the caller is bound to" {
	local all

	(($(nproc --all) > 1)) || skip "needs two CPUs"
	must kavel delete --force "$ID"
	all=$(grep Cpus_allowed_list /proc/self/status)
	guest_does pause
	must taskset -c 0 "$KAVEL" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID"
	[[ $(grep Cpus_allowed_list "/proc/$(guest_pid)/status") == "$all" ]]
	must taskset -c 0 "$KAVEL" --root "$ROOT" exec "$ID" /bin/busybox grep Cpus_allowed_list /proc/self/status
	assert_line "$all"
}

@test "exec --ignore-paused waits in a paused container, and ends when it is asked to" {
	must kavel pause "$ID"
	"$KAVEL" --root "$ROOT" exec --ignore-paused "$ID" /guest say=ran </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
	eventually two_processes
	kill -TERM $!
	eventually is_gone $!
	status=0
	wait $! || status=$?
	assert_status 255
	grep -q 'interrupted' "$BATS_TEST_TMPDIR/out" || fail "$(<"$BATS_TEST_TMPDIR/out")"
	"$KAVEL" --root "$ROOT" exec --ignore-paused "$ID" /guest say=ran exit=8 </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
	eventually two_processes
	must kavel resume "$ID"
	status=0
	wait $! || status=$?
	assert_status 8
	grep -qx ran "$BATS_TEST_TMPDIR/out"
}

two_processes() {
	[[ $(kavel ps -f json "$ID" | jq length) == 2 ]]
}

# ------------------------------------------------------------------------------------------ what a guest may plant

# HOME of an exec, with that at /etc/passwd.
home_is() { # HOME
	LIMIT=5 execute --user 1000 "$ID" /guest getenv=HOME
	assert_success
	assert_line "getenv=HOME: $1"
}

@test "exec takes HOME from the guest's passwd, by the number of the user" {
	home_is /home
	execute "$ID" /guest getenv=HOME
	assert_line "getenv=HOME: /root"
	execute --user 77 "$ID" /guest getenv=HOME
	assert_line "getenv=HOME: /"
	execute --env HOME=/set "$ID" /guest getenv=HOME
	assert_line "getenv=HOME: /set"
	execute --env HOME= "$ID" /guest getenv=HOME
	assert_line "getenv=HOME: /root"
}

@test "a passwd that is a FIFO, a device, endless, a folder or broken holds no exec" {
	local passwd=$BUNDLE/rootfs/etc/passwd

	rm "$passwd"
	home_is /
	mkfifo "$passwd"
	home_is /
	rm "$passwd"
	ln -s /dev/zero "$passwd"
	home_is /
	rm "$passwd"
	mkdir "$passwd"
	home_is /
	rmdir "$passwd"
	ln -s passwd "$passwd"
	home_is /
	rm "$passwd"
	truncate -s 8G "$passwd"
	home_is /
	printf 'a\n:::::\nuser:x:1000\nuser:x:1000:1000\nuser:x:1000x:0::/no:\nuser:x:1000:1000::/late:/x' >"$passwd"
	home_is /late
}

@test "a passwd that points out of the guest is that of the guest" {
	ln -sf "$BATS_TEST_TMPDIR/outside" "$BUNDLE/rootfs/etc/passwd"
	echo 'user:x:1000:1000::/outside:/bin/sh' >"$BATS_TEST_TMPDIR/outside"
	home_is /
	ln -sf ../../../../../../../../../../..$BATS_TEST_TMPDIR/outside "$BUNDLE/rootfs/etc/passwd"
	home_is /
	ln -sf /proc/1/root/etc/other "$BUNDLE/rootfs/etc/passwd"
	home_is /
}

@test "exec explains what cannot be executed" {
	printf '#!/no/such/interpreter\n' >"$BUNDLE/rootfs/script"
	echo text >"$BUNDLE/rootfs/plain"
	printf 'neither' >"$BUNDLE/rootfs/neither"
	mkdir "$BUNDLE/rootfs/folder"
	chmod 755 "$BUNDLE/rootfs/script" "$BUNDLE/rootfs/neither"
	execute "$ID" /script
	assert_status 255
	assert_error_has "no such file or directory"
	assert_error_has "/no/such/interpreter"
	execute "$ID" /plain
	assert_status 255
	assert_error_has "permission denied"
	execute "$ID" /folder
	assert_status 255
	assert_error_has "permission denied"
	assert_error_has "directory"
	execute "$ID" /neither
	assert_status 255
	assert_error_has "exec format error"
	execute "$ID" ""
	assert_status 255
	execute --cwd /guest "$ID" /guest
	assert_status 255
	assert_error_has "Not a directory"
	execute --cwd relative "$ID" /guest
	assert_status 255
	execute --cwd /nowhere "$ID" /guest
	assert_status 255
	assert_error_has "/nowhere"
}

@test "exec runs where only root may go, before it is another user" {
	mkdir -m 700 "$BUNDLE/rootfs/private"
	execute --user 1000 --cwd /private "$ID" /guest cwd ids
	assert_success
	assert_line "cwd: /private"
	assert_line "uid: 1000 1000 1000"
}

@test "exec adds groups" {
	execute --user 1000:5 -g 7 --additional-gids 8 "$ID" /guest ids
	assert_success
	assert_line "gid: 5 5 5"
	assert_line "groups: 7 8"
}

@test "exec in a created container sees a guest that waits" {
	must kavel delete --force "$ID"
	create_guest pause
	execute "$ID" /guest read=/proc/1/comm exit=4
	assert_status 4
	status_is created
	must kavel start "$ID"
	execute "$ID" /guest exit=5
	assert_status 5
}

# ------------------------------------------------------------------------------------------ whose end is whose

@test "exec returns when its process ends, although others hold its standard streams" {
	local begin=$SECONDS

	"$KAVEL" --root "$ROOT" exec "$ID" /bin/sh -c 'sleep 1000 & echo started; exit 5' </dev/null 2>/dev/null 3>&- 4>&- | {
		read -r line
		[[ $line == started ]]
	}
	[[ ${PIPESTATUS[0]} == 5 ]] || fail "the exit code is ${PIPESTATUS[0]}"
	LIMIT=10 execute "$ID" /bin/sh -c 'sleep 1000 & exit 6'
	assert_status 6
	LIMIT=10 execute --tty "$ID" /bin/sh -c 'trap "" HUP; sleep 1000 & exit 7'
	assert_status 7
	((SECONDS - begin < 20 * SLOWNESS)) || fail "it waited for the others"
}

@test "an exec ends with its guest, also one that shares the host's pid namespace" {
	local pid

	for pid in own shared; do
		"$KAVEL" --root "$ROOT" exec "$ID" /guest fork=2 ignore=15 pause </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
		eventually grep -q fork "$BATS_TEST_TMPDIR/out"
		execute --detach "$ID" /guest fork=1 ignore=15 pause
		must kavel delete --force "$ID"
		eventually is_gone $!
		status=0
		wait $! || status=$?
		assert_status 137
		assert_clean
		[[ $pid == own ]] || break
		without_namespace pid
		start_guest pause
	done
}

@test "exec passes signals on" {
	"$KAVEL" --root "$ROOT" exec "$ID" /bin/sh -c 'trap "exit 9" USR1; echo ready; while :; do sleep 0.05; done' \
		</dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
	eventually grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -USR1 $!
	eventually is_gone $!
	status=0
	wait $! || status=$?
	assert_status 9
}

# ------------------------------------------------------------------------------------------ the others' dialects

@test "called as crun or runc exec fails with their codes, and takes what they take" {
	local name

	for name in crun runc; do
		ln -s "$KAVEL" "$BATS_TEST_TMPDIR/$name"
		try "$BATS_TEST_TMPDIR/$name" --root "$ROOT" exec "$ID" /not/there
		[[ $name,$status == crun,1 || $name,$status == runc,255 ]] || fail "$name: $status"
		try "$BATS_TEST_TMPDIR/$name" --root "$ROOT" exec "$ID" /guest exit=11
		assert_status 11
		echo '{"args": ["/guest", "say=from the file"], "cwd": "/"}' >"$BATS_TEST_TMPDIR/process"
		try "$BATS_TEST_TMPDIR/$name" --root "$ROOT" exec --process "$BATS_TEST_TMPDIR/process" "$ID" /guest say=no
		assert_success
		assert_output_is "from the file"
	done
	try "$BATS_TEST_TMPDIR/crun" --root "$ROOT" exec --env NAME --env A=1 --env =x "$ID" /guest getenv=NAME getenv=A
	assert_success
	assert_line "getenv=NAME: (unset)"
	assert_line "getenv=A: 1"
	try "$BATS_TEST_TMPDIR/runc" --root "$ROOT" exec --env NAME "$ID" /guest
	assert_status 255
	execute -tty -cwd=/etc -user 5:6 "$ID" /guest cwd ids
	assert_line "cwd: /etc"
	assert_line "uid: 5 5 5"
}
