/* events: what runc's callers read, line by line. */
#include <errno.h>
#include <stdlib.h>

#include "base/auto.h"
#include "container/stats.h"
#include "cli.h"

static int tell(void *data, const struct str_buf *line, struct err *err)
{
	return cli_print(data, line, err);
}

static int run(struct cli *cli, char **words, struct err *err)
{
	struct container_events_options options = {
		.id = words[0],
		.interval_ms = 5000,
		.only_stats = cli->options.only_stats,
		.tell = tell,
		.data = cli,
	};
	int r = 0;

	if (cli->options.interval)
		r = cli_duration("--interval", cli->options.interval, &options.interval_ms, err);
	return r < 0 ? r : container_events(&cli->host, &options, err);
}

static const struct option_row own_options[] = {
	OPTION_TEXT(struct cli_options, interval, "interval", 0, "DURATION", "time between two statistics (default: 5s)"),
	OPTION_FLAG(struct cli_options, only_stats, "stats", 0, "print the statistics once"),
	OPTION_END,
};

const struct cli_command cli_events = {
	.name = "events",
	.arguments = "ID",
	.summary = "Follow statistics and out-of-memory events of a container",
	.details = "Each event is one line of JSON, in the form of runc. A DURATION is such as 500ms, 5s or 1m30s.",
	.options = { own_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run,
};
