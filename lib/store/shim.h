/* Starting and stopping a guest: by a shim that stays with it, or without one where it was killed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "store/store.h"

/* How the shim is to call the runtime: this very program. */
struct shim_call {
	const char *runtime; /* absolute path */
	const char *shim;    /* the same of kavel-shim: shim_find() */
	bool systemd_cgroup, no_cgroup;
	bool attached; /* the caller ties its own streams to the guest's: their end is the end of its input, and it reads how it ended */
};

/* Find kavel-shim: beside this program, in its libexec folder, in PATH.  Fills `call`; its strings are of the arena.
 * Errors: ENOENT: it is nowhere. */
int shim_find(struct shim_call *call, struct arena *arena, struct err *err);

/* Start the guest under a shim, and wait until it runs; adopt: put the shim beside a guest that runs.  *ret_pid: of the guest's
 * first process.  The guest is locked.  Errors: what the runtime or the shim says. */
int shim_start(const struct store *store, const struct guest *guest, const struct shim_call *call, bool adopt, pid_t *ret_pid,
	       struct err *err);

/* Stop the guest, and do not restart it: by its shim, or by its stop signal and SIGKILL where that is gone.  timeout_ms: until
 * SIGKILL.  signal: NULL: the guest's stop signal.  What the runtime keeps of the container is deleted.
 * Returns 0, 1 when it was stopped already, or an error. */
struct guest_stop {
	uint32_t timeout_ms;
	int number; /* of the stop signal, for a guest without shim */
	/* called some times a second while it takes long; NULL: nothing */
	void (*tell)(void *context);
	void *context;
};
int shim_stop(const struct store *store, const struct guest *guest, const struct guest_stop *how, struct err *err);
