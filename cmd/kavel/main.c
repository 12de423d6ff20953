/* The kavel program: one call is one operation on containers.
 *
 * Start-up is kept cheap: no locale, no buffered output, no library that the command does not need. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli.h"

const struct cli_command *const cli_commands[] = {
	&cli_create, &cli_start, &cli_run, &cli_exec, &cli_kill, &cli_delete,	&cli_pause, &cli_resume,
	&cli_update, &cli_events, &cli_stats, &cli_top, &cli_state, &cli_list, &cli_ps, &cli_mounts, &cli_checkpoint, &cli_restore, &cli_attach, &cli_spec, &cli_plan, &cli_features, &cli_doctor,
	&cli_up, &cli_down, &cli_restart, &cli_logs, &cli_wait, &cli_status, &cli_inspect, &cli_enable, &cli_disable, &cli_rename, &cli_rm,
	&cli_help, NULL,
};

const struct cli_command *cli_command_find(const char *name)
{
	for (const struct cli_command *const *at = cli_commands; *at; at++)
		if (str_eq((*at)->name, name))
			return *at;
	return NULL;
}

int cli_unknown_command(const struct cli *cli, const char *name, struct err *err)
{
	/* runc's callers look for these words */
	if (cli->dialect == CLI_RUNC)
		return err_user(err, "No help topic for '%s'", name);
	return err_user(err, "unknown command \"%s\" (\"%s help\" lists all)", name, cli->program);
}

static void find_dialect(struct cli *cli, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	cli->program = "kavel";
	cli->dialect = CLI_KAVEL;
	/* names by which crun runs containers in a virtual machine, or WebAssembly */
	if (str_eq(name, "krun") || str_after(name, "crun-")) {
		cli->handler = name;
		name = "crun";
	}
	if (str_eq(name, "runc")) {
		cli->program = "runc";
		cli->dialect = CLI_RUNC;
	} else if (str_eq(name, "crun")) {
		cli->program = "crun";
		cli->dialect = CLI_CRUN;
	}
}

/* Make what a caller may have left in any state as this program expects it. */
static int start_up(struct cli *cli, struct err *err)
{
	sigset_t none;

	(void)sigemptyset(&none);
	/* none of these fails with a valid signal number */
	(void)signal(SIGCHLD, SIG_DFL); /* ignored: children would be reaped before they are waited for */
	(void)signal(SIGPIPE, SIG_IGN); /* a log reader that went away must not end us half-way */
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return fd_fill_stdio(&cli->stdout_is_closed, err);
}

static int check_words(const struct cli *cli, size_t count, char **words, struct err *err)
{
	const struct cli_command *command = cli->command;

	if (count < command->words_min)
		return err_user(err, "%s: argument missing (usage: %s %s %s)", command->name, cli->program,
				command->name, command->arguments);
	if (count > command->words_max)
		return err_user(err, "%s: unexpected argument \"%s\"", command->name, words[command->words_max]);
	return 0;
}

/* Read the whole command line: sets cli->command, and *words to its arguments. */
static int parse(struct cli *cli, char ***words, struct err *err)
{
	const struct option_row *tables[ARRAY_SIZE(((struct cli_command *)0)->options) + 1] = { cli_global_options };
	const struct cli_command *command;
	size_t count, used = 0;
	int r;

	r = options_parse(tables, &cli->options, *words, 1, &count, err);
	if (r < 0 || !count)
		return r;
	command = cli_command_find(**words);
	if (!command)
		return cli_unknown_command(cli, **words, err);
	cli->command = command;
	(*words)++;
	for (; command->options[used]; used++)
		tables[used] = command->options[used];
	tables[used++] = cli_global_options;
	tables[used] = NULL;
	r = options_parse(tables, &cli->options, *words, command->rest_is_free ? 1 : SIZE_MAX, &count, err);
	if (r < 0)
		return err_in(err, "%s", command->name);
	if (cli->options.help || cli->options.version)
		return 0;
	if (command->rest_is_free)
		for (count = 0; (*words)[count]; count++)
			;
	return check_words(cli, count, *words, err);
}

int cli_add_context(const struct cli *cli, const char *id, struct err *err)
{
	const char *name = cli->command->name;
	struct err ignored;
	const char *rest;

	/* an ID that is none would drown the message it stands before */
	if (!id || container_check_id(id, &ignored) < 0)
		return err_in(err, "%s", name);
	/* "cannot start c1: it is running" says all already */
	rest = str_after(err->text, "cannot ");
	rest = rest ? str_after(rest, name) : NULL;
	rest = rest ? strstr(rest, id) : NULL;
	return rest && rest[strlen(id)] == ':' ? -err->number : err_in(err, "%s %s", name, id);
}

static int dispatch(struct cli *cli, char **words, struct err *err)
{
	const struct cli_command *command = cli->command;
	int r;

	if (cli->options.version)
		return cli_version_print(cli, err);
	if (!command && cli->dialect == CLI_CRUN && !cli->options.help)
		return err_user(err, "no command given");
	if (!command || cli->options.help)
		return cli_help_print(cli, command, err);
	if (cli->handler)
		return err_set(err, ENOTSUP,
			       "called as \"%.200s\": the handler that this name asks for is not built in",
			       cli->handler);
	r = cli_find_host(cli, !command->needs_no_root, err);
	if (r >= 0)
		r = command->run(cli, words, err);
	return r < 0 ? cli_add_context(cli, command->first_is_id ? words[0] : NULL, err) : r;
}

static int report(const char *text, int status)
{
	log_error("%s", text);
	return status;
}

/* The exit status of a command that failed. */
static int failure_status(const struct cli *cli)
{
	/* crun's exec has no status of its own for that */
	if (cli->command && cli->command->failure_status && cli->dialect != CLI_CRUN)
		return cli->command->failure_status;
	return CLI_EXIT_FAILURE;
}

/* Everything between start-up and end.  Returns the exit status. */
static int run_program(struct cli *cli, char **words)
{
	struct err err, usage;
	int parsed = 0;
	int r = start_up(cli, &err);

	if (r == 0) {
		/* the log first: a wrong usage is reported where the caller asked for it */
		parsed = parse(cli, &words, &usage);
		r = cli_open_log(cli, &err);
	}
	if (r < 0)
		return report(err.text, CLI_EXIT_FAILURE);
	if (parsed < 0)
		return report(usage.text, cli->dialect == CLI_CRUN ? CLI_EXIT_USAGE_CRUN : CLI_EXIT_FAILURE);
	r = dispatch(cli, words, &err);
	return r < 0 ? report(err.text, failure_status(cli)) : r;
}

int main(int argc, char **argv)
{
	struct cli cli = {
		.options = { .log_level = LOG_LEVEL_WARNING, .cgroup_manager = CGROUP_MANAGER_CGROUPFS },
	};
	char *no_words[] = { NULL };
	int status;

	find_dialect(&cli, argc > 0 ? argv[0] : "kavel");
	status = run_program(&cli, argc > 0 ? argv + 1 : no_words);
	option_list_free(&cli.options.env);
	option_list_free(&cli.options.caps);
	option_list_free(&cli.options.gids);
	return status;
}
