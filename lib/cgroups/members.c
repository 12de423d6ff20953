#include "cgroups/members.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/sys.h"
#include "cgroups/cgroup.h"
#include "cgroups/group.h"

/* Processes that are signalled together: each needs a descriptor. */
#define SIGNAL_CHUNK 64

static int list_one(void *data, int dir)
{
	autofd fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char text[4096];
	pid_t pid = 0;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	while ((n = read(fd, text, sizeof(text))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		/* EOPNOTSUPP: a threaded group, whose processes are listed above it */
		if (n < 0)
			return errno == EOPNOTSUPP || errno == ENODEV ? 0 : -errno;
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			if (pid && pid_list_add(data, pid) < 0) /* 0: of another pid namespace */
				return -ENOMEM;
			pid = 0;
		}
	}
	return 0;
}

int group_list(int dir, struct pid_list *list)
{
	int r = group_walk(dir, list_one, list);
	size_t kept = 0;

	if (!list->count)
		return r;
	qsort(list->items, list->count, sizeof(*list->items), pid_compare);
	/* one that moves while the list is read may be seen twice */
	for (size_t i = 0; i < list->count; i++)
		if (!kept || list->items[kept - 1] != list->items[i])
			list->items[kept++] = list->items[i];
	list->count = kept;
	return r;
}

static void free_list(struct pid_list *list)
{
	free(list->items);
}
#define autolist __attribute__((cleanup(free_list))) struct pid_list

/* A number read from a list may belong to somebody else by now.  A pidfd opened between two listings that both have the
 * number is of a member, or of a process that has ended: the signal then meets nobody. */
static int signal_chunk(int dir, const pid_t *pids, size_t count, int signal)
{
	autolist now = { 0 };
	int fds[SIGNAL_CHUNK];
	int r;

	for (size_t i = 0; i < count; i++)
		fds[i] = sys_pidfd_open(pids[i], 0);
	r = group_list(dir, &now);
	for (size_t i = 0; i < count; i++) {
		if (fds[i] < 0)
			continue;
		if (r == 0 && bsearch(&pids[i], now.items, now.count, sizeof(pid_t), pid_compare) &&
		    sys_pidfd_send_signal(fds[i], signal) < 0 && errno != ESRCH)
			r = -errno;
		(void)close(fds[i]);
	}
	return r;
}

int group_signal(int dir, int signal)
{
	autolist list = { 0 };
	int r = group_list(dir, &list);

	for (size_t i = 0; r == 0 && i < list.count; i += SIGNAL_CHUNK) {
		size_t left = list.count - i;

		r = signal_chunk(dir, list.items + i, left < SIGNAL_CHUNK ? left : SIGNAL_CHUNK, signal);
	}
	return r;
}

void group_describe_member(int dir, char text[GROUP_MEMBER_TEXT_MAX])
{
	autolist list = { 0 };
	char path[40], name[32] = "?", state = '?';

	text[0] = '\0';
	(void)group_list(dir, &list); /* what was listed is enough */
	if (!list.count)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", list.items[0]);
	(void)file_read_short(AT_FDCWD, path, name, sizeof(name)); /* it may have ended */
	(void)proc_stat(list.items[0], &state, NULL);
	(void)snprintf(text, GROUP_MEMBER_TEXT_MAX, "process %d (%s, state %c)", list.items[0], name, state);
}

int cgroup_pids(const struct cgroup_layout *layout, const struct cgroup_made *made, pid_t **ret_pids, size_t *ret_count,
		struct err *err)
{
	struct pid_list list = { 0 };
	autofd dir = -1;
	bool unified;
	int r = group_open_tracking(layout, made, &dir, &unified, err);

	if (r < 0)
		return r;
	if (r == 0)
		r = group_list(dir, &list);
	if (r < 0) {
		free(list.items);
		return err_sys(err, -r, "list the processes of cgroup %s", made->path);
	}
	*ret_pids = list.items;
	*ret_count = list.count;
	return 0;
}
