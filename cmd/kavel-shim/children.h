/* The shim's children: programs that it started, and, as it is a subreaper, what these leave behind, such as the guest.
 *
 * All are reaped here, and nowhere else: whoever waits for a process adds it.  One that ended before it was added is told as
 * well, for as long as no more than CHILDREN_KEPT unknown ones ended after it. */
#pragma once

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"
#include "loop.h"

#define CHILDREN_KEPT 16

/* A process that is waited for, a member of who waits.  It must stay where it is until it has ended or was removed. */
struct child {
	pid_t pid; /* 0: none */
	/* status: as of waitpid(2).  The child is removed already, and may be used anew. */
	void (*ended)(struct child *child, int status, const struct rusage *usage);
	void *owner;
	struct child *next;
};

struct children;

/* Become a subreaper, and be told of SIGCHLD, which is blocked from now on: a child unblocks it before execve(2).
 * Errors: EMFILE, ENOMEM. */
int children_open(struct loop *loop, struct children **ret, struct err *err);
void children_close(struct children *children);

/* Wait for child->pid.  Returns true; false if that is no child and was none that is known: `ended` will not be called.  It is
 * called by the loop, never from here. */
bool children_add(struct children *children, struct child *child);
/* No longer wait for it; it is reaped all the same.  Does nothing if it is not waited for. */
void children_remove(struct children *children, struct child *child);
