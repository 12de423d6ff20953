/* The caller's own terminal in raw mode: keys go to a guest, one by one, and no key is a signal. */
#pragma once

#include <stdbool.h>
#include <sys/ioctl.h>

#include "base/err.h"

/* Starts as all zeroes. */
struct raw_terminal {
	bool is_raw; /* standard input is a terminal whose modes were changed */
	void *saved; /* the modes it had */
};

/* Set the terminal on standard input to raw mode; does nothing if it is none.  keeps_output: what is written is still made ready for
 * the terminal: a newline returns the carriage.  In the background, with nobody to bring it to the foreground, a process cannot:
 * then it is not raw.  Called again, after raw_leave() or a stop, it sets the same modes again. */
int raw_enter(struct raw_terminal *raw, bool keeps_output, struct err *err);

/* Give it the modes back that it had. */
void raw_leave(struct raw_terminal *raw);

/* The same, for good. */
void raw_free(struct raw_terminal *raw);

/* The size of the first of the standard streams that is a terminal which has one.  Returns false if there is none. */
bool raw_size(struct winsize *ret);
