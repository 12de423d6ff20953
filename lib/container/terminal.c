#include "container/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "container/socket.h"

#define QUIET_MS  100
#define DRAIN_MAX 256 /* chunks */

int terminal_send(const char *console_socket, int master, struct err *err)
{
	/* the receiver takes the text for the file's name */
	static const char name[] = "/dev/ptmx";
	autofd sock = -1;
	int r = socket_connect_path(console_socket, &sock, err);

	if (r < 0)
		return r;
	r = fd_send(sock, name, sizeof(name) - 1, master);
	return r < 0 ? err_sys(err, -r, "send the terminal to %s", console_socket) : 0;
}

int terminal_attach(struct terminal *terminal, int master, struct err *err)
{
	int flags = fcntl(master, F_GETFL);

	*terminal = (struct terminal){ .master = master, .input_open = true };
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_sys(err, errno, "make the terminal non-blocking");
	terminal_resize(terminal);
	/* the guest's lines end in a newline alone; this terminal adds the carriage return */
	return raw_enter(&terminal->raw, true, err);
}

/* The guest gets SIGHUP, as when the line of a terminal drops. */
static void hang_up(struct terminal *terminal)
{
	auto_close(&terminal->master);
	terminal->master = -1;
	terminal->input.size = terminal->output.size = 0;
}

/* Returns false when that end is at its end: end of file, or an error. */
static bool stream_read(struct terminal_stream *stream, int fd)
{
	ssize_t n = read(fd, stream->data, sizeof(stream->data));

	stream->at = 0;
	stream->size = n > 0 ? (size_t)n : 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Returns 0 or -errno. */
static int stream_write(struct terminal_stream *stream, int fd)
{
	ssize_t n = write(fd, stream->data + stream->at, stream->size);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	stream->at += (size_t)n;
	stream->size -= (size_t)n;
	return 0;
}

/* The end of a pipe or file is not the end of a terminal: its reader waits for the end-of-file character, which within a line
 * only ends that. */
static void end_input(struct terminal *terminal)
{
	struct termios modes;

	terminal->input_open = false;
	if (tcgetattr(terminal->master, &modes) < 0 || modes.c_cc[VEOF] == _POSIX_VDISABLE)
		return;
	terminal->input.at = 0;
	terminal->input.size = terminal->in_line ? 2 : 1;
	memset(terminal->input.data, modes.c_cc[VEOF], terminal->input.size);
}

static void read_input(struct terminal *terminal)
{
	struct terminal_stream *input = &terminal->input;

	if (!stream_read(input, STDIN_FILENO)) {
		if (terminal->raw.is_raw) /* a raw terminal ends by being gone */
			hang_up(terminal);
		else
			end_input(terminal);
	} else if (input->size) {
		terminal->in_line = input->data[input->size - 1] != '\n';
	}
}

static void write_output(struct terminal *terminal)
{
	int r = stream_write(&terminal->output, STDOUT_FILENO);

	if (r == -EPIPE || r == -EIO) /* its reader, or the caller's terminal, is gone */
		hang_up(terminal);
	else if (r < 0) /* a full disk, say: what is lost is the output alone */
		terminal->output.size = 0;
}

int terminal_prepare(struct terminal *terminal, struct pollfd fds[TERMINAL_FDS])
{
	const bool is_there = terminal->master >= 0;
	const short wanted = (short)((terminal->output.size ? 0 : POLLIN) | (terminal->input.size ? POLLOUT : 0));
	const bool was_quiet = terminal->is_quiet;

	fds[TERMINAL_MASTER] = (struct pollfd){ .fd = wanted && !was_quiet ? terminal->master : -1, .events = wanted };
	fds[TERMINAL_INPUT] =
		(struct pollfd){ .fd = is_there && terminal->input_open && !terminal->input.size ? STDIN_FILENO : -1,
				 .events = POLLIN };
	fds[TERMINAL_OUTPUT] =
		(struct pollfd){ .fd = is_there && terminal->output.size ? STDOUT_FILENO : -1, .events = POLLOUT };
	/* an end that nobody has open is readable all the time; somebody may open it again */
	terminal->is_quiet = false;
	return was_quiet ? QUIET_MS : -1;
}

void terminal_serve(struct terminal *terminal, const struct pollfd fds[TERMINAL_FDS])
{
	const short master = fds[TERMINAL_MASTER].revents;

	if (master && !(master & (POLLIN | POLLOUT)))
		terminal->is_quiet = true;
	if ((master & POLLOUT) && terminal->input.size && stream_write(&terminal->input, terminal->master) < 0)
		terminal->is_quiet = true;
	if ((master & POLLIN) && !terminal->output.size && !stream_read(&terminal->output, terminal->master))
		terminal->is_quiet = true;
	if (fds[TERMINAL_INPUT].revents && terminal->master >= 0)
		read_input(terminal);
	if (fds[TERMINAL_OUTPUT].revents && terminal->master >= 0)
		write_output(terminal);
}

void terminal_resize(const struct terminal *terminal)
{
	struct winsize size;

	if (raw_size(&size))
		(void)ioctl(terminal->master, TIOCSWINSZ, &size);
}

void terminal_resume(struct terminal *terminal)
{
	struct err ignored;

	if (!terminal->raw.saved)
		return;
	(void)raw_enter(&terminal->raw, true, &ignored); /* else it is as whoever let us go on left it */
	terminal_resize(terminal);
}

void terminal_stop(struct terminal *terminal)
{
	raw_leave(&terminal->raw);
	(void)kill(getpid(), SIGSTOP); /* returns when somebody lets us go on */
	terminal_resume(terminal);
}

/* What the guest wrote before it ended.  Others may have its terminal open still: they do not keep us. */
static void drain(struct terminal *terminal)
{
	struct pollfd left = { .fd = terminal->master, .events = POLLIN };

	for (int i = 0; i < DRAIN_MAX; i++) {
		while (terminal->master >= 0 && terminal->output.size)
			write_output(terminal);
		if (terminal->master < 0 || poll(&left, 1, 0) <= 0 || !(left.revents & POLLIN) ||
		    !stream_read(&terminal->output, terminal->master))
			return;
	}
}

void terminal_detach(struct terminal *terminal)
{
	if (terminal->master >= 0)
		drain(terminal);
	raw_free(&terminal->raw);
	auto_close(&terminal->master);
	*terminal = (struct terminal)TERMINAL_NONE;
}
