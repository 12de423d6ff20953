/* linux.resources.network: the v1 controllers net_cls and net_prio, which v2 does not have. */
#include <inttypes.h>
#include <string.h>

#include "cgroups/knob.h"

static const struct knob knobs[] = {
	{ "network.classID", KNOB_AT(network.class_id), NULL, "net_cls.classid", knob_text_number, KNOB_ZERO_IS_UNSET },
	{ 0 },
};

static int plan_priority(struct planner *planner, const struct spec_net_priority *priority, size_t index,
			 struct err *err)
{
	const char *property = arena_printf(planner->arena, "network.priorities[%zu]", index);
	struct place place;
	int r;

	if (!property)
		return err_memory(err);
	if (!priority->name || !*priority->name || strpbrk(priority->name, " \t\n/"))
		return err_user(err, "linux.resources.%s.name: not the name of a network interface", property);
	r = planner_controller(planner, "net_prio", NULL, property, &place, err);
	if (r < 0)
		return r;
	return planner_write(
		planner,
		&(struct cgroup_write){
			.property = property,
			.file = "net_prio.ifpriomap",
			.hierarchy = place.hierarchy,
			.value = arena_printf(planner->arena, "%s %" PRIu32, priority->name, priority->priority),
		},
		err);
}

int plan_network(struct planner *planner, struct err *err)
{
	const struct spec_network *network = &planner->resources->network;
	int r;

	if (!network->is_set)
		return 0;
	r = knobs_plan(planner, knobs, "net_cls", NULL, err);
	for (size_t i = 0; r == 0 && i < network->priorities.count; i++)
		r = plan_priority(planner, &network->priorities.items[i], i, err);
	return r;
}
