#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	static const struct str_name actions[] = {
		{ "add", CONTAINER_MOUNTS_ADD },
		{ "remove", CONTAINER_MOUNTS_REMOVE },
		{ 0 },
	};
	const struct str_name *action = str_lookup(actions, words[0]);
	int r;

	if (!action)
		return err_user(err, "expected add or remove, got \"%s\"", words[0]);
	r = container_mounts(&cli->host, words[1], (enum container_mounts)action->value, words[2], err);
	return r < 0 ? err_in(err, "%s", words[0]) : 0;
}

const struct cli_command cli_mounts = {
	.name = "mounts",
	.arguments = "add|remove ID FILE",
	.crun_arguments = "[add|remove] CONTAINER FILE",
	.summary = "Mount in a container that runs, or unmount there",
	.details = "FILE holds an array as \"mounts\" in config.json; for remove its destinations count.\n"
		   "All of it is done or nothing.  The configuration that is kept of the container stays as it was.",
	.words_min = 3,
	.words_max = 3,
	.run = run,
};
