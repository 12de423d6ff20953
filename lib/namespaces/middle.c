/* A process between the host side and the guest.
 *
 * Where a user namespace meets namespaces that are joined, nobody can be cloned straight: what the new or joined user
 * namespace does not own must be joined before it, with the caller's rights, and what it owns after it; a guest that is
 * born in a pid namespace of the joined user namespace needs a parent who is in there already.  The host side itself must
 * not enter anything: from a user namespace there is no way back.
 *
 * So a process between enters what has to be entered, clones the guest as its own sibling (CLONE_PARENT), sends its number
 * and pidfd, and ends.  It stays in the caller's pid namespace. */
#include "namespaces/clone.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/sys.h"

struct report {
	pid_t pid; /* as the host side counts; 0: failed, by `err` */
	struct err err;
};

/* Returns in the guest alone. */
static pid_t be_between(const struct middle *middle, int sock)
{
	struct report report = { 0 };
	int pidfd = -1, r = middle->enter(middle->data, &report.err);

	if (r == 0) {
		report.pid = clone_one(middle->clone_flags | CLONE_PARENT, middle->is_in_cgroup ? -1 : middle->cgroup,
				       &pidfd, &report.err);
		if (report.pid == 0)
			return 0;
	}
	if (report.pid < 0)
		report.pid = 0;
	/* a host side that is gone has left the guest an end of file, by which it ends */
	_exit(fd_send(sock, &report, sizeof(report), pidfd) < 0);
}

static pid_t hear_report(int sock, int *ret_pidfd, struct err *err)
{
	struct report report;
	autofd pidfd = -1;
	ssize_t n = fd_receive(sock, &report, sizeof(report), &pidfd);

	if (n < 0)
		return err_sys(err, (int)-n, "hear of the guest's first process");
	if (n != sizeof(report) || (report.pid > 0) != (pidfd >= 0))
		return err_set(err, ECHILD, "the process that joins namespaces ended without a word");
	if (!report.pid) {
		err_sanitize(&report.err);
		*err = report.err;
		return -err->number;
	}
	*ret_pidfd = take_fd(&pidfd);
	return report.pid;
}

pid_t middle_clone(const struct middle *middle, int *ret_pidfd, struct err *err)
{
	/* the guest's signal to its parent is that of this process */
	struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD };
	autofd ours = -1, theirs = -1;
	pid_t between, pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	if (middle->is_in_cgroup && middle->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)middle->cgroup;
	}
	between = sys_clone3(&args);
	if (between < 0)
		return err_sys(err, errno, "clone the process that joins namespaces");
	if (between == 0) {
		auto_close(&ours);
		ours = -1;
		return be_between(middle, theirs);
	}
	auto_close(&theirs);
	theirs = -1;
	pid = hear_report(ours, ret_pidfd, err);
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	return pid;
}
