/* The seccomp agent: a program of the host that answers the calls for which a profile says SCMP_ACT_NOTIFY (config-linux.md,
 * Seccomp, "The Container Process State"; seccomp_unotify(2)).
 *
 * It listens on a SOCK_STREAM socket of the host.  For each process that loads the filter - the container's first one, each
 * of exec, each startContainer hook - it gets a connection with one state document and the filter's listener.  Who sends it
 * is the host side; the process waits until that has been done, and only then executes its program. */
#pragma once

#include <sys/types.h>

#include "base/err.h"

struct state;

struct agent {
	const char *path;	   /* NULL: there is none */
	const char *metadata;	   /* linux.seccomp.listenerMetadata, or NULL */
	const char *status;	   /* of the container, for the document */
	const struct state *state; /* the container */
	int connection;		   /* made and not yet used; -1: none */
};
#define AGENT_NONE { .connection = -1 }

/* Is there a socket at its path?  For create, whose start is to connect. */
int agent_check(const struct agent *agent, struct err *err);

/* Connect, unless that was done: early, so that nothing has to be undone when nobody is there.  Waits at most 10 s.
 * Errors: `failed to connect with seccomp agent ...`; ETIMEDOUT when nobody accepts. */
int agent_connect(struct agent *agent, struct err *err);

/* Let the kernel say, on this end of a wire, who sends a listener. */
int agent_prepare_wire(int wire, struct err *err);

/* wire_await_launch(), where listeners that come before the end are passed on to the agent. */
int agent_await_launch(struct agent *agent, int wire, int *ret_number, int *ret_stage, struct err *err);

void agent_close(struct agent *agent);
