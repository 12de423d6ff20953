/* What the files of guest.h share. */
#pragma once

#include "adopt.h"
#include "durable.h"
#include "guest.h"
#include "health.h"
#include "oom.h"
#include "record.h"
#include "restart.h"
#include "stop.h"

enum guest_state {
	GUEST_NEW,
	GUEST_CREATING,
	GUEST_STARTING,
	GUEST_RUNNING,
	GUEST_STOPPING,
	GUEST_KILLING,	/* stopping, and the runtime is asked to kill it */
	GUEST_DRAINING, /* it has ended: its streams are read to their end */
	GUEST_DELETING,
	GUEST_BACKING_OFF,
	GUEST_STOPPED,
	GUEST_FAILED,
};

enum guest_event {
	EVENT_NONE,
	EVENT_DONE,	/* the call of the runtime has succeeded */
	EVENT_FAILED,	/* or not */
	EVENT_ENDED,	/* the guest's first process has */
	EVENT_DRAINED,
	EVENT_TIME,	/* to start it again */
	EVENT_STOP,	/* requests */
	EVENT_RESTART,
	EVENT_STUCK,	/* SIGKILL did not end it */
};

/* A request whose answer has to wait. */
enum guest_wait { WAIT_NONE, WAIT_STOPPED, WAIT_RUNNING, WAIT_CHECKED };
#define GUEST_WAITERS 16
struct guest_waiter {
	enum guest_wait kind;
	uint64_t ticket;
};

struct guest {
	const struct shim_settings *settings;
	struct loop *loop;
	struct children *children;
	struct guest_parts parts;

	enum guest_state state;
	enum guest_event next; /* what an action brought about */
	bool wants_stop, wants_restart;
	struct stop_request request;
	struct restart restart;
	struct loop_timer back_off, settle, limit;
	bool is_leftover; /* what is being deleted is of a create that was killed: it is made anew */
	bool has_run; /* some incarnation did */
	struct str_buf error; /* of the last failure; empty: none */
	const char *lost;

	/* this incarnation */
	struct record record;
	uint64_t pid_start;
	int64_t started_ms;
	int pidfd;
	bool has_ended;
	bool is_recorded; /* by the shim that was killed */
	struct cgroup_made group;
	struct str_buf end; /* exit.json */
	struct child child;
	struct adopt_watch watch;
	struct oom oom;
	struct stop stop;
	struct health *health;

	struct durable status_file, exit_file;
	struct guest_waiter waiters[GUEST_WAITERS];
};

/* guest.c: let an event happen. */
void guest_fire(struct guest *guest, enum guest_event event);
void guest_set_error(struct guest *guest, const char *text);

/* guest_watch.c: the process of an incarnation.  guest_watch_begin() fails when it is gone already; is_child false: an adopted
 * one. */
void guest_watch_setup(struct guest *guest);
int guest_watch_begin(struct guest *guest, pid_t pid, bool is_child, struct err *err);
/* Forget it, with all that is known of it but the group. */
void guest_watch_reset(struct guest *guest);
/* It has ended: read what is left in its group, for guest_write_end(). */
void guest_take_end(struct guest *guest);
/* Write exit.json. */
void guest_write_end(struct guest *guest);

/* guest_control.c */
const char *guest_state_name(enum guest_state state);
void guest_update_status(struct guest *guest);
/* Answer all who wait for that; error NULL: with "{}". */
void guest_answer(struct guest *guest, enum guest_wait kind, const char *error);
void guest_answer_health(struct guest *guest);

/* guest_adopt.c: begin with the guest as it is.  Returns the state to go on from, or an error. */
int guest_adopt(struct guest *guest, enum guest_state *ret, struct err *err);
