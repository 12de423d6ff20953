#include <string.h>

#include "base/str.h"
#include "resctrl/resctrl.h"

static char *add_newline(struct arena *arena, const char *line)
{
	return arena_printf(arena, "%s\n", line);
}

/* The lines of l3CacheSchema, without those for the bandwidth where memBwSchema has one. */
static const char *cache_lines(const struct spec_intel_rdt *rdt, struct arena *arena)
{
	char *text = add_newline(arena, rdt->l3_cache_schema), *to = text;

	if (!text || !rdt->mem_bw_schema)
		return text;
	for (const char *line = text; *line;) {
		size_t size = strcspn(line, "\n") + 1;

		if (!str_after(line, "MB:")) {
			memmove(to, line, size);
			to += size;
		}
		line += size;
	}
	*to = '\0';
	return text;
}

static int plan_writes(const struct spec_intel_rdt *rdt, struct arena *arena, struct resctrl_plan *ret, struct err *err)
{
	struct resctrl_write *to = ARENA_NEW(arena, struct resctrl_write, rdt->schemata.count + 2);
	bool failed = !to;

	ret->writes = to;
	if (!failed && rdt->l3_cache_schema) {
		*to = (struct resctrl_write){ "l3CacheSchema", cache_lines(rdt, arena), true };
		failed = !to->text;
		to += !failed && *to->text; /* nothing may be left of it */
	}
	if (!failed && rdt->mem_bw_schema) {
		*to = (struct resctrl_write){ "memBwSchema", add_newline(arena, rdt->mem_bw_schema), true };
		failed = !to++->text;
	}
	for (size_t i = 0; !failed && i < rdt->schemata.count; i++, to++) {
		*to = (struct resctrl_write){ arena_printf(arena, "schemata[%zu]", i),
					      add_newline(arena, rdt->schemata.items[i]), false };
		failed = !to->property || !to->text;
	}
	if (failed)
		return err_memory(err);
	ret->write_count = (size_t)(to - ret->writes);
	return 0;
}

int resctrl_plan(const struct spec *spec, const char *id, struct arena *arena, struct resctrl_plan *ret,
		 struct err *err)
{
	const struct spec_intel_rdt *rdt = &spec->linux_.intel_rdt;

	*ret = (struct resctrl_plan){ 0 };
	if (!rdt->is_set)
		return 0;
	ret->is_named = rdt->clos_id;
	ret->group = !rdt->clos_id ? id : str_eq(rdt->clos_id, "/") ? "." : rdt->clos_id;
	ret->monitor = rdt->enable_monitoring ? id : NULL;
	return plan_writes(rdt, arena, ret, err);
}

void resctrl_plan_print(const struct resctrl_plan *plan, struct str_buf *out)
{
	if (!plan->group)
		return;
	str_append_f(out, "  resctrl group %s%s\n", plan->group, plan->is_named ? "" : ", removed with the container");
	if (plan->monitor)
		str_append_f(out, "  resctrl monitoring group %s\n", plan->monitor);
	for (size_t i = 0; i < plan->write_count; i++)
		str_append_f(out, "  resctrl %s: %s", plan->writes[i].property, plan->writes[i].text);
}
