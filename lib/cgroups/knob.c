#include "cgroups/knob.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_zero(const struct knob *knob, const struct knob_value *value)
{
	return knob->type == KNOB_I64 ? value->i64 == 0 : knob->type == KNOB_U64 && value->u64 == 0;
}

/* Fetch the member; false: it is not set. */
static bool get_value(const struct knob *knob, const struct spec_resources *resources, struct knob_value *value)
{
	const void *at = (const char *)resources + knob->offset;
	bool is_set = false;

	switch (knob->type) {
	case KNOB_I64:
		is_set = ((const struct opt_i64 *)at)->is_set;
		value->i64 = ((const struct opt_i64 *)at)->value;
		break;
	case KNOB_U64:
		is_set = ((const struct opt_u64 *)at)->is_set;
		value->u64 = ((const struct opt_u64 *)at)->value;
		break;
	case KNOB_BOOL:
		is_set = ((const struct opt_bool *)at)->is_set;
		value->boolean = ((const struct opt_bool *)at)->value;
		break;
	case KNOB_STRING:
		value->string = *(const char *const *)at;
		is_set = value->string && *value->string;
		break;
	}
	return is_set && !((knob->flags & KNOB_ZERO_IS_UNSET) && is_zero(knob, value));
}

/* True if the value is what a kernel without the setting does anyway: no limit, or the feature off. */
static bool asks_nothing(const struct knob *knob, const struct knob_value *value)
{
	if (knob->type == KNOB_BOOL)
		return !value->boolean;
	return knob->type == KNOB_I64 && value->i64 == -1;
}

static int plan_knob(struct planner *planner, const struct knob *knob, const char *legacy, const char *controller,
		     struct err *err)
{
	struct knob_value value = { .property = knob->property, .resources = planner->resources };
	char text[KNOB_TEXT_MAX];
	struct place place;
	const char *file;
	int r;

	if (!get_value(knob, planner->resources, &value))
		return 0;
	r = planner_find(planner, legacy, controller, &place, err);
	if (r < 0)
		return r;
	if (r > 0)
		return asks_nothing(knob, &value) ? 0
						  : planner_missing(planner, legacy, controller, knob->property, err);
	value.is_unified = place.is_unified;
	file = value.is_unified ? knob->unified : knob->legacy;
	if (!file) {
		if (knob->flags & KNOB_TRUE_ON_V2 ? value.boolean : asks_nothing(knob, &value))
			return 0;
		return err_user(err, "linux.resources.%s: cgroup %s has no such setting", knob->property,
				value.is_unified ? "v2" : "v1");
	}
	r = knob->text(&value, text, err);
	if (r != 0)
		return r < 0 ? r : 0;
	return planner_write(planner,
			     &(struct cgroup_write){
				     .property = knob->property,
				     .file = file,
				     .value = arena_strdup(planner->arena, text),
				     .hierarchy = place.hierarchy,
				     .flags = knob->flags & KNOB_WRITE_FLAGS,
			     },
			     err);
}

int knobs_plan(struct planner *planner, const struct knob *table, const char *legacy, const char *controller,
	       struct err *err)
{
	for (; table->property; table++) {
		int r = plan_knob(planner, table, legacy, controller, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int knob_text_number(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	(void)err;
	(void)snprintf(text, KNOB_TEXT_MAX, "%" PRIu64, value->u64);
	return 0;
}

int knob_text_bool(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	(void)err;
	(void)snprintf(text, KNOB_TEXT_MAX, "%d", value->boolean);
	return 0;
}

int knob_text_string(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	if ((size_t)snprintf(text, KNOB_TEXT_MAX, "%s", value->string) >= KNOB_TEXT_MAX)
		return err_user(err, "linux.resources.%s: longer than %d bytes", value->property, KNOB_TEXT_MAX - 1);
	return 0;
}

int knob_text_number_or_max(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	if (value->i64 < -1)
		return err_user(err, "linux.resources.%s: %" PRId64 " is neither -1 (unlimited) nor a limit",
				value->property, value->i64);
	if (value->i64 == -1)
		(void)snprintf(text, KNOB_TEXT_MAX, "%s", value->is_unified ? "max" : "-1");
	else
		(void)snprintf(text, KNOB_TEXT_MAX, "%" PRId64, value->i64);
	return 0;
}
