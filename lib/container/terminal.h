/* The caller's side of a guest's terminal. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "container/raw.h"

#define TERMINAL_CHUNK 4096 /* bytes: a pipe that can be written to at all takes as many without blocking (PIPE_BUF) */

/* One direction: what was read and is not written yet. */
struct terminal_stream {
	char data[TERMINAL_CHUNK];
	size_t at, size; /* `size` bytes from `at` on are left */
};

/* The caller's own terminal, while it shows the guest's.  It never blocks: neither a guest that does not read nor a standard
 * output that nobody reads keeps signals from being forwarded. */
struct terminal {
	int master;	  /* of the guest's pty; -1: there is none, or it has hung up */
	bool input_open;  /* standard input has not ended */
	bool in_line;	  /* the last that was read there was not the end of a line */
	bool is_quiet;	  /* nobody has the other end open just now */
	struct raw_terminal raw;
	struct terminal_stream input, output; /* to the guest, and from it */
};
#define TERMINAL_NONE { .master = -1 }

/* Send the master to the AF_UNIX stream socket of a caller (--console-socket). */
int terminal_send(const char *console_socket, int master, struct err *err);

/* Take the master over and, when standard input is a terminal, set that to raw mode and copy its size. */
int terminal_attach(struct terminal *terminal, int master, struct err *err);

/* What to poll(2) for, TERMINAL_FDS entries.  Returns the timeout in milliseconds; -1: none. */
enum { TERMINAL_MASTER, TERMINAL_INPUT, TERMINAL_OUTPUT, TERMINAL_FDS };
int terminal_prepare(struct terminal *terminal, struct pollfd fds[TERMINAL_FDS]);

/* Do what poll(2) said can be done.  When standard input ends the guest is told so, by the terminal's end-of-file character;
 * when the caller's terminal is gone, or nobody reads standard output any more, the guest's terminal hangs up. */
void terminal_serve(struct terminal *terminal, const struct pollfd fds[TERMINAL_FDS]);

/* After SIGWINCH: copy the size. */
void terminal_resize(const struct terminal *terminal);

/* After SIGTSTP: give the caller's terminal its modes back and stop; take it again when somebody lets this process go on. */
void terminal_stop(struct terminal *terminal);

/* After SIGCONT: whoever had the terminal meanwhile may have changed its modes and size. */
void terminal_resume(struct terminal *terminal);

/* Copy what is left, give the caller's terminal its modes back, and close. */
void terminal_detach(struct terminal *terminal);
