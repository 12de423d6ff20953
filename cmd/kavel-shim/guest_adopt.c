/* Going on from wherever the shim that was killed had come to.  What it left is told by the runtime, which knows whether there is
 * a container and what it does, and by status.json and exit.json, as far as they are of that incarnation. */
#include <stdio.h>

#include "base/auto.h"
#include "base/log.h"
#include "guest_life.h"

#define TAKEN_OVER "the shim was killed; another one goes on here"

static void take_streams(struct guest *guest)
{
	struct err err;
	int r = guest->parts.adopt_streams(guest->parts.owner, &err);

	if (guest->settings->terminal)
		guest->lost = "the terminal: it hung up when the shim was killed";
	else if (r < 0)
		guest->lost = "what the guest writes";
	else if (guest->settings->stdin)
		guest->lost = "standard input: its end was seen when the shim was killed";
	if (r < 0 && !guest->settings->terminal)
		log_warning("%s: %s", guest->settings->id, err.text);
	guest->parts.mark(guest->parts.owner, TAKEN_OVER);
	if (guest->lost)
		log_warning("%s: lost with the shim that was killed: %s", guest->settings->id, guest->lost);
}

/* It lives: watch it. */
static int take_process(struct guest *guest, struct adopted *found, struct err *err)
{
	guest->pidfd = take_fd(&found->pidfd);
	guest->group = found->group;
	guest->record.created = found->created;
	guest->record.started = found->started;
	return guest_watch_begin(guest, found->pid, false, err);
}

static enum guest_state delete (struct guest *guest) {
	struct err err;

	if (guest->parts.call(guest->parts.owner, GUEST_DELETE, &err) < 0){ guest_set_error(guest, err.text);
									    guest->next = EVENT_FAILED; }
return GUEST_DELETING;
}

/* It has ended while nobody looked, or was about to be deleted. */
static enum guest_state take_end(struct guest *guest, const struct adopted *found)
{
	guest->has_run = true;
	guest->has_ended = true;
	guest->record.created = found->created;
	guest->record.started = found->started;
	guest->record.pid = found->last_pid;
	guest->record.reason = "it ended while it had no shim";
	guest->is_recorded = found->is_recorded;
	guest->record.has_status = found->has_status;
	guest->record.status = found->exit_status;
	if (!found->is_recorded)
		guest->parts.mark(guest->parts.owner, "the shim was killed, and the guest has ended since");
	guest->record.oom_kills = found->oom_kills;
	guest->group = found->group;
	guest_take_end(guest);
	guest_write_end(guest);
	return delete (guest);
}

static enum guest_state delete_first(struct guest *guest)
{
	guest->is_leftover = true;
	return delete (guest);
}

static enum guest_state go_on(struct guest *guest, struct adopted *found)
{
	switch (found->status) {
	case ADOPT_CREATED:
		guest->next = EVENT_DONE; /* of create */
		return GUEST_CREATING;
	case ADOPT_RUNNING:
		guest->has_run = true;
		guest->next = EVENT_DONE; /* of start */
		return GUEST_STARTING;
	case ADOPT_STOPPED:
		return take_end(guest, found);
	case ADOPT_UNFINISHED:
		return delete_first(guest);
	case ADOPT_ABSENT:
		break;
	}
	if (found->was_to_start || !found->is_known) {
		guest->next = EVENT_TIME;
		return GUEST_BACKING_OFF;
	}
	if (!found->was_stopped) /* it was deleted, and its shim killed before it could say so */
		return take_end(guest, found);
	loop_after(guest->loop, &guest->settle, 0);
	return GUEST_STOPPED;
}

int guest_adopt(struct guest *guest, enum guest_state *ret, struct err *err)
{
	struct adopted found;
	int r;

	if (!guest->settings->run_dir)
		return err_user(err, "--adopt needs --run-dir: elsewhere nothing of the guest outlives its shim");
	r = adopt_find(guest->settings, &found, err);
	if (r < 0)
		return r;
	guest_watch_reset(guest);
	guest->restart = (struct restart){ found.restarts, found.restarts_in_a_row };
	guest->record.restarts = found.restarts;
	guest->record.has_pid_ns = found.has_pid_ns;
	guest->wants_stop = found.was_stopping;
	r = stop_parse(guest->settings, "", &guest->request, err);
	if (r < 0)
		return r;
	if (found.status == ADOPT_CREATED || found.status == ADOPT_RUNNING) {
		r = take_process(guest, &found, err);
		if (r < 0)
			return r;
		take_streams(guest);
		guest->parts.created(guest->parts.owner, found.pid);
	}
	auto_close(&found.pidfd);
	*ret = go_on(guest, &found);
	return 0;
}
