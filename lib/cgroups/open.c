#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "base/str.h"
#include "cgroups/detect.h"
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

/* Find the hierarchy of the first controller of a list. */
static int add_controller(const struct cgroup_layout *layout, const char *list, struct cgroup_sub *ret, struct err *err)
{
	const int unified = cgroup_unified(layout);
	char name[64];

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(list, ",:"), list);
	for (unsigned int i = 0; *name && i < layout->count; i++)
		if ((int)i != unified && cgroup_has_word(layout->items[i].controllers, name, ',')) {
			ret->hierarchies |= 1u << i;
			return 0;
		}
	if (!*name || unified < 0)
		return err_user(err, "--cgroup %s: this host has no controller \"%s\" on cgroup v1", list, name);
	ret->is_unified = true;
	return 0;
}

int cgroup_sub_find(const struct cgroup_layout *layout, const char *text, struct cgroup_sub *ret, struct err *err)
{
	const char *colon = strchr(text, ':');

	*ret = (struct cgroup_sub){ .path = colon ? colon + 1 : text };
	for (const char *at = text; colon && at < colon; at += strcspn(at, ",:") + 1) {
		int r = add_controller(layout, at, ret, err);

		if (r < 0)
			return r;
	}
	if (colon == text)
		return err_user(err, "--cgroup %s: the name of a controller is missing", text);
	if (!colon && cgroup_unified(layout) >= 0)
		ret->is_unified = true;
	else if (!colon)
		ret->hierarchies = UINT32_MAX;
	return check_sub_group(ret->path, err);
}

/* The path of the line "NUMBER:CONTROLLERS:PATH", cut out in place; NULL: there is none. */
static char *path_in(char *groups, const char *controllers)
{
	char *line;

	while ((line = strsep(&groups, "\n"))) {
		char *number = strsep(&line, ":"), *words = strsep(&line, ":");

		/* a v1 hierarchy has words, and v2's number is 0 */
		if (words && line && *line == '/' && str_eq(words, controllers) && (*words || str_eq(number, "0")))
			return line;
	}
	return NULL;
}

int group_path_of_process(pid_t pid, const char *controllers, char *path, size_t room, struct err *err)
{
	char name[40], groups[8192];
	const char *found;
	ssize_t size;

	(void)snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	size = file_read_short(AT_FDCWD, name, groups, sizeof(groups));
	if (size < 0)
		return err_sys(err, (int)-size, "read %s", name);
	found = path_in(groups, controllers);
	if (!found || str_after(found, "/..") || strlen(found) >= room)
		return err_set(err, ENOENT, "the cgroup of process %d is out of reach: %s", pid,
			       found ? found : "none");
	(void)snprintf(path, room, "%s", found);
	return 0;
}

int cgroup_open_current(const struct cgroup_layout *layout, pid_t pid, int *ret_fd, struct err *err)
{
	char path[GROUP_PATH_MAX / 2], full[GROUP_PATH_MAX];
	int unified = cgroup_unified(layout), r;

	if (unified < 0)
		return 1;
	r = group_path_of_process(pid, "", path, sizeof(path), err);
	if (r < 0)
		return r;
	group_full_path(layout, (unsigned int)unified, path, full);
	*ret_fd = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(err, errno, "open cgroup %s", full) : 0;
}
