/* The event loop of the shim: descriptors and timers, in one thread.
 *
 * Nothing that a handler does may block: descriptors are O_NONBLOCK, and what cannot be written now waits for EPOLLOUT.  A
 * descriptor that hangs up is reported for as long as it is watched: a handler that gets EPOLLHUP or end of file removes its
 * source, or watches it for nothing (events 0 still reports EPOLLHUP), or the loop spins. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;

/* A watched descriptor, a member of who watches it.  It must stay where it is while it is watched. */
struct loop_source {
	int fd; /* -1: not watched.  The owner opens and closes it; it removes the source before it closes */
	/* events: of epoll_ctl(2).  A failure ends the loop and is loop_run()'s: for what the shim cannot go on without. */
	int (*ready)(struct loop_source *source, uint32_t events, struct err *err);
	void *owner;
};

/* Something to be done once, at a time; done again when set again. */
struct loop_timer {
	int64_t due; /* milliseconds of clock_ms() */
	int (*expired)(struct loop_timer *timer, struct err *err);
	void *owner;
	struct loop_timer *next; /* in the loop's list, earliest first */
	bool is_set;
	bool is_new; /* set since descriptors were last looked at */
};

/* Make a loop.  Errors: ENOMEM, EMFILE. */
int loop_open(struct loop **ret, struct err *err);
/* Free it.  Sources and timers are their owners'. */
void loop_close(struct loop *loop);

/* Watch source->fd for `events`; for a source that is watched already: for these from now on.  Errors: those of epoll_ctl(2). */
int loop_watch(struct loop *loop, struct loop_source *source, uint32_t events, struct err *err);
/* No longer watch it; does nothing if it is not watched.  Safe within any handler: no event of it that was fetched before is
 * delivered afterwards.  source->fd stays open, and as it is. */
void loop_forget(struct loop *loop, struct loop_source *source);

/* Set the timer to expire in `ms` milliseconds, anew if it is set; with 0 after all that descriptors have to say was heard. */
void loop_after(struct loop *loop, struct loop_timer *timer, int64_t ms);
void loop_cancel(struct loop *loop, struct loop_timer *timer);

/* Have this called once each time after nothing was to be delivered for LOOP_IDLE_MS. */
#define LOOP_IDLE_MS 2000
void loop_on_idle(struct loop *loop, void (*idle)(void *owner), void *owner);

/* Wait and deliver until loop_stop(), or a handler fails.  Returns 0 or that failure. */
int loop_run(struct loop *loop, struct err *err);
void loop_stop(struct loop *loop);
