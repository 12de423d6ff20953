/* linux.resources.pids. */
#include <stdio.h>

#include "base/log.h"
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

/* What podman writes where nobody asked for a limit.  On a host without the controller that must not keep its containers from
 * running; any other limit was asked for, and is refused there. */
#define PODMAN_DEFAULT 2048

int plan_pids(struct planner *planner, struct err *err)
{
	const struct opt_i64 *limit = &planner->resources->pids.limit;
	struct place place;
	int r;

	if (!planner->resources->pids.is_set)
		return 0;
	if (limit->is_set && limit->value == PODMAN_DEFAULT) {
		r = planner_find(planner, "pids", "pids", &place, err);
		if (r > 0)
			log_warning(
				"linux.resources.pids.limit: this host has no pids controller: the default limit of %d "
				"is not set",
				PODMAN_DEFAULT);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return knobs_plan(planner, knobs, "pids", "pids", err);
}
