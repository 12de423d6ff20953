/* stats: the table once or refreshing, JSON, OpenMetrics. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "cli.h"
#include "screen.h"
#include "statsview.h"

enum stats_format { STATS_TABLE, STATS_JSON, STATS_OPENMETRICS };

/* Between the two readings of a table that is shown once: rates are differences. */
#define ONCE_MS 100

static int append_table(const struct container_stats_list *now, const struct container_stats_list *before, size_t width,
			bool ansi, struct str_buf *out, struct err *err)
{
	struct stats_line *lines = stats_lines(now, before);
	size_t id_width;

	if (!lines)
		return err_memory(err);
	id_width = stats_id_width(lines, now->count);
	stats_append_header(id_width, width, COLUMN_COUNT, ansi, out);
	str_append(out, "\n");
	for (size_t i = 0; i < now->count; i++) {
		stats_append_line(&lines[i], id_width, width, out);
		str_append(out, "\n");
	}
	free(lines);
	return 0;
}

static int read_stats(const struct cli *cli, char **words, struct container_stats_list *ret, struct err *err)
{
	return container_stats(&cli->host, *words ? (const char *const *)words : NULL, CGROUP_STATS_BRIEF, ret, err);
}

static int print_once(struct cli *cli, char **words, struct err *err)
{
	struct container_stats_list before = { .items = NULL }, now = { .items = NULL };
	const struct timespec pause = { .tv_nsec = ONCE_MS * 1000000L };
	autobuf out = { 0 };
	int r = 0;

	if (cli->options.stats_format == STATS_TABLE) {
		r = read_stats(cli, words, &before, err);
		if (r == 0 && before.count)
			(void)nanosleep(&pause, NULL); /* the rate of a shorter time than asked for is one too */
	}
	if (r == 0)
		r = read_stats(cli, words, &now, err);
	if (r == 0 && cli->options.stats_format == STATS_JSON)
		stats_append_json(&now, &out);
	else if (r == 0 && cli->options.stats_format == STATS_OPENMETRICS)
		stats_append_metrics(&now, &out);
	else if (r == 0)
		r = append_table(&now, &before, 0, false, &out, err);
	if (r == 0)
		r = cli_print(cli, &out, err);
	container_stats_free(&before);
	container_stats_free(&now);
	return r;
}

/* One JSON array a line, or one table after the other where there is no terminal. */
static int print_stream(struct cli *cli, char **words, uint64_t interval_ms, struct err *err)
{
	int r = print_once(cli, words, err);

	while (r == 0) {
		const struct timespec pause = { .tv_sec = (time_t)(interval_ms / 1000),
						.tv_nsec = (long)(interval_ms % 1000) * 1000000 };

		(void)nanosleep(&pause, NULL);
		r = print_once(cli, words, err);
	}
	return r;
}

/* Keys and signals until one of them ends it; the last reading is kept for the rates of the next. */
static int follow(struct cli *cli, char **words, struct screen *screen, int interval_ms, struct err *err)
{
	struct container_stats_list before = { .items = NULL }, now = { .items = NULL };
	bool goes_on = true;
	int r = read_stats(cli, words, &now, err), wait_ms = ONCE_MS;

	while (r == 0 && goes_on) {
		autobuf out = { 0 };
		enum screen_event event;
		char key = '\0';

		r = append_table(&now, &before, screen->columns, true, &out, err);
		if (r == 0)
			r = screen_draw(screen, &out, err);
		if (r < 0)
			break;
		event = screen_wait(screen, wait_ms, &key);
		goes_on = event != SCREEN_END && !(event == SCREEN_KEY && key == 'q');
		if (event != SCREEN_TIMEOUT)
			continue;
		wait_ms = interval_ms;
		container_stats_free(&before);
		before = now;
		now = (struct container_stats_list){ .items = NULL };
		r = read_stats(cli, words, &now, err);
	}
	container_stats_free(&before);
	container_stats_free(&now);
	return r;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	struct screen screen;
	uint64_t interval_ms = 1000;
	int r = 0;

	if (cli->options.interval)
		r = cli_duration("--interval", cli->options.interval, &interval_ms, err);
	if (r < 0)
		return r;
	if (cli->options.no_stream || cli->options.stats_format != STATS_TABLE || !isatty(STDOUT_FILENO) ||
	    !isatty(STDIN_FILENO))
		return cli->options.interval && !cli->options.no_stream ? print_stream(cli, words, interval_ms, err)
									: print_once(cli, words, err);
	r = screen_open(&screen, err);
	if (r == 0)
		r = follow(cli, words, &screen, (int)interval_ms, err);
	screen_close(&screen);
	return r;
}

static const struct str_name formats[] = {
	{ "table", STATS_TABLE }, { "json", STATS_JSON }, { "openmetrics", STATS_OPENMETRICS }, { NULL, 0 },
};

static const struct option_row own_options[] = {
	OPTION_CHOICE(struct cli_options, stats_format, "format", 'f', "FORMAT", formats,
		      "table (default), json or openmetrics"),
	OPTION_TEXT(struct cli_options, interval, "interval", 0, "DURATION", "show them again after this time"),
	OPTION_FLAG(struct cli_options, no_stream, "no-stream", 0, "show them once, also on a terminal"),
	OPTION_END,
};

const struct cli_command cli_stats = {
	.name = "stats",
	.arguments = "[ID...]",
	.summary = "Show what containers use",
	.details = "Without IDs: all that run. On a terminal the table is refreshed each second until q or Ctrl-C.\n"
		   "What this host cannot tell is \"-\" in the table, and absent in the other formats.",
	.options = { own_options },
	.words_max = SIZE_MAX,
	.run = run,
};
