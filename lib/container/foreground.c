#include "container/foreground.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "base/sys.h"
#include "container/notify.h"
#include "container/terminal.h"

#define REAP_MS 50

/* All but those that a process raises by its own fault, and SIGCHLD, SIGTTIN, SIGTTOU, SIGTSTP, which concern this
 * process and its terminal. */
static void forwarded(sigset_t *set)
{
	static const int ours[] = { SIGCHLD, SIGTTIN, SIGTTOU, SIGTSTP, SIGSEGV, SIGBUS, SIGFPE,
				    SIGILL,  SIGABRT, SIGTRAP, SIGSYS,	SIGPIPE, SIGURG };

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

static void fill_ends(sigset_t *set)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(set, ends[i]);
}

void foreground_hold_ends(sigset_t *ret_before)
{
	sigset_t set;

	fill_ends(&set);
	(void)sigprocmask(SIG_BLOCK, &set, ret_before); /* cannot fail with these arguments */
}

void foreground_release_ends(const sigset_t *before)
{
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

int foreground_open_interrupts(void)
{
	sigset_t blocked, set;

	fill_ends(&set);
	if (sigprocmask(SIG_BLOCK, NULL, &blocked) < 0 || !sigismember(&blocked, SIGTERM))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void foreground_take_interrupt(int interrupts)
{
	struct signalfd_siginfo info;

	(void)!read(interrupts, &info, sizeof(info));
}

int foreground_await(int fd, const char *meanwhile, struct err *err)
{
	autofd interrupts = foreground_open_interrupts();
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = interrupts, .events = POLLIN } };

	while (interrupts >= 0 && poll(fds, ARRAY_SIZE(fds), -1) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "wait while %s", meanwhile);
	if (interrupts < 0 || fds[0].revents)
		return 0;
	foreground_take_interrupt(interrupts);
	return err_set(err, EINTR, "interrupted by a signal while %s", meanwhile);
}

int foreground_open_signals(int *ret_fd, struct err *err)
{
	sigset_t set;

	forwarded(&set);
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return *ret_fd < 0 ? err_sys(err, errno, "signalfd") : 0;
}

/* Does that signal ask for an end? */
static bool is_end(uint32_t number)
{
	sigset_t ends;

	fill_ends(&ends);
	return sigismember(&ends, (int)number) == 1;
}

/* One signal that is for the guest, or about our terminal.  Returns its number. */
static uint32_t handle_signal(int pidfd, struct terminal *terminal, int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	if (info.ssi_signo == SIGTSTP) {
		terminal_stop(terminal);
		return info.ssi_signo;
	}
	/* after a stop that could not be seen to, by SIGSTOP */
	if (info.ssi_signo == SIGCONT)
		terminal_resume(terminal);
	if (info.ssi_signo == SIGWINCH && terminal->master >= 0)
		terminal_resize(terminal);
	else
		/* ESRCH: it has just ended, which the next round sees */
		(void)sys_pidfd_send_signal(pidfd, (int)info.ssi_signo);
	return info.ssi_signo;
}

int foreground_await_start(int signals, int fd, int pidfd, struct err *err)
{
	struct terminal none = TERMINAL_NONE;

	for (;;) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = signals, .events = POLLIN } };

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(err, errno, "wait for the process to start");
		}
		if (fds[0].revents)
			return 0;
		if (is_end(handle_signal(pidfd, &none, signals)))
			return err_set(err, EINTR, "interrupted by a signal before the process ran");
	}
}

/* It has ended, but a guest that traces it may keep it: then only a signal that asks for an end ends this. */
static int reap(const struct foreground *f, int signals, int *ret_status, struct err *err)
{
	struct terminal none = TERMINAL_NONE;
	int status, r;

	while ((r = proc_reap(f->pid, f->pidfd, 0, &status)) == 1) {
		struct pollfd asked = { .fd = signals, .events = POLLIN };
		uint32_t number = poll(&asked, 1, REAP_MS) > 0 ? handle_signal(f->pidfd, &none, signals) : 0;

		if (is_end(number)) {
			*ret_status = 128 + (int)number;
			return 0;
		}
	}
	if (r < 0)
		return err_sys(err, -r, "wait for process %d", f->pid);
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

/* Wait for the end of the process, doing what comes up meanwhile. */
static int attend(const struct foreground *f, struct terminal *terminal, int signals, struct err *err)
{
	enum { ENDED, SIGNAL, NOTIFY, TERMINAL, COUNT = TERMINAL + TERMINAL_FDS };

	for (;;) {
		struct pollfd fds[COUNT] = {
			[ENDED] = { .fd = f->pidfd, .events = POLLIN },
			[SIGNAL] = { .fd = signals, .events = POLLIN },
			[NOTIFY] = { .fd = f->notify, .events = POLLIN },
		};
		int timeout = terminal_prepare(terminal, fds + TERMINAL);

		if (poll(fds, COUNT, timeout) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(err, errno, "wait for the guest");
		}
		if (fds[NOTIFY].revents)
			(void)notify_forward(f->notify, f->pid);
		terminal_serve(terminal, fds + TERMINAL);
		if (fds[SIGNAL].revents)
			(void)handle_signal(f->pidfd, terminal, signals);
		if (fds[ENDED].revents)
			return 0;
	}
}

/* From now on whoever stops us gets the terminal as it was, and we have it raw again when we go on. */
static int attend_stops(int signals, struct err *err)
{
	sigset_t stop, set;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	forwarded(&set);
	sigaddset(&set, SIGTSTP);
	if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0 || signalfd(signals, &set, 0) < 0)
		return err_sys(err, errno, "signalfd");
	return 0;
}

int foreground_wait(const struct foreground *foreground, int *ret_status, struct err *err)
{
	struct terminal terminal = TERMINAL_NONE;
	autofd opened = -1;
	int signals = foreground->signals, r = 0;

	if (signals < 0) {
		r = foreground_open_signals(&opened, err);
		signals = opened;
	}
	if (r == 0 && foreground->terminal >= 0)
		r = terminal_attach(&terminal, foreground->terminal, err);
	if (r == 0 && terminal.raw.is_raw)
		r = attend_stops(signals, err);
	if (r == 0)
		r = attend(foreground, &terminal, signals, err);
	terminal_detach(&terminal);
	return r < 0 ? r : reap(foreground, signals, ret_status, err);
}
