#include "namespaces/clone.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/borrow.h"
#include "base/sys.h"
#include "namespaces/ns.h"

/* The names of the flags, for the message of a clone that failed. */
static void list_flags(int flags, char *text, size_t room)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < SPEC_NS_COUNT; i++)
		if ((flags & ns_types[i].flag) && used < room)
			used += (size_t)snprintf(text + used, room - used, " %s", ns_types[i].name);
}

static int describe(int flags, bool in_cgroup, int number, struct err *err)
{
	char names[100];

	list_flags(flags, names, sizeof(names));
	(void)err_sys(err, number, "clone the guest's first process (new namespaces:%s%s)", *names ? names : " none",
		      in_cgroup ? "; into its cgroup" : "");
	if (number == EPERM && !(flags & CLONE_NEWUSER))
		return err_hint(err, "without a user namespace in linux.namespaces it needs CAP_SYS_ADMIN");
	if (number == EPERM)
		return err_hint(err, "this host or this chroot does not let the caller make user namespaces");
	if (number == EACCES && in_cgroup)
		return err_hint(err, "the caller must be in the delegated part of the tree of cgroups, to begin with");
	if (number == ENOSPC || number == EUSERS)
		return err_hint(err, "see the limits in /proc/sys/user");
	return -number;
}

static pid_t clone_by(int flags, int cgroup, void (*main)(void *data), void *data, int *ret_pidfd, struct err *err)
{
	int pidfd = -1;
	/* CLONE_CLEAR_SIGHAND: the guest side must not run the caller's signal handlers */
	struct clone_args args = {
		.flags = (uint64_t)(unsigned int)flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	pid_t pid;

	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	pid = main ? borrow_clone(&args, main, data) : sys_clone3(&args);
	if (pid < 0)
		return describe(flags, cgroup >= 0, errno, err);
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

pid_t clone_one(int flags, int cgroup, int *ret_pidfd, struct err *err)
{
	return clone_by(flags, cgroup, NULL, NULL, ret_pidfd, err);
}

int clone_hide(void)
{
	int dumpable = prctl(PR_GET_DUMPABLE);

	(void)prctl(PR_SET_DUMPABLE, 0); /* cannot fail */
	return dumpable;
}

void clone_show(int was_dumpable)
{
	if (was_dumpable == 1) /* the only value that can be set again */
		(void)prctl(PR_SET_DUMPABLE, 1);
}

static pid_t clone_hidden(int flags, int cgroup, int *ret_pidfd, struct err *err)
{
	int dumpable = clone_hide();
	pid_t pid = clone_one(flags, cgroup, ret_pidfd, err);

	if (pid != 0)
		clone_show(dumpable);
	return pid;
}

/* Our own children must be born in our own pid namespace again. */
static int return_home(int home, pid_t pid, int *pidfd, struct err *err)
{
	if (setns(home, CLONE_NEWPID) == 0)
		return 0;
	(void)err_sys(err, errno, "return to the own pid namespace");
	if (pid > 0) {
		/* the caller gets an error instead of a process: there must be none */
		(void)sys_pidfd_send_signal(*pidfd, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		auto_close(pidfd);
	}
	return -err->number;
}

static int enter_pid_ns(int target, struct err *err)
{
	return setns(target, CLONE_NEWPID) < 0 ? err_sys(err, errno, "join the pid namespace") : 0;
}

static int enter_for_good(const void *data, struct err *err)
{
	(void)clone_hide();
	return enter_pid_ns(*(const int *)data, err);
}

/* setns(2) into a pid namespace moves only children: clone between two of them.  target: a namespace or a pidfd.
 *
 * Root of a user namespace could not come back from there, and needs a process between.
 *
 * The guest's others see the new process from its birth: it is undumpable from then on, and not only once it does that
 * itself (CVE-2016-9962). */
static pid_t clone_in_pid_ns(int flags, int target, int cgroup, int *ret_pidfd, struct err *err)
{
	const struct middle middle = {
		.enter = enter_for_good,
		.data = &target,
		.clone_flags = flags,
		.cgroup = cgroup,
	};
	autofd home = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	int pidfd = -1, r;
	pid_t pid;

	if (home < 0)
		return err_sys(err, errno, "open /proc/self/ns/pid");
	if (setns(home, CLONE_NEWPID) < 0 && errno == EPERM)
		return middle_clone(&middle, ret_pidfd, err);
	r = enter_pid_ns(target, err);
	if (r < 0)
		return r;
	pid = clone_hidden(flags, cgroup, &pidfd, err);
	if (pid == 0)
		return 0;
	r = return_home(home, pid, &pidfd, err);
	if (r < 0)
		return r;
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

static const struct ns_join *pid_join(const struct ns_plan *plan)
{
	for (unsigned int i = 0; i < plan->join_count; i++)
		if (plan->joins[i].type == SPEC_NS_PID)
			return &plan->joins[i];
	return NULL;
}

static int enter_by_middle(const void *data, struct err *err)
{
	return ns_enter_between(data, err);
}

static bool joins_cgroup_first(const struct ns_plan *plan)
{
	for (unsigned int i = 0; i < plan->join_count; i++)
		if (plan->joins[i].type == SPEC_NS_CGROUP)
			return ns_when(plan, &plan->joins[i]) != NS_BY_GUEST;
	return false;
}

pid_t ns_clone(const struct ns_plan *plan, int cgroup, int *ret_pidfd, struct err *err)
{
	const struct ns_join *join = pid_join(plan);
	const struct middle middle = {
		.enter = enter_by_middle,
		.data = plan,
		.clone_flags = plan->clone_flags,
		.cgroup = cgroup,
		.is_in_cgroup = joins_cgroup_first(plan),
	};
	pid_t pid;

	if (plan->has_middle)
		return middle_clone(&middle, ret_pidfd, err);
	/* an unprivileged caller could not write the mappings of a process that is hidden, and has no more rights than his others */
	if (!join && (plan->clone_flags & CLONE_NEWUSER) && geteuid() == 0)
		return clone_hidden(plan->clone_flags, cgroup, ret_pidfd, err);
	if (!join)
		return clone_one(plan->clone_flags, cgroup, ret_pidfd, err);
	pid = clone_in_pid_ns(plan->clone_flags, join->fd, cgroup, ret_pidfd, err);
	return pid < 0 ? err_in(err, "linux.namespaces[%u].path: %s", join->index, join->path) : pid;
}

pid_t ns_clone_beside(int cgroup, void (*main)(void *data), void *data, int *ret_pidfd, struct err *err)
{
	return clone_by(0, cgroup, main, data, ret_pidfd, err);
}
