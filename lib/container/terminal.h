/* The caller's side of a guest's terminal. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* The caller's own terminal, while it shows the guest's. */
struct terminal {
	int master;	  /* of the guest's pty; -1: there is none */
	bool input_open;  /* standard input has not ended */
	bool is_raw;	  /* standard input is a terminal whose modes were changed */
	void *saved;	  /* the modes it had */
};
#define TERMINAL_NONE { .master = -1 }

/* Send the master to the AF_UNIX stream socket of a caller (--console-socket). */
int terminal_send(const char *console_socket, int master, struct err *err);

/* Take the master over and, when standard input is a terminal, set that to raw mode and copy its size. */
int terminal_attach(struct terminal *terminal, int master, struct err *err);

/* Copy what waits on standard input to the guest (input), or from the guest to standard output (output).  Returns false
 * when that direction has ended. */
bool terminal_input(struct terminal *terminal);
bool terminal_output(struct terminal *terminal);

/* After SIGWINCH: copy the size. */
void terminal_resize(const struct terminal *terminal);

/* Copy what is left, give the caller's terminal its modes back, and close. */
void terminal_detach(struct terminal *terminal);
