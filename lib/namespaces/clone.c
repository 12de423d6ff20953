#include "namespaces/ns.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/sys.h"

static const struct ns_join *pid_join(const struct ns_plan *plan)
{
	for (unsigned int i = 0; i < plan->join_count; i++)
		if (plan->joins[i].type == SPEC_NS_PID)
			return &plan->joins[i];
	return NULL;
}

/* The names of the flags, for the message of a clone that failed. */
static void list_flags(const struct ns_plan *plan, char *text, size_t room)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < SPEC_NS_COUNT; i++)
		if ((plan->clone_flags & ns_types[i].flag) && used < room)
			used += (size_t)snprintf(text + used, room - used, " %s", ns_types[i].name);
}

static pid_t clone_plain(const struct ns_plan *plan, int cgroup, int *ret_pidfd, struct err *err)
{
	int pidfd = -1;
	/* CLONE_CLEAR_SIGHAND: the guest side must not run the caller's signal handlers */
	struct clone_args args = {
		.flags = (uint64_t)(unsigned int)plan->clone_flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	char names[100];
	pid_t pid;
	int number;

	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	pid = sys_clone3(&args);
	if (pid >= 0) {
		if (pid > 0)
			*ret_pidfd = pidfd;
		return pid;
	}
	number = errno;
	list_flags(plan, names, sizeof(names));
	return err_sys(err, number, "clone the guest's first process (new namespaces:%s%s)", *names ? names : " none",
		       cgroup >= 0 ? "; into its cgroup" : "");
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

/* setns(2) into a pid namespace moves only children: clone between two of them.  target: a namespace or a pidfd. */
static pid_t clone_in_pid_ns(const struct ns_plan *plan, int target, int cgroup, int *ret_pidfd, struct err *err)
{
	autofd home = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	int pidfd = -1, r;
	pid_t pid;

	if (home < 0)
		return err_sys(err, errno, "open /proc/self/ns/pid");
	if (setns(target, CLONE_NEWPID) < 0)
		return err_sys(err, errno, "join the pid namespace");
	pid = clone_plain(plan, cgroup, &pidfd, err);
	if (pid == 0)
		return 0;
	r = return_home(home, pid, &pidfd, err);
	if (r < 0)
		return r;
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

pid_t ns_clone(const struct ns_plan *plan, int cgroup, int *ret_pidfd, struct err *err)
{
	const struct ns_join *join = pid_join(plan);
	pid_t pid;

	if (!join)
		return clone_plain(plan, cgroup, ret_pidfd, err);
	pid = clone_in_pid_ns(plan, join->fd, cgroup, ret_pidfd, err);
	return pid < 0 ? err_in(err, "linux.namespaces[%u].path: %s", join->index, join->path) : pid;
}

pid_t ns_clone_beside(int init, int cgroup, int *ret_pidfd, struct err *err)
{
	const struct ns_plan none = { 0 };

	return clone_in_pid_ns(&none, init, cgroup, ret_pidfd, err);
}
