/* The console socket: where the runtime sends the master of the guest's terminal. */
#pragma once

#include "base/err.h"
#include "loop.h"

struct console {
	struct loop *loop;
	struct loop_source source; /* the listener, then the connection */
	char folder[64];	   /* that holds the socket; empty: none */
	char path[80];		   /* for the runtime */
	int master;		   /* that came; -1: none yet.  To be taken from here */
};
#define CONSOLE_NONE { .source = { .fd = -1 }, .master = -1 }

/* Listen in a fresh folder, which nobody else can enter, below TMPDIR or /tmp. */
int console_open(struct console *console, struct loop *loop, struct err *err);
/* The runtime has ended: what it has sent is there.  Errors: it sent nothing, or what is no terminal. */
int console_finish(struct console *console, struct err *err);
/* Also safe for one that was never opened. */
void console_close(struct console *console);
