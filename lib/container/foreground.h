/* What `run` and `exec` do while their process runs: forward signals, notifications and the terminal, and learn how it
 * ended. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/err.h"

struct foreground {
	pid_t pid; /* our child, */
	int pidfd; /* and its pidfd */
	int notify;   /* the guest's notify socket, forwarded to the caller's NOTIFY_SOCKET; -1: none */
	int terminal; /* master of its terminal, shown on ours; -1: none.  Closed by foreground_wait() */
	int signals;  /* of foreground_open_signals(); -1: opened by foreground_wait() */
};

/* Block every signal that foreground_wait() forwards. */
int foreground_block_signals(struct err *err);

/* A descriptor that is readable when one of them has come. */
int foreground_open_signals(int *ret_fd, struct err *err);

/* Wait until `fd` can be read, which tells that the process runs, passing signals on to it.  One that asks for the end ends this:
 * a guest that traces the process can hold it there.  Errors: EINTR. */
int foreground_await_start(int signals, int fd, int pidfd, struct err *err);

/* Hold back the signals by which somebody wants an end, SIGHUP, SIGINT, SIGQUIT and SIGTERM, while hooks run: they shall end the
 * hook and the operation, with nothing left of it, and not only this program.  Released, one that nobody took has its effect. */
void foreground_hold_ends(sigset_t *ret_before);
void foreground_release_ends(const sigset_t *before);

/* A descriptor that is readable when one of them is held back, by the above or by foreground_block_signals(); -1: they are not,
 * and end this program anyway. */
int foreground_open_interrupts(void);

/* Take the signal that made it readable. */
void foreground_take_interrupt(int interrupts);

/* Wait until `fd` can be read, or until the caller wants an end.  meanwhile: what is going on, for the text.
 * Errors: EINTR `interrupted by a signal while ...`. */
int foreground_await(int fd, const char *meanwhile, struct err *err);

/* Go on until the process ends, and reap it.  *ret_status: its exit code, or 128 + signal.  The caller's terminal has its
 * modes back afterwards, also on failure. */
int foreground_wait(const struct foreground *foreground, int *ret_status, struct err *err);
