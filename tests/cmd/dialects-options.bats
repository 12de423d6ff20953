# Every option of crun and of runc, in each way that a caller may write it.  The table says where it belongs; that it is
# understood shows in the failure that follows: that of the container or bundle, which does not exist.
load setup

# COMMAND ARGUMENTS... ; what fails when the options are understood
target() { # COMMAND
	case $1 in
	create | run) words=(c1) says="No such file or directory" ;;
	exec) words=(c1 true) says="does not exist" ;;
	kill) words=(c1 TERM) says="does not exist" ;;
	start | delete | state | ps | pause | resume | update | events | checkpoint) words=(c1) says="does not exist" ;;
	restore) words=(c1) says="not built in" ;;
	list | features | spec) words=() says="" ;;
	mounts) words=(add c1 /dev/null) says="does not exist" ;;
	esac
}

# One command, its options, and whether it succeeds or fails as its target says.
attempt() { # PEER COMMAND OPTION...
	local words says

	target "$2"
	rm -f config.json other.json
	try_as "$1" "$2" "${@:3}" "${words[@]}"
	if [[ $says ]]; then
		((status == 1 || status == 255)) || fail "$*: the exit code should be 1 or 255"
		[[ $error == *"$says"* ]] || fail "$*: the error should have \"$says\""
	else
		((status == 0)) || fail "$*: should succeed"
	fi
}

# Lines: PEERS COMMANDS OPTION [VALUE].  Options of one peer are understood under every name.
table() {
	cat <<-'TABLE'
		both create,run         --bundle         /nowhere
		both create,run         --console-socket s
		both create,run         --pid-file       p
		both create,run         --preserve-fds   1
		both create,run         --no-pivot
		both create,run         --no-new-keyring
		crun create,run         --config         /nowhere/config.json
		crun create,run         --no-subreaper
		runc create,run         --pidfd-socket   s
		both run                --detach
		both run                --keep
		both exec               --console-socket s
		both exec               --cwd            /
		both exec               --env            A=1
		both exec               --tty
		both exec               --user           1:2
		both exec               --detach
		both exec               --pid-file       p
		both exec               --process-label  l
		both exec               --apparmor       p
		both exec               --no-new-privs
		both exec               --cap            CAP_KILL
		both exec               --preserve-fds   1
		both exec               --cgroup         sub
		runc exec               --additional-gids 7
		runc exec               --ignore-paused
		runc exec               --pidfd-socket   s
		runc exec               --no-subreaper
		both kill               --all
		both delete             --force=false
		both list               --quiet
		both list               --format         json
		both ps                 --format         json
		both spec               --bundle         .
		crun spec               --file           other.json
		both update             --blkio-weight   100
		both update             --cpu-period     100000
		both update             --cpu-quota      10000
		both update             --cpu-share      100
		both update             --cpu-rt-period  100000
		both update             --cpu-rt-runtime 1000
		both update             --cpuset-cpus    0
		both update             --cpuset-mems    0
		both update             --memory         64M
		both update             --memory-reservation 32M
		both update             --memory-swap    128M
		both update             --pids-limit     10
		both update             --l3-cache-schema L3:0=1
		both update             --mem-bw-schema  MB:0=10
		both update             --kernel-memory  1
		both update             --kernel-memory-tcp 1
		runc update             --cpu-burst      1000
		runc update             --cpu-idle       1
		runc events             --interval       5s
		runc events             --stats
		both checkpoint,restore --image-path     d
		both checkpoint,restore --work-path      d
		both checkpoint,restore --tcp-established
		both checkpoint,restore --ext-unix-sk
		both checkpoint,restore --shell-job
		both checkpoint,restore --file-locks
		both checkpoint,restore --manage-cgroups-mode soft
		both checkpoint,restore --manage-cgroups-mode ignore
		both checkpoint,restore --manage-cgroups-mode full
		both checkpoint,restore --manage-cgroups-mode strict
		crun checkpoint,restore --network-lock   nftables
		runc checkpoint,restore --empty-ns       network
		runc checkpoint,restore --auto-dedup
		runc checkpoint,restore --lazy-pages
		both checkpoint         --leave-running
		both checkpoint         --parent-path    ..
		both checkpoint         --pre-dump
		runc checkpoint         --tcp-skip-in-flight
		runc checkpoint         --link-remap
		runc checkpoint         --status-fd      3
		runc checkpoint         --page-server    127.0.0.1:77
		both restore            --bundle         d
		both restore            --detach
		both restore            --pid-file       p
		both restore            --console-socket s
		both restore            --lsm-profile    selinux:l
		both restore            --lsm-mount-context l
		crun restore            --tcp-close
		runc restore            --no-subreaper
		runc restore            --no-pivot
	TABLE
}

@test "every option of both peers is understood, with one dash or two, its value apart or after =" {
	local peers commands option value command peer

	while read -r peers commands option value; do
		for command in ${commands//,/ }; do
			for peer in crun runc; do
				attempt "$peer" "$command" "$option" $value
				attempt "$peer" "$command" "${option#-}" $value
				[[ ! $value ]] || attempt "$peer" "$command" "${option#-}=$value"
				[[ ! $value ]] || attempt "$peer" "$command" "$option=$value"
			done
		done
	done < <(table)
}

@test "the help of each command lists every option of the table" {
	local peers commands option value command

	while read -r peers commands option value; do
		for command in ${commands//,/ }; do
			try_as crun "$command" --help
			assert_success
			[[ $output =~ [[:space:],]"${option%%=*}"[[:space:]] ]] || fail "no $option in the help of $command"
		done
	done < <(table)
}

@test "every short option of both peers is understood" {
	local peer

	for peer in crun runc; do
		attempt "$peer" create -b /nowhere
		attempt "$peer" create -f /nowhere/config.json
		attempt "$peer" run -d -b /nowhere
		attempt "$peer" exec -e A=1 -t -u 1 -d -c CAP_KILL -g 7
		attempt "$peer" kill -a
		attempt "$peer" list -q
		attempt "$peer" list -f json
		attempt "$peer" ps -f json
		attempt "$peer" spec -b .
		attempt "$peer" restore -b d -d
		try_as "$peer" delete -f c1
		assert_success
		try_as "$peer" delete -r -f 'c[0-9]'
		assert_success
		try_as "$peer" kill -r 'c[0-9]'
		assert_success
		: >resources
		try_as "$peer" update -r resources c1
		assert_error_has "does not exist"
	done
}

@test "every global option of both peers is understood, before and after the command" {
	local peer option value place

	while read -r option value; do
		for peer in crun runc; do
			for place in before after; do
				[[ $place == before ]] && set -- "$option" $value list || set -- list "$option" $value
				try_as "$peer" "$@"
				((status == 0)) || fail "$peer $*"
				[[ $place == before ]] && set -- "${option#-}" $value list || set -- list "${option#-}" $value
				try_as "$peer" "$@"
				((status == 0)) || fail "$peer $*"
			done
		done
	done <<-'TABLE'
		--debug
		--log file
		--log file:file
		--log-format text
		--log-format json
		--log-level error
		--log-level warning
		--log-level debug
		--systemd-cgroup
		--cgroup-manager cgroupfs
		--cgroup-manager systemd
		--cgroup-manager disabled
		--rootless true
		--rootless false
		--rootless auto
		--criu /usr/sbin/criu
		--systemd-log
	TABLE
}

@test "help and version are asked for in every way of both peers" {
	local peer word

	for peer in crun runc; do
		for word in -h --help -help --usage '-?'; do
			try_as "$peer" "$word"
			assert_success
			assert_output_has checkpoint
			try_as "$peer" run "$word"
			assert_success
			assert_output_has "--detach"
		done
		for word in -v --version -version -V; do
			try_as "$peer" "$word"
			assert_success
			[[ $output == "$peer version "[0-9]* ]] || fail "$peer $word"
		done
	done
}
