/* Making the groups of a plan: directories, controllers handed down to them, and the checks of a group that exists. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroups/delegate.h"
#include "cgroups/detect.h"
#include "cgroups/freeze.h"
#include "cgroups/group.h"
#include "cgroups/members.h"
#include "cgroups/plan.h"
#include "cgroups/scope.h"

#define TRIES_MAX 10

/* What a group below a scope's takes, measured: the kernel's part of it counts against the limit, too. */
#define SCOPE_NEED_KB 256

/* Remove the `levels` lowest directories of `full`, as far as they are empty; `full` is cut. */
static void remove_levels(char *full, unsigned int levels)
{
	for (; levels; levels--) {
		if (rmdir(full) < 0)
			return; /* somebody else's group is in it by now */
		*strrchr(full, '/') = '\0';
	}
}

/* Make the directories above the last one of `full` that are missing below its first `root_size` bytes.  Returns how
 * many were made, in *ret_made, also on failure. */
static int make_parents(char *full, size_t root_size, unsigned int *ret_made)
{
	for (char *slash = strchr(full + root_size + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = mkdir(full, GROUP_MODE) < 0 ? -errno : 0;
		if (r < 0 && r != -EEXIST) {
			*strrchr(full, '/') = '\0';
			return r;
		}
		*slash = '/';
		*ret_made += r == 0;
	}
	return 0;
}

/* One try of make_path().  Returns 0 or -errno; on failure nothing is left. */
static int try_path(const char *full, size_t root_size, unsigned int *ret_levels)
{
	char path[GROUP_PATH_MAX];
	unsigned int parents = 0;
	int r;

	if (mkdir(full, GROUP_MODE) == 0) {
		*ret_levels = 1;
		return 0;
	}
	if (errno != ENOENT)
		return -errno;
	(void)snprintf(path, sizeof(path), "%s", full);
	r = make_parents(path, root_size, &parents);
	if (r == 0) {
		r = mkdir(full, GROUP_MODE) < 0 ? -errno : 0;
		*strrchr(path, '/') = '\0';
	}
	if (r == 0)
		*ret_levels = parents + 1;
	else
		remove_levels(path, parents);
	return r;
}

/* Make the directory `full`, whose first `root_size` bytes are the mount point.  *ret_levels: how many directories were
 * made; 0: it existed.  On failure none is left. */
static int make_path(const char *full, size_t root_size, unsigned int *ret_levels, struct err *err)
{
	int r = -ENOENT;

	*ret_levels = 0;
	/* ENOENT again: the end of another container took a parent away meanwhile */
	for (int i = 0; r == -ENOENT && i < TRIES_MAX; i++)
		r = try_path(full, root_size, ret_levels);
	if (r == 0 || r == -EEXIST)
		return 0;
	return err_sys(err, -r, "make cgroup %s", full);
}

/* A group that was there before may be used if nobody is in it. */
static int check_existing(int dir, bool is_unified, const char *full, struct err *err)
{
	struct pid_list pids = { 0 };
	int r = group_list(dir, &pids);
	size_t count = pids.count;

	free(pids.items);
	if (r < 0)
		return err_sys(err, -r, "list the processes of cgroup %s", full);
	if (count)
		(void)err_set(err, EBUSY, "container's cgroup is not empty: %zu process(es) found", count);
	else if (group_is_frozen(dir, is_unified))
		(void)err_set(err, EBUSY, "container's cgroup unexpectedly frozen");
	else
		return 0;
	(void)err_hint(err, "%s", full);
	return err_in(err, "linux.cgroupsPath");
}

/* What the kernel needs for a group counts against the limits of those above: those of a systemd unit are the container's. */
static int explain_memory(const struct cgroup_plan *plan, struct err *err)
{
	const struct cgroup_write *item = plan->writes;

	if (err->number != ENOMEM || !plan->scope)
		return -err->number;
	while (item && !str_eq(item->property, "memory.limit"))
		item = item->next;
	return item ? err_hint(err,
			       "out of memory: linux.resources.memory.limit is %s bytes; starting a container takes "
			       "some "
			       "%d KiB, and its program more",
			       item->value, SCOPE_NEED_KB)
		    : -err->number;
}

/* A new v1 cpuset has no CPUs and memory nodes, and takes no process until it gets some: those of its parent. */
static int inherit_cpuset(const char *full, size_t root_size, struct err *err)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	char path[GROUP_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s", full);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		for (char *slash = path + root_size; slash; slash = strchr(slash + 1, '/')) {
			char parent[4096], own[4096], file[GROUP_PATH_MAX + 32];
			int n = (int)(strchrnul(slash + 1, '/') - path), r;

			(void)snprintf(file, sizeof(file), "%.*s/%s", (int)(slash - path), path, files[i]);
			if (file_read_short(AT_FDCWD, file, parent, sizeof(parent)) < 0)
				continue; /* joining will tell */
			(void)snprintf(file, sizeof(file), "%.*s/%s", n, path, files[i]);
			if (file_read_short(AT_FDCWD, file, own, sizeof(own)) != 0)
				continue;
			r = file_write_knob(AT_FDCWD, file, parent);
			if (r < 0)
				return err_sys(err, -r, "write %s to %s", parent, file);
		}
	}
	return 0;
}

/* first: a process that is put into it, or 0.  A group hands controllers down only when nobody is in it, so that the one that
 * systemd put the process into does not before that is moved. */
static int make_with(const struct cgroup_plan *plan, unsigned int hierarchy, pid_t first, struct cgroup_made *made,
		     int *ret_fd, struct err *err)
{
	const struct cgroup_hierarchy *item = &plan->layout->items[hierarchy];
	size_t root_size = strlen(item->mount_point);
	bool is_unified = (int)hierarchy == plan->unified;
	char full[GROUP_PATH_MAX];
	unsigned int levels;
	autofd dir = -1;
	struct stat st;
	int r;

	group_full_path(plan->layout, hierarchy, plan->path, full);
	r = make_path(full, root_size, &levels, err);
	if (r < 0)
		return r;
	/* of one that was made here the number is all that is needed on v1 */
	if (is_unified || !levels)
		dir = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (is_unified || !levels ? dir < 0 || fstat(dir, &st) < 0 : stat(full, &st) < 0)
		r = err_sys(err, errno, "open cgroup %s", full);
	if (r == 0)
		r = group_note(plan->layout, hierarchy, st.st_ino, levels, made, err);
	if (r < 0) {
		remove_levels(full, levels);
		return r;
	}
	if (!first && !levels)
		r = check_existing(dir, is_unified, full, err);
	if (r == 0 && !is_unified && cgroup_has_word(item->controllers, "cpuset", ','))
		r = inherit_cpuset(full, root_size, err);
	if (r == 0 && first)
		r = group_enter(plan->layout, plan->path, &(struct group_v1){ hierarchy, st.st_ino, levels }, first,
				err);
	if (r == 0 && is_unified)
		r = group_enable_controllers(plan, dir, full, root_size, err);
	if (r == 0 && is_unified && plan->has_all_controllers)
		group_offer_controllers(dir, full, root_size);
	if (r == 0 && is_unified)
		*ret_fd = take_fd(&dir);
	return r;
}

int group_make(const struct cgroup_plan *plan, unsigned int hierarchy, struct cgroup_made *made, int *ret_fd,
	       struct err *err)
{
	return make_with(plan, hierarchy, 0, made, ret_fd, err);
}

static int make_groups(const struct cgroup_plan *plan, pid_t first, struct cgroup_made *made, int *ret_fd,
		       struct err *err)
{
	unsigned int tracking = cgroup_tracking(plan->layout);
	int r = make_with(plan, tracking, first, made, ret_fd, err);

	for (unsigned int i = 0; r == 0 && i < plan->layout->count; i++)
		if (i != tracking && plan->hierarchies & 1u << i)
			r = make_with(plan, i, first, made, ret_fd, err);
	return r;
}

int cgroup_make(const struct cgroup_plan *plan, struct cgroup_made *ret_made, int *ret_fd, struct err *err)
{
	autofd fd = -1;
	struct err ignored;
	int r;

	*ret_made = (struct cgroup_made){ 0 };
	*ret_fd = -1;
	if (!plan->path[0])
		return 0;
	(void)snprintf(ret_made->path, sizeof(ret_made->path), "%s", plan->path);
	r = make_groups(plan, 0, ret_made, &fd, err);
	if (r == 0) {
		*ret_fd = take_fd(&fd);
		return 0;
	}
	/* nobody was put into them yet: the first failure is the one to tell */
	group_unmake(plan->layout, ret_made);
	*ret_made = (struct cgroup_made){ 0 };
	if (!delegate_may_do_without(plan, r))
		return delegate_explain(plan, err);
	ignored = *err;
	log_debug("running without a cgroup: %s", ignored.text);
	return 0;
}

int cgroup_make_scope(const struct cgroup_plan *plan, pid_t pid, struct cgroup_made *ret_made, int *ret_fd,
		      struct err *err)
{
	const int systemd = cgroup_systemd(plan->layout);
	const char *sub_group = plan->scope->sub_group;
	char path[sizeof(ret_made->path)];
	struct cgroup_plan actual = *plan;
	autofd fd = -1;
	int r;

	*ret_made = (struct cgroup_made){ 0 };
	*ret_fd = -1;
	r = scope_start(plan->scope, pid, err);
	if (r == 0)
		r = group_path_of_process(pid, plan->layout->items[systemd].controllers, path, sizeof(path), err);
	if (r < 0)
		return r;
	(void)snprintf(ret_made->scope, sizeof(ret_made->scope), "%s", plan->scope->unit);
	if ((size_t)snprintf(ret_made->path, sizeof(ret_made->path), "%s%s%s", path, *sub_group ? "/" : "",
			     sub_group) >= sizeof(ret_made->path))
		return err_set(err, ENAMETOOLONG, "the cgroup of systemd unit %s: too long", plan->scope->unit);
	actual.path = ret_made->path;
	r = make_groups(&actual, pid, ret_made, &fd, err);
	if (r < 0)
		return explain_memory(plan, err);
	*ret_fd = take_fd(&fd);
	return 0;
}
