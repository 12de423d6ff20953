/* How statistics are shown: a table, JSON, or OpenMetrics.  Rates need an earlier reading to compare with. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "container/stats.h"

/* The columns of the table, in their order. */
enum stats_column {
	COLUMN_ID,
	COLUMN_CPU,
	COLUMN_MEMORY,
	COLUMN_PEAK,
	COLUMN_LIMIT,
	COLUMN_PIDS,
	COLUMN_NETWORK,
	COLUMN_IO,
	COLUMN_PRESSURE,
	COLUMN_KILLS,
	COLUMN_COUNT,
};

/* One container's row: what is not known is shown as "-" and sorted last. */
struct stats_line {
	const struct container_stats *stats;
	struct opt_u64 keys[COLUMN_COUNT]; /* what the columns sort by; COLUMN_ID has none */
	char cells[COLUMN_COUNT][40];
};

/* Compute the rows.  before: the earlier reading (count 0: none), of whatever containers there were.  Returns an array of
 * now->count lines that the caller frees, or NULL when memory ran out. */
struct stats_line *stats_lines(const struct container_stats_list *now, const struct container_stats_list *before);

/* Sort by a column, the largest first; IDs from a to z. */
void stats_sort(struct stats_line *lines, size_t count, enum stats_column column);

const char *stats_column_name(enum stats_column column);

/* Append the table: header, then lines.  sorted: its header is marked (COLUMN_COUNT: none).  width: columns of the terminal
 * that a line may take (0: any); columns that do not fit are left out.  ansi: the header stands out. */
void stats_append_header(size_t id_width, size_t width, enum stats_column sorted, bool ansi, struct str_buf *out);
void stats_append_line(const struct stats_line *line, size_t id_width, size_t width, struct str_buf *out);

/* Width of the column of the IDs. */
size_t stats_id_width(const struct stats_line *lines, size_t count);

/* Append everything as an array of objects, in the names of `events`; what is not known is left out. */
void stats_append_json(const struct container_stats_list *list, struct str_buf *out);

/* Append everything in the OpenMetrics text format, version 1.0.0. */
void stats_append_metrics(const struct container_stats_list *list, struct str_buf *out);
