#include "namespaces/ns.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/sys.h"
#include "namespaces/clone.h"

static int describe(const struct ns_join *join, int number, struct err *err)
{
	(void)err_sys(err, number, "linux.namespaces[%u].path: join %s", join->index, join->path);
	if (number == EPERM)
		return err_hint(err, "it needs CAP_SYS_ADMIN both there and in the caller's or joined user namespace");
	if (number == EINVAL && join->type == SPEC_NS_USER)
		return err_hint(
			err, "a process of that user namespace already, or one with several threads, cannot join it");
	return -number;
}

/* Join all of that kind, in their order. */
static int join_all(const struct ns_plan *plan, enum ns_when when, struct err *err)
{
	for (unsigned int i = 0; i < plan->join_count; i++) {
		const struct ns_join *join = &plan->joins[i];

		if (!join->is_own && ns_when(plan, join) == when && setns(join->fd, ns_types[join->type].flag) < 0)
			return describe(join, errno, err);
	}
	return 0;
}

int ns_enter_between(const struct ns_plan *plan, struct err *err)
{
	const bool makes_time = plan->offsets && !ns_has_own_offsets(plan);
	/* before this process is hidden, and its files in /proc root's; the right to write counts when they are opened, too, and
	 * whoever made the user namespace has it */
	autofd offsets = makes_time ? open(NS_OFFSETS, O_WRONLY | O_CLOEXEC) : -1;
	int r;

	if (makes_time && offsets < 0)
		return err_sys(err, errno, "open " NS_OFFSETS);
	(void)clone_hide();
	r = join_all(plan, NS_BEFORE_USER, err);
	if (r == 0)
		r = join_all(plan, NS_AS_USER, err);
	if (r == 0)
		r = join_all(plan, NS_AFTER_USER, err);
	/* owned by the joined user namespace; the guest is in it from its birth */
	if (r == 0 && makes_time)
		r = ns_make_time(plan, offsets, err);
	return r;
}

int ns_enter(const struct ns_plan *plan, struct err *err)
{
	int r = join_all(plan, NS_BY_GUEST, err);

	if (r == 0 && plan->unshare_flags && unshare(plan->unshare_flags) < 0)
		r = err_sys(err, errno, "make the guest's cgroup namespace");
	return r;
}

int ns_differ(pid_t pid, int *ret_flags, struct err *err)
{
	char path[40];
	struct stat own, other;
	int flags = 0;

	for (int i = 0; i < SPEC_NS_COUNT; i++) {
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_types[i].proc);
		if (stat(path, &own) < 0) /* a kernel without that type */
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns_types[i].proc);
		if (stat(path, &other) < 0)
			return err_sys(err, errno == ENOENT ? ESRCH : errno, "read the namespaces of process %d", pid);
		if (own.st_ino != other.st_ino)
			flags |= ns_types[i].flag;
	}
	*ret_flags = flags;
	return 0;
}

/* In one call.  A namespace that is shared with the container anyway, but is not of the caller's user namespace, must be left out:
 * root of a user namespace may not even enter where he is. */
static int join_flags(const struct ns_beside *beside, int flags, struct err *err)
{
	int differ = 0, number;

	if (!flags || setns(beside->init, flags) == 0)
		return 0;
	number = errno;
	if (number == EPERM && ns_differ(beside->pid, &differ, err) == 0 && (flags & differ) != flags &&
	    (!(flags & differ) || setns(beside->init, flags & differ) == 0))
		return 0;
	return err_sys(err, number, "join the namespaces of process %d", beside->pid);
}

int ns_join_beside(const struct ns_beside *beside, struct err *err)
{
	char path[40];
	autofd root = -1;
	int r;

	/* where the call takes us itself: see join_flags(), which never leaves out one that differs */
	if (beside->has_own_root && beside->flags & CLONE_NEWNS)
		return join_flags(beside, beside->flags, err);
	(void)snprintf(path, sizeof(path), "/proc/%d/root", beside->pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) /* one that is about to end has none any more */
		return err_sys(err, errno == ENOENT ? ESRCH : errno, "open the root directory of process %d",
			       beside->pid);
	r = join_flags(beside, beside->flags, err);
	if (r < 0)
		return r;
	/* the root of its mount namespace is the container's own, unless the container was only chrooted */
	if (fchdir(root) < 0 || chroot(".") < 0)
		return err_sys(err, errno, "enter the root directory of process %d", beside->pid);
	return 0;
}
