#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"

#define REAP_STEP_MS 10

int proc_stat(pid_t pid, char *ret_state, uint64_t *ret_start)
{
	char path[40], text[1024], *at, *field, *rest;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = file_read_short(AT_FDCWD, path, text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	/* field 2 is the name in brackets, which may itself hold brackets and blanks */
	at = strrchr(text, ')');
	if (!at || !at[1] || !at[2])
		return -EIO;
	at += 2;
	if (ret_state)
		*ret_state = *at;
	if (!ret_start)
		return 0;
	rest = at;
	for (int i = 3; (field = strtok_r(NULL, " ", &rest)); i++)
		if (i == 22)
			return str_u64(field, UINT64_MAX, ret_start) ? 0 : -EIO;
	return -EIO;
}

/* The pidfs inode, or 0 where pidfds are anonymous inodes that all share one number. */
static uint64_t pidfs_inode(int pidfd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(pidfd, &fs) < 0 || (uint64_t)(unsigned long)fs.f_type != SYS_PIDFS_MAGIC || fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

int proc_identify(int pidfd, pid_t pid, struct proc_id *ret, struct err *err)
{
	struct proc_id id = { .pid = pid, .inode = pidfs_inode(pidfd) };

	if (!id.inode) {
		int r = proc_stat(pid, NULL, &id.start);

		if (r < 0)
			return err_sys(err, -r, "read the start time of process %d", pid);
	}
	*ret = id;
	return 0;
}

int proc_open(const struct proc_id *id, int *ret_pidfd, struct err *err)
{
	struct pollfd ended = { .events = POLLIN };
	struct stat st;
	uint64_t start;
	autofd fd = -1;

	if (id->pid <= 0)
		return 1;
	fd = sys_pidfd_open(id->pid, 0);
	if (fd < 0) {
		/* EINVAL: the number now belongs to a thread that is not a process */
		if (errno == ESRCH || errno == EINVAL)
			return 1;
		return err_sys(err, errno, "pidfd_open of process %d", id->pid);
	}
	if (id->inode) {
		/* it was recorded since this boot: this kernel has pidfs */
		if (fstat(fd, &st) < 0 || st.st_ino != id->inode)
			return 1;
	} else if (proc_stat(id->pid, NULL, &start) < 0 || start != id->start) {
		return 1;
	}
	ended.fd = fd;
	if (poll(&ended, 1, 0) > 0) /* readable: it has ended */
		return 1;
	*ret_pidfd = take_fd(&fd);
	return 0;
}

int proc_wait_end(int pidfd, int timeout_ms, struct err *err)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	int64_t deadline = timeout_ms < 0 ? 0 : clock_ms() + timeout_ms;

	for (;;) {
		int64_t left = timeout_ms < 0 ? -1 : deadline - clock_ms();
		int n = poll(&ended, 1, timeout_ms < 0 ? -1 : left < 0 ? 0 : (int)left);

		if (n > 0)
			return 0;
		if (n == 0)
			return 1;
		if (errno != EINTR)
			return err_sys(err, errno, "wait for a process to end");
	}
}

int proc_reap(pid_t pid, int pidfd, int timeout_ms, int *ret_status)
{
	const int64_t deadline = timeout_ms < 0 ? 0 : clock_ms() + timeout_ms;

	for (;;) {
		const struct timespec step = { .tv_nsec = REAP_STEP_MS * 1000000L };
		pid_t reaped = waitpid(pid, ret_status, WNOHANG);
		struct pollfd ended = { .fd = pidfd, .events = POLLIN };
		int64_t left = timeout_ms < 0 ? -1 : deadline - clock_ms();

		if (reaped == pid)
			return 0;
		if (reaped < 0 && errno != EINTR)
			return -errno;
		if (timeout_ms >= 0 && left <= 0)
			return 1;
		/* that it is over is told at once, but it is its tracer's first, whose leave nobody tells */
		if (poll(&ended, 1, (int)left) > 0 && waitpid(pid, ret_status, WNOHANG) == pid)
			return 0;
		if (ended.revents)
			(void)nanosleep(&step, NULL);
	}
}

int pid_list_add(struct pid_list *list, pid_t pid)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		pid_t *items = reallocarray(list->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = pid;
	return 0;
}

int pid_compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}
