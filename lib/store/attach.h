/* The caller's standard streams, tied to a guest's by the attach socket of its shim (specs/shim.md). */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "store/store.h"

struct attach_options {
	const char *detach_keys; /* keys.h; NULL: "ctrl-p,ctrl-q" */
	bool no_input;		 /* leave the caller's standard input alone */
	bool proxy_signals;	 /* signals that reach this process are the guest's; else they end it */
};

/* Show what the guest writes, and send it what is typed, until one of both ends.  If it has a terminal, the caller's is in raw mode
 * meanwhile, and gets its modes back however this ends; its size is the guest's.
 *
 * *ret_status: 0 after the detach keys; 128 + signal after one that ended this; else the guest's own exit code.
 * Errors: ENOENT it does not run; EPIPE its shim ended without it, or closed the connection; ENODATA it left no exit code. */
int guest_attach(const struct store *store, const struct guest *guest, const struct attach_options *options,
		 int *ret_status, struct err *err);
