#include <fcntl.h>

#include "base/auto.h"
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
