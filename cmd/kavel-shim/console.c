#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"

static void replace_fd(struct console *console, int fd)
{
	if (console->source.fd >= 0) {
		loop_forget(console->loop, &console->source);
		(void)close(console->source.fd);
	}
	console->source.fd = fd;
}

static void remove_socket(struct console *console)
{
	if (!console->folder[0])
		return;
	(void)unlink(console->path);
	(void)rmdir(console->folder);
	console->folder[0] = '\0';
}

/* The name that comes along is of no interest; those who send one longer than a path send no terminal. */
static void receive(struct console *console)
{
	char name[4096];
	ssize_t n = fd_receive(console->source.fd, name, sizeof(name), &console->master);

	if (n != -EAGAIN)
		replace_fd(console, -1);
}

static int on_message(struct loop_source *source, uint32_t events, struct err *err)
{
	(void)events;
	(void)err;
	receive(source->owner);
	return 0;
}

/* The one connection: nobody else is listened to.  Returns false when there is none yet. */
static bool accept_runtime(struct console *console)
{
	int fd = accept4(console->source.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return false;
	replace_fd(console, fd);
	remove_socket(console);
	console->source.ready = on_message;
	return true;
}

static int on_connection(struct loop_source *source, uint32_t events, struct err *err)
{
	struct console *console = source->owner;

	(void)events;
	return accept_runtime(console) ? loop_watch(console->loop, source, EPOLLIN, err) : 0;
}

static int listen_there(struct console *console, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	console->source.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (console->source.fd < 0)
		return err_sys(err, errno, "console socket");
	memcpy(address.sun_path, console->path, strlen(console->path));
	if (fchmod(console->source.fd, 0700) < 0 ||
	    bind(console->source.fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(console->source.fd, 1) < 0)
		return err_sys(err, errno, "console socket %s", console->path);
	return loop_watch(console->loop, &console->source, EPOLLIN, err);
}

int console_open(struct console *console, struct loop *loop, struct err *err)
{
	const char *folder = getenv("TMPDIR");
	int r;

	*console = (struct console){ .loop = loop,
				     .master = -1,
				     .source = { .fd = -1, .ready = on_connection, .owner = console } };
	/* an address has no room for a long path */
	if (!folder || *folder != '/' || strlen(folder) > sizeof(console->folder) - sizeof("/kavel-term.XXXXXX"))
		folder = "/tmp";
	(void)snprintf(console->folder, sizeof(console->folder), "%s/kavel-term.XXXXXX", folder);
	if (!mkdtemp(console->folder)) {
		r = err_sys(err, errno, "make a folder for the console socket in %s", folder);
		console->folder[0] = '\0';
		return r;
	}
	(void)snprintf(console->path, sizeof(console->path), "%s/socket", console->folder);
	r = listen_there(console, err);
	if (r < 0)
		console_close(console);
	return r;
}

/* As conmon: a program's newline also returns the carriage, whatever the runtime set. */
static int set_modes(int master, struct err *err)
{
	struct termios modes;

	if (tcgetattr(master, &modes) < 0)
		return err_sys(err, errno, "the runtime sent no terminal");
	modes.c_oflag |= ONLCR;
	if (tcsetattr(master, TCSANOW, &modes) < 0)
		return err_sys(err, errno, "set the modes of the terminal");
	return 0;
}

int console_finish(struct console *console, struct err *err)
{
	int r;

	/* it may have come since the last round of the loop */
	if (console->master < 0 && console->source.fd >= 0 && console->source.ready == on_connection)
		(void)accept_runtime(console);
	if (console->master < 0 && console->source.fd >= 0 && console->source.ready == on_message)
		receive(console);
	if (console->master < 0)
		return err_set(err, ENOTTY, "the runtime did not set up a terminal");
	r = set_modes(console->master, err);
	if (r < 0) {
		(void)close(console->master);
		console->master = -1;
	}
	return r;
}

void console_close(struct console *console)
{
	replace_fd(console, -1);
	remove_socket(console);
	if (console->master >= 0)
		(void)close(console->master);
	console->master = -1;
}
