#include "endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/auto.h"

#define BACKLOG 128

/* Remove what a shim that is gone left under this name; anything else is not ours to remove. */
static int make_room(int dir, const char *name, bool (*is_ours)(mode_t mode), struct err *err)
{
	struct stat found;

	if (fstatat(dir, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "look for %s", name);
	if (!is_ours(found.st_mode))
		return err_set(err, EEXIST, "%s: the name is taken by another kind of file", name);
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove the old %s", name);
	return 0;
}

static bool is_pipe_or_socket(mode_t mode)
{
	return S_ISSOCK(mode) || S_ISFIFO(mode);
}

static bool is_link(mode_t mode)
{
	return S_ISLNK(mode);
}

static int remember(struct endpoint *endpoint, int dir, const char *name, struct err *err)
{
	struct stat made;

	if (fstatat(dir, name, &made, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "look at %s", name);
	*endpoint = (struct endpoint){ .dir = dir, .name = name, .device = made.st_dev, .inode = made.st_ino };
	return 0;
}

int endpoint_listen(struct endpoint *endpoint, int dir, const char *name, mode_t mode, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "make the socket %s", name);
	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir, name) >=
	    sizeof(address.sun_path))
		return err_sys(err, ENAMETOOLONG, "socket %s", name);
	r = make_room(dir, name, is_pipe_or_socket, err);
	if (r < 0)
		return r;
	/* fchmod before bind gives the file its mode from the first moment on */
	if (fchmod(fd, mode) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, errno, "make the socket %s", name);
	r = remember(endpoint, dir, name, err);
	if (r < 0)
		return r;
	if (listen(fd, BACKLOG) < 0)
		return err_sys(err, errno, "listen on %s", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int endpoint_fifo(struct endpoint *endpoint, int dir, const char *name, int *ret_fd, struct err *err)
{
	autofd fd = -1;
	struct stat opened;
	int r = make_room(dir, name, is_pipe_or_socket, err);

	if (r < 0)
		return r;
	if (mkfifoat(dir, name, 0600) < 0)
		return err_sys(err, errno, "make the FIFO %s", name);
	r = remember(endpoint, dir, name, err);
	if (r < 0)
		return r;
	fd = openat(dir, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &opened) < 0)
		return err_sys(err, errno, "open the FIFO %s", name);
	if (!S_ISFIFO(opened.st_mode))
		return err_set(err, EEXIST, "%s: was replaced by another kind of file", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int endpoint_link(struct endpoint *endpoint, int dir, const char *name, const char *target, struct err *err)
{
	int r = make_room(dir, name, is_link, err);

	if (r < 0)
		return r;
	if (symlinkat(target, dir, name) < 0)
		return err_sys(err, errno, "make the link %s", name);
	return remember(endpoint, dir, name, err);
}

void endpoint_remove(struct endpoint *endpoint)
{
	struct stat found;

	/* another shim may have replaced it; that it does so between these two calls is its caller's mistake */
	if (endpoint->dir >= 0 && fstatat(endpoint->dir, endpoint->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	    found.st_dev == endpoint->device && found.st_ino == endpoint->inode)
		(void)unlinkat(endpoint->dir, endpoint->name, 0); /* nothing can be done about a file that stays */
	*endpoint = (struct endpoint)ENDPOINT_NONE;
}
