/* The names by which clients reach the shim: sockets and FIFOs in its directory, and the link to that directory. */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"

/* A file that was made, so that it is removed only while it is still ours.  Starts as ENDPOINT_NONE. */
struct endpoint {
	int dir; /* its directory, which the caller keeps open; -1: nothing was made */
	const char *name;
	dev_t device;
	ino_t inode;
};
#define ENDPOINT_NONE { .dir = -1 }

/* A listening SOCK_SEQPACKET socket of this mode, non-blocking.  A socket or FIFO of that name is replaced.  dir: its path may be
 * longer than the 108 bytes of sun_path.  Errors: EEXIST for another file of that name; those of bind(2). */
int endpoint_listen(struct endpoint *endpoint, int dir, const char *name, mode_t mode, int *ret_fd, struct err *err);

/* A FIFO, mode 0600, open for reading, and for writing as well: it neither ends nor hangs up when its last writer closes it.  The
 * rest as above. */
int endpoint_fifo(struct endpoint *endpoint, int dir, const char *name, int *ret_fd, struct err *err);

/* The symbolic link `name`, to `target`.  One of that name is replaced.  Errors: EEXIST for another file. */
int endpoint_link(struct endpoint *endpoint, int dir, const char *name, const char *target, struct err *err);

/* Remove the file, unless another one has its name by now. */
void endpoint_remove(struct endpoint *endpoint);
