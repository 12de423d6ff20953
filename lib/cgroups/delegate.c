#include "cgroups/delegate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/user.h"
#include "cgroups/detect.h"
#include "cgroups/group.h"
#include "cgroups/path.h"

/* True if the group hands down each controller that the plan enables. */
static bool hands_down(const struct cgroup_plan *plan, const char *group)
{
	char file[GROUP_PATH_MAX + 32], text[512];

	(void)snprintf(file, sizeof(file), "%s%s/cgroup.subtree_control",
		       plan->layout->items[plan->unified].mount_point, str_eq(group, "/") ? "" : group);
	if (file_read_short(AT_FDCWD, file, text, sizeof(text)) < 0)
		return false;
	for (unsigned int i = 0; i < plan->enable_count; i++)
		if (!cgroup_has_word(text, plan->enable[i], ' '))
			return false;
	return true;
}

const char *delegate_base(const struct cgroup_plan *plan, struct arena *arena)
{
	const char *own = cgroup_own(plan->layout);
	const char *last = strrchr(own, '/');

	if (!last || !plan->enable_count || str_eq(own, "/") || hands_down(plan, own))
		return own;
	return arena_printf(arena, "%.*s", last == own ? 1 : (int)(last - own), own);
}

static bool is_missing_right(int r)
{
	return r == -EACCES || r == -EPERM || r == -EROFS;
}

/* Only asked for when something has failed: it takes a look at /proc. */
static bool is_host_root(const struct cgroup_plan *plan)
{
	return plan->layout->is_root && user_ns_is_initial();
}

bool delegate_may_do_without(const struct cgroup_plan *plan, int r)
{
	if (!is_missing_right(r) || plan->is_wanted)
		return false;
	return !(plan->devices.count || plan->writes) || !is_host_root(plan);
}

int delegate_explain(const struct cgroup_plan *plan, struct err *err)
{
	if (!is_missing_right(-err->number) || is_host_root(plan))
		return -err->number;
	if (plan->wanted_by)
		(void)err_in(err, "linux.%s needs a cgroup", plan->wanted_by);
	if (plan->unified < 0 || err->number == EROFS)
		return err_hint(err, "root must make one and hand it over to the caller");
	return err_hint(err,
			"the caller is in none that is delegated to him: systemd-run --user --scope -p Delegate=yes "
			"COMMAND gives him one, or root by chown");
}

bool delegate_forgives_devices(const struct cgroup_plan *plan, int r)
{
	return is_missing_right(r) && !is_host_root(plan);
}
