#include "namespaces/ns.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>

#include "base/auto.h"
#include "base/sys.h"

/* The name of a namespace's CLONE_NEW... flag, for messages. */
static const char *flag_name(int flag)
{
	for (int i = 0; i < SPEC_NS_COUNT; i++)
		if (ns_types[i].flag == flag)
			return ns_types[i].name;
	return "another";
}

static int open_one(struct ns_join *join, struct err *err)
{
	autofd fd = -1;
	struct statfs fs;
	int type;

	/* O_NONBLOCK: a FIFO at that path must not hold us */
	fd = open(join->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return err_sys(err, errno, "linux.namespaces[%u].path: %s", join->index, join->path);
	if ((uint64_t)(unsigned long)fs.f_type != SYS_NSFS_MAGIC)
		return err_user(err, "linux.namespaces[%u].path: %s is not a namespace", join->index, join->path);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return err_sys(err, errno, "linux.namespaces[%u].path: type of %s", join->index, join->path);
	if (type != ns_types[join->type].flag)
		return err_user(err, "linux.namespaces[%u].path: %s is a namespace of type %s, not %s", join->index,
				join->path, flag_name(type), ns_types[join->type].name);
	join->fd = take_fd(&fd);
	return 0;
}

int ns_open(struct ns_plan *plan, struct err *err)
{
	for (unsigned int i = 0; i < plan->join_count; i++) {
		int r = open_one(&plan->joins[i], err);

		if (r < 0) {
			ns_close(plan);
			return r;
		}
	}
	return 0;
}

int ns_joined(const struct ns_plan *plan, enum spec_namespace_type type)
{
	for (unsigned int i = 0; i < plan->join_count; i++)
		if (plan->joins[i].type == type)
			return plan->joins[i].fd;
	return -1;
}

void ns_close(struct ns_plan *plan)
{
	for (unsigned int i = 0; i < plan->join_count; i++) {
		auto_close(&plan->joins[i].fd);
		plan->joins[i].fd = -1;
	}
}

int ns_enter(const struct ns_plan *plan, struct err *err)
{
	for (unsigned int i = 0; i < plan->join_count; i++) {
		const struct ns_join *join = &plan->joins[i];

		if (join->type == SPEC_NS_PID) /* joined by ns_clone(): setns(2) would move only our children */
			continue;
		if (setns(join->fd, ns_types[join->type].flag) < 0)
			return err_sys(err, errno, "linux.namespaces[%u].path: join %s", join->index, join->path);
	}
	if (plan->unshare_flags && unshare(plan->unshare_flags) < 0)
		return err_sys(err, errno, "make the guest's cgroup namespace");
	return 0;
}

int ns_join_all(int init, pid_t pid, struct err *err)
{
	char path[40];
	autofd root = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) /* one that is about to end has none any more */
		return err_sys(err, errno == ENOENT ? ESRCH : errno, "open the root directory of process %d", pid);
	if (setns(init, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP) < 0)
		return err_sys(err, errno, "join the namespaces of process %d", pid);
	/* the root of its mount namespace is the container's own, unless the container was only chrooted */
	if (fchdir(root) < 0 || chroot(".") < 0)
		return err_sys(err, errno, "enter the root directory of process %d", pid);
	return 0;
}
