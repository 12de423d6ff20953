#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/sys.h"

/* The child. */
static _Noreturn void execute(const struct command *command, int output)
{
	static char *const empty[] = { NULL };
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if ((command->input < 0 || dup2(command->input, STDIN_FILENO) >= 0) && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(output, STDERR_FILENO) >= 0 && sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) >= 0)
		(void)execve(command->words[0], command->words, command->environment ? command->environment : empty);
	_exit(COMMAND_NOT_RUN);
}

/* Read to the end of file, and keep the beginning.  Returns 0, or 1 when the time was up. */
static int read_output(int fd, int timeout_ms, char *text, size_t room)
{
	const int64_t deadline = clock_ms() + timeout_ms;
	size_t size = 0;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - clock_ms();
		char data[256];
		ssize_t n;

		text[size] = '\0';
		if (left <= 0 || (poll(&wait, 1, (int)left) == 0))
			return 1;
		n = read(fd, data, sizeof(data));
		if (n == 0)
			return 0;
		for (ssize_t i = 0; i < n && size + 1 < room; i++)
			text[size++] = data[i] == '\n' ? ' ' : data[i];
	}
}

int command_run(const struct command *command, char *ret_said, size_t room, int *ret_status, struct err *err)
{
	/* no signal at its end: a library's caller may wait for children of its own */
	struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND };
	autofd input = -1;
	int ends[2], late;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	pid = sys_clone3(&args);
	if (pid == 0)
		execute(command, ends[1]);
	input = ends[0];
	if (pid < 0)
		(void)err_sys(err, errno, "start %s", command->words[0]);
	(void)close(ends[1]);
	if (pid < 0)
		return -err->number;
	late = read_output(input, command->timeout_ms, ret_said, room);
	if (late)
		(void)kill(pid, SIGKILL); /* ours, and not waited for yet */
	while (waitpid(pid, ret_status, __WALL) < 0 && errno == EINTR)
		;
	return late;
}
