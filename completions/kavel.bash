# Completion of kavel's command line for bash.
# shellcheck shell=bash disable=SC2207

_kavel_global='--root --log --log-format --log-level --debug --cgroup-manager --systemd-cgroup --rootless --criu
	--systemd-log --version --help -v -h'
_kavel_commands='create start run exec kill delete pause resume update events stats top state list ps logs wait mounts checkpoint restore attach up down restart status inspect enable disable rename rm spec plan features doctor help'

# The options of a command that are not global.
_kavel_options() { # COMMAND
	local create='--bundle --config --pid-file --console-socket --pidfd-socket --preserve-fds --no-pivot
		--no-new-keyring --no-subreaper -b -f'

	local criu='--image-path --work-path --tcp-established --ext-unix-sk --shell-job --file-locks --empty-ns --auto-dedup
		--lazy-pages --manage-cgroups-mode --network-lock'

	case $1 in
	create) echo "$create" ;;
	run) echo "--detach --keep -d $create" ;;
	exec)
		echo '--process --cwd --env --user --additional-gids --cap --no-new-privs --detach --pid-file
			--pidfd-socket --preserve-fds --cgroup --ignore-paused --no-subreaper --tty --console-socket
			--process-label --apparmor -p -e -u -g -c -d -t'
		;;
	kill) echo "--all --regex -a -r" ;;
	delete) echo "--force --regex -f -r" ;;
	update)
		echo '--resources --memory --memory-reservation --memory-swap --pids-limit --cpu-share --cpu-quota --cpu-period
			--cpu-burst --cpu-idle --cpu-rt-runtime --cpu-rt-period --cpuset-cpus --cpuset-mems --blkio-weight
			--l3-cache-schema --mem-bw-schema --kernel-memory --kernel-memory-tcp -r'
		;;
	events) echo "--interval --stats" ;;
	stats) echo "--format --interval --no-stream -f" ;;
	top) echo "--interval" ;;
	list) echo "--format --quiet -f -q" ;;
	ps) echo "--format -f" ;;
	logs) echo "--follow --since --until --tail --timestamps --stream --format --file --store -f -n -t" ;;
	checkpoint)
		echo "$criu --parent-path --pre-dump --leave-running --tcp-skip-in-flight --link-remap --status-fd --page-server"
		;;
	restore) echo "$criu $create --detach --lsm-profile --lsm-mount-context --tcp-close -d" ;;
	attach) echo "--detach-keys --no-stdin --sig-proxy --store" ;;
	wait) echo "--format --store -f" ;;
	spec) echo "--rootless --bundle --config --file -b -f" ;;
	up)
		echo "--rootfs --system --volume -v --tmpfs --read-only --memory -m --memory-swap --memory-reservation
			--cpus --cpu-weight --cpuset-cpus --cpuset-mems --pids --io-weight --ulimit --env -e --env-file
			--user -u --workdir -w --tty -t --interactive -i --hostname --network --userns --cap-add --cap-drop
			--device --sysctl --seccomp --apparmor --security-opt --restart --stop-signal --stop-timeout
			--health-cmd --health-interval --health-timeout --health-retries --health-start-period --health-on-failure
			--log-driver --log-size --log-files --log-policy --label --annotation --replace --rm
			--detach -d --attach -a --store"
		;;
	down) echo "--all -a --timeout -t --store" ;;
	restart) echo "--timeout -t --store" ;;
	status) echo "--format -f --quiet -q --store" ;;
	inspect) echo "--format -f --store" ;;
	enable) echo "--store" ;;
	disable) echo "--store" ;;
	rename) echo "--store" ;;
	rm) echo "--force -f --keep-data --store" ;;
	doctor) echo "--format --host --repair -f" ;;
	plan) echo "--bundle --config -b -f" ;;
	esac
}

# True if the option is followed by a value.
_kavel_takes_value() { # OPTION COMMAND
	case $1 in
	-f) [[ $2 != delete && $2 != logs && $2 != rm ]] ;;
	-n) true ;;
	-t) [[ $2 == down || $2 == restart ]] ;;
	-r) [[ $2 == update ]] ;;
	--rootless) [[ $2 != spec ]] ;;
	--root | --log | --log-format | --log-level | --cgroup-manager | --criu | --bundle | -b | --config | --pid-file | \
		--console-socket | --pidfd-socket | --preserve-fds | --format | --process | -p | --cwd | --env | -e | \
		--user | -u | --additional-gids | -g | --cap | -c | --cgroup | --process-label | --apparmor | --resources | --interval | \
		--memory* | --pids-limit | --cpu-* | --cpuset-* | --blkio-weight | --*-schema | --kernel-memory* | --file | \
		--image-path | --work-path | --parent-path | --empty-ns | --manage-cgroups-mode | --network-lock | --status-fd | \
		--page-server | --lsm-* | --detach-keys | --store | --host | --since | --until | --tail | --stream | --rootfs | --volume | -v | --tmpfs | -m | --cpus | \
		--pids | --io-weight | --ulimit | --env-file | --workdir | -w | --hostname | --network | --userns | --cap-add | \
		--cap-drop | --device | --sysctl | --seccomp | --security-opt | --restart | --stop-signal | --stop-timeout | \
		--health-* | --log-driver | --log-size | --log-files | --log-policy | --label | --annotation | --timeout) true ;;
	*) false ;;
	esac
}

_kavel_complete_value() { # OPTION COMMAND WORD
	case $1 in
	--root | --rootfs | --store | --bundle | -b | --image-path | --work-path | --parent-path | --host) COMPREPLY=($(compgen -d -- "$3")) ;;
	--log-format) COMPREPLY=($(compgen -W 'text json' -- "$3")) ;;
	--log-level) COMPREPLY=($(compgen -W 'error warning info debug' -- "$3")) ;;
	--cgroup-manager) COMPREPLY=($(compgen -W 'cgroupfs systemd disabled' -- "$3")) ;;
	--manage-cgroups-mode) COMPREPLY=($(compgen -W 'soft full strict ignore' -- "$3")) ;;
	--network-lock) COMPREPLY=($(compgen -W 'iptables nftables skip' -- "$3")) ;;
	--rootless) COMPREPLY=($(compgen -W 'auto true false' -- "$3")) ;;
	--format)
		COMPREPLY=($(compgen -W 'table json' -- "$3"))
		[[ $2 == stats ]] && COMPREPLY=($(compgen -W 'table json openmetrics' -- "$3"))
		;;
	--preserve-fds | --cwd | --env | -e | --user | -u | --additional-gids | -g | --cap | -c | --cgroup | \
		--process-label | --apparmor | --memory* | --pids-limit | --cpu-* | --cpuset-* | --blkio-weight | \
		--*-schema | --kernel-memory* | --interval | --empty-ns | --status-fd | --page-server | --lsm-* | \
		--detach-keys | --since | --until | --tail | -n | --tmpfs | -m | --cpus | --pids | --io-weight | --ulimit | --workdir | -w | --hostname | --cap-add | \
		--cap-drop | --sysctl | --security-opt | --stop-* | --health-[!o]* | --log-size | --log-files | --label | \
		--annotation | --timeout | -t) ;;
	--network) COMPREPLY=($(compgen -W 'none host' -- "$3")) ;;
	--userns) COMPREPLY=($(compgen -W 'auto host' -- "$3")) ;;
	--restart) COMPREPLY=($(compgen -W 'no on-failure always unless-stopped' -- "$3")) ;;
	--health-on-failure) COMPREPLY=($(compgen -W 'none kill restart stop' -- "$3")) ;;
	--log-driver) COMPREPLY=($(compgen -W 'k8s-file json-file journald passthrough none' -- "$3")) ;;
	--log-policy) COMPREPLY=($(compgen -W 'drop-oldest block' -- "$3")) ;;
	--stream) COMPREPLY=($(compgen -W 'stdout stderr all' -- "$3")) ;;
	-f)
		case $2 in
		stats) COMPREPLY=($(compgen -W 'table json openmetrics' -- "$3")) ;;
		list | ps | doctor | status) COMPREPLY=($(compgen -W 'table json' -- "$3")) ;;
		*) COMPREPLY=($(compgen -f -- "$3")) ;;
		esac
		;;
	*) COMPREPLY=($(compgen -f -- "$3")) ;;
	esac
}

_kavel_complete_argument() { # COMMAND NUMBER WORD KAVEL...
	case $1:$2 in
	:*) COMPREPLY=($(compgen -W "$_kavel_commands" -- "$3")) ;;
	help:1) COMPREPLY=($(compgen -W "$_kavel_commands" -- "$3")) ;;
	plan:1) COMPREPLY=($(compgen -d -- "$3")) ;;
	mounts:1) COMPREPLY=($(compgen -W 'add remove' -- "$3")) ;;
	mounts:3) COMPREPLY=($(compgen -f -- "$3")) ;;
	mounts:2 | checkpoint:1 | start:1 | exec:1 | kill:1 | delete:1 | pause:1 | resume:1 | update:1 | events:1 | stats:* | state:1 | ps:1)
		COMPREPLY=($(compgen -W "$("${@:4}" list --quiet 2>/dev/null)" -- "$3"))
		;;
	up:1 | down:* | restart:* | status:* | inspect:1 | enable:1 | disable:1 | rename:1 | rm:* | attach:1 | wait:* | logs:1)
		# the caller's
		COMPREPLY=($(compgen -W "$("${@:4}" status --quiet "${store[@]}" 2>/dev/null)" -- "$3"))
		;;
	kill:2) COMPREPLY=($(compgen -W "$(compgen -A signal | grep -v '^[^S]') KILL TERM HUP INT" -- "$3")) ;;
	esac
}

_kavel() {
	local words=() word command='' number=1 option='' program=("${COMP_WORDS[0]}") store=() i

	# bash splits --name=value into three words
	for ((i = 1; i <= COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == '=' && $i -lt $COMP_CWORD ]] || words+=("${COMP_WORDS[i]}")
	done
	word=${words[-1]}
	[[ $word == '=' ]] && word=''
	unset 'words[-1]'
	COMPREPLY=()
	for i in "${!words[@]}"; do
		if [[ $option ]]; then
			[[ $option == --root ]] && program+=(--root "${words[i]}")
			[[ $option == --store ]] && store=(--store "${words[i]}")
			option=''
		elif _kavel_takes_value "${words[i]}" "$command"; then
			option=${words[i]}
		elif [[ ${words[i]} == -* ]]; then
			continue
		elif [[ ! $command ]]; then
			command=${words[i]}
		elif [[ $command == exec ]]; then
			return # the rest is the program's
		else
			number=$((number + 1))
		fi
	done
	if [[ $option ]]; then
		_kavel_complete_value "$option" "$command" "$word"
	elif [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$(_kavel_options "$command") $_kavel_global" -- "$word"))
	else
		_kavel_complete_argument "$command" "$number" "$word" "${program[@]}"
	fi
}

complete -F _kavel kavel
