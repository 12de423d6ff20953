/* linux.resources.rdma: one line of rdma.max per device, the same on v1 and v2. */
#include <inttypes.h>
#include <string.h>

#include "cgroups/plan.h"

static int plan_limit(struct planner *planner, const struct spec_rdma_limit *limit, struct err *err)
{
	const char *property = arena_printf(planner->arena, "rdma[\"%s\"]", limit->device), *handles = "",
		   *objects = "";
	struct place place;
	int r;

	if (!property)
		return err_memory(err);
	if (!*limit->device || strpbrk(limit->device, " \t\n"))
		return err_user(err, "linux.resources.rdma: \"%s\" is not the name of a device", limit->device);
	if (!limit->hca_handles.is_set && !limit->hca_objects.is_set)
		return err_user(err, "linux.resources.%s: needs hcaHandles or hcaObjects", property);
	r = planner_controller(planner, "rdma", "rdma", property, &place, err);
	if (r < 0)
		return r;
	if (limit->hca_handles.is_set)
		handles = arena_printf(planner->arena, " hca_handle=%" PRIu64, limit->hca_handles.value);
	if (limit->hca_objects.is_set)
		objects = arena_printf(planner->arena, " hca_object=%" PRIu64, limit->hca_objects.value);
	if (!handles || !objects)
		return err_memory(err);
	return planner_write(planner,
			     &(struct cgroup_write){
				     .property = property,
				     .file = "rdma.max",
				     .hierarchy = place.hierarchy,
				     .value = arena_printf(planner->arena, "%s%s%s", limit->device, handles, objects),
			     },
			     err);
}

int plan_rdma(struct planner *planner, struct err *err)
{
	const struct spec_rdma_limits *limits = &planner->resources->rdma;

	for (size_t i = 0; i < limits->count; i++) {
		int r = plan_limit(planner, &limits->items[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}
