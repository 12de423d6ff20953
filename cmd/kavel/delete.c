#include "cli.h"

static int delete_one(struct cli *cli, const char *id, void *context, struct err *err)
{
	(void)context; /* none is needed */
	return container_delete(&cli->host, id, cli->options.force, err);
}

static int run(struct cli *cli, char **words, struct err *err)
{
	if (cli->options.regex)
		return cli_for_matching(cli, words[0], delete_one, NULL, err);
	return delete_one(cli, words[0], NULL, err);
}

static const struct option_row own_options[] = {
	OPTION_FLAG(struct cli_options, force, "force", 'f', "kill it first; one that does not exist is no failure"),
	OPTION_FLAG(struct cli_options, regex, "regex", 'r', "ID is a regular expression: all that match"),
	OPTION_END,
};

const struct cli_command cli_delete = {
	.name = "delete",
	.arguments = "ID",
	.summary = "Delete a container that has stopped or was not started",
	.options = { own_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run,
};
