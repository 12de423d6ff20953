/* Removing groups.  The common case, an empty group, costs a stat(2) and an rmdir(2): the kernel refuses to remove a
 * group that has processes or groups in it, and only then is there something to kill, to wait for, and to descend to. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/str.h"
#include "base/sys.h"
#include "cgroups/group.h"
#include "cgroups/kill.h"
#include "cgroups/members.h"
#include "cgroups/program.h"
#include "cgroups/scope.h"

#define RETRY_MS  5
#define INTENT_MS 1000 /* for a guest that ends with its host side */

/* Wait, until the deadline, for one process of a v1 group to end: there is no event for the group as a whole. */
static void wait_member(int dir, int64_t left_ms)
{
	struct timespec retry = { .tv_nsec = RETRY_MS * 1000000L };
	struct pid_list list = { 0 };
	struct pollfd ended = { .events = POLLIN };
	autofd pidfd = -1;

	(void)group_list(dir, &list); /* what was listed is enough */
	if (list.count)
		pidfd = sys_pidfd_open(list.items[0], 0);
	free(list.items);
	ended.fd = pidfd;
	/* an ended process may stay listed for a moment */
	if (pidfd < 0 || (poll(&ended, 1, (int)left_ms) > 0 && poll(&ended, 1, 0) > 0))
		(void)nanosleep(&retry, NULL);
}

/* events: of v2, or -1 for v1. */
static bool is_empty(int dir, int events)
{
	struct pid_list list = { 0 };
	bool empty;

	if (events >= 0)
		return group_read_event(events, "populated") != 1;
	empty = group_list(dir, &list) < 0 || !list.count;
	free(list.items);
	return empty;
}

static int wait_empty(int dir, bool is_unified, int64_t deadline, const char *full, struct err *err)
{
	autofd events = is_unified ? group_open_events(dir) : -1;

	if (is_unified && events < 0) {
		if (events == -ENOENT || events == -ENODEV)
			return 0; /* removed meanwhile */
		return err_sys(err, -events, "open cgroup.events of cgroup %s", full);
	}
	while (!is_empty(dir, events)) {
		int64_t left = deadline - group_now_ms();
		char member[GROUP_MEMBER_TEXT_MAX];

		if (left <= 0) {
			group_describe_member(dir, member);
			return err_set(err, EBUSY, "cgroup %s is still not empty: %s", full, member);
		}
		if (events >= 0)
			(void)group_wait_event(events, left);
		else
			wait_member(dir, left);
	}
	return 0;
}

/* The name of one group directly below, or an empty string. */
static int find_child(int dir, char name[NAME_MAX + 1])
{
	autofd list = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir entries = list < 0 ? NULL : fdopendir(list);
	struct dirent *entry;

	name[0] = '\0';
	if (!entries)
		return -errno;
	(void)take_fd(&list); /* it is the stream's now */
	while ((entry = readdir(entries))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		break;
	}
	return 0;
}

/* Remove the groups below, deepest first, with one descriptor whatever the depth that the guest chose: ".." leads back,
 * as the directories of cgroupfs are never moved to another parent. */
static int remove_children(int group)
{
	autobuf names = { 0 };
	autofd dir = fcntl(group, F_DUPFD_CLOEXEC, 3);

	while (dir >= 0) {
		char name[NAME_MAX + 1];
		int next, r = find_child(dir, name);

		if (r < 0)
			return r;
		if (name[0]) {
			str_append_f(&names, "/%s", name);
			if (names.failed)
				return -ENOMEM;
			next = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		} else if (names.size) {
			char *last = strrchr(names.data, '/');

			next = openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
			if (next >= 0 && unlinkat(next, last + 1, AT_REMOVEDIR) < 0 && errno != ENOENT) {
				r = -errno;
				(void)close(next);
				return r;
			}
			names.size = (size_t)(last - names.data);
			*last = '\0';
		} else {
			return 0;
		}
		if (next < 0)
			return -errno;
		(void)close(dir);
		dir = next;
	}
	return -errno;
}

static void remove_parents(char *full, unsigned int count)
{
	struct stat st;

	for (; count; count--) {
		*strrchr(full, '/') = '\0';
		if (stat(full, &st) < 0 || !(st.st_mode & S_ISVTX) || rmdir(full) < 0)
			return; /* others use it by now, and then it is theirs */
	}
}

/* rmdir(2) said that the group is in use. */
static int empty_group(int dir, bool is_unified, bool is_killed, int64_t deadline, const char *full, struct err *err)
{
	int r = 0;

	if (is_killed)
		r = group_kill(dir, is_unified, SIGKILL, full, err);
	if (r == 0)
		r = wait_empty(dir, is_unified, deadline, full, err);
	return r;
}

struct removal {
	const struct cgroup_layout *layout;
	const char *path;
	int64_t deadline;
};

/* One try to make the group removable, after rmdir(2) said that it is in use.  Returns 0; 1 when it is gone or another;
 * or an error. */
static int clear_group(const struct removal *removal, unsigned int hierarchy, uint64_t inode, bool is_killed,
		       struct err *err)
{
	bool is_unified = (int)hierarchy == cgroup_unified(removal->layout);
	char full[GROUP_PATH_MAX];
	autofd dir = -1;
	int r = group_open(removal->layout, hierarchy, removal->path, inode, &dir, err);

	if (r != 0)
		return r;
	group_full_path(removal->layout, hierarchy, removal->path, full);
	r = empty_group(dir, is_unified, is_killed, removal->deadline, full, err);
	if (r < 0)
		return r;
	r = remove_children(dir);
	/* EBUSY: something was forked or made in it after all */
	return r < 0 && r != -EBUSY ? err_sys(err, -r, "remove the groups in cgroup %s", full) : 0;
}

/* Remove the group with that inode number.  is_killed: its processes are the container's. */
static int remove_group(const struct removal *removal, unsigned int hierarchy, uint64_t inode, unsigned int levels,
			bool is_killed, struct err *err)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };
	char full[GROUP_PATH_MAX];
	struct stat st;

	group_full_path(removal->layout, hierarchy, removal->path, full);
	if (stat(full, &st) < 0) {
		if (errno == ENOENT || errno == ENODEV) {
			/* removed behind our back; the directories above may be ours still */
			remove_parents(full, levels - 1);
			return 0;
		}
		return err_sys(err, errno, "stat cgroup %s", full);
	}
	if (st.st_ino != inode)
		return 0; /* somebody made another one since */
	for (int round = 0; rmdir(full) < 0 && errno != ENOENT; round++) {
		int r;

		if ((errno != EBUSY && errno != ENOTEMPTY) || (round && group_now_ms() >= removal->deadline))
			return err_sys(err, errno, "remove cgroup %s", full);
		if (round)
			(void)nanosleep(&pause, NULL); /* empty, and yet in use: the kernel is not done with it */
		r = clear_group(removal, hierarchy, inode, is_killed, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	remove_parents(full, levels - 1);
	return 0;
}

/* A group that was there before stays, without the container's processes and device program. */
static int leave_group(const struct removal *removal, unsigned int hierarchy, uint64_t inode, struct err *err)
{
	bool is_unified = (int)hierarchy == cgroup_unified(removal->layout);
	char full[GROUP_PATH_MAX];
	autofd dir = -1;
	int r = group_open(removal->layout, hierarchy, removal->path, inode, &dir, err);

	if (r != 0)
		return r < 0 ? r : 0;
	group_full_path(removal->layout, hierarchy, removal->path, full);
	r = empty_group(dir, is_unified, true, removal->deadline, full, err);
	if (r == 0 && is_unified)
		device_program_detach(dir);
	return r;
}

/* is_killed: the tracked group's processes are the container's. */
static int remove_all(const struct cgroup_layout *layout, const struct cgroup_made *made, bool is_killed,
		      int timeout_ms, struct err *err)
{
	struct removal removal = { .layout = layout, .path = made->path, .deadline = group_now_ms() + timeout_ms };
	unsigned int tracking = cgroup_tracking(layout);
	const char *at = made->v1;
	struct group_v1 group;
	int r = 0;

	if (made->made_by_us)
		r = remove_group(&removal, tracking, made->inode, made->parents + 1, is_killed, err);
	else if (is_killed)
		r = leave_group(&removal, tracking, made->inode, err);
	/* the processes were in all groups: those of v1 are empty by now */
	while (r == 0 && group_next_v1(layout, &at, &group))
		if (group.hierarchy != tracking && group.levels)
			r = remove_group(&removal, group.hierarchy, group.inode, group.levels, false, err);
	return r;
}

/* Of an intent it is not known whether the unit of that name is the container's: then nobody is in it, or not for long. */
static int wait_intended(const char *full, bool is_unified, struct err *err)
{
	autofd dir = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open cgroup %s", full);
	return wait_empty(dir, is_unified, group_now_ms() + INTENT_MS, full, err);
}

/* A scope ends by itself after its last process, a moment later: ask for it only when it is still there.  One whose process
 * had ended before systemd took it in does not end. */
static int end_scope(const struct cgroup_layout *layout, const struct cgroup_made *made, struct err *err)
{
	const char *unit = strstr(made->path, made->scope);
	const int systemd = cgroup_systemd(layout);
	char full[GROUP_PATH_MAX];
	struct stat st;
	int r;

	if (!unit || systemd < 0)
		return 0;
	group_full_path(layout, (unsigned int)systemd, made->path, full);
	full[strlen(full) - strlen(unit) + strlen(made->scope)] = '\0';
	if (stat(full, &st) < 0)
		return 0;
	if (!made->inode) {
		r = wait_intended(full, systemd == cgroup_unified(layout), err);
		if (r < 0)
			return r;
	}
	return scope_stop(made->scope, err);
}

static int remove_groups(const struct cgroup_layout *layout, const struct cgroup_made *made, int timeout_ms,
			 struct err *err)
{
	struct cgroup_made found;
	int r = 0;

	if (made->inode)
		return remove_all(layout, made, true, timeout_ms, err);
	/* Only the intent is known: the maker died before it could record more.  A guest that was born by then ends by
	 * itself, as it hears no more from the host side. */
	if (cgroup_find(layout, made->path, &found) == 0)
		r = remove_all(layout, &found, false, timeout_ms, err);
	if (r == 0)
		group_remove_marked_parents(layout, made->path);
	return r;
}

int cgroup_remove(const struct cgroup_layout *layout, const struct cgroup_made *made, int timeout_ms, struct err *err)
{
	int r;

	if (!made->path[0] || layout->mode == CGROUP_NONE)
		return 0;
	r = remove_groups(layout, made, timeout_ms, err);
	return r == 0 && made->scope[0] ? end_scope(layout, made, err) : r;
}

void group_unmake(const struct cgroup_layout *layout, const struct cgroup_made *made)
{
	struct err ignored;

	(void)remove_all(layout, made, false, 0, &ignored);
}
