/* Signals to the shim: SIGTERM, SIGINT and SIGQUIT. */
#pragma once

#include "base/err.h"
#include "loop.h"

struct signals {
	struct loop *loop;
	struct loop_source source;
	void *owner;
	void (*received)(void *owner, int number);
};

/* Block them and hear of them; block SIGXFSZ; ignore SIGPIPE and SIGHUP.  The struct must stay where it is. */
int signals_open(struct signals *signals, struct loop *loop, struct err *err);
void signals_close(struct signals *signals);
