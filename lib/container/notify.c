#include "container/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/str.h"

#define SOCKET_NAME    NOTIFY_DIR "/notify.sock"
#define SEND_TIMEOUT_S 5

/* What may cross: states of the service itself (sd_notify(3)). */
static const char *const forwarded[] = { "READY=1",	 "RELOADING=1", "STOPPING=1",		  "STATUS=",
					 "ERRNO=",	 "WATCHDOG=1",	"EXTEND_TIMEOUT_USEC=", "MONOTONIC_USEC=" };

bool notify_is_wanted(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && (*path == '/' || *path == '@');
}

int notify_make_dir(int dir, struct err *err)
{
	/* the directory above is 0700, so 0755 here opens nothing to other users of the host */
	if (mkdirat(dir, NOTIFY_DIR, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make %s", NOTIFY_DIR);
	if (fchmodat(dir, NOTIFY_DIR, 0755, 0) < 0)
		return err_sys(err, errno, "chmod %s", NOTIFY_DIR);
	return 0;
}

int notify_bind(int dir, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_sys(err, errno, "make the notify socket");
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" SOCKET_NAME,
		       dir);		     /* always fits */
	(void)unlinkat(dir, SOCKET_NAME, 0); /* of a start that did not end well */
	if (fchmod(fd, 0666) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(dir, SOCKET_NAME, 0666, 0) < 0)
		return err_sys(err, errno, "bind the notify socket");
	*ret_fd = take_fd(&fd);
	return 0;
}

static bool may_cross(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		if (str_after(line, forwarded[i]))
			return true;
	return false;
}

/* A guest can send as much as it likes, so that only what the caller waits for is waited with, and complained of. */
static void send_to(const char *path, const char *text, size_t size, bool is_awaited)
{
	const struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = path ? strlen(path) : 0;
	autofd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int number = 0;

	if (fd < 0 || !length)
		return;
	if (length < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, length);
		if (*path == '@')
			address.sun_path[0] = '\0';
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
		if (sendto(fd, text, size, MSG_NOSIGNAL | (is_awaited ? 0 : MSG_DONTWAIT), (struct sockaddr *)&address,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (*path != '@'))) < 0)
			number = errno;
	} else {
		number = ENAMETOOLONG;
	}
	if (number && is_awaited)
		log_warning("forward a notification to %s: %s", path, strerror(number));
}

bool notify_forward_to(int fd, const char *target, pid_t pid)
{
	char message[4096], *rest = message, *line;
	bool ready = false;
	autobuf out = { 0 };
	ssize_t n = recv(fd, message, sizeof(message) - 1, 0);

	if (n <= 0)
		return false;
	message[n] = '\0';
	while ((line = strtok_r(rest, "\n", &rest))) {
		if (!may_cross(line))
			continue;
		str_append_f(&out, "%s\n", line);
		ready |= str_eq(line, "READY=1");
	}
	if (ready && pid)
		str_append_f(&out, "MAINPID=%d\n", pid);
	if (out.data && !out.failed)
		send_to(target, out.data, out.size, ready && pid);
	return ready;
}

bool notify_forward(int fd, pid_t pid)
{
	return notify_forward_to(fd, getenv("NOTIFY_SOCKET"), pid);
}

int notify_await_ready(int fd, pid_t pid, int pidfd, struct err *err)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for the guest to be ready");
		if (fds[0].revents && notify_forward(fd, pid))
			return 0;
		if (fds[1].revents)
			return 0;
	}
}
