#include "container/foreground.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/sys.h"
#include "container/notify.h"

/* All but those that a process raises by its own fault, and SIGCHLD, SIGTTIN, SIGTTOU, SIGTSTP, which concern this
 * process and its terminal. */
static void forwarded(sigset_t *set)
{
	static const int ours[] = { SIGCHLD, SIGTTIN, SIGTTOU, SIGTSTP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP,
				    SIGSYS, SIGPIPE, SIGURG };

	sigfillset(set);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		sigdelset(set, ours[i]);
}

int foreground_block_signals(struct err *err)
{
	sigset_t set;

	forwarded(&set);
	return sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? err_sys(err, errno, "block signals") : 0;
}

static int reap(pid_t pid, int *ret_status, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "wait for process %d", pid);
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int foreground_wait(pid_t pid, int pidfd, int notify, int *ret_status, struct err *err)
{
	struct signalfd_siginfo info;
	autofd signals = -1;
	sigset_t set;

	forwarded(&set);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return err_sys(err, errno, "signalfd");
	for (;;) {
		struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
					{ .fd = signals, .events = POLLIN },
					{ .fd = notify, .events = POLLIN } };

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for the guest");
		if (fds[2].revents)
			(void)notify_forward(notify, pid);
		if (fds[0].revents)
			return reap(pid, ret_status, err);
		if (fds[1].revents && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
			/* ESRCH: it has just ended, which the next round sees */
			(void)sys_pidfd_send_signal(pidfd, (int)info.ssi_signo);
	}
}
