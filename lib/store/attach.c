/* Nothing here blocks but poll(2): a standard output that nobody reads must not keep the keys from being heard. */
#include "store/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "container/raw.h"
#include "store/control.h"
#include "store/keys.h"

#define OUTPUT_MAX (1 + 8192) /* bytes of a packet from the shim */
#define INPUT_MAX  4096
#define WRITE_MAX  4096 /* a pipe that can be written to takes as many without blocking (PIPE_BUF) */
#define END_MS	   5000 /* for a shim that hung up to be gone */

enum how { GOES_ON, HUNG_UP, DETACHED, SIGNALLED };

/* What was typed and is not sent yet. */
struct input {
	char data[INPUT_MAX + KEYS_MAX];
	size_t size;
};

/* What was received and is not written yet. */
struct output {
	char data[OUTPUT_MAX];
	size_t at, size;
	int fd; /* where it goes */
};

struct attached {
	const struct store *store;
	const struct guest *guest;
	const struct attach_options *options;
	int socket, ctl, signals;
	struct raw_terminal raw;
	struct keys keys;
	struct input input;
	struct output output;
	bool input_open; /* standard input has not ended */
	enum how how;
	int signal; /* SIGNALLED */
	/* of the guest, before this: when it was started, and had ended last; "": unknown */
	char started[CLOCK_TEXT_MAX], ended[CLOCK_TEXT_MAX];
};

/* ---------------------------------------------------------------- terminal */

static void send_size(const struct attached *attached)
{
	struct winsize size;

	if (attached->ctl >= 0 && raw_size(&size)) /* a guest whose ctl is full just keeps its size */
		(void)dprintf(attached->ctl, "1 %u %u\n", size.ws_row, size.ws_col);
}

/* Of a guest with a terminal. */
static int set_terminal(struct attached *attached, struct err *err)
{
	if (!attached->guest->settings.terminal)
		return 0;
	send_size(attached);
	return attached->options->no_input ? 0 : raw_enter(&attached->raw, false, err);
}

static void open_ctl(struct attached *attached)
{
	autofd dir = open(attached->guest->run, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	autofd fd = dir < 0 ? -1 : openat(dir, "ctl", O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct stat file;

	/* without it the size does not follow, no more */
	if (fd >= 0 && fstat(fd, &file) == 0 && S_ISFIFO(file.st_mode))
		attached->ctl = take_fd(&fd);
}

/* ---------------------------------------------------------------- streams */

/* Standard input has ended, or is not there.  gone: a terminal that hung up, rather than a file that was read. */
static void end_input(struct attached *attached, bool gone)
{
	attached->input_open = false;
	if (gone) {
		attached->how = SIGNALLED;
		attached->signal = SIGHUP;
	} else {
		(void)shutdown(attached->socket, SHUT_WR);
	}
}

/* A packet is taken as a whole, or not at all. */
static void send_input(struct attached *attached)
{
	struct input *input = &attached->input;

	if (send(attached->socket, input->data, input->size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
			return;
		attached->input_open = false; /* that the other side is gone is seen when all that it sent was read */
	}
	input->size = 0;
}

static void read_input(struct attached *attached)
{
	struct input *input = &attached->input;
	char typed[INPUT_MAX];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end_input(attached, attached->raw.is_raw);
		return;
	}
	if (!keys_take(&attached->keys, typed, (size_t)n, input->data, &input->size))
		return;
	if (input->size)
		send_input(attached); /* what was typed before the keys, if it can be taken at once */
	attached->how = DETACHED;
}

static void receive(struct attached *attached)
{
	struct output *output = &attached->output;
	ssize_t n = recv(attached->socket, output->data, sizeof(output->data), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET))
		return; /* ECONNRESET comes once, before what is left */
	if (n <= 0) {
		attached->how = HUNG_UP;
		return;
	}
	output->at = 1;
	output->size = (size_t)n - 1;
	output->fd = output->data[0] == 3 ? STDERR_FILENO : STDOUT_FILENO;
}

static void write_output(struct attached *attached)
{
	struct output *output = &attached->output;
	ssize_t n = write(output->fd, output->data + output->at, output->size < WRITE_MAX ? output->size : WRITE_MAX);

	if (n >= 0) {
		output->at += (size_t)n;
		output->size -= (size_t)n;
	} else if (errno == EPIPE || errno == EIO) { /* its reader, or the terminal, is gone */
		attached->how = SIGNALLED;
		attached->signal = errno == EPIPE ? SIGPIPE : SIGHUP;
	} else if (errno != EAGAIN && errno != EINTR) {
		output->size = 0; /* a full disk, say: what is lost is the output alone */
	}
}

/* ---------------------------------------------------------------- signals */

static void fill_signals(sigset_t *set)
{
	static const int taken[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH };

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		sigaddset(set, taken[i]);
}

/* Stop as the shell expects it, with the terminal as it was. */
static void stop(struct attached *attached)
{
	raw_leave(&attached->raw);
	(void)raise(SIGSTOP); /* returns on SIGCONT, which is taken then */
}

static void take_signal(struct attached *attached)
{
	struct signalfd_siginfo info;
	struct err ignored;

	if (read(attached->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH)
		send_size(attached);
	else if (info.ssi_signo == SIGTSTP)
		stop(attached);
	else if (info.ssi_signo == SIGCONT)
		(void)set_terminal(attached,
				   &ignored); /* whoever continues it in the background gets no raw terminal */
	else if (attached->options->proxy_signals)
		/* one that has just ended hangs up in a moment */
		(void)container_kill(attached->store->host, attached->guest->name, (int)info.ssi_signo, false,
				     &ignored);
	else {
		attached->how = SIGNALLED;
		attached->signal = (int)info.ssi_signo;
	}
}

/* ---------------------------------------------------------------- all of them */

static int attend(struct attached *attached, struct err *err)
{
	while (attached->how == GOES_ON) {
		const bool has_input = attached->input.size > 0, has_output = attached->output.size > 0;
		const short wanted = (short)((has_output ? 0 : POLLIN) | (has_input ? POLLOUT : 0));
		struct pollfd fds[] = {
			{ .fd = attached->signals, .events = POLLIN },
			/* not for nothing: a hang-up would be reported all the same */
			{ .fd = wanted ? attached->socket : -1, .events = wanted },
			{ .fd = attached->input_open && !has_input ? STDIN_FILENO : -1, .events = POLLIN },
			{ .fd = has_output ? attached->output.fd : -1, .events = POLLOUT },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for the guest");
		if (fds[0].revents)
			take_signal(attached);
		if (has_input && fds[1].revents)
			send_input(attached);
		if (!has_output && fds[1].revents)
			receive(attached);
		if (fds[2].revents)
			read_input(attached);
		if (fds[3].revents)
			write_output(attached);
	}
	return 0;
}

static int open_all(struct attached *attached, struct err *err)
{
	const char *keys = attached->options->detach_keys;
	sigset_t set;
	int r = keys_parse(keys ? keys : "ctrl-p,ctrl-q", &attached->keys, err);

	if (r < 0)
		return r;
	r = control_connect(attached->guest->run, "attach", &attached->socket, err);
	if (r > 0)
		return err_set(err, ENOENT, "guest \"%s\" does not run under a shim", attached->guest->name);
	if (r < 0)
		return r;
	fill_signals(&set);
	attached->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (attached->signals < 0)
		return err_sys(err, errno, "signalfd");
	if (attached->guest->settings.terminal)
		open_ctl(attached);
	return set_terminal(attached, err);
}

static void close_all(struct attached *attached)
{
	raw_free(&attached->raw);
	auto_close(&attached->socket);
	auto_close(&attached->ctl);
	auto_close(&attached->signals);
}

/* The record may be of an earlier life, if the shim was killed and the guest with it.  It may also have been written already when this
 * began.  Both times are of one clock, in one form. */
static bool is_of_this_life(const struct attached *attached, const struct guest_status *status)
{
	return status->finished && (!str_eq(status->finished, attached->ended) ||
				    (*attached->started && strcmp(status->finished, attached->started) >= 0));
}

/* The shim hung up: wait until it is gone, and see what became of the guest. */
static int find_status(const struct attached *attached, int *ret_status, struct err *err)
{
	const int64_t due = clock_ms() + END_MS;
	const char *name = attached->guest->name;
	struct guest_status status;
	int r;

	for (;;) {
		r = guest_status(attached->store, attached->guest, &status, err);
		if (r < 0)
			return r;
		if (status.state != GUEST_RUNNING || clock_ms() >= due)
			break;
		guest_status_free(&status);
		(void)poll(NULL, 0, 20);
	}
	if (status.state == GUEST_UNATTENDED)
		r = err_set(err, EPIPE,
			    "the shim of guest \"%s\" is gone; the guest runs on (`kavel up %s` gives it a new shim)",
			    name, name);
	else if (status.state == GUEST_RUNNING)
		r = err_set(err, EPIPE, "the shim of guest \"%s\" closed the connection", name);
	else if (!status.has_exit_code || !is_of_this_life(attached, &status))
		r = err_set(err, ENODATA, "guest \"%s\" has ended, nobody knows how", name);
	else
		*ret_status = (int)status.exit_code;
	guest_status_free(&status);
	return r;
}

/* Find that it runs, and since when. */
static int find_guest(struct attached *attached, struct err *err)
{
	struct guest_status status;
	int r = guest_status(attached->store, attached->guest, &status, err);

	if (r < 0)
		return r;
	(void)snprintf(attached->started, sizeof(attached->started), "%s", status.started ? status.started : "");
	(void)snprintf(attached->ended, sizeof(attached->ended), "%s", status.finished ? status.finished : "");
	if (status.state == GUEST_UNATTENDED)
		r = err_set(err, ENOENT, "guest \"%s\" runs without a shim (`kavel up %s` gives it a new one)",
			    attached->guest->name, attached->guest->name);
	else if (status.state == GUEST_STOPPED)
		r = err_set(err, ENOENT, "guest \"%s\" does not run (`kavel up %s` starts it)", attached->guest->name,
			    attached->guest->name);
	guest_status_free(&status);
	return r;
}

int guest_attach(const struct store *store, const struct guest *guest, const struct attach_options *options,
		 int *ret_status, struct err *err)
{
	struct attached attached = {
		.store = store, .guest = guest, .options = options, .socket = -1, .ctl = -1, .signals = -1
	};
	sigset_t set, old;
	int r;

	attached.input_open = !options->no_input && (guest->settings.terminal || guest->settings.input);
	r = find_guest(&attached, err);
	if (r < 0)
		return r;
	fill_signals(&set);
	sigaddset(&set, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &set, &old); /* cannot fail with these arguments */
	r = open_all(&attached, err);
	if (r == 0)
		r = attend(&attached, err);
	close_all(&attached);
	if (r == 0 && attached.how == HUNG_UP)
		r = find_status(&attached, ret_status, err);
	else if (r == 0)
		*ret_status = attached.how == SIGNALLED ? 128 + attached.signal : 0;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}
