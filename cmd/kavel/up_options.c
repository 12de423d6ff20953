/* The options of `kavel up`: one row each here, one in lib/store/config.c (what becomes of it in config.json) or a line in
 * lib/store/settings.c (what the shim is told). */
#include <stdlib.h>

#include "base/auto.h"
#include "cli.h"

#define OPTIONS		       struct cli_options
#define TEXT(member, ...)      OPTION_TEXT(OPTIONS, up.member, __VA_ARGS__)
#define LIST(member, ...)      OPTION_LIST(OPTIONS, up.member, __VA_ARGS__)
#define FLAG(member, ...)      OPTION_FLAG(OPTIONS, up.member, __VA_ARGS__)

/* What makes the guest, and is kept with it. */
#define KEPT_OPTIONS                                                                                             \
	TEXT(rootfs, "rootfs", 0, "DIR|host", "its image, or (default) the programs of the host"),               \
	FLAG(is_system, "system", 0, "a whole system: its /sbin/init is started, which needs a --rootfs"),       \
	LIST(volumes, "volume", 'v', "SRC:DST[:OPT,...]", "show it a file or folder: ro, idmap, ..."),           \
	LIST(tmpfs, "tmpfs", 0, "DST[:OPT,...]", "a file system in memory: size=64m, mode=1777, ..."),           \
	FLAG(read_only, "read-only", 0, "its root cannot be written; /run, /tmp and /var/tmp can"),              \
	TEXT(memory, "memory", 'm', "SIZE", "memory limit: 512M, 1g"),                                           \
	TEXT(memory_swap, "memory-swap", 0, "SIZE", "limit of memory and swap together; -1: none"),              \
	TEXT(memory_reservation, "memory-reservation", 0, "SIZE", "memory that is kept for it"),                 \
	TEXT(cpus, "cpus", 0, "NUMBER", "CPU time: 1.5 is one and a half CPUs"),                                 \
	TEXT(cpu_weight, "cpu-weight", 0, "N", "share of CPU time, 1 to 10000; all others have 100"),            \
	TEXT(cpuset_cpus, "cpuset-cpus", 0, "LIST", "CPUs to run on, such as 0-3,7"),                            \
	TEXT(cpuset_mems, "cpuset-mems", 0, "LIST", "memory nodes to use"),                                      \
	TEXT(pids, "pids", 0, "N", "number of processes; -1: no limit"),                                         \
	TEXT(io_weight, "io-weight", 0, "N", "share of block I/O, 10 to 1000"),                                  \
	LIST(ulimits, "ulimit", 0, "NAME=SOFT[:HARD]", "resource limit of processes: nofile, nproc, core, ..."), \
	LIST(env, "env", 'e', "NAME[=VALUE]", "variable of its environment; without a value the caller's"),      \
	LIST(env_files, "env-file", 0, "FILE", "lines NAME=VALUE"),                                              \
	TEXT(user, "user", 'u', "USER[:GROUP]", "names of the guest, or numbers"),                               \
	TEXT(workdir, "workdir", 'w', "DIR", "working directory in the guest"),                                  \
	FLAG(terminal, "tty", 't', "a terminal as its standard streams"),                                        \
	FLAG(input, "interactive", 'i', "a standard input, for attach"),                                         \
	TEXT(hostname, "hostname", 0, "NAME", "its name in the network (default: NAME)"),                        \
	TEXT(network, "network", 0, "none|host", "none (default): itself alone; host: the host's"),              \
	TEXT(userns, "userns", 0, "auto|host", "user IDs of its own, or (default, unless --system) the host's"), \
	LIST(caps_added, "cap-add", 0, "CAP", "a capability more; all"),                                         \
	LIST(caps_dropped, "cap-drop", 0, "CAP", "a capability less; all"),                                      \
	LIST(devices, "device", 0, "SRC[:DST][:rwm]", "a device of the host"),                                   \
	LIST(sysctls, "sysctl", 0, "NAME=VALUE", "kernel parameter of its namespaces"),                          \
	TEXT(seccomp, "seccomp", 0, "FILE|WORD", "its filter of system calls: default, unconfined"),             \
	TEXT(apparmor, "apparmor", 0, "PROFILE", "its AppArmor profile"),                                        \
	LIST(security, "security-opt", 0, "KEY=VALUE", "seccomp, apparmor, label, no-new-privileges"),           \
	TEXT(restart, "restart", 0, "POLICY", "no, on-failure[:N], always, unless-stopped"),                     \
	TEXT(stop_signal, "stop-signal", 0, "SIGNAL", "what stops it (default: TERM; a system: RTMIN+3)"),       \
	TEXT(stop_timeout, "stop-timeout", 0, "TIME", "until it is killed (default: 10s; a system: 90s)"),       \
	TEXT(health_command, "health-cmd", 0, "COMMAND", "run in the guest from time to time: is it well?"),     \
	TEXT(health_interval, "health-interval", 0, "TIME", "between two checks (default: 30s)"),                \
	TEXT(health_timeout, "health-timeout", 0, "TIME", "a check that takes longer has failed"),               \
	OPTION_UINT(OPTIONS, up.health_retries, "health-retries", 0, "N", "failures that make it unhealthy"),    \
	TEXT(health_start_period, "health-start-period", 0, "TIME", "in which failures do not count"),           \
	TEXT(health_action, "health-on-failure", 0, "ACTION", "none, kill, restart or stop"),                    \
	TEXT(log_driver, "log-driver", 0, "DRIVER", "k8s-file (default), json-file, journald, none"),            \
	TEXT(log_size, "log-size", 0, "SIZE", "of one log file (default: 16M); -1: no limit"),                   \
	OPTION_UINT(OPTIONS, up.log_files, "log-files", 0, "N", "older log files that are kept (default: 4)"),   \
	TEXT(log_policy, "log-policy", 0, "POLICY", "when the log is slow: drop-oldest or block"),               \
	LIST(labels, "label", 0, "KEY=VALUE", "for people and programs that list guests"),                       \
	LIST(annotations, "annotation", 0, "KEY=VALUE", "for the runtime: see kavel(5)")

static const struct option_row kept[] = { KEPT_OPTIONS, OPTION_END };

const struct option_row cli_up_options[] = {
	KEPT_OPTIONS,
	OPTION_FLAG(OPTIONS, replace, "replace", 0, "make a guest of that name anew, with its files"),
	OPTION_FLAG(OPTIONS, temporary, "rm", 0, "remove it when it has ended"),
	OPTION_FLAG(OPTIONS, detached, "detach", 'd', "return as soon as it runs (default)"),
	OPTION_FLAG(OPTIONS, attached, "attach", 'a', "attach to it, and exit as it does"),
	OPTION_END,
};

struct words {
	const char **items;
	size_t count;
	struct arena *arena;
	bool failed;
};

static void add(struct words *words, const char *text)
{
	/* memory for all of them was taken before */
	if (text)
		words->items[words->count++] = text;
	else
		words->failed = true;
}

static void add_row(struct words *words, const struct option_row *row, const void *member)
{
	const struct option_list *list = member;
	const char *text;

	switch (row->kind) {
	case OPTION_KIND_TEXT:
		text = *(const char *const *)member;
		if (text)
			add(words, arena_printf(words->arena, "--%s=%s", row->name, text));
		break;
	case OPTION_KIND_LIST:
		for (size_t i = 0; i < list->count; i++)
			add(words, arena_printf(words->arena, "--%s=%s", row->name, list->items[i]));
		break;
	case OPTION_KIND_UINT:
		if (*(const unsigned int *)member)
			add(words, arena_printf(words->arena, "--%s=%u", row->name, *(const unsigned int *)member));
		break;
	default:
		if (*(const bool *)member)
			add(words, arena_printf(words->arena, "--%s", row->name));
	}
}

static size_t count_words(const struct cli *cli)
{
	size_t count = ARRAY_SIZE(kept);

	for (const struct option_row *row = kept; row->name; row++)
		if (row->kind == OPTION_KIND_LIST)
			count += ((const struct option_list *)(const void *)((const char *)&cli->options + row->offset))
					 ->count;
	return count;
}

const char **cli_up_words(const struct cli *cli, struct arena *arena, size_t *ret_count)
{
	struct words words = { .arena = arena, .items = ARENA_NEW(arena, const char *, count_words(cli)) };

	if (!words.items)
		return NULL;
	for (const struct option_row *row = kept; row->name; row++)
		add_row(&words, row, (const char *)&cli->options + row->offset);
	*ret_count = words.count;
	return words.failed ? NULL : words.items;
}
