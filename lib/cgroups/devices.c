#include "cgroups/devices.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "cgroups/plan.h"
#include "cgroups/program.h"

/* What the specification supplies to every guest (config-linux.md, Default Devices), and what costs the host nothing:
 * a device node that may not be opened.  As with both peers they come last, so that no rule takes them away. */
static const struct device_rule defaults[] = {
	{ true, 'c', -1, -1, DEVICE_MKNOD },
	{ true, 'b', -1, -1, DEVICE_MKNOD },
	{ true, 'c', 1, 3, DEVICE_ALL },   /* null */
	{ true, 'c', 1, 5, DEVICE_ALL },   /* zero */
	{ true, 'c', 1, 7, DEVICE_ALL },   /* full */
	{ true, 'c', 1, 8, DEVICE_ALL },   /* random */
	{ true, 'c', 1, 9, DEVICE_ALL },   /* urandom */
	{ true, 'c', 5, 0, DEVICE_ALL },   /* tty */
	{ true, 'c', 5, 1, DEVICE_ALL },   /* console */
	{ true, 'c', 5, 2, DEVICE_ALL },   /* ptmx */
	{ true, 'c', 136, -1, DEVICE_ALL }, /* pts/N */
};

static const char access_letters[] = "mrw"; /* in the order of the bits */

static int read_access(const char *text, unsigned int *ret)
{
	unsigned int access = 0;

	if (!text)
		text = "rwm";
	if (!*text)
		return -1;
	for (; *text; text++) {
		const char *letter = strchr(access_letters, *text);

		if (!letter)
			return -1;
		access |= 1u << (letter - access_letters);
	}
	*ret = access;
	return 0;
}

static int read_number(const struct opt_i64 *number, const char *name, size_t index, int64_t *ret, struct err *err)
{
	*ret = number->is_set ? number->value : -1;
	if (*ret < -1)
		return err_user(err, "linux.resources.devices[%zu].%s: %" PRId64 " is neither -1 (all) nor a number",
				index, name, *ret);
	return 0;
}

static int read_rule(const struct spec_device_rule *from, size_t index, struct device_rule *to, struct err *err)
{
	const char *type = from->type ? from->type : "a";
	int r;

	if (!*type || type[1] || !strchr("abc", *type))
		return err_user(err, "linux.resources.devices[%zu].type: \"%s\" is none of a, b, c", index, type);
	to->allow = from->allow;
	to->type = *type;
	if (read_access(from->access, &to->access) < 0)
		return err_user(err, "linux.resources.devices[%zu].access: \"%s\" is not made of r, w, m", index,
				from->access);
	r = read_number(&from->major, "major", index, &to->major, err);
	return r < 0 ? r : read_number(&from->minor, "minor", index, &to->minor, err);
}

int devices_read(const struct spec_device_rules *rules, struct arena *arena, struct device_rules *ret, struct err *err)
{
	struct device_rule *list;

	*ret = (struct device_rules){ 0 };
	if (!rules->count)
		return 0;
	list = ARENA_NEW(arena, struct device_rule, rules->count + ARRAY_SIZE(defaults));
	if (!list)
		return err_memory(err);
	for (size_t i = 0; i < rules->count; i++) {
		int r = read_rule(&rules->items[i], i, &list[i], err);

		if (r < 0)
			return r;
	}
	memcpy(list + rules->count, defaults, sizeof(defaults));
	ret->items = list;
	ret->count = rules->count + ARRAY_SIZE(defaults);
	return 0;
}

static void number_text(int64_t number, char text[24])
{
	if (number < 0)
		(void)snprintf(text, 24, "*");
	else
		(void)snprintf(text, 24, "%" PRId64, number);
}

void device_rule_text(const struct device_rule *rule, char text[DEVICE_TEXT_MAX])
{
	char major[24], minor[24];

	number_text(rule->major, major);
	number_text(rule->minor, minor);
	(void)snprintf(text, DEVICE_TEXT_MAX, "%c %s:%s %s%s%s", rule->type, major, minor,
		       rule->access & DEVICE_READ ? "r" : "", rule->access & DEVICE_WRITE ? "w" : "",
		       rule->access & DEVICE_MKNOD ? "m" : "");
}

void device_rule_print(const struct device_rule *rule, struct str_buf *out)
{
	char text[DEVICE_TEXT_MAX];

	device_rule_text(rule, text);
	str_append_f(out, "device %s %s\n", rule->allow ? "allow" : "deny", text);
}

/* v1: "a" first, then the exceptions. */
static int plan_legacy(struct planner *planner, const struct place *place, const struct device_rules *rules,
		       struct err *err)
{
	struct cgroup_write write = { .property = "devices", .value = "a", .hierarchy = place->hierarchy };
	struct device_rules exceptions;
	bool allow;
	int r = devices_reduce(rules, planner->arena, &allow, &exceptions, err);

	if (r < 0)
		return r;
	write.file = allow ? "devices.allow" : "devices.deny";
	r = planner_write(planner, &write, err);
	write.file = allow ? "devices.deny" : "devices.allow";
	for (size_t i = 0; r == 0 && i < exceptions.count; i++) {
		char text[DEVICE_TEXT_MAX];

		device_rule_text(&exceptions.items[i], text);
		write.value = arena_strdup(planner->arena, text);
		r = planner_write(planner, &write, err);
	}
	return r;
}

int plan_devices(struct planner *planner, struct err *err)
{
	struct cgroup_plan *plan = planner->plan;
	struct device_rules *rules = &plan->device_rules;
	struct place place;
	int r = devices_read(&planner->resources->devices, planner->arena, rules, err);

	if (r < 0 || !rules->count)
		return r;
	if (plan->unified >= 0)
		return device_program_compile(rules, planner->arena, &plan->devices, err);
	r = planner_controller(planner, "devices", NULL, "devices", &place, err);
	return r < 0 ? r : plan_legacy(planner, &place, rules, err);
}
