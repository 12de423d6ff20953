/* Putting processes into the groups. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "base/str.h"
#include "cgroups/group.h"
#include "cgroups/plan.h"

/* A thread that moves itself needs no lock on all the host's thread groups, which the kernel gives only after a grace period of
 * RCU: milliseconds.  The guest side has one thread.  v2 has no such file for processes. */
static const char *members_file(bool is_unified, pid_t pid)
{
	return is_unified || pid ? "cgroup.procs" : "tasks";
}

static int enter(int dir, const char *file, pid_t pid, const char *mount_point, const char *path, struct err *err)
{
	char text[16];
	int r;

	(void)snprintf(text, sizeof(text), "%d", pid); /* the kernel takes 0 for the writer */
	r = file_write_knob(dir, file, text);
	if (r >= 0)
		return 0;
	(void)err_sys(err, -r, "put process %d into cgroup %s%s", pid, mount_point, path);
	if (r == -ENOSPC)
		return err_hint(err, "its cpuset has no CPUs or memory nodes");
	if (r == -EOPNOTSUPP || r == -EBUSY)
		return err_hint(err, "it hands controllers down, or is threaded, and takes no processes itself");
	return r;
}

int cgroup_explain_birth(int group, struct err *err)
{
	char type[32] = "";

	if (err->number != EOPNOTSUPP && err->number != EBUSY)
		return -err->number;
	(void)file_read_short(group, "cgroup.type", type, sizeof(type)); /* a shorter explanation then */
	if (str_eq(type, "domain invalid"))
		return err_hint(
			err, "linux.cgroupsPath: a group beside or above it is threaded, so that it takes no processes "
			     "(cgroup.type: domain invalid)");
	if (str_eq(type, "domain threaded") || str_eq(type, "threaded"))
		return err_hint(
			err, "linux.cgroupsPath: the group is %s, and hands down controllers that need a domain", type);
	if (err->number == EBUSY)
		return err_hint(
			err,
			"linux.cgroupsPath: the group hands controllers down (cgroup.subtree_control), so that only "
			"groups below it take processes");
	return -err->number;
}

/* sub: below it; NULL: none. */
static int enter_hierarchy(const struct cgroup_layout *layout, const char *path, const struct group_v1 *group,
			   const char *sub, pid_t pid, struct err *err)
{
	const char *mount_point = layout->items[group->hierarchy].mount_point;
	autofd dir = -1, below = -1;
	int r = group_open(layout, group->hierarchy, path, group->inode, &dir, err);

	if (r > 0)
		return err_set(err, ENOENT, "cgroup %s%s of the container is gone", mount_point, path);
	if (r == 0 && sub && *sub) {
		r = path_open(dir, sub, O_PATH | O_DIRECTORY, &below, err);
		if (r < 0)
			return err_sys(err, -r, "cgroup %s of the container in %s", sub, mount_point);
	}
	return r < 0 ? r
		     : enter(below >= 0 ? below : dir,
			     members_file((int)group->hierarchy == cgroup_unified(layout), pid), pid, mount_point, path,
			     err);
}

int group_enter(const struct cgroup_layout *layout, const char *path, const struct group_v1 *group, pid_t pid,
		struct err *err)
{
	return enter_hierarchy(layout, path, group, NULL, pid, err);
}

int cgroup_rejoin(const struct cgroup_layout *layout, const struct cgroup_made *made, const struct cgroup_sub *sub,
		  pid_t pid, bool born_in_v2, struct err *err)
{
	const int unified = cgroup_unified(layout);
	unsigned int left = sub && sub->hierarchies != UINT32_MAX ? sub->hierarchies : 0;
	const char *at = made->v1;
	struct group_v1 group = { .inode = made->inode };
	int r = 0;

	if (!made->path[0])
		return 0;
	if (unified >= 0 && !born_in_v2) {
		group.hierarchy = (unsigned int)unified;
		r = enter_hierarchy(layout, made->path, &group, NULL, pid, err);
	}
	while (r == 0 && group_next_v1(layout, &at, &group)) {
		const bool is_below = sub && sub->hierarchies & 1u << group.hierarchy;

		r = enter_hierarchy(layout, made->path, &group, is_below ? sub->path : NULL, pid, err);
		left &= ~(1u << group.hierarchy);
	}
	if (r == 0 && left)
		return err_set(err, ENOENT, "--cgroup: the container has no cgroup %s below %s", made->path,
			       layout->items[__builtin_ctz(left)].mount_point);
	return r;
}

/* The caller has just made the group: it goes in by the path, without asking once more which one it is. */
static int join_made(const struct cgroup_layout *layout, const char *path, unsigned int hierarchy, struct err *err)
{
	const char *mount_point = layout->items[hierarchy].mount_point;
	char file[GROUP_PATH_MAX + 32];

	(void)snprintf(file, sizeof(file), "%s%s/%s", mount_point, path, members_file(false, 0));
	return enter(AT_FDCWD, file, 0, mount_point, path, err);
}

int cgroup_join(const struct cgroup_plan *plan, const struct cgroup_made *made, bool born_in_v2, struct err *err)
{
	const struct cgroup_layout *layout = plan->layout;
	const int unified = cgroup_unified(layout);
	struct group_v1 group = { .hierarchy = (unsigned int)unified, .inode = made->inode };
	const char *at = made->v1;
	int r = 0;

	if (!made->path[0])
		return 0;
	if (unified >= 0 && !born_in_v2)
		r = enter_hierarchy(layout, made->path, &group, NULL, 0, err);
	while (r == 0 && group_next_v1(layout, &at, &group))
		r = join_made(layout, made->path, group.hierarchy, err);
	return r;
}
