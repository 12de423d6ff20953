#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	struct container_create_options *options = &cli->options.create;

	options->id = words[0];
	options->may_reexec = true;
	return container_create(&cli->host, options, err);
}

const struct cli_command cli_create = {
	.name = "create",
	.arguments = "ID",
	.summary = "Create a container that waits to be started",
	.options = { cli_bundle_options, cli_create_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run,
};
