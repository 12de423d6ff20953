#include "cgroups/stats_rows.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* v1 knows no word for "no limit", but the largest number of whole pages. */
#define LEGACY_NO_LIMIT ((uint64_t)INT64_MAX - 0xffff)

#define US 1000u

static void *member(struct cgroup_stats *stats, size_t offset)
{
	return (char *)stats + offset;
}

bool stats_parse_number(const char *text, struct opt_u64 *ret)
{
	uint64_t value;

	if (str_eq(text, "max"))
		value = CGROUP_NO_LIMIT;
	else if (!str_u64(text, UINT64_MAX, &value))
		return false;
	*ret = (struct opt_u64){ .is_set = true, .value = value };
	return true;
}

static int read_number(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	(void)arena;
	(void)stats_parse_number(text, member(stats, row->offset));
	return 0;
}

static int read_limit(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	struct opt_u64 *limit = member(stats, row->offset);

	(void)arena;
	if (stats_parse_number(text, limit) && limit->value >= LEGACY_NO_LIMIT)
		limit->value = CGROUP_NO_LIMIT;
	return 0;
}

static int read_signed(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	struct opt_i64 *ret = member(stats, row->offset);

	(void)arena;
	ret->is_set = str_i64(text, INT64_MIN, INT64_MAX, &ret->value);
	return 0;
}

static int read_text(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	const char *copy = arena_strdup(arena, text);

	*(const char **)member(stats, row->offset) = copy;
	return copy ? 0 : -ENOMEM;
}

/* Cut the next "key value" line off *at.  False: there is none. */
static bool next_pair(char **at, char **ret_key, char **ret_value)
{
	char *line;

	while ((line = strsep(at, "\n"))) {
		*ret_key = strsep(&line, " ");
		*ret_value = line;
		if (line)
			return true;
	}
	return false;
}

static int read_keys(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	char *key, *value;

	(void)arena;
	while (next_pair(&text, &key, &value))
		for (const struct stats_key *at = row->keys; at->name; at++) {
			struct opt_u64 *ret = member(stats, at->offset);

			if (str_eq(key, at->name) && stats_parse_number(value, ret))
				ret->value *= at->unit;
		}
	return 0;
}

static int read_counters(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	struct cgroup_counters *ret = member(stats, row->offset);
	char *key, *value;
	size_t lines = 1;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	ret->items = ARENA_NEW(arena, struct cgroup_counter, lines);
	if (!ret->items)
		return -ENOMEM;
	while (next_pair(&text, &key, &value)) {
		struct opt_u64 number;

		if (!stats_parse_number(value, &number))
			continue;
		ret->items[ret->count] = (struct cgroup_counter){ arena_strdup(arena, key), number.value };
		if (!ret->items[ret->count++].name)
			return -ENOMEM;
	}
	return 0;
}

static int read_numbers(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	struct cgroup_numbers *ret = member(stats, row->offset);
	size_t room = 1;
	char *word;

	for (const char *at = text; (at = strchr(at, ' ')); at++)
		room++;
	ret->items = ARENA_NEW(arena, uint64_t, room);
	if (!ret->items)
		return -ENOMEM;
	while ((word = strsep(&text, " \n")))
		if (str_u64(word, UINT64_MAX, &ret->items[ret->count]))
			ret->count++;
	return 0;
}

/* ---------------------------------------------------------------- pressure */

/* "12.34" in hundredths. */
static bool parse_hundredths(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long whole = strtoul(text, &end, 10);

	if (end == text || *end != '.' || whole > 1000 || strlen(end + 1) != 2 || strspn(end + 1, "0123456789") != 2)
		return false;
	*ret = (uint32_t)(whole * 100 + (unsigned)(end[1] - '0') * 10 + (unsigned)(end[2] - '0'));
	return true;
}

static void parse_psi_line(char *words, struct cgroup_psi_line *ret)
{
	char *word;

	while ((word = strsep(&words, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (str_eq(word, "avg10"))
			(void)parse_hundredths(value, &ret->avg10);
		else if (str_eq(word, "avg60"))
			(void)parse_hundredths(value, &ret->avg60);
		else if (str_eq(word, "avg300"))
			(void)parse_hundredths(value, &ret->avg300);
		else if (str_eq(word, "total"))
			ret->is_set = str_u64(value, UINT64_MAX, &ret->total);
	}
}

void stats_parse_psi(char *text, struct cgroup_psi *ret)
{
	char *key, *value;

	while (next_pair(&text, &key, &value)) {
		if (str_eq(key, "some"))
			parse_psi_line(value, &ret->some);
		else if (str_eq(key, "full"))
			parse_psi_line(value, &ret->full);
	}
}

static int read_psi(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	(void)arena;
	stats_parse_psi(text, member(stats, row->offset));
	return 0;
}

/* ---------------------------------------------------------------- I/O */

static int add_io(struct arena *arena, struct cgroup_io_items *list, const struct cgroup_io_item *item)
{
	/* 8, 16, 32...: the arena has no way to let an array grow */
	if (list->count == 0 || (list->count >= 8 && (list->count & (list->count - 1)) == 0)) {
		struct cgroup_io_item *items =
			ARENA_NEW(arena, struct cgroup_io_item, list->count ? 2 * list->count : 8);

		if (!items)
			return -ENOMEM;
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
	}
	list->items[list->count++] = *item;
	return 0;
}

/* "8:0" */
static bool parse_device(char *text, struct cgroup_io_item *ret)
{
	char *minor = text ? strchr(text, ':') : NULL;

	if (!minor)
		return false;
	*minor++ = '\0';
	return str_u64(text, UINT64_MAX, &ret->major) && str_u64(minor, UINT64_MAX, &ret->minor);
}

/* v2: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static int read_io_stat(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	static const struct {
		const char *key, *op;
		size_t offset;
	} keys[] = {
		{ "rbytes=", "Read", offsetof(struct cgroup_stats, io.bytes) },
		{ "wbytes=", "Write", offsetof(struct cgroup_stats, io.bytes) },
		{ "dbytes=", "Discard", offsetof(struct cgroup_stats, io.bytes) },
		{ "rios=", "Read", offsetof(struct cgroup_stats, io.operations) },
		{ "wios=", "Write", offsetof(struct cgroup_stats, io.operations) },
		{ "dios=", "Discard", offsetof(struct cgroup_stats, io.operations) },
	};
	char *line, *word;

	(void)row;
	stats->io.is_set = true;
	while ((line = strsep(&text, "\n"))) {
		struct cgroup_io_item item = { 0 };

		if (!parse_device(strsep(&line, " "), &item))
			continue;
		while ((word = strsep(&line, " ")))
			for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
				const char *value = str_after(word, keys[i].key);

				if (!value || !str_u64(value, UINT64_MAX, &item.value))
					continue;
				memcpy(item.op, keys[i].op, strlen(keys[i].op) + 1);
				if (add_io(arena, member(stats, keys[i].offset), &item) < 0)
					return -ENOMEM;
			}
	}
	return 0;
}

/* v1: "8:0 Read 1" or "8:0 1"; at the end "Total 1", which is no device's */
static int read_io_legacy(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats)
{
	char *line;

	stats->io.is_set = true;
	while ((line = strsep(&text, "\n"))) {
		struct cgroup_io_item item = { 0 };
		const char *op, *value;

		if (!parse_device(strsep(&line, " "), &item) || !line)
			continue;
		op = strsep(&line, " ");
		value = line ? line : op;
		if (line && strlen(op) < sizeof(item.op))
			memcpy(item.op, op, strlen(op) + 1);
		if (str_u64(value, UINT64_MAX, &item.value) && add_io(arena, member(stats, row->offset), &item) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---------------------------------------------------------------- the files */

#define AT(member_) offsetof(struct cgroup_stats, member_)

static const struct stats_key cpu_stat[] = {
	{ "usage_usec", AT(cpu.total), US },
	{ "user_usec", AT(cpu.user), US },
	{ "system_usec", AT(cpu.system), US },
	{ "nr_periods", AT(cpu.periods), 1 },
	{ "nr_throttled", AT(cpu.throttled), 1 },
	{ "throttled_usec", AT(cpu.throttled_time), US },
	{ "throttled_time", AT(cpu.throttled_time), 1 },
	{ NULL, 0, 0 },
};

static const struct stats_key memory_events[] = {
	{ "low", AT(memory.low), 1 },		{ "high", AT(memory.high), 1 },
	{ "max", AT(memory.max), 1 },		{ "oom", AT(memory.oom), 1 },
	{ "oom_kill", AT(memory.oom_kill), 1 }, { "oom_group_kill", AT(memory.oom_group_kill), 1 },
	{ NULL, 0, 0 },
};

/* v1's oom_control has the words of a state too */
static const struct stats_key oom_control[] = { { "oom_kill", AT(memory.oom_kill), 1 }, { NULL, 0, 0 } };

static const struct stats_key swap_events[] = { { "max", AT(memory.swap.failures), 1 }, { NULL, 0, 0 } };

/* controller, v1 file, v2 file, reader, member, keys, flags.  The v2 file of the CPU's time is there on each host with v2. */
const struct stats_row stats_rows[] = {
	{ "cpu", "cpu.stat", "cpu.stat", read_keys, 0, cpu_stat, STATS_ALWAYS },
	{ "cpu", NULL, "cpu.pressure", read_psi, AT(cpu.psi), NULL, STATS_ALWAYS },
	{ "cpuacct", "cpuacct.usage", NULL, read_number, AT(cpu.total), NULL, 0 },
	{ "cpuacct", "cpuacct.usage_user", NULL, read_number, AT(cpu.user), NULL, 0 },
	{ "cpuacct", "cpuacct.usage_sys", NULL, read_number, AT(cpu.system), NULL, 0 },
	{ "cpuacct", "cpuacct.usage_percpu", NULL, read_numbers, AT(cpu.per_cpu), NULL, STATS_DETAIL },
	{ "cpuacct", "cpuacct.usage_percpu_user", NULL, read_numbers, AT(cpu.per_cpu_user), NULL, STATS_DETAIL },
	{ "cpuacct", "cpuacct.usage_percpu_sys", NULL, read_numbers, AT(cpu.per_cpu_system), NULL, STATS_DETAIL },

	{ "memory", "memory.usage_in_bytes", "memory.current", read_number, AT(memory.memory.usage), NULL, STATS_FIRST },
	{ "memory", "memory.max_usage_in_bytes", "memory.peak", read_number, AT(memory.memory.peak), NULL, 0 },
	{ "memory", "memory.limit_in_bytes", "memory.max", read_limit, AT(memory.memory.limit), NULL, 0 },
	{ "memory", "memory.failcnt", NULL, read_number, AT(memory.memory.failures), NULL, STATS_DETAIL },
	{ "memory", "memory.oom_control", NULL, read_keys, 0, oom_control, 0 },
	{ "memory", NULL, "memory.events", read_keys, 0, memory_events, 0 },
	{ "memory", NULL, "memory.pressure", read_psi, AT(memory.psi), NULL, STATS_ALWAYS },
	{ "memory", "memory.memsw.usage_in_bytes", "memory.swap.current", read_number, AT(memory.swap.usage), NULL, STATS_DETAIL },
	{ "memory", "memory.memsw.max_usage_in_bytes", "memory.swap.peak", read_number, AT(memory.swap.peak), NULL, STATS_DETAIL },
	{ "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", read_limit, AT(memory.swap.limit), NULL, STATS_DETAIL },
	{ "memory", "memory.memsw.failcnt", NULL, read_number, AT(memory.swap.failures), NULL, STATS_DETAIL },
	{ "memory", NULL, "memory.swap.events", read_keys, 0, swap_events, STATS_DETAIL },
	{ "memory", "memory.kmem.usage_in_bytes", NULL, read_number, AT(memory.kernel.usage), NULL, STATS_DETAIL },
	{ "memory", "memory.kmem.max_usage_in_bytes", NULL, read_number, AT(memory.kernel.peak), NULL, STATS_DETAIL },
	{ "memory", "memory.kmem.limit_in_bytes", NULL, read_limit, AT(memory.kernel.limit), NULL, STATS_DETAIL },
	{ "memory", "memory.kmem.failcnt", NULL, read_number, AT(memory.kernel.failures), NULL, STATS_DETAIL },
	{ "memory", "memory.kmem.tcp.usage_in_bytes", NULL, read_number, AT(memory.kernel_tcp.usage), NULL, STATS_DETAIL },
	{ "memory", "memory.kmem.tcp.max_usage_in_bytes", NULL, read_number, AT(memory.kernel_tcp.peak), NULL, STATS_DETAIL },
	{ "memory", "memory.kmem.tcp.limit_in_bytes", NULL, read_limit, AT(memory.kernel_tcp.limit), NULL, STATS_DETAIL },
	{ "memory", "memory.kmem.tcp.failcnt", NULL, read_number, AT(memory.kernel_tcp.failures), NULL, STATS_DETAIL },
	{ "memory", "memory.stat", "memory.stat", read_counters, AT(memory.raw), NULL, STATS_DETAIL },

	{ "pids", "pids.current", "pids.current", read_number, AT(pids.current), NULL, STATS_FIRST },
	{ "pids", "pids.max", "pids.max", read_limit, AT(pids.limit), NULL, 0 },
	{ "pids", "pids.peak", "pids.peak", read_number, AT(pids.peak), NULL, STATS_DETAIL },

	{ "blkio", NULL, "io.stat", read_io_stat, 0, NULL, STATS_FIRST },
	{ "blkio", NULL, "io.pressure", read_psi, AT(io.psi), NULL, STATS_ALWAYS },
	{ "blkio", "blkio.throttle.io_service_bytes_recursive", NULL, read_io_legacy, AT(io.bytes), NULL, 0 },
	{ "blkio", "blkio.throttle.io_serviced_recursive", NULL, read_io_legacy, AT(io.operations), NULL, 0 },
	{ "blkio", "blkio.bfq.io_queued_recursive", NULL, read_io_legacy, AT(io.queued), NULL, STATS_DETAIL },
	{ "blkio", "blkio.bfq.io_service_time_recursive", NULL, read_io_legacy, AT(io.service_time), NULL, STATS_DETAIL },
	{ "blkio", "blkio.bfq.io_wait_time_recursive", NULL, read_io_legacy, AT(io.wait_time), NULL, STATS_DETAIL },
	{ "blkio", "blkio.bfq.io_merged_recursive", NULL, read_io_legacy, AT(io.merged), NULL, STATS_DETAIL },
	{ "blkio", "blkio.bfq.time_recursive", NULL, read_io_legacy, AT(io.time), NULL, STATS_DETAIL },
	{ "blkio", "blkio.bfq.sectors_recursive", NULL, read_io_legacy, AT(io.sectors), NULL, STATS_DETAIL },

	{ "cpuset", "cpuset.effective_cpus", "cpuset.cpus.effective", read_text, AT(cpuset.cpus), NULL, STATS_DETAIL | STATS_FIRST },
	{ "cpuset", "cpuset.effective_mems", "cpuset.mems.effective", read_text, AT(cpuset.mems), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.cpu_exclusive", NULL, read_number, AT(cpuset.cpu_exclusive), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.mem_exclusive", NULL, read_number, AT(cpuset.mem_exclusive), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.mem_hardwall", NULL, read_number, AT(cpuset.mem_hardwall), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.memory_migrate", NULL, read_number, AT(cpuset.memory_migrate), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.memory_spread_page", NULL, read_number, AT(cpuset.memory_spread_page), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.memory_spread_slab", NULL, read_number, AT(cpuset.memory_spread_slab), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.memory_pressure", NULL, read_number, AT(cpuset.memory_pressure), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.sched_load_balance", NULL, read_number, AT(cpuset.sched_load_balance), NULL, STATS_DETAIL },
	{ "cpuset", "cpuset.sched_relax_domain_level", NULL, read_signed, AT(cpuset.sched_relax_domain_level), NULL, STATS_DETAIL },
	{ NULL, NULL, NULL, NULL, 0, NULL, 0 },
};
