#include "container/members.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"

#define DEPTH_MAX 32 /* the kernel's MAX_PID_NS_LEVEL */

/* Open the pid namespace of a process, or -1. */
static int open_namespace(int proc, const char *pid)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "%.20s/ns/pid", pid);
	return openat(proc, path, O_RDONLY | O_CLOEXEC);
}

/* True if the process lives in that namespace, or in one below it. */
static bool is_inside(int proc, const char *pid, const struct stat *wanted)
{
	autofd at = open_namespace(proc, pid);

	for (int i = 0; at >= 0 && i < DEPTH_MAX; i++) {
		struct stat st;
		int above;

		if (fstat(at, &st) == 0 && st.st_ino == wanted->st_ino && st.st_dev == wanted->st_dev)
			return true;
		above = ioctl(at, NS_GET_PARENT);
		auto_close(&at);
		at = above;
	}
	return false;
}

static int collect(DIR *proc, const struct stat *wanted, struct pid_list *list, struct err *err)
{
	const struct dirent *entry;

	while ((errno = 0, entry = readdir(proc))) {
		uint64_t pid;

		if (!str_u64(entry->d_name, INT32_MAX, &pid) || !is_inside(dirfd(proc), entry->d_name, wanted))
			continue;
		if (pid_list_add(list, (pid_t)pid) < 0)
			return err_memory(err);
	}
	if (errno)
		return err_sys(err, errno, "read /proc");
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), pid_compare);
	return 0;
}

/* Find the namespace by the first process.  Returns 0, 1 when that has ended, or an error. */
static int find_namespace(const struct state *state, int proc, struct stat *ret, struct err *err)
{
	autofd pidfd = -1, first = -1;
	char number[16];

	if (!state->has_pid_ns)
		return err_set(err, ENOTSUP,
			       "container %s has neither a cgroup nor a pid namespace that would know its processes",
			       state->id);
	(void)snprintf(number, sizeof(number), "%d", state->init.pid);
	first = open_namespace(proc, number);
	if (first < 0 || fstat(first, ret) < 0)
		return errno == ENOENT || errno == ESRCH ? 1 : err_sys(err, errno, "look at process %s", number);
	/* it was that of this process, if that still has its number now */
	return proc_open(&state->init, &pidfd, err);
}

int members_list(const struct state *state, pid_t **ret, size_t *ret_count, struct err *err)
{
	autodir proc = opendir("/proc");
	struct pid_list list = { 0 };
	struct stat wanted;
	int r;

	if (!proc)
		return err_sys(err, errno, "open /proc");
	r = find_namespace(state, dirfd(proc), &wanted, err);
	if (r == 0)
		r = collect(proc, &wanted, &list, err);
	if (r < 0) {
		free(list.items);
		return r;
	}
	*ret = list.items;
	*ret_count = list.count;
	return 0;
}

/* A number that was listed may be another's by now.  What a pidfd refers to is a member if its number is in the namespace after
 * the pidfd was opened, or has ended since: then the signal meets nobody. */
static int signal_one(int proc, const struct stat *wanted, pid_t pid, int signal, struct err *err)
{
	autofd pidfd = sys_pidfd_open(pid, 0);
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", pid);
	if (pidfd < 0 || !is_inside(proc, number, wanted))
		return 1;
	if (sys_pidfd_send_signal(pidfd, signal) < 0 && errno != ESRCH)
		return err_sys(err, errno, "send signal %d to process %d", signal, pid);
	return 0;
}

int members_signal(const struct state *state, int signal, size_t *ret_count, struct err *err)
{
	autodir proc = opendir("/proc");
	struct pid_list list = { 0 };
	struct stat wanted;
	int r;

	*ret_count = 0;
	if (!proc)
		return err_sys(err, errno, "open /proc");
	r = find_namespace(state, dirfd(proc), &wanted, err);
	if (r == 0)
		r = collect(proc, &wanted, &list, err);
	for (size_t i = 0; r >= 0 && i < list.count; i++) {
		r = signal_one(dirfd(proc), &wanted, list.items[i], signal, err);
		*ret_count += r == 0;
	}
	free(list.items);
	return r < 0 ? r : 0;
}
