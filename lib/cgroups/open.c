#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "cgroups/group.h"

int cgroup_open(const struct cgroup_layout *layout, const struct cgroup_made *made, const char *sub_group, int *ret_fd,
		struct err *err)
{
	autofd group = -1;
	bool unified;
	int r = group_open_tracking(layout, made, &group, &unified, err);

	if (r != 0 || !unified)
		return r < 0 ? r : 1;
	if (!sub_group || !*sub_group) {
		*ret_fd = take_fd(&group);
		return 0;
	}
	r = path_open(group, sub_group, O_PATH | O_DIRECTORY, ret_fd, err);
	return r < 0 ? err_in(err, "cgroup %s", sub_group) : 0;
}

int cgroup_rejoin(const struct cgroup_layout *layout, const struct cgroup_made *made, pid_t pid, bool born_in_v2,
		  struct err *err)
{
	const char *at = made->v1;
	struct group_v1 v1;
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", pid);
	if (!born_in_v2 && cgroup_unified(layout) >= 0) {
		autofd group = -1;
		bool unified;
		int r = group_open_tracking(layout, made, &group, &unified, err);

		if (r == 0 && unified)
			r = file_write_knob(group, "cgroup.procs", text);
		if (r < 0)
			return err_sys(err, -r, "join the cgroup %s", made->path);
	}
	while (group_next_v1(layout, &at, &v1)) {
		autofd group = -1;
		int r = group_open(layout, v1.hierarchy, made->path, v1.inode, &group, err);

		if (r < 0)
			return r;
		if (r == 0)
			r = file_write_knob(group, "cgroup.procs", text);
		if (r < 0)
			return err_sys(err, -r, "join the cgroup %s of %s", made->path, layout->items[v1.hierarchy].controllers);
	}
	return 0;
}
