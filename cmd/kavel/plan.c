#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	struct container_create_options *options = &cli->options.create;
	struct str_buf out = { 0 };
	int r;

	if (words[0] && options->bundle)
		return err_user(err, "the bundle is given twice: %s and --bundle %s", words[0], options->bundle);
	if (words[0])
		options->bundle = words[0];
	options->id = "plan"; /* stands for the ID in paths that depend on it */
	r = container_plan_text(&cli->host, options, &out, err);
	if (r == 0)
		r = cli_print(cli, &out, err);
	str_buf_free(&out);
	return r;
}

const struct cli_command cli_plan = {
	.name = "plan",
	.arguments = "[BUNDLE]",
	.summary = "Print what create would do with a bundle",
	.details = "Nothing is done, and no privilege is needed.",
	.options = { cli_bundle_options },
	.words_max = 1,
	.needs_no_root = true,
	.run = run,
};
