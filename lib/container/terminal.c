#include "container/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "base/auto.h"
#include "base/fd.h"
#include "container/socket.h"

#define CHUNK 8192

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

static int set_raw(struct terminal *terminal, struct err *err)
{
	struct termios *saved, raw;

	if (!isatty(STDIN_FILENO))
		return 0;
	saved = malloc(sizeof(*saved));
	if (!saved)
		return err_memory(err);
	terminal->saved = saved;
	if (tcgetattr(STDIN_FILENO, saved) < 0)
		return err_sys(err, errno, "get the terminal's modes");
	raw = *saved;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST; /* the guest's lines end in a newline alone; this terminal adds the carriage return */
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return err_sys(err, errno, "set the terminal's modes");
	terminal->is_raw = true;
	return 0;
}

int terminal_attach(struct terminal *terminal, int master, struct err *err)
{
	int flags = fcntl(master, F_GETFL);

	*terminal = (struct terminal){ .master = master, .input_open = true };
	if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_sys(err, errno, "make the terminal non-blocking");
	terminal_resize(terminal);
	return set_raw(terminal, err);
}

/* The master is non-blocking, so that a guest that does not read cannot hold its output. */
static bool write_master(int master, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(master, data, size);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd writable = { .fd = master, .events = POLLOUT };

			if (poll(&writable, 1, 1000) <= 0 || !(writable.revents & POLLOUT))
				return false;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

bool terminal_input(struct terminal *terminal)
{
	char data[CHUNK];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n > 0 && write_master(terminal->master, data, (size_t)n))
		return true;
	terminal->input_open = false;
	return false;
}

bool terminal_output(struct terminal *terminal)
{
	char data[CHUNK];
	ssize_t n = read(terminal->master, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	/* EIO: no process has the other end open any more */
	return n > 0 && fd_write_all(STDOUT_FILENO, data, (size_t)n) == 0;
}

void terminal_resize(const struct terminal *terminal)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		(void)ioctl(terminal->master, TIOCSWINSZ, &size);
}

void terminal_detach(struct terminal *terminal)
{
	struct pollfd left = { .fd = terminal->master, .events = POLLIN };

	if (terminal->master < 0)
		return;
	while (poll(&left, 1, 0) > 0 && (left.revents & POLLIN) && terminal_output(terminal))
		;
	if (terminal->is_raw)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, terminal->saved);
	free(terminal->saved);
	auto_close(&terminal->master);
	*terminal = (struct terminal)TERMINAL_NONE;
}
