#include <errno.h>

#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	struct container_info info;
	struct str_buf out = { 0 };
	int r = container_info(&cli->host, words[0], &info, err);

	if (r < 0)
		return r;
	/* crun has no state before a container is created, and its callers poll for it */
	if (cli->dialect == CLI_CRUN && info.status == CONTAINER_CREATING) {
		r = err_set(err, ENOENT, "container \"%s\" does not exist: it is being created", words[0]);
		container_info_free(&info);
		return r;
	}
	if (container_info_json(&info, true, true, &out) < 0)
		out.failed = true; /* it can only run out of memory */
	str_append(&out, "\n");
	r = cli_print(cli, &out, err);
	str_buf_free(&out);
	container_info_free(&info);
	return r;
}

const struct cli_command cli_state = {
	.name = "state",
	.arguments = "ID",
	.summary = "Print the state of a container as JSON",
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run,
};
