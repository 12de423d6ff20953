/* The life of the guest: created and started by the runtime, watched, stopped, recorded, restarted.
 *
 *	          runtime's create, start            ended                 runtime's delete
 *	 STARTING -----------------------> RUNNING --------> record, drain ----------------> restart.h decides
 *	    ^                                 |  stop request        ^                          |     |     |
 *	    |                                 +----> STOPPING -------+                          |     |     v
 *	    +------------------------------ BACKING_OFF <---------------------------------------+     |  FAILED
 *	    +-----------------------------------------------------------------------------------------+> STOPPED
 *
 * What there is to tell of it is written from here: status.json, exit.json and conmon's `oom` (specs/shim.md).
 *
 * As with conmon, without settings->start: it is created only, others start and delete it, and its end is the shim's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"
#include "children.h"
#include "logs.h"
#include "loop.h"
#include "settings.h"

struct guest;

/* Calls of the runtime. */
enum guest_call {
	GUEST_CREATE, /* or exec, or restore: as the settings say; with new standard streams */
	GUEST_START,
	GUEST_DELETE, /* with --force: what is left of it is killed, and that it does not exist is no failure */
};

/* What the guest's life needs of the other parts.  They call nothing of this header before they return. */
struct guest_parts {
	void *owner;
	/* Begin such a call: guest_done() tells its end.  A failure to begin is the call's. */
	int (*call)(void *owner, enum guest_call call, struct err *err);
	/* Interrupt the call that runs, by SIGTERM: its end is told as always. */
	void (*interrupt)(void *owner);
	/* An incarnation is created, and not started yet (pid file, sync pipe). */
	void (*created)(void *owner, pid_t pid);
	/* Its first process has ended: read what is left in its streams, at most for a moment if others hold them open, and call
	 * guest_drained(). */
	void (*drain)(void *owner);
	/* The streams of a guest whose shim was killed: open them again by their path.  Returns 0, or an error when they are
	 * lost. */
	int (*adopt_streams)(void *owner, struct err *err);
	void (*mark)(void *owner, const char *text);		   /* logs_mark() */
	struct logs_counters (*counters)(void *owner);		   /* logs_counters() */
	void (*answer)(void *owner, uint64_t ticket, const char *answer); /* attach_answer() */
	/* It has ended, or could not be created (`failure`, else NULL), and will not be restarted; everything is recorded. */
	void (*finished)(void *owner, const struct err *failure);
};

/* The settings, loop, children and parts' owner live as long as the guest. */
int guest_open(const struct shim_settings *settings, struct loop *loop, struct children *children,
	       const struct guest_parts *parts, struct guest **ret, struct err *err);
void guest_close(struct guest *guest);

/* Begin its life: create it; or, with settings->adopt, find it as it is now, and go on from there. */
int guest_begin(struct guest *guest, struct err *err);

/* A call of the runtime has ended.  pid: after GUEST_CREATE, the guest's.  failure: with the runtime's own words; NULL: none. */
void guest_done(struct guest *guest, enum guest_call call, pid_t pid, const struct err *failure);
/* Its streams are read to their end. */
void guest_drained(struct guest *guest);

/* Stop it, and do not restart it: for SIGTERM to the shim.  parts->finished() follows. */
void guest_stop(struct guest *guest);

/* A request on the control socket that concerns the guest: status, stop, restart, health (specs/shim.md).  Returns false if it
 * is another one.  Its answer is appended to `out`, or comes by parts->answer(). */
bool guest_control(struct guest *guest, uint64_t ticket, const char *request, struct str_buf *out);

/* After finished(): its exit code, 128 + signal; -1: unknown, or there was no process. */
int guest_exit_code(const struct guest *guest);
/* It was killed because settings->timeout_s had passed. */
bool guest_timed_out(const struct guest *guest);
