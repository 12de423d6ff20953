/* linux.resources.pids. */
#include <stdio.h>

#include "cgroups/knob.h"

/* No process can be born into a group whose pids.max is 0, not even the first one.  1 lets that one live, and no
 * other: what 0 asks for. */
static int text_limit(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	struct knob_value one = *value;

	if (one.i64 == 0)
		one.i64 = 1;
	one.is_unified = true; /* unlike v1's other files, this one knows the word "max" and no -1 */
	return knob_text_number_or_max(&one, text, err);
}

static const struct knob knobs[] = {
	{ "pids.limit", KNOB_AT(pids.limit), "pids.max", "pids.max", text_limit, 0 },
	{ 0 },
};

int plan_pids(struct planner *planner, struct err *err)
{
	return planner->resources->pids.is_set ? knobs_plan(planner, knobs, "pids", "pids", err) : 0;
}
