#include "process/process.h"

#include <errno.h>

#include "base/auto.h"
#include "base/sys.h"

/* Numbers of set_mempolicy(2), of linux/mempolicy.h, whose older versions lack the latest. */
enum {
	MODE_DEFAULT = 0,
	MODE_PREFERRED = 1,
	MODE_BIND = 2,
	MODE_INTERLEAVE = 3,
	MODE_LOCAL = 4,
	MODE_PREFERRED_MANY = 5,
	MODE_WEIGHTED_INTERLEAVE = 6,
};

/* How many nodes a mode wants. */
enum nodes { NONE, ANY, SOME };

static const struct {
	const char *name;
	int value;
	enum nodes nodes;
} modes[] = {
	{ "MPOL_DEFAULT", MODE_DEFAULT, NONE },
	{ "MPOL_PREFERRED", MODE_PREFERRED, ANY }, /* none: the node of the processor */
	{ "MPOL_BIND", MODE_BIND, SOME },
	{ "MPOL_INTERLEAVE", MODE_INTERLEAVE, SOME },
	{ "MPOL_LOCAL", MODE_LOCAL, NONE },
	{ "MPOL_PREFERRED_MANY", MODE_PREFERRED_MANY, SOME },
	{ "MPOL_WEIGHTED_INTERLEAVE", MODE_WEIGHTED_INTERLEAVE, SOME },
};

static const struct str_name flags[] = {
	{ "MPOL_F_STATIC_NODES", 1 << 15 },
	{ "MPOL_F_RELATIVE_NODES", 1 << 14 },
	{ "MPOL_F_NUMA_BALANCING", 1 << 13 },
	{ NULL, 0 },
};

/* ---------------------------------------------------------------- nodes */

static int plan_nodes(const struct spec_memory_policy *spec, enum nodes wanted, struct mempolicy_plan *plan,
		      struct err *err)
{
	unsigned int count = 0;

	if (spec->nodes && *spec->nodes &&
	    !str_number_list(spec->nodes, MEMPOLICY_NODES, plan->nodes, &count, &plan->count))
		return err_user(err, "linux.memoryPolicy.nodes: invalid memory policy node list \"%.200s\"",
				spec->nodes);
	if (wanted == NONE && count)
		return err_user(err, "linux.memoryPolicy.nodes: %s: mode requires 0 nodes but got %u", spec->mode,
				count);
	if (wanted == SOME && !count)
		return err_user(err, "linux.memoryPolicy.nodes: %s: mode requires at least one node", spec->mode);
	return 0;
}

/* ---------------------------------------------------------------- plan, apply */

static int plan_flags(const struct spec_memory_policy *spec, struct mempolicy_plan *plan, struct err *err)
{
	for (size_t i = 0; i < spec->flags.count; i++) {
		const struct str_name *flag = str_lookup(flags, spec->flags.items[i]);

		if (!flag)
			return err_user(err, "linux.memoryPolicy.flags[%zu]: invalid memory policy flag \"%s\"", i,
					spec->flags.items[i]);
		plan->mode |= (int)flag->value;
	}
	return 0;
}

int mempolicy_plan(const struct spec_linux *spec, struct mempolicy_plan *ret, struct err *err)
{
	const struct spec_memory_policy *policy = &spec->memory_policy;
	struct mempolicy_plan plan = { .is_set = policy->is_set };
	size_t i = 0;
	int r = 0;

	if (policy->is_set) {
		while (i < ARRAY_SIZE(modes) && (!policy->mode || !str_eq(modes[i].name, policy->mode)))
			i++;
		if (i == ARRAY_SIZE(modes))
			return err_user(err, "linux.memoryPolicy.mode: invalid memory policy mode \"%s\"",
					policy->mode ? policy->mode : "");
		plan.mode = modes[i].value;
		r = plan_nodes(policy, modes[i].nodes, &plan, err);
		if (r == 0)
			r = plan_flags(policy, &plan, err);
	}
	if (r == 0)
		*ret = plan;
	return r;
}

int mempolicy_apply(const struct mempolicy_plan *plan, struct err *err)
{
	/* the kernel looks at one bit less than it is told of */
	if (!plan->is_set ||
	    sys_set_mempolicy(plan->mode, plan->count ? plan->nodes : NULL, plan->count ? plan->count + 1 : 0) == 0)
		return 0;
	return err_sys(err, errno, "linux.memoryPolicy: set_mempolicy");
}
