/* Device rules as ranges of keys.
 *
 * A rule covers all keys, those of one major number (a group of 2^20 keys), or one key.  For each of these the last
 * rule per kind of access is remembered by its order; what holds for a key is then the latest among its own, its
 * group's and the general one.  Sorting makes this linear in the rules but for the logarithm. */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "cgroups/program.h"

#define KINDS 3 /* of access */

/* Per kind of access: the order of the last rule, as 2 * (index + 1) + allow; 0: none. */
struct verdict {
	uint32_t last[KINDS];
};

/* What one rule says of a group or of a key. */
struct saying {
	uint32_t key;
	struct verdict verdict;
};

struct sayings {
	struct saying *items;
	size_t count;
};

/* How the keys are made: in the main cut a group is a major number; in the cut of one minor number there is one
 * group, and the keys are the majors. */
struct cut {
	unsigned int group_bits;
	uint64_t key_max;
	struct verdict all;
	struct sayings groups, keys;
	struct device_range *ranges;
	size_t range_count;
};

static void verdict_add(struct verdict *to, const struct verdict *from)
{
	for (int i = 0; i < KINDS; i++)
		if (from->last[i] > to->last[i])
			to->last[i] = from->last[i];
}

static unsigned int verdict_access(const struct verdict *verdict)
{
	unsigned int access = 0;

	for (int i = 0; i < KINDS; i++)
		if (verdict->last[i] & 1)
			access |= 1u << i;
	return access;
}

static struct verdict verdict_of(const struct device_rule *rule, size_t index)
{
	struct verdict verdict = { 0 };

	for (int i = 0; i < KINDS; i++)
		if (rule->access & 1u << i)
			verdict.last[i] = (uint32_t)(2 * (index + 1) + rule->allow);
	return verdict;
}

static void say(struct sayings *list, uint32_t key, const struct verdict *verdict)
{
	list->items[list->count++] = (struct saying){ .key = key, .verdict = *verdict };
}

static void collect_main(struct cut *cut, const struct device_rule *rule, const struct verdict *verdict)
{
	if (rule->major < 0 && rule->minor < 0)
		verdict_add(&cut->all, verdict);
	else if (rule->minor < 0)
		say(&cut->groups, (uint32_t)rule->major, verdict);
	else if (rule->major >= 0)
		say(&cut->keys, (uint32_t)rule->major << DEVICE_MINOR_BITS | (uint32_t)rule->minor, verdict);
}

static void collect_minor(struct cut *cut, const struct device_rule *rule, int64_t minor, const struct verdict *verdict)
{
	if (rule->minor >= 0 && rule->minor != minor)
		return;
	if (rule->major < 0)
		verdict_add(&cut->all, verdict);
	else
		say(&cut->keys, (uint32_t)rule->major, verdict);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = ((const struct saying *)a)->key, y = ((const struct saying *)b)->key;

	return (x > y) - (x < y);
}

/* Sort, and join those of the same key. */
static void settle(struct sayings *list)
{
	size_t kept = 0;

	qsort(list->items, list->count, sizeof(*list->items), compare);
	for (size_t i = 0; i < list->count; i++) {
		if (kept && list->items[kept - 1].key == list->items[i].key)
			verdict_add(&list->items[kept - 1].verdict, &list->items[i].verdict);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

/* From `start` on, this holds. */
static void begin_range(struct cut *cut, uint64_t start, const struct verdict *verdict)
{
	unsigned int access = verdict_access(verdict);

	if (start > cut->key_max)
		return;
	/* nothing lies between the beginning of the last range and this one: it was none */
	if (cut->range_count && cut->ranges[cut->range_count - 1].start == start)
		cut->range_count--;
	if (cut->range_count && cut->ranges[cut->range_count - 1].access == access)
		return;
	cut->ranges[cut->range_count++] = (struct device_range){ .start = (uint32_t)start, .access = access };
}

static uint64_t group_of(const struct cut *cut, size_t key)
{
	return key < cut->keys.count ? (uint64_t)cut->keys.items[key].key >> cut->group_bits : UINT64_MAX;
}

static void make_ranges(struct cut *cut)
{
	size_t g = 0, k = 0;

	begin_range(cut, 0, &cut->all);
	while (g < cut->groups.count || k < cut->keys.count) {
		struct verdict base = cut->all;
		uint64_t group = group_of(cut, k);

		if (g < cut->groups.count && cut->groups.items[g].key <= group) {
			group = cut->groups.items[g].key;
			verdict_add(&base, &cut->groups.items[g++].verdict);
		}
		begin_range(cut, group << cut->group_bits, &base);
		for (; group_of(cut, k) == group; k++) {
			struct verdict own = base;

			verdict_add(&own, &cut->keys.items[k].verdict);
			begin_range(cut, cut->keys.items[k].key, &own);
			begin_range(cut, (uint64_t)cut->keys.items[k].key + 1, &base);
		}
		begin_range(cut, (group + 1) << cut->group_bits, &cut->all);
	}
}

/* Numbers that no device has cover nothing. */
static bool is_possible(const struct device_rule *rule, char type)
{
	return (rule->type == 'a' || rule->type == type) && rule->major <= DEVICE_MAJOR_MAX &&
	       rule->minor <= DEVICE_MINOR_MAX;
}

static int copy_ranges(const struct cut *cut, struct arena *arena, struct device_ranges *ret, struct err *err)
{
	struct device_range *copy = ARENA_NEW(arena, struct device_range, cut->range_count);

	if (!copy)
		return err_memory(err);
	memcpy(copy, cut->ranges, cut->range_count * sizeof(*copy));
	*ret = (struct device_ranges){ .items = copy, .count = cut->range_count };
	return 0;
}

int device_ranges(const struct device_rules *rules, char type, int64_t star_minor, struct arena *arena,
		  struct device_ranges *ret, struct err *err)
{
	/* each group begins and ends a range, and so does each key */
	autofree struct saying *groups = calloc(rules->count + 1, sizeof(*groups));
	autofree struct saying *keys = calloc(rules->count + 1, sizeof(*keys));
	autofree struct device_range *ranges = calloc(2 * rules->count + 2, sizeof(*ranges));
	struct cut cut = {
		.group_bits = star_minor < 0 ? DEVICE_MINOR_BITS : 32,
		.key_max = star_minor < 0 ? UINT32_MAX : DEVICE_MAJOR_MAX,
		.groups.items = groups,
		.keys.items = keys,
		.ranges = ranges,
	};

	if (!groups || !keys || !ranges)
		return err_memory(err);
	for (size_t i = 0; i < rules->count; i++) {
		const struct device_rule *rule = &rules->items[i];
		struct verdict verdict = verdict_of(rule, i);

		if (!is_possible(rule, type))
			continue;
		if (star_minor < 0)
			collect_main(&cut, rule, &verdict);
		else
			collect_minor(&cut, rule, star_minor, &verdict);
	}
	settle(&cut.groups);
	settle(&cut.keys);
	make_ranges(&cut);
	return copy_ranges(&cut, arena, ret, err);
}
