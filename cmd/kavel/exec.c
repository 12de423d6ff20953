#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "cli.h"

/* --additional-gids as numbers; *ret is freed by the caller. */
static int parse_gids(const struct option_list *texts, uint32_t **ret, struct err *err)
{
	autofree uint32_t *gids = calloc(texts->count + 1, sizeof(*gids));

	if (!gids)
		return err_memory(err);
	for (size_t i = 0; i < texts->count; i++) {
		uint64_t gid;

		if (!str_u64(texts->items[i], UINT32_MAX - 1, &gid))
			return err_user(err, "--additional-gids: expected a group number, got \"%s\"", texts->items[i]);
		gids[i] = (uint32_t)gid;
	}
	*ret = take_ptr(gids);
	return 0;
}

/* crun gives its program what is no assignment as it is, which no program can see as a variable. */
static void drop_unassigned(struct option_list *env)
{
	size_t kept = 0;

	for (size_t i = 0; i < env->count; i++)
		if (strchr(env->items[i], '=') > env->items[i])
			env->items[kept++] = env->items[i];
	if (env->items)
		env->items[kept] = NULL;
	env->count = kept;
}

static int find_program(const struct cli *cli, struct container_exec_options *options, char **words, struct err *err)
{
	char **args = words + 1;

	if (*args && str_eq(*args, "--"))
		args++;
	/* the others do not look at them then */
	if (options->process_file && cli->dialect != CLI_KAVEL)
		return 0;
	if (options->process_file && *args)
		return err_user(err, "--process and the arguments \"%s\" exclude each other", *args);
	if (!options->process_file && !*args)
		return err_user(err, "neither a program nor --process is given");
	options->args = *args ? (const char *const *)args : NULL;
	return 0;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	const struct cli_options *given = &cli->options;
	struct container_exec_options options = given->exec;
	autofree uint32_t *gids = NULL;
	int status = CLI_EXIT_FAILURE;
	int r;

	if (cli->dialect == CLI_CRUN)
		drop_unassigned(&cli->options.env);
	r = find_program(cli, &options, words, err);
	if (r == 0)
		r = parse_gids(&given->gids, &gids, err);
	if (r < 0)
		return r;
	options.id = words[0];
	options.may_reexec = true;
	options.env = given->env.items;
	options.caps = given->caps.items;
	options.additional_gids = gids;
	options.additional_gid_count = given->gids.count;
	r = container_exec(&cli->host, &options, &status, err);
	return r < 0 ? r : status;
}

#define OPTIONS struct cli_options

static const struct option_row own_options[] = {
	OPTION_TEXT(OPTIONS, exec.process_file, "process", 'p', "FILE", "JSON of the process instead of its arguments"),
	OPTION_TEXT(OPTIONS, exec.cwd, "cwd", 0, "DIR", "current directory of the process"),
	OPTION_LIST(OPTIONS, env, "env", 'e', "NAME=VALUE", "add to its environment; may be repeated"),
	OPTION_TEXT(OPTIONS, exec.user, "user", 'u', "UID[:GID]", "user and group to run as"),
	OPTION_LIST(OPTIONS, gids, "additional-gids", 'g', "GID", "add a group; may be repeated"),
	OPTION_LIST(OPTIONS, caps, "cap", 'c', "CAP", "add a capability; may be repeated"),
	OPTION_FLAG(OPTIONS, exec.no_new_privileges, "no-new-privs", 0, "set no_new_privs"),
	OPTION_FLAG(OPTIONS, exec.terminal, "tty", 't', "give it a terminal"),
	OPTION_TEXT(OPTIONS, exec.console_socket, "console-socket", 0, "PATH",
		    "UNIX socket that gets the terminal's master"),
	OPTION_FLAG(OPTIONS, exec.detach, "detach", 'd', "return as soon as the process runs"),
	OPTION_TEXT(OPTIONS, exec.pid_file, "pid-file", 0, "FILE", "write the process ID to FILE"),
	OPTION_TEXT(OPTIONS, exec.pidfd_socket, "pidfd-socket", 0, "PATH", "UNIX socket that gets a pidfd"),
	OPTION_UINT(OPTIONS, exec.preserve_fds, "preserve-fds", 0, "N", "pass on N descriptors, from 3 on"),
	OPTION_TEXT(OPTIONS, exec.cgroup, "cgroup", 0, "[CTRL:]PATH", "sub-group of the container's cgroup to run in"),
	OPTION_FLAG(OPTIONS, exec.ignore_paused, "ignore-paused", 0, "also in a paused container"),
	OPTION_TEXT(OPTIONS, exec.selinux_label, "process-label", 0, "LABEL", "SELinux label of the process"),
	OPTION_TEXT(OPTIONS, exec.apparmor_profile, "apparmor", 0, "PROFILE", "AppArmor profile of the process"),
	OPTION_IGNORED("no-subreaper", NULL, "accepted, ignored"),
	OPTION_END,
};

const struct cli_command cli_exec = {
	.name = "exec",
	.arguments = "ID [PROGRAM [ARGUMENT...]]",
	.crun_arguments = "CONTAINER cmd [ARGUMENT...]",
	.summary = "Run a further process in a running container",
	.details = "The exit status is that of the process, or 128 and the number of the signal that ended it;\n"
		   "255 when it could not be started.",
	.options = { own_options },
	.words_min = 1,
	.words_max = SIZE_MAX,
	.first_is_id = true,
	.rest_is_free = true,
	.failure_status = 255,
	.run = run,
};
