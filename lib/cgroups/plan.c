/* Deciding: pure but for one read of the v2 root's cgroup.controllers, when a limit asks for a controller. */
#include "cgroups/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "cgroups/delegate.h"
#include "cgroups/detect.h"
#include "cgroups/devices.h"
#include "cgroups/group.h"
#include "cgroups/path.h"
#include "cgroups/scope.h"

static int read_available(struct planner *planner, struct err *err)
{
	char path[sizeof(planner->plan->layout->items[0].mount_point) + 24];
	ssize_t n;

	if (planner->available_is_read || planner->plan->unified < 0)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/cgroup.controllers",
		       planner->plan->layout->items[planner->plan->unified].mount_point);
	n = file_read_short(AT_FDCWD, path, planner->available, sizeof(planner->available));
	if (n < 0)
		return err_sys(err, (int)-n, "read %s", path);
	planner->available_is_read = true;
	return 0;
}

static int enable(struct cgroup_plan *plan, const char *controller, struct err *err)
{
	for (unsigned int i = 0; i < plan->enable_count; i++)
		if (str_eq(plan->enable[i], controller))
			return 0;
	if (plan->enable_count == CGROUP_CONTROLLERS_MAX)
		return err_user(err, "linux.resources.unified: more than %d controllers", CGROUP_CONTROLLERS_MAX);
	plan->enable[plan->enable_count++] = controller;
	return 0;
}

int planner_find(struct planner *planner, const char *legacy, const char *unified, struct place *ret, struct err *err)
{
	struct cgroup_plan *plan = planner->plan;
	int r;

	for (unsigned int i = 0; legacy && i < plan->layout->count; i++) {
		if ((int)i == plan->unified || !cgroup_has_word(plan->layout->items[i].controllers, legacy, ','))
			continue;
		plan->hierarchies |= 1u << i;
		*ret = (struct place){ .hierarchy = i };
		return 0;
	}
	if (plan->unified < 0 || !unified)
		return 1;
	r = read_available(planner, err);
	if (r < 0)
		return r;
	if (!cgroup_has_word(planner->available, unified, ' '))
		return 1;
	*ret = (struct place){ .hierarchy = (unsigned int)plan->unified, .is_unified = true };
	return enable(plan, unified, err);
}

int planner_missing(struct planner *planner, const char *legacy, const char *unified, const char *property,
		    struct err *err)
{
	const struct cgroup_layout *layout = planner->plan->layout;
	const char *name = unified ? unified : legacy;

	switch (layout->mode) {
	case CGROUP_NONE:
		return err_user(err, "linux.resources.%s: there are no cgroups here", property);
	case CGROUP_V1:
		return err_user(err, "linux.resources.%s: this host has no %s controller on cgroup v1", property, name);
	case CGROUP_V2:
		if (!unified)
			return err_user(err, "linux.resources.%s: cgroup v2 has no such setting", property);
		(void)err_user(err, "linux.resources.%s: this host has no %s controller on cgroup v2", property, name);
		break;
	case CGROUP_HYBRID:
		if (!legacy)
			(void)err_user(err, "linux.resources.%s: this host has no %s controller on cgroup v2", property,
				       name);
		else
			(void)err_user(
				err,
				"linux.resources.%s: this host has no %s controller, neither on cgroup v1 nor on v2",
				property, name);
		break;
	}
	return err_hint(err, "the requested cgroup controller `%s` is not available; v2 has: %s", name,
			planner->available[0] ? planner->available : "none");
}

int planner_controller(struct planner *planner, const char *legacy, const char *unified, const char *property,
		       struct place *ret, struct err *err)
{
	int r = planner_find(planner, legacy, unified, ret, err);

	return r > 0 ? planner_missing(planner, legacy, unified, property, err) : r;
}

int planner_write(struct planner *planner, const struct cgroup_write *write, struct err *err)
{
	struct cgroup_write *copy = ARENA_NEW(planner->arena, struct cgroup_write, 1);

	if (!copy || !write->property || !write->file || !write->value)
		return err_memory(err);
	*copy = *write;
	*planner->plan->tail = copy;
	planner->plan->tail = &copy->next;
	return 0;
}

/* The order is that of writing: a cpuset must be there before a process enters, and devices come last so that a
 * failing limit is told before a program is loaded. */
static int (*const sections[])(struct planner *planner, struct err *err) = {
	plan_cpu,  plan_memory,	 plan_pids,    plan_io,	     plan_hugetlb,
	plan_rdma, plan_network, plan_unified, plan_devices,
};

int plan_resources(struct cgroup_plan *plan, const struct spec_resources *resources, struct arena *arena,
		   struct err *err)
{
	struct planner planner = { .plan = plan, .resources = resources, .arena = arena };

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		int r = sections[i](&planner, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Why there must be a group.  Device rules alone are no reason for who could not have them anyway, see delegate.h. */
static void note_wish(const struct spec *spec, struct arena *arena, struct cgroup_plan *plan)
{
	const struct cgroup_write *first = plan->writes;

	while (first && str_eq(first->property, "devices"))
		first = first->next;
	if (spec->linux_.cgroups_path)
		plan->wanted_by = "cgroupsPath";
	else if (first)
		plan->wanted_by = arena_printf(arena, "resources.%s", first->property); /* NULL: a shorter message */
	plan->is_wanted = spec->linux_.cgroups_path || first;
}

/* Where the groups lie.  Who is not root and has no own group to go by goes without one where that is enough. */
static int plan_path(const struct spec *spec, const struct cgroup_request *request, struct arena *arena,
		     struct cgroup_plan *plan, struct err *err)
{
	const char *wanted = spec->linux_.cgroups_path;
	const char *name = cgroup_default_name(request->id, request->root, arena);

	if (!name)
		return err_memory(err);
	if (!request->layout->is_root && !(wanted && *wanted)) {
		const char *base = delegate_base(plan, arena);

		if (base && !*base && !plan->is_wanted)
			return 0;
		if (base && *base)
			wanted = arena_printf(arena, "%s/%s", base, name);
		if (!base || (*base && !wanted))
			return err_memory(err);
	}
	return cgroup_path(wanted, name, request->layout, arena, &plan->path, err);
}

int plan_begin(const struct cgroup_layout *layout, struct arena *arena, struct cgroup_plan **ret, struct err *err)
{
	struct cgroup_plan *plan = ARENA_NEW(arena, struct cgroup_plan, 1);

	if (!plan)
		return err_memory(err);
	plan->layout = layout;
	plan->path = "";
	plan->tail = &plan->writes;
	plan->unified = cgroup_unified(layout);
	*ret = plan;
	return 0;
}

/* Without cgroups there are no limits.  Device rules are another matter: every config has some, and without a right to make
 * device nodes they change nothing. */
static int check_disabled(const struct spec *spec, struct arena *arena, struct err *err)
{
	struct spec_resources resources = spec->linux_.resources;
	struct cgroup_layout *nothing;
	struct cgroup_plan *plan;
	int r;

	resources.devices = (struct spec_device_rules){ 0 };
	if (!resources.is_set)
		return 0;
	nothing = ARENA_NEW(arena, struct cgroup_layout, 1);
	r = nothing ? plan_begin(nothing, arena, &plan, err) : err_memory(err);
	if (r < 0)
		return r;
	nothing->mode = CGROUP_NONE;
	r = plan_resources(plan, &resources, arena, err);
	return r < 0 ? err_in(err, "cannot set limits without cgroups") : 0;
}

int cgroup_plan(const struct spec *spec, const struct cgroup_request *request, struct arena *arena,
		struct cgroup_plan **ret, struct err *err)
{
	const struct cgroup_layout *layout = request->layout;
	struct cgroup_plan *plan;
	int r = plan_begin(layout, arena, &plan, err);

	if (r < 0)
		return r;
	*ret = plan;
	if (request->manager == CGROUP_MANAGER_DISABLED)
		return check_disabled(spec, arena, err);
	r = plan_resources(plan, &spec->linux_.resources, arena, err);
	if (r < 0 || (layout->mode == CGROUP_NONE && request->manager != CGROUP_MANAGER_SYSTEMD))
		return r;
	note_wish(spec, arena, plan);
	plan->has_all_controllers = spec->linux_.cgroups_path || request->manager == CGROUP_MANAGER_SYSTEMD;
	/* the group by which the container is found, frozen and killed */
	plan->hierarchies |= 1u << cgroup_tracking(layout);
	if (request->manager == CGROUP_MANAGER_SYSTEMD) {
		plan->is_wanted = true;
		return scope_plan(spec, request, arena, plan, err);
	}
	return plan_path(spec, request, arena, plan, err);
}

bool cgroup_plan_has_scope(const struct cgroup_plan *plan)
{
	return plan->scope;
}

const char *cgroup_plan_unit(const struct cgroup_plan *plan)
{
	return plan->scope ? plan->scope->unit : "";
}

const char *cgroup_plan_path(const struct cgroup_plan *plan)
{
	return plan->path;
}

bool cgroup_plan_has(const struct cgroup_plan *plan, unsigned int hierarchy)
{
	return plan->path[0] && (plan->hierarchies & (1u << hierarchy));
}

void cgroup_plan_print(const struct cgroup_plan *plan, struct str_buf *out)
{
	const struct cgroup_layout *layout = plan->layout;

	if (!plan->path[0]) {
		str_append(out, "no cgroup\n");
		return;
	}
	if (plan->scope)
		scope_print(plan->scope, out);
	for (unsigned int i = 0; i < layout->count; i++)
		if (plan->hierarchies & 1u << i)
			str_append_f(out, "cgroup %s at %s\n", plan->path, layout->items[i].mount_point);
	for (unsigned int i = 0; i < plan->enable_count; i++)
		str_append_f(out, "enable controller %s\n", plan->enable[i]);
	for (const struct cgroup_write *item = plan->writes; item; item = item->next)
		str_append_f(out, "write %s = %s (%s)\n", item->file, item->value, item->property);
	for (size_t i = 0; i < plan->device_rules.count; i++)
		device_rule_print(&plan->device_rules.items[i], out);
	if (plan->devices.count)
		str_append_f(out, "device program of %u instructions\n", plan->devices.count);
}
