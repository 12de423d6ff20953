load setup

@test "up makes a guest over an image, which stays as it is, and prints its name" {
	up_waiting web
	assert_output_is web
	inside web sh -c 'echo hello >/new && rm /etc/group && cat /new'
	assert_success
	assert_output_is hello
	[[ ! -e $IMAGE/new && -e $IMAGE/etc/group ]] || fail "the image was written to"
	[[ -e $(folder_of web)/layers/upper/new ]] || fail "what it wrote is not in its layer"
	eventually is_status web running
}

@test "a guest that was stopped stays so, and starts again as it was, with what it wrote" {
	up_waiting web --env GREETING=hello
	inside web sh -c 'echo kept >/new'
	must_guest down web
	is_status web stopped || fail "it should be stopped"
	[[ $(status_of web exitCode) == 0 ]] || fail "its program ended by itself"
	must_guest down web
	assert_output_has "stopped already"
	must_guest up web
	inside web sh -c 'cat /new; echo $GREETING'
	assert_output_is "kept
hello"
}

@test "up of a guest that runs says so, and changes nothing" {
	local pid

	up_waiting web
	pid=$(guest_pid web)
	must_guest up web
	assert_output_is "web is running already"
	[[ $(guest_pid web) == "$pid" ]] || fail "it is another process"
	guest up web --rootfs "$IMAGE" -- /bin/true
	assert_refused "up web: it exists already" "--replace"
}

@test "a guest that does not exist cannot be brought up, stopped, inspected or removed" {
	local command

	guest up nosuch
	assert_refused 'guest "nosuch" does not exist' "up nosuch -- COMMAND"
	for command in down restart inspect enable disable rm status; do
		guest "$command" nosuch
		assert_refused 'guest "nosuch" does not exist'
	done
	guest rename nosuch other
	assert_refused 'guest "nosuch" does not exist'
	must_guest rm --force nosuch
}

@test "names are those of containers" {
	guest up ../web --rootfs "$IMAGE" -- /bin/true
	assert_refused "invalid"
	guest up .web --rootfs "$IMAGE" -- /bin/true
	assert_refused "begins with a dot"
	[[ ! $(ls -A "$STORE/guests" 2>/dev/null) ]] || fail "something was made"
}

@test "what is missing or wrong is refused with the option and its value, and nothing is left" {
	guest up web --rootfs "$IMAGE"
	assert_refused "the command is missing"
	guest up web --rootfs "$IMAGE" --memory 12Q -- /bin/true
	assert_refused "--memory 12Q: expected a size"
	guest up web --rootfs "$IMAGE" --user nosuch -- /bin/true
	assert_refused "--user nosuch: there is no user nosuch in the guest's /etc/passwd"
	guest up web --rootfs "$IMAGE" --volume /nosuch:/data -- /bin/true
	assert_refused "--volume /nosuch:/data: /nosuch: No such file"
	guest up web --rootfs "$IMAGE" --restart sometimes -- /bin/true
	assert_refused "--restart sometimes: expected no, "
	guest up web --rootfs /nosuch -- /bin/true
	assert_refused "--rootfs /nosuch: No such file"
	guest up web --rootfs / -- /bin/true
	assert_refused "--rootfs /: "
	guest up web --system
	assert_refused "--system: needs a root file system"
	[[ ! $(ls -A "$STORE/guests" 2>/dev/null) ]] || fail "something is left: $(ls "$STORE/guests")"
}

@test "a program that is missing or none ends up with 127 and 126, as in a shell, and leaves nothing" {
	guest up web --rootfs "$IMAGE" -- nosuch
	assert_status 127
	assert_error_has "nosuch"
	guest up web --rootfs "$IMAGE" -- /etc/passwd
	assert_status 126
	assert_error_has "permission denied"
	[[ ! $(ls -A "$STORE/guests") ]] || fail "something is left"
}

@test "the guest is what the options say" {
	mkdir "$BATS_TEST_TMPDIR/data"
	echo given >"$BATS_TEST_TMPDIR/data/file"
	echo 'FROM_FILE=yes' >"$BATS_TEST_TMPDIR/variables"
	up_waiting web --env A=b --env-file "$BATS_TEST_TMPDIR/variables" --user user --workdir /home --hostname box \
		--volume "$BATS_TEST_TMPDIR/data:/data:ro" --tmpfs /scratch:mode=1777 --ulimit nofile=100 --label tier=front
	inside web sh -c 'id -u; id -g; pwd; echo $A $FROM_FILE; cat /proc/sys/kernel/hostname /data/file; ulimit -n; touch /scratch/x && echo written; touch /data/x'
	assert_output_is "1000
1000
/home
b yes
box
given
100
written"
	assert_error_has "read-only file system"
}

@test "a read-only guest writes to memory alone" {
	up_waiting web --read-only
	inside web sh -c 'touch /run/x /tmp/x && echo written; touch /x'
	assert_line written
	assert_error_has "read-only file system"
}

@test "config.json is an ordinary one: the bundle runs without a shim" {
	must_guest up web --rootfs "$IMAGE" --env A=b -- /bin/sh -c 'echo $A $container'
	eventually is_status web stopped
	try kavel run --bundle "$(folder_of web)/bundle" other
	assert_success
	assert_output_is "b kavel"
}

@test "a guest has few capabilities, no network, a filter of system calls, and cannot gain rights" {
	up_waiting web
	inside web sh -c 'grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; ls /sys/class/net; ip link show lo | grep -c UP'
	assert_line $'CapBnd:\t00000000800405fb'
	assert_line $'NoNewPrivs:\t1'
	assert_line $'Seccomp:\t2'
	assert_line lo
	inside web sh -c 'mount -t tmpfs none /home'
	[[ $status != 0 ]] || fail "it may mount"
	inside web unshare -U true
	[[ $status != 0 ]] || fail "it may make namespaces"
}

@test "guests with user namespaces have IDs of their own, and files that belong to whom they belong in the image" {
	local one two

	up_waiting one --userns auto
	up_waiting two --userns auto
	one=$(awk '{ print $2 }' "/proc/$(guest_pid one)/uid_map")
	two=$(awk '{ print $2 }' "/proc/$(guest_pid two)/uid_map")
	((one >= 1879048192 && two >= 1879048192 && one != two)) || fail "IDs: $one $two"
	inside one sh -c 'stat -c %u /etc/passwd; touch /new && stat -c %u /new'
	assert_output_is "0
0"
	[[ $(stat -c %u "$(folder_of one)/layers/upper/new") == "$one" ]] || fail "the file should be the guest's"
	# also when it starts again
	must_guest down one
	must_guest up one
	[[ $(awk '{ print $2 }' "/proc/$(guest_pid one)/uid_map") == "$one" ]] || fail "other IDs"
}

@test "with the host's system a guest has its programs, and neither its secrets nor its files" {
	must_guest up web -- /bin/sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
	inside web sh -c 'test -x /usr/bin/env && echo programs; cat /etc/hostname; ls /home /root; touch /etc/x /var/lib/x /root/x && echo own; touch /usr/x'
	assert_output_is "/home:

/root:
programs
web
own" || assert_line own
	assert_line programs
	assert_line web
	assert_error_has "read-only file system"
	inside web sh -c 'cat /etc/shadow'
	[[ $status != 0 ]] || fail "it reads the hashes of passwords"
	# whatever users may not read is not there
	[[ ! $(find "$(folder_of web)/layers/root/etc" -type f ! -perm -004) ]] || fail "secrets were copied"
	[[ ! -e /etc/x ]] || fail "the host's /etc was written to"
}

@test "restart gives a guest a new process, and all of them when they are named" {
	local one two

	up_waiting one
	up_waiting two
	one=$(guest_pid one) two=$(guest_pid two)
	must_guest restart one two
	[[ $(guest_pid one) != "$one" && $(guest_pid two) != "$two" ]] || fail "still the same processes"
	must_guest down --all
	is_status one stopped && is_status two stopped || fail "all should be stopped"
	guest down --all one
	assert_refused "exclude each other"
}

@test "a guest that does not heed its signal is killed when its time is up" {
	must_guest up web --rootfs "$IMAGE" -- /bin/sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	must_guest down web --timeout 200ms
	[[ $(status_of web exitCode) == 137 ]] || fail "it should have been killed"
	guest down web --timeout soon
	assert_refused "--timeout soon"
}

@test "rename moves a stopped guest with its files; a running one is refused" {
	up_waiting web
	inside web touch /new
	guest rename web other
	assert_refused "it is running"
	must_guest down web
	up_waiting taken
	guest rename web taken
	assert_refused 'guest "taken" exists already'
	must_guest rename web other
	must_guest up other
	inside other stat /new
	assert_success
	guest inspect web
	assert_refused "does not exist"
}

@test "rm takes a stopped guest away, by force a running one; its data may stay for the next of that name" {
	up_waiting web
	inside web touch /new
	guest rm web
	assert_refused "it is running"
	must_guest rm --force --keep-data web
	guest inspect web
	assert_refused "does not exist"
	up_waiting web
	inside web stat /new
	assert_success
	must_guest rm --force web
	[[ ! -e $(folder_of web) && ! -e $ROOT/.shim/web && ! -e $ROOT/web ]] || fail "something is left"
}

@test "rm gets trees away that are deeper than a path can be long" {
	up_waiting web
	# as a hostile guest may; its own shell gives up earlier
	python3 -c '
import os, sys
os.chdir(sys.argv[1])
for i in range(2000):
    os.mkdir("d" * 200)
    os.mkdir("e")
    open("f", "w").close()
    os.chdir("d" * 200)
os.chmod(".", 0)' "$(folder_of web)/layers/upper"
	must_guest rm --force web
	[[ ! -e $(folder_of web) ]] || fail "something is left"
}

@test "replace makes a guest anew and keeps what it wrote" {
	up_waiting web --env A=old
	inside web touch /new
	up_waiting web --env A=new --replace
	inside web sh -c 'echo $A; stat -c %n /new'
	assert_output_is "new
/new"
	# a wrong value leaves it as it was
	guest up web --replace --rootfs "$IMAGE" --memory 12Q -- /bin/true
	assert_refused "--memory 12Q"
	is_status web running || fail "it should go on"
	inside web sh -c 'echo $A'
	assert_output_is new
	guest up web --replace --rootfs host -- /bin/true
	assert_refused "--rootfs host: what the guest wrote belongs to"
}

@test "a guest that is to go when it has ended is gone then" {
	must_guest up web --rm --rootfs "$IMAGE" -- /bin/true
	gone() { [[ ! -e $(folder_of web) ]]; }
	eventually gone
}

@test "a guest whose shim was killed goes on, and gets a new one" {
	local pid shim

	up_waiting web
	eventually is_status web running
	pid=$(guest_pid web)
	shim=$(status_of web shim)
	kill -KILL "$shim"
	eventually is_status web unattended
	must_guest up web
	assert_output_is "web has a shim again"
	eventually is_status web running
	[[ $(guest_pid web) == "$pid" && $(status_of web shim) != "$shim" ]] || fail "not the same guest, or the same shim"
	must_guest down web
	is_status web stopped || fail "it should be stopped"
}

@test "a guest whose shim was killed can be stopped and removed" {
	up_waiting web
	eventually is_status web running
	kill -KILL "$(status_of web shim)"
	eventually is_status web unattended
	must_guest down web
	is_status web stopped || fail "it should be stopped"
	must_guest rm web
}

@test "an up that is killed at any moment leaves what up or rm --force mends" {
	local i

	for ((i = 0; i < 30; i++)); do
		timeout -s KILL "0.0$((i % 3))$((i % 10))" "$KAVEL" --root "$ROOT" up web --store "$STORE" --rootfs "$IMAGE" -- \
			/bin/sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done' >/dev/null 2>&1 || :
		if ((i % 2)); then
			must_guest rm --force web
			[[ ! -e $(folder_of web) ]] || fail "something is left"
		elif [[ -e $(folder_of web)/guest.json ]]; then
			# the shim may still be about to start it
			brought_up() { guest up web && [[ $status == 0 ]]; }
			eventually brought_up
		else
			up_waiting web
		fi
	done
	must_guest rm --force web
}

@test "of two that make the same guest at once one is told that it exists" {
	local one two

	"$KAVEL" --root "$ROOT" up web --store "$STORE" --rootfs "$IMAGE" -- /bin/sleep 100 >/dev/null 2>&1 &
	one=$!
	"$KAVEL" --root "$ROOT" up web --store "$STORE" --rootfs "$IMAGE" -- /bin/sleep 100 >/dev/null 2>&1 &
	two=$!
	wait "$one" && one=0 || one=1
	wait "$two" && two=0 || two=1
	((one + two == 1)) || fail "$one $two"
}

@test "status and inspect tell what there is, as tables and JSON" {
	up_waiting web --label tier=front --restart on-failure:3
	eventually is_status web running
	must_guest status
	assert_matches '^NAME +STATUS +PID +HEALTH +RESTARTS +UPTIME +EXIT$'
	assert_matches '^web +running +[0-9]+ '
	must_guest status --quiet
	assert_output_is web
	must_guest inspect web
	[[ $(jq -r '.settings.restart, .config.hostname, .paths.bundle, .settings.options[-1]' <<<"$output") == "on-failure:3
web
$(folder_of web)/bundle
--label=tier=front" ]] || fail "not what was set"
	[[ $output == *$'\n        "version": 1,'* ]] || fail "documents are not indented in their place"
	echo damaged >"$(folder_of web)/exit.json"
	must_guest inspect web
	jq -e '.exit == null and .shimStatus.status == "running"' <<<"$output" >/dev/null || fail "not JSON, or not what there is"
	must_guest status --format json web
	jq -e '.[0].pid > 0' <<<"$output" >/dev/null || fail "no pid"
}

@test "a guest that fails is started again as often as it may" {
	must_guest up web --rootfs "$IMAGE" --restart on-failure:2 -- /bin/sh -c 'echo x >>/runs; exit 3'
	over() { [[ $(status_of web pid) == 0 && $(wc -l <"$(folder_of web)/layers/upper/runs") == 3 ]]; }
	eventually over
	[[ $(status_of web exitCode) == 3 ]] || fail "the exit code should be 3"
}

@test "a guest that is not well is started again" {
	up_waiting web --health-cmd 'test ! -e /run/bad' --health-interval 100ms --health-retries 1 --health-on-failure restart
	is_well() { [[ $(status_of web health) == healthy ]]; }
	eventually is_well
	inside web touch /run/bad
	was_restarted() { [[ $(status_of web restarts) == 1 ]]; }
	eventually was_restarted
	eventually is_well
}

@test "limits are those of the guest's cgroup" {
	needs memory cpu pids
	up_waiting web --memory 64M --cpus 0.5 --cpu-weight 200 --pids 20
	inside web sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max cpu.weight pids.max'
	assert_output_is "67108864
50000 100000
200
20"
}

@test "up --attach shows what the guest writes, and exits as it does" {
	guest up web --rootfs "$IMAGE" --attach -- /bin/sh -c 'sleep 0.5; echo hello; exit 5'
	assert_status 5
	assert_output_is hello
	guest up quick --rootfs "$IMAGE" --attach -- /bin/sh -c 'exit 6'
	assert_status 6
	guest up gone --rootfs "$IMAGE" --attach --rm -- /bin/sh -c 'exit 7'
	assert_status 7
	is_gone() { [[ ! -e $(folder_of gone) ]]; }
	eventually is_gone
}

@test "up --attach --interactive: the end of the caller's input is the end of the guest's" {
	echo word >"$BATS_TEST_TMPDIR/input"
	STDIN=$BATS_TEST_TMPDIR/input guest up web --rootfs "$IMAGE" --attach -i -- /bin/sh -c 'while read -r line; do echo "got $line"; done; exit 8'
	assert_status 8
	assert_output_is "got word"
}

@test "a container of that name that is no guest is left alone" {
	ID=web
	start_guest wait 2>/dev/null || start_guest
	guest up web --rootfs "$IMAGE" -- /bin/true
	assert_refused
	kavel state web >/dev/null || fail "the container is gone"
}

@test "bash completes the names of guests" {
	up_waiting web
	up_waiting db
	diff <(bash -c '
		source "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_kavel
		printf "%s\n" "${COMPREPLY[@]}"' bash "$TREE/completions/kavel.bash" \
		"$KAVEL" --root "$ROOT" down --store "$STORE" "" | sort) <(printf 'db\nweb\n')
}
