/* top: all containers on a terminal, sorted. */
#include <errno.h>
#include <stdlib.h>

#include "base/auto.h"
#include "cli.h"
#include "screen.h"
#include "statsview.h"

/* What is shown. */
struct view {
	struct container_stats_list before, now;
	enum stats_column sorted;
	size_t first; /* line at the top */
	bool help;
};

static const struct {
	char key;
	enum stats_column column;
	const char *text;
} keys[] = {
	{ 'c', COLUMN_CPU, "CPU" },	    { 'm', COLUMN_MEMORY, "memory" },	{ 'k', COLUMN_PEAK, "peak" },
	{ 'l', COLUMN_LIMIT, "limit" },	    { 'p', COLUMN_PIDS, "processes" },	{ 'n', COLUMN_NETWORK, "network" },
	{ 'i', COLUMN_IO, "I/O" },	    { 's', COLUMN_PRESSURE, "pressure" }, { 'o', COLUMN_KILLS, "OOM kills" },
	{ 'a', COLUMN_ID, "ID" },
};

static void append_help(struct str_buf *out)
{
	str_append(out, "Sort by:\n");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		str_append_f(out, "  %c  %s\n", keys[i].key, keys[i].text);
	str_append(out, "\n  space  next page    b  previous page    h  help    q  quit\n");
}

/* The line above the table. */
static void append_summary(const struct view *view, size_t columns, struct str_buf *out)
{
	autobuf line = { 0 };

	str_append_f(&line, "%zu container%s, by %s; h: help, q: quit", view->now.count,
		     view->now.count == 1 ? "" : "s", stats_column_name(view->sorted));
	if (!line.failed)
		str_append_n(out, line.data, line.size < columns ? line.size : columns);
	str_append(out, "\n");
}

static int draw(struct view *view, const struct screen *screen, struct err *err)
{
	struct stats_line *lines = stats_lines(&view->now, &view->before);
	const size_t room = screen->rows > 2 ? screen->rows - 2 : 1;
	autobuf out = { 0 };
	size_t id_width;
	int r;

	if (!lines)
		return err_memory(err);
	stats_sort(lines, view->now.count, view->sorted);
	id_width = stats_id_width(lines, view->now.count);
	if (view->first >= view->now.count)
		view->first = 0;
	append_summary(view, screen->columns, &out);
	if (view->help) {
		append_help(&out);
	} else {
		stats_append_header(id_width, screen->columns, view->sorted, true, &out);
		for (size_t i = view->first; i < view->now.count && i - view->first < room; i++) {
			str_append(&out, "\n");
			stats_append_line(&lines[i], id_width, screen->columns, &out);
		}
	}
	free(lines);
	r = screen_draw(screen, &out, err);
	return r;
}

static int refresh(const struct cli *cli, struct view *view, struct err *err)
{
	container_stats_free(&view->before);
	view->before = view->now;
	view->now = (struct container_stats_list){ .items = NULL };
	return container_stats(&cli->host, NULL, CGROUP_STATS_BRIEF, &view->now, err);
}

/* False: the program is to end. */
static bool take_key(struct view *view, const struct screen *screen, char key)
{
	const size_t page = screen->rows > 2 ? screen->rows - 2 : 1;

	switch (key) {
	case 'q':
		return false;
	case 'h':
	case '?':
		view->help = !view->help;
		return true;
	case ' ':
		view->first += page;
		return true;
	case 'b':
		view->first = view->first > page ? view->first - page : 0;
		return true;
	default:
		break;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].key == key)
			view->sorted = keys[i].column;
	return true;
}

static int follow(const struct cli *cli, struct view *view, struct screen *screen, int interval_ms, struct err *err)
{
	bool goes_on = true;
	int r = refresh(cli, view, err), wait_ms = interval_ms < 100 ? interval_ms : 100;

	while (r == 0 && goes_on) {
		char key = '\0';

		r = draw(view, screen, err);
		if (r < 0)
			break;
		switch (screen_wait(screen, wait_ms, &key)) {
		case SCREEN_END:
			goes_on = false;
			break;
		case SCREEN_KEY:
			goes_on = take_key(view, screen, key);
			break;
		case SCREEN_RESIZED:
			break;
		case SCREEN_TIMEOUT:
			wait_ms = interval_ms;
			r = refresh(cli, view, err);
			break;
		}
	}
	return r;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	struct view view = { .sorted = COLUMN_CPU };
	struct screen screen;
	uint64_t interval_ms = 1000;
	int r = 0;

	(void)words; /* none */
	if (cli->options.interval)
		r = cli_duration("--interval", cli->options.interval, &interval_ms, err);
	if (r < 0)
		return r;
	r = screen_open(&screen, err);
	if (r == 0)
		r = follow(cli, &view, &screen, (int)interval_ms, err);
	screen_close(&screen);
	container_stats_free(&view.before);
	container_stats_free(&view.now);
	return r;
}

static const struct option_row own_options[] = {
	OPTION_TEXT(struct cli_options, interval, "interval", 0, "DURATION", "time between two readings (default: 1s)"),
	OPTION_END,
};

const struct cli_command cli_top = {
	.name = "top",
	.arguments = "",
	.summary = "Show all containers on the terminal, sorted by what they use",
	.details = "Keys: c CPU, m memory, p processes, n network, i I/O, a ID and others sort; h lists them; q quits.",
	.options = { own_options },
	.run = run,
};
