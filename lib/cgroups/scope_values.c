/* Properties of a unit for what is written to files of cgroup v2: one row for each file that systemd knows, too.  What has no
 * row stands in the group below the scope's alone; limits of use hold there as well, and weights and protections, which count
 * against the scope's neighbours, all have one. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "cgroups/devices.h"
#include "cgroups/scope.h"

#define CPUS_MAX 8192 /* above what the kernel can have */
#define INFINITE "18446744073709551615"

struct row;
typedef int add_row(struct scope_plan *scope, const struct row *row, const char *value, struct arena *arena,
		    struct err *err);

struct row {
	const char *file;
	add_row *add;
	const char *property;
};

static int add_word(struct scope_plan *scope, const struct row *row, const char *word, struct arena *arena,
		    struct err *err)
{
	return scope_add(scope, arena, row->property, "t", &word, 1, err);
}

/* A number, or "max".  Anything else is left to the kernel, which refuses it with its own words. */
static int add_number(struct scope_plan *scope, const struct row *row, const char *value, struct arena *arena,
		      struct err *err)
{
	uint64_t number;

	if (str_eq(value, "max") || str_eq(value, "-1"))
		return add_word(scope, row, INFINITE, arena, err);
	return str_u64(value, UINT64_MAX - 1, &number) ? add_word(scope, row, value, arena, err) : 0;
}

static int add_idle(struct scope_plan *scope, const struct row *row, const char *value, struct arena *arena,
		    struct err *err)
{
	return str_eq(value, "1") ? add_word(scope, row, "0", arena, err) : 0;
}

/* "QUOTA PERIOD" or "QUOTA" in microseconds.  systemd keeps whole percents of a CPU: rounded up, as the file below the scope
 * has the exact value. */
static int add_cpu_max(struct scope_plan *scope, const struct row *row, const char *value, struct arena *arena,
		       struct err *err)
{
	static const struct row period_row = { .property = "CPUQuotaPeriodUSec" };
	const char *blank = strchr(value, ' '), *word = INFINITE;
	const char *quota_text = arena_printf(arena, "%.*s", (int)strcspn(value, " "), value);
	uint64_t quota, period = 100000, per_second;
	int r = 0;

	if (!quota_text)
		return err_memory(err);
	if (blank && !str_u64(blank + 1, UINT_MAX, &period))
		return 0;
	if (!str_eq(quota_text, "max")) {
		if (!str_u64(quota_text, UINT64_MAX / 1000000, &quota) || !period)
			return 0;
		per_second = quota * 1000000 / period;
		per_second = (per_second + 9999) / 10000 * 10000;
		word = arena_printf(arena, "%" PRIu64, per_second);
	}
	r = add_word(scope, row, word, arena, err);
	return r == 0 && blank ? add_word(scope, &period_row, blank + 1, arena, err) : r;
}

/* A list such as "0-3,7" as bytes, the lowest number in the lowest bit of the first. */
static int add_bits(struct scope_plan *scope, const struct row *row, const char *value, struct arena *arena,
		    struct err *err)
{
	unsigned long bits[CPUS_MAX / (CHAR_BIT * sizeof(unsigned long))] = { 0 };
	const char *words[CPUS_MAX / CHAR_BIT + 1];
	unsigned int count, end;
	size_t n = 0;

	if (!str_number_list(value, CPUS_MAX, bits, &count, &end) || !count)
		return 0;
	words[n++] = arena_printf(arena, "%u", (end + CHAR_BIT - 1) / CHAR_BIT);
	for (unsigned int i = 0; i < end; i += CHAR_BIT)
		words[n++] = arena_printf(
			arena, "%lu", bits[i / (CHAR_BIT * sizeof(long))] >> i % (CHAR_BIT * sizeof(long)) & UCHAR_MAX);
	return scope_add(scope, arena, row->property, "ay", words, n, err);
}

/* "NUMBER", "default NUMBER", or "MAJOR:MINOR NUMBER". */
static int add_io_weight(struct scope_plan *scope, const struct row *row, const char *value, struct arena *arena,
			 struct err *err)
{
	const char *blank = strrchr(value, ' '), *number = blank ? blank + 1 : value, *words[3] = { "1" };
	uint64_t weight;

	if (!str_u64(number, 10000, &weight))
		return 0;
	if (!blank || str_after(value, "default "))
		return add_word(scope, row, number, arena, err);
	words[1] = arena_printf(arena, "/dev/block/%.*s", (int)(blank - value), value);
	words[2] = number;
	return scope_add(scope, arena, "IODeviceWeight", "a(st)", words, ARRAY_SIZE(words), err);
}

static const struct row rows[] = {
	{ "memory.max",	     add_number,    "MemoryMax" },
	{ "memory.high",     add_number,    "MemoryHigh" },
	{ "memory.low",	     add_number,    "MemoryLow" },
	{ "memory.min",	     add_number,    "MemoryMin" },
	{ "memory.swap.max", add_number,    "MemorySwapMax" },
	{ "cpu.weight",	     add_number,    "CPUWeight" },
	{ "cpu.idle",	     add_idle,	    "CPUWeight" },
	{ "cpu.max",	     add_cpu_max,   "CPUQuotaPerSecUSec" },
	{ "cpuset.cpus",     add_bits,	    "AllowedCPUs" },
	{ "cpuset.mems",     add_bits,	    "AllowedMemoryNodes" },
	{ "pids.max",	     add_number,    "TasksMax" },
	{ "io.weight",	     add_io_weight, "IOWeight" },
	/* of v1 */
	{ "memory.limit_in_bytes", add_number, "MemoryLimit" },
	{ "cpu.shares",	     add_number,    "CPUShares" },
	{ "blkio.weight",    add_number,    "BlockIOWeight" },
};

/* On v1 the two values of cpu.max have a file each, and nothing says "max". */
static int add_quota(struct scope_plan *scope, const struct cgroup_write *writes, const char *quota,
		     struct arena *arena, struct err *err)
{
	const char *period = NULL, *value;

	for (const struct cgroup_write *item = writes; item; item = item->next)
		if (str_eq(item->file, "cpu.cfs_period_us"))
			period = item->value;
	value = arena_printf(arena, "%s%s%s", *quota == '-' ? "max" : quota, period ? " " : "", period ? period : "");
	return value ? add_cpu_max(scope, &(struct row){ .property = "CPUQuotaPerSecUSec" }, value, arena, err)
		     : err_memory(err);
}

int scope_add_writes(struct scope_plan *scope, const struct cgroup_write *writes, struct arena *arena, struct err *err)
{
	for (const struct cgroup_write *item = writes; item; item = item->next) {
		int r = str_eq(item->file, "cpu.cfs_quota_us") ? add_quota(scope, writes, item->value, arena, err) : 0;

		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
			if (str_eq(item->file, rows[i].file))
				r = rows[i].add(scope, &rows[i], item->value, arena, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---------------------------------------------------------------- devices */

/* The devices of a rule as systemd.resource-control(5) names them, for one of the two types. */
static const char *device_words(const struct device_rule *rule, char type, struct arena *arena)
{
	const char *class = type == 'c' ? "char" : "block";

	/* a minor of every major: there is no word for it, and the device program is exact */
	if (rule->major < 0)
		return arena_printf(arena, "%s-*", class);
	if (rule->minor < 0)
		return arena_printf(arena, "%s-%" PRIi64, class, rule->major);
	return arena_printf(arena, "/dev/%s/%" PRIi64 ":%" PRIi64, class, rule->major, rule->minor);
}

int scope_add_devices(struct scope_plan *scope, const struct device_rules *rules, struct arena *arena, struct err *err)
{
	const char *policy = "auto", **words;
	struct device_rules reduced;
	bool allow_all = true;
	struct err ignored;
	size_t n = 1;
	int r;

	if (rules->count && devices_reduce(rules, arena, &allow_all, &reduced, &ignored) < 0)
		allow_all = true; /* it takes back part of what it allowed, which a list of the allowed cannot say */
	if (allow_all)
		return scope_add(scope, arena, "DevicePolicy", "s", &policy, 1, err);
	words = ARENA_NEW(arena, const char *, 1 + 4 * reduced.count);
	if (!words)
		return err_memory(err);
	for (size_t i = 0; i < reduced.count; i++) {
		const struct device_rule *rule = &reduced.items[i];

		for (const char *type = "bc"; *type; type++) {
			if (!rule->allow || (rule->type != 'a' && rule->type != *type))
				continue;
			words[n++] = device_words(rule, *type, arena);
			words[n++] = arena_printf(arena, "%s%s%s", rule->access & DEVICE_READ ? "r" : "",
						  rule->access & DEVICE_WRITE ? "w" : "",
						  rule->access & DEVICE_MKNOD ? "m" : "");
		}
	}
	words[0] = arena_printf(arena, "%zu", (n - 1) / 2);
	policy = "strict";
	r = scope_add(scope, arena, "DevicePolicy", "s", &policy, 1, err);
	return r < 0 ? r : scope_add(scope, arena, "DeviceAllow", "a(ss)", words, n, err);
}
