/* UNIX sockets in directories whose paths may be longer than sun_path: reached through the directory's descriptor. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* A listening SOCK_SEQPACKET socket `name` (mode 0600) in the directory `dir`. */
int socket_listen(int dir, const char *name, int *ret_fd, struct err *err);

/* Connect to the SOCK_SEQPACKET socket `name` in `dir`.  Returns 0; 1 when nobody listens or it does not exist. */
int socket_connect(int dir, const char *name, int *ret_fd, struct err *err);

/* True if nobody listens on the SOCK_SEQPACKET socket `name` in `dir` (any more).  Never waits; a listener sees a connection
 * that ends at once. */
bool socket_is_deserted(int dir, const char *name);

/* Connect to the SOCK_STREAM socket at `path`, which may be long.  Neither this nor sending waits for more than 10 s:
 * ETIMEDOUT then, or EAGAIN of what is sent. */
int socket_connect_path(const char *path, int *ret_fd, struct err *err);
