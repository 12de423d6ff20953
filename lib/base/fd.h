/* File descriptors: whole reads and writes, and messages with descriptors over a UNIX socket. */
#pragma once

#include <stddef.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Write all `size` bytes, over short writes and EINTR.  Returns 0 or -errno (no text: the caller knows
 * the object). */
int fd_write_all(int fd, const void *data, size_t size);

/* Read until `size` bytes or end of file.  Returns the number of bytes, or -errno. */
ssize_t fd_read_all(int fd, void *data, size_t size);

/* Set or clear close-on-exec.  Returns 0 or -errno. */
int fd_set_cloexec(int fd, bool on);

/* Open /dev/null on each of 0, 1, 2 that is closed, so that no file opened later lands there.
 * *ret_stdout_was_closed: whether 1 was.
 * Errors: /dev/null cannot be opened. */
int fd_fill_stdio(bool *ret_stdout_was_closed, struct err *err);

/* Send one message of `size` bytes, with a descriptor unless fd is -1 (unix(7), SCM_RIGHTS), without
 * raising SIGPIPE.  Returns 0 or -errno. */
int fd_send(int sock, const void *data, size_t size, int fd);

/* The same for a stream, which may take less: returns how many bytes it took, or -errno. */
ssize_t fd_send_part(int sock, const void *data, size_t size, int fd);

/* Receive one message of at most `size` bytes; *ret_fd (when ret_fd is not NULL) is a close-on-exec
 * descriptor that came along, or -1.  Returns the number of bytes; 0 when the other side is gone; or
 * -errno (-EMSGSIZE: the message was longer; -ECONNRESET: it is gone without having read what was sent to it). */
ssize_t fd_receive(int sock, void *data, size_t size, int *ret_fd);

/* The same; *ret_pid: who sent it (SCM_CREDENTIALS), as seen from here; 0: unknown, as without SO_PASSCRED. */
ssize_t fd_receive_from(int sock, void *data, size_t size, int *ret_fd, pid_t *ret_pid);
