/* What `run` and `exec` do while their process runs: forward signals, notifications and the terminal, and learn how it
 * ended. */
#pragma once

#include <sys/types.h>

#include "base/err.h"

struct foreground {
	pid_t pid; /* our child, */
	int pidfd; /* and its pidfd */
	int notify;   /* the guest's notify socket, forwarded to the caller's NOTIFY_SOCKET; -1: none */
	int terminal; /* master of its terminal, shown on ours; -1: none.  Closed by foreground_wait() */
};

/* Block every signal that foreground_wait() forwards. */
int foreground_block_signals(struct err *err);

/* A descriptor that is readable when the caller wants an end: SIGHUP, SIGINT, SIGQUIT or SIGTERM is there, held back by
 * foreground_block_signals() for a guest that does not run yet.  The signal stays.  -1: such signals end this program anyway. */
int foreground_open_interrupts(void);

/* Wait until `fd` can be read, or until the caller wants an end.  meanwhile: what is going on, for the text.
 * Errors: EINTR `interrupted by a signal while ...`. */
int foreground_await(int fd, const char *meanwhile, struct err *err);

/* Go on until the process ends, and reap it.  *ret_status: its exit code, or 128 + signal.  The caller's terminal has its
 * modes back afterwards, also on failure. */
int foreground_wait(const struct foreground *foreground, int *ret_status, struct err *err);
