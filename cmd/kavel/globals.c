/* The options that belong to no command, and what they decide: the log and the state directory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "cgroups/cgroup.h"
#include "cli.h"

enum cli_log_format { CLI_LOG_TEXT, CLI_LOG_JSON };

static const struct str_name log_formats[] = {
	{ "text", CLI_LOG_TEXT },
	{ "json", CLI_LOG_JSON },
	{ 0 },
};

static const struct str_name log_levels[] = {
	{ "error", LOG_LEVEL_ERROR },
	{ "warning", LOG_LEVEL_WARNING },
	{ "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },
	{ 0 },
};

const struct str_name cli_formats[] = {
	{ "table", CLI_TABLE },
	{ "json", CLI_JSON },
	{ 0 },
};

static const struct str_name cgroup_managers[] = {
	{ "cgroupfs", CGROUP_MANAGER_CGROUPFS },
	{ "systemd", CGROUP_MANAGER_SYSTEMD },
	{ "disabled", CGROUP_MANAGER_DISABLED },
	{ 0 },
};

static const struct str_name rootless_choices[] = { { "auto", 0 }, { "true", 1 }, { "false", 2 }, { 0 } };

#define OPTIONS struct cli_options

const struct option_row cli_global_options[] = {
	OPTION_TEXT(OPTIONS, root, "root", 0, "DIR", "state directory (default: /run/kavel, or $XDG_RUNTIME_DIR/kavel)"),
	OPTION_TEXT(OPTIONS, log, "log", 0, "FILE",
		    "append messages to FILE, journald:NAME or syslog:NAME"),
	OPTION_CHOICE(OPTIONS, log_format, "log-format", 0, "FORMAT", log_formats, "text (default) or json"),
	OPTION_CHOICE(OPTIONS, log_level, "log-level", 0, "LEVEL", log_levels,
		      "error, warning (default), info or debug"),
	OPTION_CONST(OPTIONS, log_level, "debug", 0, LOG_LEVEL_DEBUG, "log everything: --log-level debug"),
	OPTION_CHOICE(OPTIONS, cgroup_manager, "cgroup-manager", 0, "MANAGER", cgroup_managers,
		      "cgroupfs (default), systemd or disabled"),
	OPTION_CONST(OPTIONS, cgroup_manager, "systemd-cgroup", 0, CGROUP_MANAGER_SYSTEMD,
		     "the same as --cgroup-manager systemd"),
	OPTION_CHOICE(OPTIONS, rootless, "rootless", 0, "WHEN", rootless_choices,
		      "true, false or auto; accepted, always found out"),
	OPTION_IGNORED("criu", "PATH", "accepted, ignored"),
	OPTION_IGNORED("systemd-log", NULL, "accepted, ignored"),
	OPTION_FLAG(OPTIONS, version, "version", 'v', "print the version"),
	OPTION_FLAG(OPTIONS, help, "help", 'h', "print help, also of a command"),
	OPTION_FLAG(OPTIONS, version, NULL, 'V', NULL),
	OPTION_FLAG(OPTIONS, help, "usage", 0, NULL),
	OPTION_FLAG(OPTIONS, help, NULL, '?', NULL),
	OPTION_END,
};

/* Where --log leads: PATH or file:PATH, journald:NAME, syslog:NAME; an empty path means none for runc's callers. */
static int find_log(const char *given, struct log_options *log, struct err *err)
{
	static const struct str_name targets[] = {
		{ "file:", LOG_TO_FILE },
		{ "journald:", LOG_TO_JOURNAL },
		{ "syslog:", LOG_TO_SYSLOG },
	};

	log->path = given && *given ? given : NULL;
	for (size_t i = 0; given && i < ARRAY_SIZE(targets); i++) {
		const char *rest = str_after(given, targets[i].name);

		if (!rest)
			continue;
		log->target = (enum log_where)targets[i].value;
		log->path = *rest ? rest : NULL;
		/* a line break would begin a field of its own in the journal */
		if (log->target != LOG_TO_FILE && (!*rest || strpbrk(rest, "\n\r")))
			return err_user(err, "--log %s: expected %sNAME", given, targets[i].name);
	}
	return 0;
}

int cli_open_log(const struct cli *cli, struct err *err)
{
	struct log_options log = {
		.program = cli->program,
		.json = cli->options.log_format == CLI_LOG_JSON,
		.level = (enum log_level)cli->options.log_level,
	};
	struct err ignored;
	int r = find_log(cli->options.log, &log, err);

	if (r == 0)
		r = log_open(&log, err);
	if (r < 0) {
		log.path = NULL;
		(void)log_open(&log, &ignored); /* cannot fail without a path */
	}
	return r;
}

/* Make the named state directory absolute, without slashes at its end. */
static int named_root(struct cli *cli, const char *given, struct err *err)
{
	char here[PATH_MAX] = "";
	size_t size = strlen(given);

	if (!size)
		return err_user(err, "--root: the name is empty");
	while (size > 1 && given[size - 1] == '/')
		size--;
	if (size == 1 && *given == '/')
		return err_user(err, "--root: / cannot be the state directory");
	if (*given != '/' && !getcwd(here, sizeof(here)))
		return err_sys(err, errno, "--root %s: current directory", given);
	if ((size_t)snprintf(cli->root, sizeof(cli->root), "%s%s%.*s", here, *here ? "/" : "", (int)size, given) >=
	    sizeof(cli->root))
		return err_set(err, ENAMETOOLONG, "--root: the name is too long");
	return 0;
}

int cli_find_host(struct cli *cli, bool needs_root, struct err *err)
{
	int r;

	cli->host = (struct container_host){
		.root = cli->root,
		.root_is_default = !cli->options.root,
		.cgroup_manager = (enum cgroup_manager)cli->options.cgroup_manager,
		.makes_user_ns = cli->dialect == CLI_CRUN,
		.hooks_in_bundle = cli->dialect == CLI_CRUN,
		.refuses_unknown_caps = cli->dialect == CLI_CRUN,
	};
	if (cli->options.root)
		return named_root(cli, cli->options.root, err);
	r = container_default_root(cli->root, sizeof(cli->root), err);
	if (r < 0 && !needs_root)
		(void)snprintf(cli->root, sizeof(cli->root), "/run/kavel"); /* printed at most */
	return needs_root ? r : 0;
}
