# Completion of kavel's command line for fish.

set -l commands create start run exec kill delete pause resume update events stats top state list ps logs wait mounts checkpoint restore attach up down restart status inspect enable disable rename rm spec plan features doctor help

# The IDs of the containers below the state directory that the command line names.
function __kavel_ids
    set -l words (commandline --tokenize --cut-at-cursor)
    set -l root
    for i in (seq (count $words))
        switch $words[$i]
            case --root
                set root --root $words[(math $i + 1)]
            case '--root=*'
                set root $words[$i]
        end
    end
    $words[1] $root list --quiet 2>/dev/null
end

# The names of the guests in the store that the command line names.
function __kavel_guests
    set -l words (commandline --tokenize --cut-at-cursor)
    set -l store
    for i in (seq (count $words))
        switch $words[$i]
            case --store
                set store --store $words[(math $i + 1)]
            case '--store=*'
                set store $words[$i]
        end
    end
    $words[1] status $store --quiet 2>/dev/null
end

complete -c kavel -f
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a create -d 'Create a container that waits to be started'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a start -d 'Start the program of a created container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a run -d 'Create and start a container, and wait for its end'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a exec -d 'Run a further process in a running container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a kill -d 'Send a signal to a container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a delete -d 'Delete a container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a pause -d 'Freeze all processes of a container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a resume -d 'Thaw the processes of a paused container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a update -d 'Change the limits of a container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a events -d 'Follow statistics and out-of-memory events'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a stats -d 'Show what containers use'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a top -d 'Show all containers on the terminal'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a state -d 'Print the state of a container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a list -d 'List the containers'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a ps -d 'List the processes of a container'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a wait -d 'Wait until guests have ended, and print their exit codes'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a logs -d 'Print what a guest printed'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a mounts -d 'Mount in a container that runs'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a checkpoint -d 'Not built in'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a restore -d 'Not built in'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a attach -d 'Show what a guest writes, and type what it reads'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a up -d 'Make a guest of that name and start it, or start it again'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a down -d 'Stop guests'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a restart -d 'Stop guests and start them again'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a status -d 'List the named guests and what they do'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a inspect -d 'Print all about a guest'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a enable -d 'Start a guest whenever the system boots'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a disable -d 'Do not start a guest when the system boots'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a rename -d 'Give a stopped guest another name'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a rm -d 'Remove guests with all they wrote'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a spec -d 'Write a default configuration'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a plan -d 'Print what create would do with a bundle'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a features -d 'Print what this runtime supports'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a doctor -d 'Check this host'
complete -c kavel -n "not __fish_seen_subcommand_from $commands" -a help -d 'Print help'

# global
complete -c kavel -l root -x -a '(__fish_complete_directories)' -d 'State directory'
complete -c kavel -l log -r -F -d 'Append messages to a file'
complete -c kavel -l log-format -x -a 'text json' -d 'Format of messages'
complete -c kavel -l log-level -x -a 'error warning info debug' -d 'Kind of messages'
complete -c kavel -l debug -d 'Log everything'
complete -c kavel -l cgroup-manager -x -a 'cgroupfs systemd disabled' -d 'Who makes cgroups'
complete -c kavel -l systemd-cgroup -d 'The same as --cgroup-manager systemd'
complete -c kavel -n 'not __fish_seen_subcommand_from spec' -l rootless -x -a 'auto true false' -d 'Accepted'
complete -c kavel -l criu -r -F -d 'Accepted, ignored'
complete -c kavel -l systemd-log -d 'Accepted, ignored'
complete -c kavel -s v -l version -d 'Print the version'
complete -c kavel -s h -l help -d 'Print help'

# create, run, restore, spec, plan
complete -c kavel -n '__fish_seen_subcommand_from create run restore spec plan' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'Directory of the bundle'
complete -c kavel -n '__fish_seen_subcommand_from create run restore spec plan' -s f -l config -r -F -d 'Its configuration'
complete -c kavel -n '__fish_seen_subcommand_from create run restore' -l pid-file -r -F -d 'Write the process ID to a file'
complete -c kavel -n '__fish_seen_subcommand_from create run restore' -l console-socket -r -F -d 'Socket that gets the terminal'
complete -c kavel -n '__fish_seen_subcommand_from create run restore' -l pidfd-socket -r -F -d 'Socket that gets a pidfd'
complete -c kavel -n '__fish_seen_subcommand_from create run restore' -l preserve-fds -x -d 'Pass on descriptors'
complete -c kavel -n '__fish_seen_subcommand_from create run restore' -l no-pivot -d 'Change the root without pivot_root'
complete -c kavel -n '__fish_seen_subcommand_from create run restore' -l no-new-keyring -d 'Keep the session keyring'
complete -c kavel -n '__fish_seen_subcommand_from create run restore' -l no-subreaper -d 'Accepted, ignored'
complete -c kavel -n '__fish_seen_subcommand_from run restore' -s d -l detach -d 'Return as soon as it runs'
complete -c kavel -n '__fish_seen_subcommand_from run' -l keep -d 'Keep the state when it has ended'
complete -c kavel -n '__fish_seen_subcommand_from spec' -l file -r -F -d 'The same as --config'
complete -c kavel -n '__fish_seen_subcommand_from spec' -l rootless -d 'For a caller who is not root'
complete -c kavel -n '__fish_seen_subcommand_from plan' -x -a '(__fish_complete_directories)'

# exec
complete -c kavel -n '__fish_seen_subcommand_from exec' -s p -l process -r -F -d 'JSON of the process'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l cwd -x -d 'Current directory of the process'
complete -c kavel -n '__fish_seen_subcommand_from exec' -s e -l env -x -d 'Add to its environment'
complete -c kavel -n '__fish_seen_subcommand_from exec' -s u -l user -x -d 'User and group to run as'
complete -c kavel -n '__fish_seen_subcommand_from exec' -s g -l additional-gids -x -d 'Add a group'
complete -c kavel -n '__fish_seen_subcommand_from exec' -s c -l cap -x -d 'Add a capability'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l no-new-privs -d 'Set no_new_privs'
complete -c kavel -n '__fish_seen_subcommand_from exec' -s d -l detach -d 'Return as soon as it runs'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l pid-file -r -F -d 'Write the process ID to a file'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l pidfd-socket -r -F -d 'Socket that gets a pidfd'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l preserve-fds -x -d 'Pass on descriptors'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l cgroup -x -d 'Sub-group to run in'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l ignore-paused -d 'Also in a paused container'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l no-subreaper -d 'Accepted, ignored'
complete -c kavel -n '__fish_seen_subcommand_from exec' -s t -l tty -d 'Give it a terminal'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l console-socket -r -F -d 'Socket that gets the terminal'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l process-label -x -d 'SELinux label of the process'
complete -c kavel -n '__fish_seen_subcommand_from exec' -l apparmor -x -d 'AppArmor profile of the process'

# update
complete -c kavel -n '__fish_seen_subcommand_from update' -s r -l resources -r -F -d 'JSON of linux.resources'
complete -c kavel -n '__fish_seen_subcommand_from update' -l memory -x -d 'Memory limit'
complete -c kavel -n '__fish_seen_subcommand_from update' -l memory-reservation -x -d 'Memory that is kept for it'
complete -c kavel -n '__fish_seen_subcommand_from update' -l memory-swap -x -d 'Limit of memory and swap together'
complete -c kavel -n '__fish_seen_subcommand_from update' -l pids-limit -x -d 'Number of processes'
complete -c kavel -n '__fish_seen_subcommand_from update' -l l3-cache-schema -x -d 'Part of the L3 cache'
complete -c kavel -n '__fish_seen_subcommand_from update' -l mem-bw-schema -x -d 'Memory bandwidth'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpu-share -x -d 'Share of CPU time'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpu-quota -x -d 'CPU time in each period'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpu-period -x -d 'Length of the period'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpu-burst -x -d 'Unused time that may be saved up'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpu-idle -x -a '0 1' -d 'Only time that nobody else wants'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpu-rt-runtime -x -d 'Realtime in each realtime period'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpu-rt-period -x -d 'Length of the realtime period'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpuset-cpus -x -d 'CPUs to run on'
complete -c kavel -n '__fish_seen_subcommand_from update' -l cpuset-mems -x -d 'Memory nodes to use'
complete -c kavel -n '__fish_seen_subcommand_from update' -l blkio-weight -x -d 'Share of block I/O'
complete -c kavel -n '__fish_seen_subcommand_from update' -l kernel-memory -x -d 'Accepted, ignored'
complete -c kavel -n '__fish_seen_subcommand_from update' -l kernel-memory-tcp -x -d 'Accepted, ignored'

# mounts, checkpoint, restore
complete -c kavel -n '__fish_seen_subcommand_from mounts' -F -a 'add remove (__kavel_ids)'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l image-path -x -a '(__fish_complete_directories)' -d 'Directory of the checkpoint\'s files'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l work-path -x -a '(__fish_complete_directories)' -d 'Directory of working files and logs'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l tcp-established -d 'Also with open TCP connections'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l ext-unix-sk -d 'Also with UNIX sockets that lead outside'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l shell-job -d 'Also with a terminal of the caller\'s'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l file-locks -d 'Also with locks on files'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l empty-ns -x -d 'Leave a namespace\'s contents to the caller'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l auto-dedup -d 'Store pages once'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l lazy-pages -d 'Bring memory when it is used'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l manage-cgroups-mode -x -a 'soft full strict ignore' -d 'How cgroups are treated'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint restore' -l network-lock -x -a 'iptables nftables skip' -d 'How the network is held'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint' -l parent-path -x -a '(__fish_complete_directories)' -d 'Earlier checkpoint'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint' -l pre-dump -d 'Write memory only, and go on'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint' -l leave-running -d 'Do not stop the container'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint' -l tcp-skip-in-flight -d 'Leave out connections that are being made'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint' -l link-remap -d 'Also with files that were removed'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint' -l status-fd -x -d 'Tell there when lazy pages can be had'
complete -c kavel -n '__fish_seen_subcommand_from checkpoint' -l page-server -x -d 'Send memory there'
complete -c kavel -n '__fish_seen_subcommand_from restore' -l lsm-profile -x -d 'Security label of the processes'
complete -c kavel -n '__fish_seen_subcommand_from restore' -l lsm-mount-context -x -d 'SELinux context of the mounts'
complete -c kavel -n '__fish_seen_subcommand_from restore' -l tcp-close -d 'Close the TCP connections'

# attach
complete -c kavel -n '__fish_seen_subcommand_from attach' -a '(__kavel_ids)'
complete -c kavel -n '__fish_seen_subcommand_from logs' -a '(__kavel_guests)' -d Guest
complete -c kavel -n '__fish_seen_subcommand_from attach' -l detach-keys -x -d 'Keys that end it'
complete -c kavel -n '__fish_seen_subcommand_from attach' -l no-stdin -d 'Only show what the guest writes'
complete -c kavel -n '__fish_seen_subcommand_from attach' -l sig-proxy -d 'Pass signals on to the guest'
complete -c kavel -n '__fish_seen_subcommand_from attach' -l store -x -a '(__fish_complete_directories)' -d 'Where guests are kept'
# guests by name
complete -c kavel -n '__fish_seen_subcommand_from up down restart status inspect enable disable rename rm' -a '(__kavel_guests)'
complete -c kavel -n '__fish_seen_subcommand_from up' -l rootfs -x -a '(__fish_complete_directories)' -d 'Its image, or (default) the programs of the host'
complete -c kavel -n '__fish_seen_subcommand_from up' -l system -d 'A whole system: its /sbin/init is started, which needs a --rootfs'
complete -c kavel -n '__fish_seen_subcommand_from up' -s v -l volume -r -F -d 'Show it a file or folder: ro, idmap, ...'
complete -c kavel -n '__fish_seen_subcommand_from up' -l tmpfs -x -d 'A file system in memory: size=64m, mode=1777, ...'
complete -c kavel -n '__fish_seen_subcommand_from up' -l read-only -d 'Its root cannot be written; /run, /tmp and /var/tmp can'
complete -c kavel -n '__fish_seen_subcommand_from up' -s m -l memory -x -d 'Memory limit: 512M, 1g'
complete -c kavel -n '__fish_seen_subcommand_from up' -l memory-swap -x -d 'Limit of memory and swap together; -1: none'
complete -c kavel -n '__fish_seen_subcommand_from up' -l memory-reservation -x -d 'Memory that is kept for it'
complete -c kavel -n '__fish_seen_subcommand_from up' -l cpus -x -d 'CPU time: 1.5 is one and a half CPUs'
complete -c kavel -n '__fish_seen_subcommand_from up' -l cpu-weight -x -d 'Share of CPU time, 1 to 10000; all others have 100'
complete -c kavel -n '__fish_seen_subcommand_from up' -l cpuset-cpus -x -d 'CPUs to run on, such as 0-3,7'
complete -c kavel -n '__fish_seen_subcommand_from up' -l cpuset-mems -x -d 'Memory nodes to use'
complete -c kavel -n '__fish_seen_subcommand_from up' -l pids -x -d 'Number of processes; -1: no limit'
complete -c kavel -n '__fish_seen_subcommand_from up' -l io-weight -x -d 'Share of block I/O, 10 to 1000'
complete -c kavel -n '__fish_seen_subcommand_from up' -l ulimit -x -d 'Resource limit of processes: nofile, nproc, core, ...'
complete -c kavel -n '__fish_seen_subcommand_from up' -s e -l env -x -d 'Variable of its environment; without a value the caller\'s'
complete -c kavel -n '__fish_seen_subcommand_from up' -l env-file -r -F -d 'Lines NAME=VALUE'
complete -c kavel -n '__fish_seen_subcommand_from up' -s u -l user -x -d 'Names of the guest, or numbers'
complete -c kavel -n '__fish_seen_subcommand_from up' -s w -l workdir -x -d 'Working directory in the guest'
complete -c kavel -n '__fish_seen_subcommand_from up' -s t -l tty -d 'A terminal as its standard streams'
complete -c kavel -n '__fish_seen_subcommand_from up' -s i -l interactive -d 'A standard input, for attach'
complete -c kavel -n '__fish_seen_subcommand_from up' -l hostname -x -d 'Its name in the network (default: NAME)'
complete -c kavel -n '__fish_seen_subcommand_from up' -l network -x -a 'none host' -d 'None (default): itself alone; host: the host\'s'
complete -c kavel -n '__fish_seen_subcommand_from up' -l userns -x -a 'auto host' -d 'User IDs of its own, or (default, unless --system) the host\'s'
complete -c kavel -n '__fish_seen_subcommand_from up' -l cap-add -x -d 'A capability more; all'
complete -c kavel -n '__fish_seen_subcommand_from up' -l cap-drop -x -d 'A capability less; all'
complete -c kavel -n '__fish_seen_subcommand_from up' -l device -r -F -d 'A device of the host'
complete -c kavel -n '__fish_seen_subcommand_from up' -l sysctl -x -d 'Kernel parameter of its namespaces'
complete -c kavel -n '__fish_seen_subcommand_from up' -l seccomp -r -F -d 'Its filter of system calls: default, unconfined'
complete -c kavel -n '__fish_seen_subcommand_from up' -l apparmor -x -d 'Its AppArmor profile'
complete -c kavel -n '__fish_seen_subcommand_from up' -l security-opt -x -d 'Seccomp, apparmor, label, no-new-privileges'
complete -c kavel -n '__fish_seen_subcommand_from up' -l restart -x -a 'no on-failure always unless-stopped' -d 'No, on-failure[:N], always, unless-stopped'
complete -c kavel -n '__fish_seen_subcommand_from up' -l stop-signal -x -d 'What stops it (default: TERM; a system: RTMIN+3)'
complete -c kavel -n '__fish_seen_subcommand_from up' -l stop-timeout -x -d 'Until it is killed (default: 10s; a system: 90s)'
complete -c kavel -n '__fish_seen_subcommand_from up' -l health-cmd -x -d 'Run in the guest from time to time: is it well?'
complete -c kavel -n '__fish_seen_subcommand_from up' -l health-interval -x -d 'Between two checks (default: 30s)'
complete -c kavel -n '__fish_seen_subcommand_from up' -l health-timeout -x -d 'A check that takes longer has failed'
complete -c kavel -n '__fish_seen_subcommand_from up' -l health-retries -x -d 'Failures that make it unhealthy'
complete -c kavel -n '__fish_seen_subcommand_from up' -l health-start-period -x -d 'In which failures do not count'
complete -c kavel -n '__fish_seen_subcommand_from up' -l health-on-failure -x -a 'none kill restart stop' -d 'None, kill, restart or stop'
complete -c kavel -n '__fish_seen_subcommand_from up' -l log-driver -x -a 'k8s-file json-file journald passthrough none' -d 'K8s-file (default), json-file, journald, none'
complete -c kavel -n '__fish_seen_subcommand_from up' -l log-size -x -d 'Of one log file (default: 16M); -1: no limit'
complete -c kavel -n '__fish_seen_subcommand_from up' -l log-files -x -d 'Older log files that are kept (default: 4)'
complete -c kavel -n '__fish_seen_subcommand_from up' -l log-policy -x -a 'drop-oldest block' -d 'When the log is slow: drop-oldest or block'
complete -c kavel -n '__fish_seen_subcommand_from up' -l label -x -d 'For people and programs that list guests'
complete -c kavel -n '__fish_seen_subcommand_from up' -l annotation -x -d 'For the runtime: see kavel(5)'
complete -c kavel -n '__fish_seen_subcommand_from up' -l replace -d 'Make a guest of that name anew, with its files'
complete -c kavel -n '__fish_seen_subcommand_from up' -l rm -d 'Remove it when it has ended'
complete -c kavel -n '__fish_seen_subcommand_from up' -s d -l detach -d 'Return as soon as it runs (default)'
complete -c kavel -n '__fish_seen_subcommand_from up' -s a -l attach -d 'Attach to it, and exit as it does'
complete -c kavel -n '__fish_seen_subcommand_from up' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
complete -c kavel -n '__fish_seen_subcommand_from down' -s a -l all -d 'All guests'
complete -c kavel -n '__fish_seen_subcommand_from down' -s t -l timeout -x -d 'Until it is killed (default: the guest\'s own)'
complete -c kavel -n '__fish_seen_subcommand_from down' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
complete -c kavel -n '__fish_seen_subcommand_from restart' -s t -l timeout -x -d 'Until it is killed (default: the guest\'s own)'
complete -c kavel -n '__fish_seen_subcommand_from restart' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
complete -c kavel -n '__fish_seen_subcommand_from status' -s f -l format -x -a 'table json' -d 'Table (default) or json'
complete -c kavel -n '__fish_seen_subcommand_from status' -s q -l quiet -d 'Print the names only'
complete -c kavel -n '__fish_seen_subcommand_from status' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
complete -c kavel -n '__fish_seen_subcommand_from inspect' -s f -l format -x -a 'json' -d 'Json, as without it'
complete -c kavel -n '__fish_seen_subcommand_from inspect' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
complete -c kavel -n '__fish_seen_subcommand_from enable' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
complete -c kavel -n '__fish_seen_subcommand_from disable' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
complete -c kavel -n '__fish_seen_subcommand_from rename' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
complete -c kavel -n '__fish_seen_subcommand_from rm' -s f -l force -d 'Stop it first; one that does not exist is no failure'
complete -c kavel -n '__fish_seen_subcommand_from rm' -l keep-data -d 'Keep what it wrote, for the next guest of that name'
complete -c kavel -n '__fish_seen_subcommand_from rm' -l store -x -a '(__fish_complete_directories)' -d 'Of guests (default: /var/lib/kavel, or ~/.local/share/kavel)'
# doctor
complete -c kavel -n '__fish_seen_subcommand_from doctor' -s f -l format -x -a 'table json' -d Format
complete -c kavel -n '__fish_seen_subcommand_from doctor' -l host -x -a '(__fish_complete_directories)' -d 'Read the files of the host there'
complete -c kavel -n '__fish_seen_subcommand_from doctor' -l repair -d 'Remove what containers that ended left behind'

# events, stats, top
complete -c kavel -n '__fish_seen_subcommand_from events stats top' -l interval -x -d 'Time between two readings'
complete -c kavel -n '__fish_seen_subcommand_from events' -l stats -d 'Print the statistics once'
complete -c kavel -n '__fish_seen_subcommand_from stats' -s f -l format -x -a 'table json openmetrics' -d Format
complete -c kavel -n '__fish_seen_subcommand_from stats' -l no-stream -d 'Show them once'

# kill, delete, list, ps, help
complete -c kavel -n '__fish_seen_subcommand_from kill' -s a -l all -d 'All processes of the container'
complete -c kavel -n '__fish_seen_subcommand_from kill delete' -s r -l regex -d 'All containers that match'
complete -c kavel -n '__fish_seen_subcommand_from kill' -a 'TERM KILL INT HUP QUIT USR1 USR2 STOP CONT' -d Signal
complete -c kavel -n '__fish_seen_subcommand_from delete' -s f -l force -d 'Kill it first'
complete -c kavel -n '__fish_seen_subcommand_from list ps' -s f -l format -x -a 'table json' -d Format
complete -c kavel -n '__fish_seen_subcommand_from list' -s q -l quiet -d 'The IDs only'
complete -c kavel -n '__fish_seen_subcommand_from help' -a "$commands"
complete -c kavel -n '__fish_seen_subcommand_from start exec kill delete pause resume update events stats state ps checkpoint' -a '(__kavel_ids)' -d Container

# wait
complete -c kavel -n '__fish_seen_subcommand_from wait' -a '(__kavel_guests)'
complete -c kavel -n '__fish_seen_subcommand_from wait' -s f -l format -x -a 'table json' -d Format
complete -c kavel -n '__fish_seen_subcommand_from wait' -l store -x -a '(__fish_complete_directories)' -d 'Where guests are kept'

# logs
complete -c kavel -n '__fish_seen_subcommand_from logs' -s f -l follow -d 'Go on until the guest ends'
complete -c kavel -n '__fish_seen_subcommand_from logs' -l since -x -d 'From then on'
complete -c kavel -n '__fish_seen_subcommand_from logs' -l until -x -d 'Up to then'
complete -c kavel -n '__fish_seen_subcommand_from logs' -s n -l tail -x -d 'The last lines only'
complete -c kavel -n '__fish_seen_subcommand_from logs' -s t -l timestamps -d 'When it was printed'
complete -c kavel -n '__fish_seen_subcommand_from logs' -l stream -x -a 'stdout stderr all' -d 'What is printed'
complete -c kavel -n '__fish_seen_subcommand_from logs' -l format -x -a 'table json' -d Format
complete -c kavel -n '__fish_seen_subcommand_from logs' -l file -r -F -d 'A log file instead of a guest'
complete -c kavel -n '__fish_seen_subcommand_from logs' -l store -x -a '(__fish_complete_directories)' -d 'Where guests are kept'
