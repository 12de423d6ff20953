#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	struct container_create_options *options = &cli->options.create;
	int status = CLI_EXIT_FAILURE;
	int r;

	options->id = words[0];
	options->may_reexec = true;
	r = container_run(&cli->host, options, &status, err);
	return r < 0 ? r : status;
}

static const struct option_row own_options[] = {
	OPTION_FLAG(struct cli_options, create.detach, "detach", 'd', "return as soon as the container runs"),
	OPTION_FLAG(struct cli_options, create.keep, "keep", 0, "keep the state of the container when it has ended"),
	OPTION_END,
};

const struct cli_command cli_run = {
	.name = "run",
	.arguments = "ID",
	.summary = "Create and start a container, and wait for its end",
	.details = "The exit status is that of the container's process, or 128 and the number of the signal that\n"
		   "ended it.  Signals are passed on to it.  When it ends the container is deleted.",
	.options = { own_options, cli_bundle_options, cli_create_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run,
};
