/* Device rules for v1, whose devices controller keeps a default and a flat list of exceptions to it: an exception is
 * matched by type and numbers as they stand, so that taking back part of a wider one has no effect there. */
#include <inttypes.h>

#include "cgroups/devices.h"

struct reduced {
	bool allow; /* by default */
	struct device_rule *items;
	size_t count;
};

static bool is_everything(const struct device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0 && rule->access == DEVICE_ALL;
}

static bool covers_number(int64_t wide, int64_t narrow)
{
	return wide < 0 || wide == narrow;
}

/* Both rules name one type here. */
static bool covers(const struct device_rule *wide, const struct device_rule *narrow)
{
	return wide->type == narrow->type && covers_number(wide->major, narrow->major) &&
	       covers_number(wide->minor, narrow->minor);
}

static bool overlaps(const struct device_rule *a, const struct device_rule *b)
{
	return a->type == b->type && (covers_number(a->major, b->major) || covers_number(b->major, a->major)) &&
	       (covers_number(a->minor, b->minor) || covers_number(b->minor, a->minor));
}

/* The rule says what the default says: take its access away from the exceptions that it covers. */
static int take_back(struct reduced *list, const struct device_rule *rule, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct device_rule item = list->items[i];

		if (overlaps(rule, &item) && (item.access & rule->access)) {
			char text[DEVICE_TEXT_MAX];

			device_rule_text(rule, text);
			if (!covers(rule, &item))
				return err_user(
					err,
					"linux.resources.devices: cgroup v1 cannot take back \"%s\" from a wider "
					"rule before it",
					text);
			item.access &= ~rule->access;
		}
		if (item.access)
			list->items[kept++] = item;
	}
	list->count = kept;
	return 0;
}

static void add_exception(struct reduced *list, const struct device_rule *rule)
{
	for (size_t i = 0; i < list->count; i++) {
		struct device_rule *item = &list->items[i];

		if (item->type == rule->type && item->major == rule->major && item->minor == rule->minor) {
			item->access |= rule->access;
			return;
		}
	}
	list->items[list->count++] = *rule;
}

static int reduce_one(struct reduced *list, const struct device_rule *rule, char type, struct err *err)
{
	struct device_rule one = *rule;

	if (rule->type != 'a' && rule->type != type)
		return 0;
	one.type = type;
	if (rule->allow == list->allow)
		return take_back(list, &one, err);
	add_exception(list, &one);
	return 0;
}

int devices_reduce(const struct device_rules *rules, struct arena *arena, bool *ret_default_allow,
		   struct device_rules *ret, struct err *err)
{
	struct reduced list = { .items = ARENA_NEW(arena, struct device_rule, 2 * rules->count) };

	if (!list.items)
		return err_memory(err);
	for (size_t i = 0; i < rules->count; i++) {
		const struct device_rule *rule = &rules->items[i];
		int r;

		if (is_everything(rule)) {
			list.allow = rule->allow;
			list.count = 0;
			continue;
		}
		r = reduce_one(&list, rule, 'b', err);
		if (r == 0)
			r = reduce_one(&list, rule, 'c', err);
		if (r < 0)
			return r;
	}
	*ret_default_allow = list.allow;
	*ret = (struct device_rules){ .items = list.items, .count = list.count };
	return 0;
}
