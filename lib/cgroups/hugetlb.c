/* linux.resources.hugepageLimits.  A limit holds for pages in use and, where the kernel has it, for reserved ones too, so
 * that a guest is refused by mmap(2) instead of being killed by SIGBUS. */
#include <inttypes.h>
#include <string.h>

#include "cgroups/plan.h"

/* "2MB", "1GB", "64KB": the form of the kernel's file names. */
static bool is_page_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits < 10 && *text != '0' && strchr("KMG", text[digits]) && text[digits] &&
	       strcmp(text + digits + 1, "B") == 0;
}

static int plan_limit(struct planner *planner, const struct spec_hugepage_limit *limit, const char *property,
		      struct err *err)
{
	const char *size = limit->page_size, *suffix;
	struct cgroup_write write = { .property = property };
	struct place place;
	int r;

	if (!size || !is_page_size(size))
		return err_user(err, "linux.resources.%s.pageSize: \"%s\" is not a size such as 2MB", property,
				size ? size : "");
	r = planner_controller(planner, "hugetlb", "hugetlb", property, &place, err);
	if (r < 0)
		return r;
	suffix = place.is_unified ? "max" : "limit_in_bytes";
	write.hierarchy = place.hierarchy;
	write.value = arena_printf(planner->arena, "%" PRIu64, limit->limit);
	write.file = arena_printf(planner->arena, "hugetlb.%s.%s", size, suffix);
	r = planner_write(planner, &write, err);
	write.file = arena_printf(planner->arena, "hugetlb.%s.rsvd.%s", size, suffix);
	write.flags = CGROUP_WRITE_OPTIONAL;
	return r < 0 ? r : planner_write(planner, &write, err);
}

int plan_hugetlb(struct planner *planner, struct err *err)
{
	const struct spec_hugepage_limits *limits = &planner->resources->hugepage_limits;

	for (size_t i = 0; i < limits->count; i++) {
		const char *property = arena_printf(planner->arena, "hugepageLimits[%zu]", i);
		int r = property ? plan_limit(planner, &limits->items[i], property, err) : err_memory(err);

		if (r < 0)
			return r;
	}
	return 0;
}
