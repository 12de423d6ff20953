#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	int r = container_check_id(words[0], err);

	return r < 0 ? r : cli_refuse_criu(cli, err);
}

static const struct option_row own_options[] = {
	OPTION_FLAG(struct cli_options, create.detach, "detach", 'd', "return as soon as the container runs"),
	OPTION_IGNORED("lsm-profile", "TYPE:LABEL", "security label of the processes"),
	OPTION_IGNORED("lsm-mount-context", "CONTEXT", "SELinux context of the mounts"),
	OPTION_IGNORED("tcp-close", NULL, "close the TCP connections"),
	OPTION_END,
};

const struct cli_command cli_restore = {
	.name = "restore",
	.arguments = "ID",
	.summary = "Not built in: make a container from what checkpoint wrote",
	.options = { own_options, cli_criu_options, cli_create_options, cli_bundle_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run,
};
