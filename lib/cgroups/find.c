/* Finding groups by their mark. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups/group.h"

/* How many directories, from the lowest one of `full` up to the mount point, bear the mark; `full` is cut. */
static unsigned int count_marked(char *full, size_t root_size, uint64_t *ret_inode)
{
	unsigned int levels = 0;
	struct stat st;

	while (strlen(full) > root_size && lstat(full, &st) == 0 && S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX) {
		if (!levels++)
			*ret_inode = st.st_ino;
		*strrchr(full, '/') = '\0';
	}
	return levels;
}

void group_remove_marked_parents(const struct cgroup_layout *layout, const char *path)
{
	for (unsigned int i = 0; i < layout->count; i++) {
		size_t root_size = strlen(layout->items[i].mount_point);
		char full[GROUP_PATH_MAX];
		struct stat st;

		group_full_path(layout, i, path, full);
		for (char *slash = strrchr(full, '/'); slash > full + root_size; slash = strrchr(full, '/')) {
			*slash = '\0';
			if (lstat(full, &st) == 0 && (!(st.st_mode & S_ISVTX) || rmdir(full) < 0))
				break; /* somebody else's, or in use */
		}
	}
}

int cgroup_find(const struct cgroup_layout *layout, const char *path, struct cgroup_made *ret)
{
	*ret = (struct cgroup_made){ 0 };
	if (!*path || layout->mode == CGROUP_NONE)
		return 1;
	(void)snprintf(ret->path, sizeof(ret->path), "%s", path);
	for (unsigned int i = 0; i < layout->count; i++) {
		char full[GROUP_PATH_MAX];
		struct err ignored;
		uint64_t inode = 0;
		unsigned int levels;

		group_full_path(layout, i, path, full);
		levels = count_marked(full, strlen(layout->items[i].mount_point), &inode);
		if (levels)
			(void)group_note(layout, i, inode, levels, ret, &ignored); /* as many as fit */
	}
	return ret->inode || ret->v1[0] ? 0 : 1;
}
