#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	return container_start(&cli->host, words[0], err);
}

const struct cli_command cli_start = {
	.name = "start",
	.arguments = "ID",
	.summary = "Start the program of a created container",
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run,
};
