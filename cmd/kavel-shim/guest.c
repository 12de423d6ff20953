/* A table of states and events: each row names what is done, which returns the state that follows.  An event that a state has no
 * row for changes nothing: that stopping was asked for is remembered (wants_stop), and looked at where it matters. */
#include "guest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "group.h"
#include "guest_life.h"

void guest_set_error(struct guest *guest, const char *text)
{
	str_buf_free(&guest->error);
	if (text)
		str_append(&guest->error, text);
}

/* ---------------------------------------------------------------- actions */

/* A call that cannot even begin has failed. */
static enum guest_state call(struct guest *guest, enum guest_call call, enum guest_state state)
{
	struct err err;

	if (guest->parts.call(guest->parts.owner, call, &err) < 0) {
		guest_set_error(guest, err.text);
		guest->next = EVENT_FAILED;
	}
	return state;
}

static enum guest_state create(struct guest *guest)
{
	guest_watch_reset(guest);
	oom_remove_files(guest->settings);
	return call(guest, GUEST_CREATE, GUEST_CREATING);
}

static enum guest_state delete (struct guest *guest) { return call(guest, GUEST_DELETE, GUEST_DELETING); }

static enum guest_state finish(struct guest *guest, enum guest_state state)
{
	loop_after(guest->loop, &guest->settle, 0);
	return state;
}

/* The request, or, when one was made before the guest ran, that one. */
static enum guest_state stop(struct guest *guest)
{
	health_end(guest->health);
	guest->stop.pidfd = guest->pidfd;
	stop_begin(&guest->stop, &guest->request);
	return GUEST_STOPPING;
}

/* When that was by clock_ms(): for an adopted guest long ago. */
static int64_t started_ms(const struct timespec *started)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return clock_ms() - (int64_t)(now.tv_sec - started->tv_sec) * 1000;
}

static enum guest_state run(struct guest *guest)
{
	guest->has_run = true;
	if (!guest->record.started.tv_sec)
		(void)clock_gettime(CLOCK_REALTIME, &guest->record.started);
	guest->started_ms = started_ms(&guest->record.started);
	guest_set_error(guest, NULL);
	if (guest->has_ended) {
		guest->next = EVENT_ENDED;
		return GUEST_RUNNING;
	}
	if (guest->settings->timeout_s)
		loop_after(guest->loop, &guest->limit, (int64_t)guest->settings->timeout_s * 1000);
	if (guest->wants_stop || guest->wants_restart)
		return stop(guest);
	health_begin(guest->health);
	guest_answer(guest, WAIT_RUNNING, NULL);
	return GUEST_RUNNING;
}

static enum guest_state created(struct guest *guest)
{
	if (!guest->settings->start)
		return run(guest);
	if (guest->wants_stop)
		return delete (guest);
	/* now: it may have ended before the runtime has said that it started */
	(void)clock_gettime(CLOCK_REALTIME, &guest->record.started);
	return call(guest, GUEST_START, GUEST_STARTING);
}

static enum guest_state not_started(struct guest *guest)
{
	guest->record.started = (struct timespec){ 0 };
	return delete (guest);
}

static enum guest_state ended(struct guest *guest)
{
	loop_cancel(guest->loop, &guest->limit);
	health_end(guest->health);
	stop_end(&guest->stop);
	guest_take_end(guest);
	guest->parts.drain(guest->parts.owner);
	return GUEST_DRAINING;
}

static struct restart_end how_it_ended(const struct guest *guest)
{
	return (struct restart_end){
		.stopped = guest->wants_stop,
		.restarted = guest->wants_restart,
		.rebooted = record_rebooted(&guest->record),
		.powered_off = record_powered_off(&guest->record),
		.succeeded = record_exit_code(&guest->record) == 0 && !guest->error.size,
		.lasted_ms = guest->started_ms ? clock_ms() - guest->started_ms : 0,
	};
}

/* The guest is gone: what next? */
static enum guest_state decide(struct guest *guest)
{
	const struct restart_end end = how_it_ended(guest);
	int64_t delay_ms;

	guest->pid_start = 0;
	if (guest->is_leftover) {
		guest->is_leftover = false;
		return guest->wants_stop ? finish(guest, GUEST_STOPPED) : create(guest);
	}
	if (!guest->settings->start)
		return finish(guest, guest->has_run ? GUEST_STOPPED : GUEST_FAILED);
	if (!guest->has_run && guest->error.size && !guest->wants_stop)
		return finish(guest, GUEST_FAILED); /* its caller is told */
	switch (restart_decide(guest->settings, &guest->restart, &end, &delay_ms)) {
	case RESTART_NEVER:
		return finish(guest, GUEST_STOPPED);
	case RESTART_GIVEN_UP:
		if (!guest->error.size)
			guest_set_error(guest, "it failed as often as its restart policy allows");
		return finish(guest, GUEST_FAILED);
	case RESTART_AFTER:
		break;
	}
	guest->wants_restart = false;
	if (delay_ms == 0)
		return create(guest);
	loop_after(guest->loop, &guest->back_off, delay_ms);
	return GUEST_BACKING_OFF;
}

/* A hook, or a file system that does not answer, may keep the runtime for ever: a stop does not wait for it. */
static enum guest_state interrupt(struct guest *guest)
{
	guest->parts.interrupt(guest->parts.owner);
	return guest->state;
}

/* It leaves nothing, but of one that was interrupted not every runtime may know. */
static enum guest_state not_created(struct guest *guest)
{
	return guest->wants_stop && guest->settings->start ? delete (guest) : decide(guest);
}

static enum guest_state drained(struct guest *guest)
{
	guest_write_end(guest);
	return guest->settings->start ? delete (guest) : decide(guest);
}

/* A guest that could not be started may end while it is being deleted, or have ended before. */
static enum guest_state deleted(struct guest *guest)
{
	if (guest->record.pid && !guest->end.size) {
		guest_take_end(guest);
		guest_write_end(guest);
	}
	return decide(guest);
}

static enum guest_state not_deleted(struct guest *guest)
{
	log_warning("%s", guest->error.size
				  ? guest->error.data
				  : "the guest cannot be deleted"); /* the next create fails by it, and says so */
	return deleted(guest);
}

static enum guest_state stop_waiting(struct guest *guest)
{
	loop_cancel(guest->loop, &guest->back_off);
	return finish(guest, GUEST_STOPPED);
}

static enum guest_state restart_now(struct guest *guest)
{
	loop_cancel(guest->loop, &guest->back_off);
	guest->wants_restart = false;
	return create(guest);
}

static enum guest_state ask_to_kill(struct guest *guest)
{
	const struct stop_request again = { .signal = SIGKILL };

	if (guest->settings->start)
		return call(guest, GUEST_DELETE, GUEST_KILLING);
	guest->stop.is_killed = false;
	stop_begin(&guest->stop, &again);
	return GUEST_STOPPING;
}

static enum guest_state killed(struct guest *guest)
{
	const struct stop_request again = { .signal = SIGKILL };

	if (guest->has_ended)
		return ended(guest);
	guest->stop.is_killed = false; /* a process that cannot be killed yet: once more, after a while */
	stop_begin(&guest->stop, &again);
	return GUEST_STOPPING;
}

static const struct {
	enum guest_state state;
	enum guest_event event;
	enum guest_state (*act)(struct guest *guest);
} rows[] = {
	{ GUEST_CREATING, EVENT_DONE, created },
	{ GUEST_CREATING, EVENT_FAILED, not_created },
	{ GUEST_CREATING, EVENT_STOP, interrupt },
	{ GUEST_STARTING, EVENT_DONE, run },
	{ GUEST_STARTING, EVENT_FAILED, not_started },
	{ GUEST_STARTING, EVENT_STOP, interrupt },
	{ GUEST_RUNNING, EVENT_ENDED, ended },
	{ GUEST_RUNNING, EVENT_STOP, stop },
	{ GUEST_RUNNING, EVENT_RESTART, stop },
	{ GUEST_STOPPING, EVENT_STOP, stop },
	{ GUEST_STOPPING, EVENT_ENDED, ended },
	{ GUEST_STOPPING, EVENT_STUCK, ask_to_kill },
	{ GUEST_KILLING, EVENT_DONE, killed },
	{ GUEST_KILLING, EVENT_FAILED, killed },
	{ GUEST_DRAINING, EVENT_DRAINED, drained },
	{ GUEST_DELETING, EVENT_DONE, deleted },
	{ GUEST_DELETING, EVENT_FAILED, not_deleted },
	{ GUEST_BACKING_OFF, EVENT_TIME, create },
	{ GUEST_BACKING_OFF, EVENT_STOP, stop_waiting },
	{ GUEST_BACKING_OFF, EVENT_RESTART, restart_now },
};

void guest_fire(struct guest *guest, enum guest_event event)
{
	for (; event != EVENT_NONE; event = guest->next) {
		guest->next = EVENT_NONE;
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (rows[i].state == guest->state && rows[i].event == event) {
				guest->state = rows[i].act(guest);
				break;
			}
	}
	guest_update_status(guest);
}

/* ---------------------------------------------------------------- what makes events */

static int on_back_off(struct loop_timer *timer, struct err *err)
{
	(void)err;
	guest_fire(timer->owner, EVENT_TIME);
	return 0;
}

/* settings->timeout_s: for exec. */
static int on_limit(struct loop_timer *timer, struct err *err)
{
	struct guest *guest = timer->owner;

	(void)err;
	guest->record.timed_out = true;
	guest->record.reason = "it took longer than it may";
	guest->request = (struct stop_request){ .signal = SIGKILL };
	guest_fire(guest, EVENT_STOP);
	return 0;
}

static void on_stuck(struct stop *stop)
{
	guest_fire(stop->owner, EVENT_STUCK);
}

static bool is_written(const struct guest *guest)
{
	return !durable_is_waiting(&guest->status_file) && !durable_is_waiting(&guest->exit_file);
}

/* The life is over when all of it is written. */
static int on_settle(struct loop_timer *timer, struct err *err)
{
	struct guest *guest = timer->owner;
	struct err failure;
	bool has_failed = guest->state == GUEST_FAILED;

	(void)err;
	if ((guest->state != GUEST_STOPPED && !has_failed) || !is_written(guest))
		return 0;
	if (has_failed)
		(void)err_set(&failure, ECANCELED, "%s", guest->error.size ? guest->error.data : "the guest failed");
	guest_answer(guest, WAIT_STOPPED, NULL);
	guest_answer(guest, WAIT_RUNNING, has_failed ? failure.text : "the guest is stopped");
	guest_answer(guest, WAIT_CHECKED, "the guest is stopped");
	guest->parts.finished(guest->parts.owner, has_failed ? &failure : NULL);
	return 0;
}

static void on_written(struct durable *durable)
{
	struct guest *guest = durable->owner;

	loop_after(guest->loop, &guest->settle, 0);
}

static bool is_paused(void *owner)
{
	const struct guest *guest = owner;

	return group_is_paused(&guest->group);
}

static void on_health_changed(void *owner)
{
	guest_update_status(owner);
}

static void on_health_checked(void *owner)
{
	guest_answer_health(owner);
}

static void on_unhealthy(void *owner)
{
	struct guest *guest = owner;

	log_warning("%s is unhealthy", guest->settings->id);
	switch (guest->settings->health.action) {
	case HEALTH_NONE:
		break;
	case HEALTH_KILL: /* its restart policy decides */
		if (guest->pidfd >= 0)
			(void)sys_pidfd_send_signal(guest->pidfd, SIGKILL);
		break;
	case HEALTH_RESTART:
		guest->wants_restart = true;
		(void)stop_parse(guest->settings, "", &guest->request, &(struct err){ 0 });
		guest_fire(guest, EVENT_RESTART);
		break;
	case HEALTH_STOP:
		guest_stop(guest);
		break;
	}
}

/* ---------------------------------------------------------------- */

static int set_files(struct guest *guest, struct err *err)
{
	const struct shim_settings *settings = guest->settings;
	struct durable *const files[] = { &guest->status_file, &guest->exit_file };
	char *paths[ARRAY_SIZE(files)] = { NULL };
	int n = 0;

	if (settings->run_dir)
		n |= asprintf(&paths[0], "%s/status.json", settings->run_dir);
	if (settings->exit_record && !settings->exec)
		n |= asprintf(&paths[1], "%s", settings->exit_record);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		*files[i] = (struct durable){
			.path = paths[i], .loop = guest->loop, .written = on_written, .owner = guest
		};
	return n < 0 ? err_memory(err) : 0;
}

int guest_open(const struct shim_settings *settings, struct loop *loop, struct children *children,
	       const struct guest_parts *parts, struct guest **ret, struct err *err)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	int r;

	if (!guest)
		return err_memory(err);
	guest->settings = settings;
	guest->loop = loop;
	guest->children = children;
	guest->parts = *parts;
	guest->back_off = (struct loop_timer){ .expired = on_back_off, .owner = guest };
	guest->settle = (struct loop_timer){ .expired = on_settle, .owner = guest };
	guest->limit = (struct loop_timer){ .expired = on_limit, .owner = guest };
	guest->stop = (struct stop){ .loop = loop, .pidfd = -1, .stuck = on_stuck, .owner = guest };
	guest->pidfd = -1;
	guest_watch_setup(guest);
	r = set_files(guest, err);
	if (r == 0) {
		const struct health_parts health = { guest, is_paused, on_health_changed, on_health_checked,
						     on_unhealthy };

		r = health_open(settings, loop, children, &health, &guest->health, err);
	}
	if (r < 0) {
		guest_close(guest);
		return r;
	}
	*ret = guest;
	return 0;
}

static void close_file(struct durable *durable)
{
	durable_drop(durable);
	free((char *)durable->path);
}

void guest_close(struct guest *guest)
{
	if (!guest)
		return;
	guest_watch_reset(guest);
	health_close(guest->health);
	loop_cancel(guest->loop, &guest->back_off);
	loop_cancel(guest->loop, &guest->settle);
	loop_cancel(guest->loop, &guest->limit);
	close_file(&guest->status_file);
	close_file(&guest->exit_file);
	str_buf_free(&guest->error);
	free(guest);
}

int guest_begin(struct guest *guest, struct err *err)
{
	int r = 0;

	if (guest->settings->adopt)
		r = guest_adopt(guest, &guest->state, err);
	else
		guest->state = create(guest);
	if (r < 0)
		return r;
	guest_fire(guest, guest->next);
	return 0;
}

void guest_done(struct guest *guest, enum guest_call call, pid_t pid, const struct err *failure)
{
	struct err err;

	if (failure)
		guest_set_error(guest, failure->text);
	if (!failure && call == GUEST_CREATE) {
		if (guest_watch_begin(guest, pid, true, &err) < 0) {
			guest_set_error(guest, err.text);
			failure = &err;
		} else {
			guest->parts.created(guest->parts.owner, pid);
		}
	}
	guest_fire(guest, failure ? EVENT_FAILED : EVENT_DONE);
}

void guest_drained(struct guest *guest)
{
	guest_fire(guest, EVENT_DRAINED);
}

void guest_stop(struct guest *guest)
{
	struct err ignored;

	guest->wants_stop = true;
	(void)stop_parse(guest->settings, "", &guest->request, &ignored);
	guest_fire(guest, EVENT_STOP);
}

int guest_exit_code(const struct guest *guest)
{
	return guest->record.timed_out ? -1 : record_exit_code(&guest->record);
}

bool guest_timed_out(const struct guest *guest)
{
	return guest->record.timed_out;
}
