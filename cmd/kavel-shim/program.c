#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/sys.h"
#include "detach.h"

#define NOT_STARTED 127

static void restore_signals(void)
{
	sigset_t none;

	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child.  The streams may be 0, 1 or 2 themselves: they are moved away first. */
static _Noreturn void execute(const struct program *program, pid_t shim)
{
	int moved[3];

	detach_restore_oom();
	restore_signals();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != shim) /* it died before that */
		_exit(NOT_STARTED);
	for (int i = 0; i < 3; i++) {
		int fd = program->streams[i] >= 0 ? program->streams[i] : open("/dev/null", O_RDWR | O_CLOEXEC);

		moved[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (moved[i] < 0)
			_exit(NOT_STARTED);
	}
	for (int i = 0; i < 3; i++)
		if (dup2(moved[i], i) < 0)
			_exit(NOT_STARTED);
	(void)sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	(void)execv(program->words[0], (char *const *)(uintptr_t)program->words);
	(void)dprintf(STDERR_FILENO, "%s cannot be executed: errno %d\n", program->words[0], errno);
	_exit(NOT_STARTED);
}

int program_start(const struct program *program, pid_t *ret, struct err *err)
{
	const pid_t shim = getpid();
	pid_t pid = fork();

	if (pid == 0)
		execute(program, shim);
	if (pid < 0)
		return err_sys(err, errno, "start %s", program->words[0]);
	*ret = pid;
	return 0;
}
