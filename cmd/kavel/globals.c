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
	OPTION_TEXT(OPTIONS, log, "log", 0, "FILE", "append messages to FILE"),
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
	OPTION_END,
};

/* The file that --log names: PATH or file:PATH; NULL for none. */
static int log_path(const char *given, const char **ret_path, struct err *err)
{
	static const char *const services[] = { "journald", "syslog" };
	const char *path = given ? str_after(given, "file:") : NULL;

	*ret_path = path ? path : given;
	if (given && !path)
		for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
			const char *rest = str_after(given, services[i]);

			if (rest && *rest == ':')
				return err_user(err, "--log %s: %s is not supported, only a file is", given,
						services[i]);
		}
	/* an empty name means none for runc's callers */
	if (*ret_path && !**ret_path)
		*ret_path = NULL;
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
	int r = log_path(cli->options.log, &log.path, err);

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
	};
	if (cli->options.root)
		return named_root(cli, cli->options.root, err);
	r = container_default_root(cli->root, sizeof(cli->root), err);
	if (r < 0 && !needs_root)
		(void)snprintf(cli->root, sizeof(cli->root), "/run/kavel"); /* printed at most */
	return needs_root ? r : 0;
}
