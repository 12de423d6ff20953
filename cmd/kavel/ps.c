#include <errno.h>
#include <stdlib.h>

#include "base/auto.h"
#include "cli.h"
#include "pstable.h"

static void append_json(const pid_t *pids, size_t count, struct str_buf *out)
{
	str_append(out, "[");
	for (size_t i = 0; i < count; i++)
		str_append_f(out, "%s%d", i ? "," : "", pids[i]);
	str_append(out, "]\n");
}

static void append_plain(const pid_t *pids, size_t count, struct str_buf *out)
{
	str_append(out, "PID\n");
	for (size_t i = 0; i < count; i++)
		str_append_f(out, "%d\n", pids[i]);
}

/* The table of ps(1); without options for it a plain list where ps is not installed, as crun's callers expect always. */
static int append_table(const struct cli *cli, char **ps_words, const struct ps_pids *pids, struct str_buf *out,
			struct err *err)
{
	char *standard[] = { (char[]){ "-ef" }, NULL };
	int r = -ENOENT;

	if (*ps_words)
		return ps_append_table(ps_words, pids, out, err);
	if (cli->dialect != CLI_CRUN)
		r = ps_append_table(standard, pids, out, err);
	if (r != -ENOENT)
		return r;
	append_plain(pids->items, pids->count, out);
	return 0;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	struct ps_pids pids = { 0 };
	autobuf out = { 0 };
	int r;

	r = container_pids(&cli->host, words[0], &pids.items, &pids.count, err);
	if (r < 0)
		return r;
	if (cli->options.format == CLI_JSON)
		append_json(pids.items, pids.count, &out);
	else
		r = append_table(cli, words + 1, &pids, &out, err);
	free(pids.items);
	return r < 0 ? r : cli_print(cli, &out, err);
}

static const struct option_row own_options[] = {
	OPTION_CHOICE(struct cli_options, format, "format", 'f', "FORMAT", cli_formats, "table (default) or json"),
	OPTION_END,
};

const struct cli_command cli_ps = {
	.name = "ps",
	.arguments = "ID [PS-OPTION...]",
	.summary = "List the processes of a container",
	.details = "The table is that of ps(1), called with the options after the ID (default: -ef).",
	.options = { own_options },
	.words_min = 1,
	.words_max = SIZE_MAX,
	.first_is_id = true,
	.rest_is_free = true,
	.run = run,
};
