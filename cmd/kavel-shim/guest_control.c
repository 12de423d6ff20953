/* What others see of the guest's life, and ask of it: status.json and the control socket. */
#include <errno.h>
#include <stdio.h>

#include "base/auto.h"
#include "guest_life.h"
#include "json/encode.h"
#include "status.h"

const char *guest_state_name(enum guest_state state)
{
	static const char *const names[] = {
		[GUEST_NEW] = "starting",      [GUEST_CREATING] = "starting", [GUEST_STARTING] = "starting",
		[GUEST_RUNNING] = "running",   [GUEST_STOPPING] = "stopping", [GUEST_KILLING] = "stopping",
		[GUEST_DRAINING] = "stopping", [GUEST_DELETING] = "stopping", [GUEST_BACKING_OFF] = "backing-off",
		[GUEST_STOPPED] = "stopped",   [GUEST_FAILED] = "failed",
	};

	return names[state];
}

static void put_status(const struct guest *guest, struct str_buf *out)
{
	const struct status status = {
		.id = guest->settings->id,
		.name = guest_state_name(guest->state),
		.pid = guest->pid_start ? guest->record.pid : 0,
		.pid_start = guest->pid_start,
		.has_pid_ns = guest->record.has_pid_ns,
		.wants_stop = guest->wants_stop,
		.restart = &guest->restart,
		.created = &guest->record.created,
		.started = &guest->record.started,
		.group = &guest->group,
		.oom_kills = guest->record.oom_kills,
		.health = guest->health,
		.log = guest->parts.counters(guest->parts.owner),
		.lost = guest->lost,
		.error = guest->error.size ? guest->error.data : NULL,
	};

	status_text(&status, out);
}

void guest_update_status(struct guest *guest)
{
	struct str_buf text = { 0 };

	if (!guest->status_file.path)
		return;
	put_status(guest, &text);
	str_append(&text, "\n");
	durable_write(&guest->status_file, &text);
}

/* ---------------------------------------------------------------- answers */

static void put_error(struct str_buf *out, const char *error)
{
	struct json_writer writer = JSON_WRITER(out, 0);

	json_open_object(&writer, NULL);
	json_put_string(&writer, "error", error);
	json_close(&writer);
}

static void answer(struct guest *guest, enum guest_wait kind, const char *text)
{
	for (size_t i = 0; i < GUEST_WAITERS; i++) {
		struct guest_waiter waiter = guest->waiters[i];

		if (waiter.kind != kind)
			continue;
		guest->waiters[i].kind = WAIT_NONE;
		guest->parts.answer(guest->parts.owner, waiter.ticket, text);
	}
}

void guest_answer(struct guest *guest, enum guest_wait kind, const char *error)
{
	autobuf text = { 0 };

	if (error)
		put_error(&text, error);
	answer(guest, kind, error && !text.failed ? text.data : "{}");
}

void guest_answer_health(struct guest *guest)
{
	autobuf text = { 0 };
	struct json_writer writer = JSON_WRITER(&text, 0);

	health_put(guest->health, &writer, NULL);
	answer(guest, WAIT_CHECKED, text.failed ? "{}" : text.data);
}

/* ---------------------------------------------------------------- requests */

static int wait_for(struct guest *guest, enum guest_wait kind, uint64_t ticket, struct err *err)
{
	for (size_t i = 0; i < GUEST_WAITERS; i++)
		if (guest->waiters[i].kind == WAIT_NONE) {
			guest->waiters[i] = (struct guest_waiter){ kind, ticket };
			return 0;
		}
	return err_set(err, EBUSY, "too many requests wait already");
}

static bool is_over(const struct guest *guest)
{
	return guest->state == GUEST_STOPPED || guest->state == GUEST_FAILED;
}

static int request_stop(struct guest *guest, uint64_t ticket, const char *words, struct err *err)
{
	struct stop_request request;
	int r = stop_parse(guest->settings, words, &request, err);

	if (r == 0)
		r = wait_for(guest, WAIT_STOPPED, ticket, err);
	if (r < 0)
		return r;
	guest->wants_stop = true;
	guest->request = request;
	guest_fire(guest, EVENT_STOP);
	return 0;
}

static int request_restart(struct guest *guest, uint64_t ticket, const char *words, struct err *err)
{
	struct stop_request request;
	int r;

	if (!guest->settings->start)
		return err_set(err, EOPNOTSUPP, "the guest was not started by its shim, which so cannot restart it");
	if (guest->wants_stop || is_over(guest))
		return err_set(err, ESRCH, "the guest is being stopped");
	r = stop_parse(guest->settings, words, &request, err);
	if (r == 0)
		r = wait_for(guest, WAIT_RUNNING, ticket, err);
	if (r < 0)
		return r;
	guest->wants_restart = true;
	guest->request = request;
	guest_fire(guest, EVENT_RESTART);
	return 0;
}

static int request_health(struct guest *guest, uint64_t ticket, const char *words, struct err *err)
{
	int r;

	if (*words)
		return err_user(err, "unexpected \"%.40s\"", words);
	r = wait_for(guest, WAIT_CHECKED, ticket, err);
	if (r < 0)
		return r;
	if (health_check(guest->health))
		return 0;
	for (size_t i = 0; i < GUEST_WAITERS; i++)
		if (guest->waiters[i].kind == WAIT_CHECKED && guest->waiters[i].ticket == ticket)
			guest->waiters[i].kind = WAIT_NONE;
	return err_set(err, ESRCH, guest->health ? "the guest does not run" : "the guest has no health check");
}

static const struct {
	const char *name;
	int (*request)(struct guest *guest, uint64_t ticket, const char *words, struct err *err);
} requests[] = {
	{ "stop", request_stop },
	{ "restart", request_restart },
	{ "health", request_health },
};

/* The words behind the request's name; NULL: it is another. */
static const char *words_of(const char *request, const char *name)
{
	const char *rest = str_after(request, name);

	if (!rest || (*rest && *rest != ' '))
		return NULL;
	return rest + (*rest == ' ');
}

bool guest_control(struct guest *guest, uint64_t ticket, const char *request, struct str_buf *out)
{
	struct err err;

	if (str_eq(request, "status")) {
		put_status(guest, out);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		const char *words = words_of(request, requests[i].name);

		if (!words)
			continue;
		if (requests[i].request(guest, ticket, words, &err) < 0)
			put_error(out, err.text);
		return true;
	}
	return false;
}
