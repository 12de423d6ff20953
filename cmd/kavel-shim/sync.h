/* The pipes to who called the shim, whose descriptors the environment names, as conmon's callers expect.
 *
 *	_OCI_STARTPIPE   in:  read before anything is started; with --exec-attach once more, before the process is
 *	_OCI_SYNCPIPE    out: lines {"KEY": NUMBER} or {"KEY": NUMBER, "message": "TEXT"}.  KEY is "data" with --api-version, else
 *	                      "exit_code" for exec and "pid" for create
 *	_OCI_ATTACHPIPE  out: a line with 0 when the attach socket of an exec is there
 *
 * To the sync pipe go: the pid of what was created, or -1 and why it was not; for exec, at its end, its exit code. */
#pragma once

#include "base/err.h"
#include "settings.h"

struct sync {
	int start, sync, attach; /* -1: none */
	const char *key;
};

/* Take them from the environment, where they are no longer afterwards.  Errors: a variable is no number, or no open descriptor. */
int sync_open(struct sync *sync, const struct shim_settings *settings, struct err *err);
void sync_close(struct sync *sync);

/* Wait for the caller's first word, or for its end. */
int sync_await_start(const struct sync *sync, struct err *err);
/* Write a line; message NULL: none.  A caller who is gone is no failure: it is told nothing any more. */
void sync_tell(struct sync *sync, int number, const char *message);
/* The attach socket is there. */
void sync_tell_attach(struct sync *sync);
