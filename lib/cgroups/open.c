#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
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

/* The rest of the line "0::PATH", cut out in place; NULL: there is none. */
static char *unified_path(char *groups)
{
	char *line;

	while ((line = strsep(&groups, "\n")))
		if (str_after(line, "0::/"))
			return line + strlen("0::");
	return NULL;
}

int cgroup_open_current(const struct cgroup_layout *layout, pid_t pid, int *ret_fd, struct err *err)
{
	char name[40], groups[8192], full[GROUP_PATH_MAX];
	int unified = cgroup_unified(layout);
	ssize_t size;
	char *path;

	if (unified < 0)
		return 1;
	(void)snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	size = file_read_short(AT_FDCWD, name, groups, sizeof(groups));
	if (size < 0)
		return err_sys(err, (int)-size, "read %s", name);
	path = unified_path(groups);
	if (!path || str_after(path, "/..") || strlen(path) >= sizeof(full) / 2)
		return err_set(err, ENOENT, "the cgroup of process %d is out of reach: %s", pid, path ? path : "none");
	group_full_path(layout, (unsigned int)unified, path, full);
	*ret_fd = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(err, errno, "open cgroup %s", full) : 0;
}
