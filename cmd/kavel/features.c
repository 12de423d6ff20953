#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	static const char *const peers[] = {
		[CLI_KAVEL] = NULL, [CLI_CRUN] = "run.oci.crun", [CLI_RUNC] = "org.opencontainers.runc"
	};
	struct str_buf out = { 0 };
	int r = container_features(peers[cli->dialect], &out, err);

	(void)words; /* none */
	if (r == 0) {
		str_append(&out, "\n");
		r = cli_print(cli, &out, err);
	}
	str_buf_free(&out);
	return r;
}

const struct cli_command cli_features = {
	.name = "features",
	.arguments = "",
	.summary = "Print what this runtime supports as JSON",
	.needs_no_root = true,
	.run = run,
};
