/* A hook gets its state from a memfd, so that it may read it, or not, at its own pace, and writes into two pipes of which the
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
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"
#include "container/foreground.h"
#include "process/launch.h"
#include "spec/annotations.h"

#define OUTPUT_KEPT 4096 /* bytes of each: one fits into a struct err beside the rest */
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

/* What a hook prints: of standard output and error. */
enum { OUT, ERR, STREAMS };
struct stream {
	int read_fd;  /* -1: it goes into a file, or has ended */
	int write_fd; /* the hook's end */
	struct tail tail;
};

static void streams_close(struct stream streams[STREAMS])
{
	for (int i = 0; i < STREAMS; i++) {
		auto_close(&streams[i].read_fd);
		auto_close(&streams[i].write_fd);
	}
}

/* A pipe, or a file that the configuration names. */
static int stream_open(struct stream *stream, int file, struct err *err)
{
	int ends[2];

	if (file > 0) {
		stream->write_fd = fcntl(file, F_DUPFD_CLOEXEC, 3);
		return stream->write_fd < 0 ? err_sys(err, errno, "duplicate the hooks' output file") : 0;
	}
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(err, errno, "make a pipe");
	stream->read_fd = ends[0];
	stream->write_fd = ends[1];
	(void)fcntl(stream->write_fd, F_SETFL, 0); /* the hook's own end blocks as any pipe */
	return 0;
}

/* What the child has. */
struct hook_fds {
	int input, out, err, report;
};

/* The child: only standard descriptors, default signals, its own session. */
static _Noreturn void become_hook(const struct hook_stage *stage, const struct spec_hook *hook,
				  const struct hook_fds *fds)
{
	static char *none[] = { NULL };
	char *fallback[] = { (char *)(uintptr_t)hook->path, NULL };
	char *const *caller = stage->env ? stage->env : environ ? environ : none;
	const struct launch launcher = {
		.path = hook->path,
		.argv = hook->args.count ? (char *const *)(uintptr_t)hook->args.items : fallback,
		.envp = hook->has_env ? (char *const *)(uintptr_t)hook->env.items : caller,
		.listen_fd = -1,
		.status_fd = fds->report,
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
	if (dup2(fds->input, 0) >= 0 && dup2(fds->out, 1) >= 0 && dup2(fds->err, 2) >= 0 &&
	    sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) >= 0)
		execute(stage, &launcher);
	number = errno;
	(void)!write(fds->report, &number, sizeof(number));
	_exit(127);
}

/* How a hook ended, or why it is not waited for any longer. */
enum { HOOK_ENDED, HOOK_TIMED_OUT, HOOK_INTERRUPTED };

/* Wait for the end of the hook, reading its output.  interrupts: of foreground_open_interrupts(), or -1.  Returns HOOK_... or an
 * error. */
static int await(int pidfd, struct stream streams[STREAMS], int interrupts, int64_t deadline, struct err *err)
{
	for (;;) {
		struct pollfd fds[2 + STREAMS] = { { .fd = pidfd, .events = POLLIN },
						   { .fd = interrupts, .events = POLLIN },
						   { .fd = streams[OUT].read_fd, .events = POLLIN },
						   { .fd = streams[ERR].read_fd, .events = POLLIN } };
		int64_t left = deadline < 0 ? -1 : deadline - clock_ms();

		if (deadline >= 0 && left < 0)
			return HOOK_TIMED_OUT;
		if (poll(fds, ARRAY_SIZE(fds), left > 1000000 ? 1000000 : (int)left) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for the hook");
		/* what it wrote is there when it has ended, whatever poll(2) saw first */
		for (int i = 0; i < STREAMS; i++)
			if ((fds[2 + i].revents || fds[0].revents) && streams[i].read_fd >= 0 &&
			    !tail_read(&streams[i].tail, streams[i].read_fd)) {
				(void)close(streams[i].read_fd);
				streams[i].read_fd = -1;
			}
		if (fds[0].revents)
			return HOOK_ENDED;
		if (fds[1].revents) {
			foreground_take_interrupt(interrupts);
			return HOOK_INTERRUPTED;
		}
	}
}

static void trim(struct tail *tail)
{
	while (tail->size && (tail->data[tail->size - 1] == '\n' || tail->data[tail->size - 1] == ' '))
		tail->data[--tail->size] = '\0';
	for (size_t i = 0; i < tail->size; i++)
		if (tail->data[i] == '\n')
			tail->data[i] = ' ';
}

/* Add what the hook wrote to the error: what it complained about, or else what it said. */
static int describe(struct stream streams[STREAMS], struct err *err)
{
	for (int i = ERR; i >= OUT; i--) {
		trim(&streams[i].tail);
		if (streams[i].tail.size)
			return err_hint(err, "output: %s", streams[i].tail.data);
	}
	return -err->number;
}

/* Reap the hook and judge its end. */
static int judge(const struct hook_stage *stage, pid_t pid, int report, struct stream streams[STREAMS], struct err *err)
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
		return describe(streams, err);
	}
	if (WEXITSTATUS(status)) {
		(void)err_user(err, "the %s hook failed with exit code %d", stage->name, WEXITSTATUS(status));
		return describe(streams, err);
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

static int spawn_hook(const struct hook_stage *stage, const struct spec_hook *hook, const struct hook_fds *fds,
		      int *ret_pidfd, struct err *err)
{
	struct clone_args args = { .flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uint64_t)(uintptr_t)ret_pidfd };
	pid_t pid = sys_clone3(&args);

	if (pid == 0)
		become_hook(stage, hook, fds);
	return pid < 0 ? err_sys(err, errno, "fork") : pid;
}

/* Run it with all that is open. */
static int run_open(const struct hook_stage *stage, const struct spec_hook *hook, int input,
		    struct stream streams[STREAMS], struct err *err)
{
	autofd pidfd = -1, interrupts = stage->is_interruptible ? foreground_open_interrupts() : -1;
	int64_t deadline = hook->timeout.is_set ? clock_ms() + hook->timeout.value * 1000 : -1;
	int report[2], r;
	pid_t pid;

	if (make_report(stage, report) < 0)
		return err_sys(err, errno, "make a pipe");
	autofd report_read = report[0], report_write = report[1];

	pid = spawn_hook(stage, hook,
			 &(struct hook_fds){ input, streams[OUT].write_fd, streams[ERR].write_fd, report_write },
			 &pidfd, err);
	if (pid < 0)
		return pid;
	(void)close(take_fd(&report_write));
	for (int i = 0; i < STREAMS; i++)
		(void)close(take_fd(&streams[i].write_fd));
	r = await(pidfd, streams, interrupts, deadline, err);
	if (r == HOOK_ENDED)
		return judge(stage, pid, report_read, streams, err);
	end(pid, pidfd);
	if (r == HOOK_TIMED_OUT)
		(void)err_set(err, ETIMEDOUT, "no end after %lld s (timeout)", (long long)hook->timeout.value);
	else if (r == HOOK_INTERRUPTED)
		(void)err_set(err, EINTR, "interrupted by a signal");
	return r < 0 ? r : describe(streams, err);
}

static int run_one(const struct hook_stage *stage, const struct spec_hook *hook, struct err *err)
{
	struct stream streams[STREAMS] = { { .read_fd = -1, .write_fd = -1 }, { .read_fd = -1, .write_fd = -1 } };
	autofd made = -1;
	int r = stage->input ? 0 : hooks_make_input(stage->state_json, &made, err);

	if (r < 0)
		return r;
	if (stage->input && lseek(stage->input, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "rewind the state");
	r = stream_open(&streams[OUT], stage->output.out, err);
	if (r == 0)
		r = stream_open(&streams[ERR], stage->output.err, err);
	if (r == 0)
		r = run_open(stage, hook, stage->input ? stage->input : made, streams, err);
	streams_close(streams);
	return r;
}

/* A name of the host's, which the caller trusts or does not let be set. */
static int open_output(const struct spec *spec, const char *key, int *ret_fd, struct err *err)
{
	const char *path = spec_annotation(spec, key);

	if (!path)
		return 0;
	*ret_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (*ret_fd < 0)
		return err_sys(err, errno, "annotations[\"%s\"]: open %s", key, path);
	(void)fcntl(*ret_fd, F_SETFL, O_APPEND); /* only the opening must not block */
	return 0;
}

int hooks_open_output(const struct spec *spec, struct hook_output *ret, struct err *err)
{
	struct hook_output output = { -1, -1 };
	int r = open_output(spec, ANNOTATION_HOOKS_STDOUT, &output.out, err);

	if (r == 0)
		r = open_output(spec, ANNOTATION_HOOKS_STDERR, &output.err, err);
	if (r < 0)
		hooks_close_output(&output);
	else
		*ret = output;
	return r;
}

void hooks_close_output(struct hook_output *output)
{
	if (output->out > 0)
		(void)close(output->out);
	if (output->err > 0)
		(void)close(output->err);
	*output = (struct hook_output){ 0 };
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

void hooks_run_poststop(const struct spec *spec, const char *state_json, const char *bundle)
{
	const struct spec_hook_list *hooks = &spec->hooks.poststop;
	struct hook_stage stage = {
		.name = "poststop", .state_json = state_json, .dir = bundle, .is_interruptible = true
	};
	struct err err;

	if (hooks_open_output(spec, &stage.output, &err) < 0)
		log_warning("poststop hooks: %s", err.text);
	for (size_t i = 0; i < hooks->count; i++)
		if (run_one(&stage, &hooks->items[i], &err) < 0)
			log_warning("error running %s hook #%zu: %s: %s", stage.name, i, hooks->items[i].path,
				    err.text);
	hooks_close_output(&stage.output);
}
