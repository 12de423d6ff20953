/* A hook gets its state from a memfd, so that it may read it, or not, at its own pace, and writes into a pipe of which the
 * last bytes are kept: a hook that floods its output never blocks, and one that leaves a child behind with the pipe open
 * is not waited for. */
#include "container/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"
#include "process/launch.h"

#define OUTPUT_KEPT 900 /* bytes: fits into a struct err beside the rest */
#define READS_MAX   16	/* a pipe's usual capacity */

/* The last bytes that were written. */
struct tail {
	char data[OUTPUT_KEPT + 1];
	size_t size;
};

static void tail_add(struct tail *tail, const char *data, size_t size)
{
	if (size > OUTPUT_KEPT) {
		data += size - OUTPUT_KEPT;
		size = OUTPUT_KEPT;
	}
	if (tail->size + size > OUTPUT_KEPT) {
		size_t drop = tail->size + size - OUTPUT_KEPT;

		memmove(tail->data, tail->data + drop, tail->size - drop);
		tail->size -= drop;
	}
	memcpy(tail->data + tail->size, data, size);
	tail->size += size;
	tail->data[tail->size] = '\0';
}

/* Read what is there, but not for ever: who floods the pipe must not keep us from looking at the clock.  Returns false at
 * end of file. */
static bool tail_read(struct tail *tail, int fd)
{
	char data[4096];
	ssize_t n = 1;

	for (int i = 0; i < READS_MAX && n > 0; i++) {
		n = read(fd, data, sizeof(data));
		if (n > 0)
			tail_add(tail, data, (size_t)n);
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* With a filter or a label by the launcher, as the guest's own program; that reports a failure just as this does: the errno first. */
static void execute(const struct hook_stage *stage, const struct launch *launcher)
{
	struct err err;

	if ((!stage->filter || !stage->filter->instructions) && !stage->label)
		(void)execve(launcher->path, launcher->argv, launcher->envp);
	else if (launch(launcher, &err) < 0)
		errno = err.number;
}

/* The child: only standard descriptors, default signals, its own session. */
static _Noreturn void become_hook(const struct hook_stage *stage, const struct spec_hook *hook, int input, int output,
				  int report)
{
	static char *none[] = { NULL };
	char *fallback[] = { (char *)(uintptr_t)hook->path, NULL };
	char *const *caller = stage->env ? stage->env : environ ? environ : none;
	const struct launch launcher = {
		.path = hook->path,
		.argv = hook->args.count ? (char *const *)(uintptr_t)hook->args.items : fallback,
		.envp = hook->has_env ? (char *const *)(uintptr_t)hook->env.items : caller,
		.listen_fd = -1,
		.status_fd = report,
		.filter = stage->filter,
		.label = stage->label,
		.no_new_privileges = stage->no_new_privileges,
		.handover_fd = stage->handover,
		.drop_admin = stage->drop_admin,
		.program_fd = stage->launcher,
	};
	sigset_t empty;
	int number;

	(void)setsid();
	/* one that is gone, as a bundle at delete may be, is no reason not to run them */
	if (stage->dir)
		(void)!chdir(stage->dir);
	sigemptyset(&empty);
	(void)sigprocmask(SIG_SETMASK, &empty, NULL);
	(void)signal(SIGPIPE, SIG_DFL); /* the program ignores it, and a hook would inherit that */
	if (dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0 &&
	    sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) >= 0)
		execute(stage, &launcher);
	number = errno;
	(void)!write(report, &number, sizeof(number));
	_exit(127);
}

/* What is readable when the caller wants an end, by a signal that foreground_block_signals() holds back for a guest which is
 * not there yet; -1: such signals end this program anyway.  The signal stays. */
static int open_interrupts(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t blocked, set;

	sigemptyset(&set);
	if (sigprocmask(SIG_BLOCK, NULL, &blocked) < 0 || !sigismember(&blocked, SIGTERM))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&set, ends[i]);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* How a hook ended, or why it is not waited for any longer. */
enum { HOOK_ENDED, HOOK_TIMED_OUT, HOOK_INTERRUPTED };

/* Wait for the end of the hook, reading its output.  interrupts: of open_interrupts(), or -1.  Returns HOOK_... or an error. */
static int await(int pidfd, int output, int interrupts, int64_t deadline, struct tail *tail, struct err *err)
{
	struct pollfd fds[3] = { { .fd = pidfd, .events = POLLIN },
				 { .fd = output, .events = POLLIN },
				 { .fd = interrupts, .events = POLLIN } };

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - clock_ms();

		if (deadline >= 0 && left < 0)
			return HOOK_TIMED_OUT;
		if (poll(fds, ARRAY_SIZE(fds), left > 1000000 ? 1000000 : (int)left) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for the hook");
		if (fds[1].revents && !tail_read(tail, output))
			fds[1].fd = -1;
		if (fds[0].revents) {
			(void)tail_read(tail, output);
			return HOOK_ENDED;
		}
		if (fds[2].revents)
			return HOOK_INTERRUPTED;
	}
}

/* Add what the hook wrote to the error. */
static int describe(struct tail *tail, struct err *err)
{
	while (tail->size && (tail->data[tail->size - 1] == '\n' || tail->data[tail->size - 1] == ' '))
		tail->data[--tail->size] = '\0';
	for (size_t i = 0; i < tail->size; i++)
		if (tail->data[i] == '\n')
			tail->data[i] = ' ';
	return tail->size ? err_hint(err, "output: %s", tail->data) : -err->number;
}

/* Reap the hook and judge its end. */
static int judge(const struct hook_stage *stage, pid_t pid, int report, struct tail *tail, struct err *err)
{
	int status, number;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "wait for the hook");
	if (fd_read_all(report, &number, sizeof(number)) == (ssize_t)sizeof(number))
		return err_sys(err, number, "exec");
	if (WIFSIGNALED(status)) {
		char why[64];

		/* lower case, as callers look for "bad system call" */
		(void)snprintf(why, sizeof(why), "%s", strsignal(WTERMSIG(status)));
		if (why[0] >= 'A' && why[0] <= 'Z')
			why[0] = (char)(why[0] - 'A' + 'a');
		(void)err_user(err, "killed by signal %d: %s", WTERMSIG(status), why);
		return describe(tail, err);
	}
	if (WEXITSTATUS(status)) {
		(void)err_user(err, "the %s hook failed with exit code %d", stage->name, WEXITSTATUS(status));
		return describe(tail, err);
	}
	return 0;
}

int hooks_make_input(const char *state_json, int *ret_fd, struct err *err)
{
	autofd fd = memfd_create("state", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "make a memory file for the state");
	r = fd_write_all(fd, state_json, strlen(state_json));
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, r < 0 ? -r : errno, "write the state");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* With its session, so that what it started goes with it; the pid is ours until it is reaped. */
static void end(pid_t pid, int pidfd)
{
	(void)kill(-pid, SIGKILL);
	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* What comes back from a hook that could not be executed.  Under a filter with a listener the launcher can send, but not
 * write; it must not wait for an answer. */
static int make_report(const struct hook_stage *stage, int ret[2])
{
	if (!filter_has_listener(stage->filter))
		return pipe2(ret, O_CLOEXEC);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0)
		return -1;
	return shutdown(ret[0], SHUT_WR);
}

static int run_one(const struct hook_stage *stage, const struct spec_hook *hook, struct err *err)
{
	struct tail tail = { .size = 0 };
	autofd made = -1, pidfd = -1, interrupts = stage->is_interruptible ? open_interrupts() : -1;
	int output[2], report[2], r;
	int64_t deadline = hook->timeout.is_set ? clock_ms() + hook->timeout.value * 1000 : -1;
	pid_t pid;

	r = stage->input ? 0 : hooks_make_input(stage->state_json, &made, err);
	if (r < 0)
		return r;
	if (stage->input && lseek(stage->input, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "rewind the state");
	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(err, errno, "make a pipe");
	autofd output_read = output[0], output_write = output[1];
	if (make_report(stage, report) < 0)
		return err_sys(err, errno, "make a pipe");
	autofd report_read = report[0], report_write = report[1];
	(void)fcntl(output_write, F_SETFL, 0); /* the hook's own end blocks as any pipe */

	struct clone_args args = { .flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uint64_t)(uintptr_t)&pidfd };
	pid = sys_clone3(&args);
	if (pid < 0)
		return err_sys(err, errno, "fork");
	if (pid == 0)
		become_hook(stage, hook, stage->input ? stage->input : made, output_write, report_write);
	auto_close(&output_write);
	output_write = -1;
	auto_close(&report_write);
	report_write = -1;

	r = await(pidfd, output_read, interrupts, deadline, &tail, err);
	if (r == HOOK_ENDED)
		return judge(stage, pid, report_read, &tail, err);
	end(pid, pidfd);
	if (r == HOOK_TIMED_OUT)
		(void)err_set(err, ETIMEDOUT, "no end after %lld s (timeout)", (long long)hook->timeout.value);
	else if (r == HOOK_INTERRUPTED)
		(void)err_set(err, EINTR, "interrupted by a signal");
	return r < 0 ? r : describe(&tail, err);
}

int hooks_run(const struct hook_stage *stage, const struct spec_hook_list *hooks, struct err *err)
{
	for (size_t i = 0; i < hooks->count; i++) {
		int r = run_one(stage, &hooks->items[i], err);

		if (r < 0)
			return err_in(err, "error running %s hook #%zu: %s", stage->name, i, hooks->items[i].path);
	}
	return 0;
}

void hooks_run_warning(const struct hook_stage *stage, const struct spec_hook_list *hooks)
{
	for (size_t i = 0; i < hooks->count; i++) {
		struct err err;

		if (run_one(stage, &hooks->items[i], &err) < 0)
			log_warning("error running %s hook #%zu: %s: %s", stage->name, i, hooks->items[i].path,
				    err.text);
	}
}
