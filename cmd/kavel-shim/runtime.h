/* Calls of the OCI runtime: a child each, which dies with the shim.
 *
 *	create, restore, exec   with the guest's standard streams; what they write to standard error meanwhile is kept
 *	start, delete           with /dev/null, and a pipe for what they write to standard error */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "children.h"
#include "guest.h"
#include "loop.h"
#include "settings.h"
#include "pipes.h"

/* One call; it must stay where it is while it runs. */
struct runtime {
	const struct shim_settings *settings;
	struct loop *loop;
	struct children *children;
	void *owner;
	/* The call has ended.  failure: in the runtime's own words; NULL: none. */
	void (*ended)(struct runtime *runtime, const struct err *failure);
	struct str_buf said; /* standard error of a create; the owner frees it */
	int start_pipe;	     /* of which an exec reads a word before it begins; -1: none */
	/* its own */
	enum guest_call call;
	struct child child;
	struct loop_source error;
};

/* Begin a call; only one at a time.  guests: for create; error_fd: what arrives from its standard error, which stays the caller's.
 * console: path of the console socket, or NULL.  Errors: EAGAIN, ENOMEM; all that happens in the child is told by `ended`. */
int runtime_create(struct runtime *runtime, const struct pipes *guests, int error_fd, const char *console,
		   struct err *err);
int runtime_start(struct runtime *runtime, struct err *err);
int runtime_delete(struct runtime *runtime, struct err *err);

/* The pid of the running call; 0: none runs. */
pid_t runtime_pid(const struct runtime *runtime);
/* Wait for no call any more: it goes on, and is not told. */
void runtime_forget(struct runtime *runtime);
