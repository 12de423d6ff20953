#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/str.h"
#include "cgroups/group.h"

/* Resolving keeps it below the group anyway; this is for the caller, who would not get what was meant. */
static int check_sub_group(const char *path, struct err *err)
{
	for (const char *at = path; *at; at += strspn(at, "/")) {
		size_t size = strcspn(at, "/");

		if (size == 2 && at[0] == '.' && at[1] == '.')
			return err_user(err, "bad sub cgroup path %s: `..` components are not allowed", path);
		at += size;
	}
	return 0;
}

int cgroup_open(const struct cgroup_layout *layout, const struct cgroup_made *made, const char *sub_group, int *ret_fd,
		struct err *err)
{
	autofd group = -1;
	bool unified;
	int r = sub_group ? check_sub_group(sub_group, err) : 0;

	if (r < 0)
		return r;
	r = group_open_tracking(layout, made, &group, &unified, err);
	if (r != 0 || !unified)
		return r < 0 ? r : 1;
	if (!sub_group || !*sub_group) {
		*ret_fd = take_fd(&group);
		return 0;
	}
	r = path_open(group, sub_group, O_PATH | O_DIRECTORY, ret_fd, err);
	return r < 0 ? err_sys(err, -r, "cgroup %s of the container", sub_group) : 0;
}
