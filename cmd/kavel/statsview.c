#include "statsview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "json/encode.h"

static const struct {
	const char *name;
	size_t width; /* 0: as wide as it needs */
} columns[COLUMN_COUNT] = {
	[COLUMN_ID] = { "ID", 0 },	       [COLUMN_CPU] = { "CPU %", 8 },
	[COLUMN_MEMORY] = { "MEMORY", 9 },     [COLUMN_PEAK] = { "PEAK", 9 },
	[COLUMN_LIMIT] = { "LIMIT", 9 },       [COLUMN_PIDS] = { "PIDS", 7 },
	[COLUMN_NETWORK] = { "NET RX/TX", 19 }, [COLUMN_IO] = { "IO R/W", 19 },
	[COLUMN_PRESSURE] = { "PRESSURE", 9 }, [COLUMN_KILLS] = { "OOM", 5 },
};

const char *stats_column_name(enum stats_column column)
{
	return columns[column].name;
}

/* "1023B", "1.5MiB" */
static void bytes_text(uint64_t bytes, char *out, size_t room)
{
	static const char units[] = "BKMGTPE";
	double number = (double)bytes;
	size_t unit = 0;

	while (number >= 999.95 && units[unit + 1]) {
		number /= 1024;
		unit++;
	}
	if (!unit)
		(void)snprintf(out, room, "%" PRIu64 "B", bytes);
	else
		(void)snprintf(out, room, number < 99.95 ? "%.1f%ciB" : "%.0f%ciB", number, units[unit]);
}

static void set_bytes(struct stats_line *line, enum stats_column column, struct opt_u64 value)
{
	line->keys[column] = value;
	if (value.is_set && value.value == CGROUP_NO_LIMIT)
		(void)snprintf(line->cells[column], sizeof(line->cells[column]), "none");
	else if (value.is_set)
		bytes_text(value.value, line->cells[column], sizeof(line->cells[column]));
}

static void set_number(struct stats_line *line, enum stats_column column, struct opt_u64 value)
{
	line->keys[column] = value;
	if (value.is_set)
		(void)snprintf(line->cells[column], sizeof(line->cells[column]), "%" PRIu64, value.value);
}

static void set_two(struct stats_line *line, enum stats_column column, uint64_t first, uint64_t second)
{
	char a[16], b[16];

	bytes_text(first, a, sizeof(a));
	bytes_text(second, b, sizeof(b));
	line->keys[column] = (struct opt_u64){ true, first + second };
	(void)snprintf(line->cells[column], sizeof(line->cells[column]), "%s / %s", a, b);
}

/* Percent of one CPU since the earlier reading. */
static void set_cpu(struct stats_line *line, const struct container_stats *before)
{
	const struct container_stats *now = line->stats;
	uint64_t used, passed;

	if (!before || !before->cgroup.cpu.total.is_set || !now->cgroup.cpu.total.is_set || before->pid != now->pid ||
	    now->time_ns <= before->time_ns || now->cgroup.cpu.total.value < before->cgroup.cpu.total.value)
		return;
	used = now->cgroup.cpu.total.value - before->cgroup.cpu.total.value;
	passed = now->time_ns - before->time_ns;
	line->keys[COLUMN_CPU] = (struct opt_u64){ true, (uint64_t)((double)used / (double)passed * 1e4) };
	(void)snprintf(line->cells[COLUMN_CPU], sizeof(line->cells[0]), "%.1f", (double)used / (double)passed * 100);
}

static void set_network(struct stats_line *line)
{
	uint64_t received = 0, sent = 0;

	for (size_t i = 0; i < line->stats->interface_count; i++) {
		received += line->stats->interfaces[i].rx_bytes;
		sent += line->stats->interfaces[i].tx_bytes;
	}
	if (line->stats->has_interfaces)
		set_two(line, COLUMN_NETWORK, received, sent);
}

static void set_io(struct stats_line *line)
{
	const struct cgroup_stats *stats = &line->stats->cgroup;
	uint64_t in, out;

	if (cgroup_stats_io_sum(stats, &stats->io.bytes, "Read", &in) &&
	    cgroup_stats_io_sum(stats, &stats->io.bytes, "Write", &out))
		set_two(line, COLUMN_IO, in, out);
}

/* The worst of the three resources: how much of the last 10 seconds some process waited for it. */
static void set_pressure(struct stats_line *line)
{
	const struct cgroup_stats *stats = &line->stats->cgroup;
	const struct cgroup_psi_line *lines[] = { &stats->cpu.psi.some, &stats->memory.psi.some, &stats->io.psi.some };
	struct opt_u64 *key = &line->keys[COLUMN_PRESSURE];

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (lines[i]->is_set && (!key->is_set || lines[i]->avg10 > key->value))
			*key = (struct opt_u64){ true, lines[i]->avg10 };
	if (key->is_set)
		(void)snprintf(line->cells[COLUMN_PRESSURE], sizeof(line->cells[0]), "%.1f%%",
			       (double)key->value / 100);
}

static void fill_line(struct stats_line *line, const struct container_stats *before)
{
	const struct cgroup_stats *stats = &line->stats->cgroup;

	for (int i = 0; i < COLUMN_COUNT; i++)
		(void)snprintf(line->cells[i], sizeof(line->cells[i]), "-");
	set_cpu(line, before);
	set_bytes(line, COLUMN_MEMORY, stats->memory.memory.usage);
	set_bytes(line, COLUMN_PEAK, stats->memory.memory.peak);
	set_bytes(line, COLUMN_LIMIT, stats->memory.memory.limit);
	set_number(line, COLUMN_PIDS, stats->pids.current);
	set_network(line);
	set_io(line);
	set_pressure(line);
	set_number(line, COLUMN_KILLS, stats->memory.oom_kill);
}

static const struct container_stats *find_before(const struct container_stats_list *list, const char *id, size_t *next)
{
	for (size_t k = 0; k < list->count; k++) {
		const size_t at = (*next + k) % list->count;

		if (strcmp(list->items[at].id, id) != 0)
			continue;
		*next = at + 1;
		return &list->items[at];
	}
	return NULL;
}

struct stats_line *stats_lines(const struct container_stats_list *now, const struct container_stats_list *before)
{
	struct stats_line *lines = calloc(now->count + 1, sizeof(*lines));

	/* both are in the order of their IDs, so the next is nearly always where the last ended */
	for (size_t i = 0, next = 0; lines && i < now->count; i++) {
		const struct container_stats *old = find_before(before, now->items[i].id, &next);

		lines[i].stats = &now->items[i];
		fill_line(&lines[i], old);
	}
	return lines;
}

/* ---------------------------------------------------------------- order */

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct stats_line *)a)->stats->id, ((const struct stats_line *)b)->stats->id);
}

static int by_key(const void *a, const void *b, void *column)
{
	const struct opt_u64 *x = &((const struct stats_line *)a)->keys[*(const enum stats_column *)column];
	const struct opt_u64 *y = &((const struct stats_line *)b)->keys[*(const enum stats_column *)column];

	if (x->is_set != y->is_set)
		return x->is_set ? -1 : 1;
	if (x->is_set && x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return by_id(a, b);
}

void stats_sort(struct stats_line *lines, size_t count, enum stats_column column)
{
	if (column == COLUMN_ID)
		qsort(lines, count, sizeof(*lines), by_id);
	else
		qsort_r(lines, count, sizeof(*lines), by_key, &column);
}

/* ---------------------------------------------------------------- table */

size_t stats_id_width(const struct stats_line *lines, size_t count)
{
	size_t width = 12;

	for (size_t i = 0; i < count; i++)
		if (strlen(lines[i].stats->id) > width)
			width = strlen(lines[i].stats->id);
	return width < 40 ? width : 40;
}

/* How many columns fit, beginning with the first. */
static int columns_that_fit(size_t id_width, size_t width)
{
	size_t used = id_width;
	int count = 1;

	while (count < COLUMN_COUNT && (!width || used + 2 + columns[count].width <= width))
		used += 2 + columns[count++].width;
	return count;
}

static void append_cells(const char *const cells[COLUMN_COUNT], size_t id_width, size_t width, struct str_buf *out)
{
	const int count = columns_that_fit(id_width, width);

	if (width && id_width > width)
		id_width = width;
	str_append_f(out, "%-*.*s", (int)id_width, (int)id_width, cells[COLUMN_ID]);
	for (int i = 1; i < count; i++)
		str_append_f(out, "  %*s", (int)columns[i].width, cells[i]);
}

void stats_append_header(size_t id_width, size_t width, enum stats_column sorted, bool ansi, struct str_buf *out)
{
	const char *cells[COLUMN_COUNT];
	char marked[24] = "";

	for (int i = 0; i < COLUMN_COUNT; i++)
		cells[i] = columns[i].name;
	if (sorted < COLUMN_COUNT) {
		(void)snprintf(marked, sizeof(marked), "%s*", columns[sorted].name);
		cells[sorted] = marked;
	}
	str_append(out, ansi ? "\033[7m" : "");
	append_cells(cells, id_width, width, out);
	str_append(out, ansi ? "\033[0m" : "");
}

void stats_append_line(const struct stats_line *line, size_t id_width, size_t width, struct str_buf *out)
{
	const char *cells[COLUMN_COUNT];

	for (int i = 0; i < COLUMN_COUNT; i++)
		cells[i] = line->cells[i];
	cells[COLUMN_ID] = line->stats->id;
	append_cells(cells, id_width, width, out);
}

void stats_append_json(const struct container_stats_list *list, struct str_buf *out)
{
	struct json_writer w = JSON_WRITER(out, 0);

	json_open_array(&w, NULL);
	for (size_t i = 0; i < list->count; i++) {
		json_open_object(&w, NULL);
		json_put_string(&w, "id", list->items[i].id);
		json_put_i64(&w, "pid", list->items[i].pid);
		if (list->items[i].lacks_cgroup)
			json_put_string(&w, "cgroup", list->items[i].lacks_cgroup);
		container_stats_json(&list->items[i], false, "stats", &w);
		json_close(&w);
	}
	json_close(&w);
	str_append(out, "\n");
}
