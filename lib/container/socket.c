#include "container/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/auto.h"

#define ANSWER_TIMEOUT_S 10

/* A new SOCK_SEQPACKET socket, and the address of `name` in `dir`.  sun_path holds 108 bytes; a state directory may lie deeper,
 * so the path goes through our own descriptor.  flags: of socket(2). */
static int open_socket(int dir, const char *name, int flags, struct sockaddr_un *ret_address, int *ret_fd,
		       struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		return err_sys(err, errno, "make a socket");
	*ret_fd = fd;
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((size_t)snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/%s", dir, name) >=
	    sizeof(ret_address->sun_path))
		return err_sys(err, ENAMETOOLONG, "socket %s", name);
	return 0;
}

int socket_listen(int dir, const char *name, int *ret_fd, struct err *err)
{
	struct sockaddr_un address;
	autofd fd = -1;
	int r = open_socket(dir, name, 0, &address, &fd, err);

	if (r < 0)
		return r;
	/* fchmod before bind is what makes the file 0600 from the first moment on */
	if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
		return err_sys(err, errno, "listen on %s", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* flags: of socket(2). */
static int connect_at(int dir, const char *name, int flags, int *ret_fd, struct err *err)
{
	struct sockaddr_un address;
	autofd fd = -1;
	int r = open_socket(dir, name, flags, &address, &fd, err);

	if (r < 0)
		return r;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			return 1;
		return err_sys(err, errno, "connect to %s", name);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int socket_connect(int dir, const char *name, int *ret_fd, struct err *err)
{
	return connect_at(dir, name, 0, ret_fd, err);
}

bool socket_is_deserted(int dir, const char *name)
{
	struct err ignored;
	autofd fd = -1;

	/* a listener that is too busy to accept is there all the same */
	return connect_at(dir, name, SOCK_NONBLOCK, &fd, &ignored) > 0;
}

int socket_connect_path(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	autofd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	autofd target = -1;

	if (fd < 0)
		return err_sys(err, errno, "make a socket");
	target = open(path, O_PATH | O_CLOEXEC);
	if (target < 0)
		return err_sys(err, errno, "open socket %s", path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", target); /* always fits */
	/* for the connection, whose other end may have stopped to accept, as for what is sent */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return err_sys(err, errno, "set the timeout of socket %s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == EAGAIN ? err_set(err, ETIMEDOUT, "connect to socket %s: nobody accepts", path)
				       : err_sys(err, errno, "connect to socket %s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}
