#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/auto.h"

int fd_write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t fd_read_all(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)data + done, size - done);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int fd_set_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? -errno : 0;
}

int fd_fill_stdio(bool *ret_stdout_was_closed, struct err *err)
{
	struct pollfd std[] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	*ret_stdout_was_closed = false;
	/* one call tells which are closed: POLLNVAL */
	if (poll(std, ARRAY_SIZE(std), 0) < 0)
		return err_sys(err, errno, "look at the standard descriptors");
	for (int fd = 0; fd <= 2; fd++) {
		if (!(std[fd].revents & POLLNVAL))
			continue;
		*ret_stdout_was_closed |= fd == STDOUT_FILENO;
		/* the lowest free number is this one: those below are open */
		if (open("/dev/null", O_RDWR | O_NOCTTY) < 0)
			return err_sys(err, errno, "open /dev/null in place of the closed descriptor %d", fd);
	}
	return 0;
}

ssize_t fd_send_part(int sock, const void *data, size_t size, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	do {
		n = sendmsg(sock, &message, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int fd_send(int sock, const void *data, size_t size, int fd)
{
	ssize_t n = fd_send_part(sock, data, size, fd);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EMSGSIZE;
}

/* What came beside the data. */
static void read_control(struct msghdr *message, int *ret_fd, pid_t *ret_pid)
{
	struct ucred sender;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
		if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof(sender))) {
			memcpy(&sender, CMSG_DATA(c), sizeof(sender));
			*ret_pid = sender.pid;
		}
	}
}

ssize_t fd_receive(int sock, void *data, size_t size, int *ret_fd)
{
	pid_t unused;

	return fd_receive_from(sock, data, size, ret_fd, &unused);
}

ssize_t fd_receive_from(int sock, void *data, size_t size, int *ret_fd, pid_t *ret_pid)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	autofd fd = -1;
	bool is_reset = false;
	ssize_t n;

	message.msg_control = control.room;
	message.msg_controllen = sizeof(control.room);
	do {
		n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
		/* The other side closed without reading all that we had sent: this is told once, and before what it had sent
		 * itself, which is still there. */
	} while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !is_reset && (is_reset = true))));
	if (n == 0 && is_reset) /* there was no last word: not the same as an end after all was read */
		return -ECONNRESET;
	if (n < 0)
		return -errno;
	*ret_pid = 0;
	read_control(&message, &fd, ret_pid);
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EMSGSIZE;
	if (ret_fd)
		*ret_fd = take_fd(&fd);
	return n;
}
