#include "cgroups/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/str.h"
#include "cgroups/detect.h"

/* Deeper trees are not walked: a tree may have any depth, the table of open files has not. */
#define DEPTH_MAX 200

int cgroup_unified(const struct cgroup_layout *layout)
{
	if (layout->mode == CGROUP_V1 || layout->mode == CGROUP_NONE)
		return -1;
	for (unsigned int i = 0; i < layout->count; i++)
		if (!layout->items[i].controllers[0])
			return (int)i;
	return -1;
}

int cgroup_systemd(const struct cgroup_layout *layout)
{
	for (unsigned int i = 0; i < layout->count; i++)
		if (cgroup_has_word(layout->items[i].controllers, "name=systemd", ','))
			return (int)i;
	return cgroup_unified(layout);
}

unsigned int cgroup_tracking(const struct cgroup_layout *layout)
{
	int unified = cgroup_unified(layout);

	if (unified >= 0)
		return (unsigned int)unified;
	for (unsigned int i = 0; i < layout->count; i++)
		if (cgroup_has_word(layout->items[i].controllers, "freezer", ','))
			return i;
	return 0;
}

void group_full_path(const struct cgroup_layout *layout, unsigned int hierarchy, const char *path, char *out)
{
	(void)snprintf(out, GROUP_PATH_MAX, "%s%s", layout->items[hierarchy].mount_point, path);
}

int group_open(const struct cgroup_layout *layout, unsigned int hierarchy, const char *path, uint64_t inode,
	       int *ret_fd, struct err *err)
{
	char full[GROUP_PATH_MAX];
	autofd fd = -1;
	struct stat st;

	group_full_path(layout, hierarchy, path, full);
	fd = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ENOENT || errno == ENODEV)
			return 1;
		return err_sys(err, errno, "open cgroup %s", full);
	}
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "stat cgroup %s", full);
	if (st.st_ino != inode)
		return 1;
	*ret_fd = take_fd(&fd);
	return 0;
}

int group_open_tracking(const struct cgroup_layout *layout, const struct cgroup_made *made, int *ret_fd,
			bool *ret_unified, struct err *err)
{
	if (!made->path[0] || !made->inode || layout->mode == CGROUP_NONE)
		return 1;
	*ret_unified = cgroup_unified(layout) >= 0;
	return group_open(layout, cgroup_tracking(layout), made->path, made->inode, ret_fd, err);
}

int group_open_events(int dir)
{
	int fd = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int64_t group_read_event(int events, const char *key)
{
	char text[256], *at = text, *line;
	/* by the descriptor that is polled: what it has read is what poll(2) takes as known */
	ssize_t n = pread(events, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	while ((line = strsep(&at, "\n"))) {
		const char *value = str_after(line, key);
		int64_t number;

		if (value && *value == ' ' && str_i64(value + 1, 0, INT64_MAX, &number))
			return number;
	}
	return -ENODATA;
}

int group_wait_event(int events, int64_t timeout_ms)
{
	struct pollfd event = { .fd = events, .events = POLLPRI };

	return poll(&event, 1, timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms);
}

int64_t group_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Parse one "CONTROLLERS:INODE:LEVELS". */
static bool parse_v1(const struct cgroup_layout *layout, char *record, struct group_v1 *ret)
{
	char *controllers = strsep(&record, ":"), *inode = strsep(&record, ":");
	uint64_t levels;

	if (!inode || !record || !str_u64(inode, UINT64_MAX, &ret->inode) || !str_u64(record, UINT32_MAX, &levels))
		return false;
	ret->levels = (unsigned int)levels;
	for (ret->hierarchy = 0; ret->hierarchy < layout->count; ret->hierarchy++)
		if (*controllers && str_eq(layout->items[ret->hierarchy].controllers, controllers))
			return true;
	return false;
}

bool group_next_v1(const struct cgroup_layout *layout, const char **at, struct group_v1 *ret)
{
	while (**at) {
		char record[128];
		size_t n = strcspn(*at, " ");
		bool fits = n < sizeof(record);

		if (fits) {
			memcpy(record, *at, n);
			record[n] = '\0';
		}
		*at += n + ((*at)[n] == ' ');
		if (fits && parse_v1(layout, record, ret))
			return true;
	}
	return false;
}

int group_note(const struct cgroup_layout *layout, unsigned int hierarchy, uint64_t inode, unsigned int levels,
	       struct cgroup_made *made, struct err *err)
{
	size_t used = strlen(made->v1);
	int n;

	if (hierarchy == cgroup_tracking(layout)) {
		made->inode = inode;
		made->made_by_us = levels > 0;
		made->parents = levels ? levels - 1 : 0;
	}
	if ((int)hierarchy == cgroup_unified(layout))
		return 0;
	n = snprintf(made->v1 + used, sizeof(made->v1) - used, "%s%s:%" PRIu64 ":%u", used ? " " : "",
		     layout->items[hierarchy].controllers, inode, levels);
	if ((size_t)n < sizeof(made->v1) - used)
		return 0;
	made->v1[used] = '\0';
	return err_set(err, ENAMETOOLONG, "too many cgroup v1 hierarchies");
}

static int walk(int dir, unsigned int depth, group_visit *visit, void *data)
{
	autofd list = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir entries = list < 0 ? NULL : fdopendir(list);
	struct dirent *entry;
	int r;

	if (!entries)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	(void)take_fd(&list); /* it is the stream's now */
	if (depth == DEPTH_MAX)
		return -ELOOP;
	r = visit(data, dirfd(entries));
	while (r == 0 && (entry = readdir(entries))) {
		autofd child = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		child = openat(dirfd(entries), entry->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child >= 0) /* else it was removed meanwhile */
			r = walk(child, depth + 1, visit, data);
	}
	return r;
}

int group_walk(int dir, group_visit *visit, void *data)
{
	return walk(dir, 0, visit, data);
}
