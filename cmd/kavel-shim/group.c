/* The host's layout takes 20 KiB, so that it is not kept: the few times it is needed it is read anew. */
#include "group.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/str.h"
#include "cgroups/detect.h"
#include "cgroups/group.h"

static int detect(const char *mountinfo, const char *own, struct cgroup_layout **ret, struct err *err)
{
	const struct cgroup_sources sources = { .usual = "/sys/fs/cgroup", .mountinfo = mountinfo, .own = own };
	autofree struct cgroup_layout *layout = malloc(sizeof(*layout));
	int r;

	if (!layout)
		return err_memory(err);
	r = cgroup_detect_in(&sources, layout, err);
	if (r == 0)
		*ret = take_ptr(layout);
	return r;
}

/* One path is recorded for all hierarchies: the tracking one's.  A group of v1 that lies elsewhere is another's. */
static int note_groups(const struct cgroup_layout *layout, struct cgroup_made *made, struct err *err)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < layout->count; i++) {
		char full[GROUP_PATH_MAX];
		struct stat st;

		if (!str_eq(layout->items[i].own, made->path))
			continue;
		group_full_path(layout, i, made->path, full);
		if (lstat(full, &st) == 0)
			r = group_note(layout, i, st.st_ino, 0, made, err);
	}
	return r;
}

static const char *tracked_path(const struct cgroup_layout *layout)
{
	return layout->items[cgroup_tracking(layout)].own;
}

int group_of_process_in(const char *mountinfo, const char *of_process, const char *of_caller, struct cgroup_made *ret,
			struct err *err)
{
	autofree struct cgroup_layout *layout = NULL;
	autofree struct cgroup_layout *caller = NULL;
	int r = detect(mountinfo, of_process, &layout, err);

	*ret = (struct cgroup_made){ 0 };
	if (r < 0)
		return r;
	if (layout->mode == CGROUP_NONE || !layout->count)
		return 1;
	r = detect(mountinfo, of_caller, &caller, err);
	if (r < 0)
		return r;
	if (!*tracked_path(layout) || str_eq(tracked_path(layout), "/") ||
	    str_eq(tracked_path(layout), tracked_path(caller)))
		return 1;
	(void)snprintf(ret->path, sizeof(ret->path), "%s", tracked_path(layout));
	r = note_groups(layout, ret, err);
	if (r == 0 && !ret->inode)
		r = 1;
	return r;
}

int group_of_process(pid_t pid, struct cgroup_made *ret, struct err *err)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	return group_of_process_in("/proc/self/mountinfo", path, "/proc/self/cgroup", ret, err);
}

static int detect_now(struct cgroup_layout **ret, struct err *err)
{
	return detect("/proc/self/mountinfo", "/proc/self/cgroup", ret, err);
}

int group_read(const struct cgroup_made *made, struct arena *arena, struct cgroup_stats *ret, struct err *err)
{
	autofree struct cgroup_layout *layout = NULL;
	int r;

	if (!made->inode)
		return 1;
	r = detect_now(&layout, err);
	return r < 0 ? r : cgroup_stats_read(layout, made, CGROUP_STATS_FULL, arena, ret, err);
}

bool group_is_paused(const struct cgroup_made *made)
{
	autofree struct cgroup_layout *layout = NULL;
	struct err ignored;

	return made->inode && detect_now(&layout, &ignored) == 0 && cgroup_is_frozen(layout, made);
}

int group_watch_oom(const struct cgroup_made *made, struct cgroup_oom *ret, struct err *err)
{
	autofree struct cgroup_layout *layout = NULL;
	int r;

	if (!made->inode)
		return 1;
	r = detect_now(&layout, err);
	return r < 0 ? r : cgroup_oom_open(layout, made, ret, err);
}
