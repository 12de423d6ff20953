load ../run/helpers

@test "flooding hook" {
	add_hook createRuntime "exec yes" 1
	LIMIT=8 create_guest pause
	assert_refused createRuntime "#0" timeout
}

@test "a hook's child floods" {
	add_hook createRuntime "yes & sleep 0.2"
	LIMIT=8 run_guest say=fine
	assert_success
}

@test "umask with startContainer hook" {
	config '.process.user.umask = 23 | .hooks.startContainer = [{path: "/bin/true"}]'
	run_guest umask
	echo "$output" >&3
	assert_line "umask: 0027"
}

@test "poststop hook's umask on failed create" {
	add_hook createRuntime 'exit 1'
	add_hook poststop "umask >$BATS_TEST_TMPDIR/umask"
	umask 077
	create_guest pause
	umask 022
	cat $BATS_TEST_TMPDIR/umask >&3
	[[ $(<$BATS_TEST_TMPDIR/umask) == 0077 ]]
}

@test "fds of waiting guest" {
	config '.hooks.startContainer = [{path: "/bin/true"}]'
	guest_does pause
	SECRET_OF_CALLER=hidden try kavel --log $BATS_TEST_TMPDIR/log create --bundle "$BUNDLE" "$ID"
	ls -l /proc/$(guest_pid)/fd >&3
	tr '\0' '\n' </proc/$(guest_pid)/environ | grep SECRET >&3 && fail environ
	true
}

@test "exec without process" {
	config 'del(.process)'
	create_guest
	try kavel exec "$ID" /guest say=hi
	echo "$status $output $error" >&3
	((status != 139))
}

@test "preserve-fds huge" {
	guest_does fds say-error=hi
	try kavel run --preserve-fds 4294967295 --bundle "$BUNDLE" "$ID"
	echo "$status $output $error" >&3
	try kavel run --preserve-fds 1000000 --bundle "$BUNDLE" "$ID"
	echo "$status $output $error" >&3
}

@test "pidfd socket missing: pid file" {
	guest_does pause
	try kavel create --pid-file $BATS_TEST_TMPDIR/pid --pidfd-socket /nonexistent --bundle "$BUNDLE" "$ID"
	echo "$status $output $error" >&3
	[[ ! -e $BATS_TEST_TMPDIR/pid ]]
}

@test "id 255" {
	guest_does say=hi
	id=$(printf 'x%.0s' {1..255})
	try kavel run --bundle "$BUNDLE" "$id"
	echo "$status $output $error" >&3
}

@test "socket nobody accepts" {
	python3 - "$BATS_TEST_TMPDIR/sock" 3>&- <<-'PYTHON' &
		import socket, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen(0)
		c=[]
		for i in range(3):
		    x = socket.socket(socket.AF_UNIX)
		    x.setblocking(False)
		    try: x.connect(sys.argv[1])
		    except Exception: pass
		    c.append(x)
		time.sleep(30)
	PYTHON
	eventually test -S "$BATS_TEST_TMPDIR/sock"
	sleep 0.5
	guest_does pause
	LIMIT=18 try kavel create --pidfd-socket $BATS_TEST_TMPDIR/sock --bundle "$BUNDLE" "$ID"
	echo "$status $output $error" >&3
	kill %1
	assert_refused
}

@test "retry after death at birth with a joined namespace" {
	true
}

@test "start killed after the send" {
	guest_does pause
	must kavel create --bundle "$BUNDLE" "$ID"
	strace -qq -o /dev/null -e inject=unlinkat:signal=KILL:when=1 "$KAVEL" --root "$ROOT" start "$ID" </dev/null >/dev/null 2>&1 3>&- || true
	kavel state "$ID" >&3
	try kavel delete "$ID"
	echo "$status $error" >&3
}

@test "start with notify: delete --force meanwhile" {
	guest_does pause
	export NOTIFY_SOCKET=$BATS_TEST_TMPDIR/nobody
	must kavel create --bundle "$BUNDLE" "$ID"
	kavel start "$ID" 3>&- &
	sleep 0.3
	LIMIT=8 try kavel delete --force "$ID"
	echo "$status $error" >&3
	kill %1 || true
	unset NOTIFY_SOCKET
	assert_success
}

@test "undo keeps the state when the cgroup cannot be removed" {
	start_guest pause
	status=0
	strace -f -qq -o /dev/null -e inject=rmdir:error=EIO "$KAVEL" --root "$ROOT" delete --force "$ID" </dev/null 3>&- || status=$?
	ls $ROOT >&3
	((status == 1))
	try kavel delete --force "$ID"
	echo "$status $error" >&3
	assert_clean
}
