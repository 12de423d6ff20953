/* Putting processes into the groups. */
#include <errno.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/group.h"
#include "cgroups/plan.h"

static int enter(int dir, pid_t pid, const char *mount_point, const char *path, struct err *err)
{
	char text[16];
	int r;

	(void)snprintf(text, sizeof(text), "%d", pid); /* the kernel takes 0 for the writer */
	r = file_write_knob(dir, "cgroup.procs", text);
	if (r >= 0)
		return 0;
	(void)err_sys(err, -r, "put process %d into cgroup %s%s", pid, mount_point, path);
	if (r == -ENOSPC)
		return err_hint(err, "its cpuset has no CPUs or memory nodes");
	if (r == -EOPNOTSUPP || r == -EBUSY)
		return err_hint(err, "it hands controllers down, or is threaded, and takes no processes itself");
	return r;
}

static int enter_hierarchy(const struct cgroup_layout *layout, const char *path, unsigned int hierarchy, uint64_t inode,
			   pid_t pid, struct err *err)
{
	const char *mount_point = layout->items[hierarchy].mount_point;
	autofd dir = -1;
	int r = group_open(layout, hierarchy, path, inode, &dir, err);

	if (r > 0)
		return err_set(err, ENOENT, "cgroup %s%s of the container is gone", mount_point, path);
	return r < 0 ? r : enter(dir, pid, mount_point, path, err);
}

int cgroup_rejoin(const struct cgroup_layout *layout, const struct cgroup_made *made, pid_t pid, bool born_in_v2,
		  struct err *err)
{
	int unified = cgroup_unified(layout);
	const char *at = made->v1;
	struct group_v1 group;
	int r = 0;

	if (!made->path[0])
		return 0;
	if (unified >= 0 && !born_in_v2)
		r = enter_hierarchy(layout, made->path, (unsigned int)unified, made->inode, pid, err);
	while (r == 0 && group_next_v1(layout, &at, &group))
		r = enter_hierarchy(layout, made->path, group.hierarchy, group.inode, pid, err);
	return r;
}

int cgroup_join(const struct cgroup_plan *plan, const struct cgroup_made *made, pid_t pid, bool born_in_v2,
		struct err *err)
{
	return cgroup_rejoin(plan->layout, made, pid, born_in_v2, err);
}
