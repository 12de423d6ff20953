/* linux.resources.memory.  v1 counts memory and swap together in memsw; v2 counts swap alone. */
#include <inttypes.h>
#include <stdio.h>

#include "cgroups/knob.h"

static int text_swap(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	const struct spec_memory *memory = &value->resources->memory;
	bool has_limit = memory->limit.is_set && memory->limit.value > 0;

	if (value->i64 == -1)
		return knob_text_number_or_max(value, text, err);
	if (value->i64 < 0)
		return err_user(err, "linux.resources.memory.swap: %" PRId64 " is neither -1 (unlimited) nor a limit",
				value->i64);
	if (!has_limit)
		return err_user(err, "linux.resources.memory.swap: is a limit of memory and swap together, and needs "
				     "memory.limit");
	if (value->i64 < memory->limit.value)
		return err_user(err, "linux.resources.memory.swap: %" PRId64 " is less than memory.limit %" PRId64,
				value->i64, memory->limit.value);
	(void)snprintf(text, KNOB_TEXT_MAX, "%" PRId64,
		       value->is_unified ? value->i64 - memory->limit.value : value->i64);
	return 0;
}

static int text_swappiness(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	if (value->u64 > 100)
		return err_user(err, "linux.resources.memory.swappiness: %" PRIu64 " is more than 100", value->u64);
	return knob_text_number(value, text, err);
}

/* memsw is never below the memory limit, so that one comes first.  A kernel without swap has no memory.swap.max. */
static const struct knob knobs[] = {
	/* property, member, v2 file, v1 file, text, flags */
	{ "memory.limit", KNOB_AT(memory.limit), "memory.max", "memory.limit_in_bytes", knob_text_number_or_max,
	  KNOB_ZERO_IS_UNSET },
	{ "memory.swap", KNOB_AT(memory.swap), "memory.swap.max", "memory.memsw.limit_in_bytes", text_swap,
	  KNOB_ZERO_IS_UNSET | CGROUP_WRITE_OR_NONE },
	{ "memory.reservation", KNOB_AT(memory.reservation), "memory.low", "memory.soft_limit_in_bytes",
	  knob_text_number_or_max, KNOB_ZERO_IS_UNSET },
	{ "memory.kernel", KNOB_AT(memory.kernel), NULL, "memory.kmem.limit_in_bytes", knob_text_number_or_max,
	  KNOB_ZERO_IS_UNSET },
	{ "memory.kernelTCP", KNOB_AT(memory.kernel_tcp), NULL, "memory.kmem.tcp.limit_in_bytes",
	  knob_text_number_or_max, KNOB_ZERO_IS_UNSET },
	{ "memory.swappiness", KNOB_AT(memory.swappiness), NULL, "memory.swappiness", text_swappiness, 0 },
	{ "memory.disableOOMKiller", KNOB_AT(memory.disable_oom_killer), NULL, "memory.oom_control", knob_text_bool, 0 },
	{ "memory.useHierarchy", KNOB_AT(memory.use_hierarchy), NULL, "memory.use_hierarchy", knob_text_bool,
	  KNOB_TRUE_ON_V2 },
	{ 0 },
};

int plan_memory(struct planner *planner, struct err *err)
{
	const struct spec_memory *memory = &planner->resources->memory;
	struct place place;

	if (!memory->is_set)
		return 0;
	if (memory->check_before_update.value && memory->limit.is_set && memory->limit.value > 0) {
		int r = planner_controller(planner, "memory", "memory", "memory.checkBeforeUpdate", &place, err);

		if (r < 0)
			return r;
		planner->plan->memory = place.hierarchy;
		planner->plan->usage_below = memory->limit;
	}
	return knobs_plan(planner, knobs, "memory", "memory", err);
}
