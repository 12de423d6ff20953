/* linux.resources.unified: files of cgroup v2 by their names.  Unknown names are left to the kernel; those by which a
 * group is moved, entered, frozen or killed are the runtime's. */
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "cgroups/plan.h"

#define CONTROLLER_NAME_MAX 32

/* What a config may set in cgroup.*. */
static const char *const core_files[] = { "cgroup.max.depth", "cgroup.max.descendants", "cgroup.pressure" };

static int check_key(const char *key, struct err *err)
{
	const char *dot = strchr(key, '.');

	for (const char *at = key; *at; at++)
		if ((unsigned char)*at <= 0x20 || *at == 0x7f || *at == '/')
			return err_user(err, "linux.resources.unified: \"%s\" is not the name of a cgroup v2 file",
					key);
	if (!dot || dot == key || !dot[1] || dot[1] == '.' || dot - key >= CONTROLLER_NAME_MAX)
		return err_user(
			err, "linux.resources.unified: the specified key has not the form CONTROLLER.VALUE `%s`", key);
	return 0;
}

static bool is_core_file(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(core_files); i++)
		if (str_eq(key, core_files[i]))
			return true;
	return false;
}

/* A value of several lines, as of io.max, is one write for each: the kernel takes one at a time. */
static int plan_lines(struct planner *planner, const char *value, struct cgroup_write *write, struct err *err)
{
	int r = 0;

	for (size_t n; r == 0; value += n + 1) {
		n = strcspn(value, "\n");
		write->value = arena_printf(planner->arena, "%.*s", (int)n, value);
		/* one at the end makes no line, and an empty value is one */
		r = planner_write(planner, write, err);
		if (!value[n] || !value[n + 1])
			break;
	}
	return r;
}

static int plan_pair(struct planner *planner, const struct spec_pair *pair, struct err *err)
{
	struct cgroup_write write = { .file = pair->key };
	const char *controller;
	struct place place;
	int r = check_key(pair->key, err);

	if (r < 0)
		return r;
	if (planner->plan->unified < 0)
		return err_user(err, "linux.resources.unified: this host has no cgroup v2");
	write.property = arena_printf(planner->arena, "unified[\"%s\"]", pair->key);
	controller = arena_printf(planner->arena, "%.*s", (int)strcspn(pair->key, "."), pair->key);
	if (!write.property || !controller)
		return err_memory(err);
	place.hierarchy = (unsigned int)planner->plan->unified;
	if (!str_eq(controller, "cgroup"))
		r = planner_controller(planner, NULL, controller, write.property, &place, err);
	else if (!is_core_file(pair->key))
		r = err_user(err, "linux.resources.%s: belongs to the runtime", write.property);
	write.hierarchy = place.hierarchy;
	return r < 0 ? r : plan_lines(planner, pair->value, &write, err);
}

int plan_unified(struct planner *planner, struct err *err)
{
	const struct spec_pairs *unified = &planner->resources->unified;

	for (size_t i = 0; i < unified->count; i++) {
		int r = plan_pair(planner, &unified->items[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}
