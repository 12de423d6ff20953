/* Plain ANSI (ECMA-48) sequences that every terminal of this century has, so that no library and no terminfo is needed. */
#include "screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"

#define ENTER "\033[?1049h\033[?25l" /* the alternate screen, without a cursor */
#define LEAVE "\033[?25h\033[?1049l"

/* Signals that would end the program with the terminal as it is. */
static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static void read_size(struct screen *screen)
{
	struct winsize size;

	screen->columns = 80;
	screen->rows = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return;
	screen->columns = size.ws_col;
	screen->rows = size.ws_row;
}

static int take_signals(struct screen *screen, struct err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGWINCH);
	(void)sigaddset(&set, SIGCONT); /* somebody else may have used the terminal meanwhile */
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		(void)sigaddset(&set, ends[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	screen->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return screen->signals < 0 ? err_sys(err, errno, "signalfd") : 0;
}

/* Keys one by one, without echo.  Ctrl-C stays a signal, Ctrl-Z would leave the screen as it is and is none. */
static int set_raw(struct screen *screen, struct err *err)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &screen->before) < 0)
		return err_sys(err, errno, "standard input is no terminal");
	raw = screen->before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return err_sys(err, errno, "set the terminal up");
	screen->is_open = true;
	return 0;
}

int screen_open(struct screen *screen, struct err *err)
{
	int r;

	*screen = (struct screen)SCREEN_CLOSED;
	if (!isatty(STDOUT_FILENO))
		return err_sys(err, ENOTTY, "standard output is no terminal");
	screen->input = STDIN_FILENO;
	r = take_signals(screen, err);
	if (r == 0)
		r = set_raw(screen, err);
	if (r < 0) {
		screen_close(screen);
		return r;
	}
	read_size(screen);
	r = fd_write_all(STDOUT_FILENO, ENTER, strlen(ENTER));
	if (r < 0) {
		screen_close(screen);
		return err_sys(err, -r, "write to the terminal");
	}
	return 0;
}

void screen_close(struct screen *screen)
{
	if (screen->is_open) {
		/* a terminal that is gone needs nothing */
		(void)fd_write_all(STDOUT_FILENO, LEAVE, strlen(LEAVE));
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen->before);
	}
	auto_close(&screen->signals);
	*screen = (struct screen)SCREEN_CLOSED;
}

int screen_draw(const struct screen *screen, const struct str_buf *text, struct err *err)
{
	autobuf out = { 0 };
	const char *at = text->data ? text->data : "";
	size_t row = 0;
	int r;

	/* each line over the old one, so that nothing flickers */
	str_append(&out, "\033[H");
	for (; *at && row < screen->rows; row++) {
		size_t n = strcspn(at, "\n");

		str_append_f(&out, "%s%.*s\033[K", row ? "\r\n" : "", (int)n, at);
		at += n + (at[n] == '\n');
	}
	str_append(&out, "\033[J");
	if (out.failed || text->failed)
		return err_memory(err);
	r = fd_write_all(STDOUT_FILENO, out.data, out.size);
	return r < 0 ? err_sys(err, -r, "write to the terminal") : 0;
}

static enum screen_event take_signal(struct screen *screen)
{
	struct signalfd_siginfo info;
	enum screen_event event = SCREEN_TIMEOUT;

	while (read(screen->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGCONT)
			return SCREEN_END;
		event = SCREEN_RESIZED;
	}
	if (event == SCREEN_RESIZED)
		read_size(screen);
	return event;
}

/* A key such as an arrow comes as several bytes: all of them are one that is not understood. */
static enum screen_event take_key(const struct screen *screen, char *ret_key)
{
	char keys[16];
	ssize_t n = read(screen->input, keys, sizeof(keys));

	if (n <= 0)
		return n < 0 && errno == EINTR ? SCREEN_TIMEOUT : SCREEN_END;
	*ret_key = keys[0] == '\033' ? '\0' : keys[n - 1];
	return SCREEN_KEY;
}

enum screen_event screen_wait(struct screen *screen, int timeout_ms, char *ret_key)
{
	struct pollfd fds[] = {
		{ .fd = screen->signals, .events = POLLIN },
		{ .fd = screen->input, .events = POLLIN },
	};
	int n = poll(fds, ARRAY_SIZE(fds), timeout_ms);

	if (n <= 0)
		return SCREEN_TIMEOUT;
	if (fds[0].revents)
		return take_signal(screen);
	return take_key(screen, ret_key);
}
