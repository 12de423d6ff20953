/* kavel-systemd: what kavel asks systemd for.  A program of its own, as only this needs libsystemd; kavel starts it, passes a
 * request on its standard input (request.h), and reads the answer: exit status 0, or "ERRNO TEXT".
 *
 * The way is short: root, and a user whose own manager runs, talk to systemd by its private socket, without a message bus in
 * between, which costs a hello and a subscription.  There the one call is answered, and the end of its job told, unasked. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "request.h"

#define NAME	  "org.freedesktop.systemd1"
#define PATH	  "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"

static void unref(sd_bus_message **message)
{
	(void)sd_bus_message_unref(*message);
}

#define message_ref __attribute__((cleanup(unref))) sd_bus_message *

struct conversation {
	sd_bus *bus;
	bool is_direct; /* no message bus in between */
	const char *unit;
	bool is_started; /* a unit of that name is there, and was made here */
	/* the job whose end is awaited: signals may come before the answer that names it */
	char job[128];
	char ended[128], result[32];
};

/* Write the answer.  Returns the exit status. */
__attribute__((format(printf, 2, 3))) static int answer(int number, const char *format, ...)
{
	va_list args;

	(void)dprintf(STDOUT_FILENO, "%d ", number);
	va_start(args, format);
	(void)vdprintf(STDOUT_FILENO, format, args);
	va_end(args);
	return 1;
}

/* What to answer at the deadline, made ready before. */
static char too_late_text[100];

static void too_late(int signal)
{
	(void)signal;
	(void)!write(STDOUT_FILENO, too_late_text, strlen(too_late_text));
	_exit(1);
}

static void set_deadline(const char *seconds)
{
	(void)snprintf(too_late_text, sizeof(too_late_text), "%d systemd did not answer within %s seconds", ETIMEDOUT,
		       seconds);
	(void)signal(SIGALRM, too_late);
	(void)alarm((unsigned int)strtoul(seconds, NULL, 10));
}

/* ---------------------------------------------------------------- the parent */

/* Seconds in which what a parent that was killed has begun is taken back. */
#define ORPHAN_SECONDS 5

static volatile sig_atomic_t is_orphan;

static void parent_died(int signal)
{
	(void)signal;
	is_orphan = 1;
	(void)alarm(ORPHAN_SECONDS);
}

/* Without the parent nobody knows of a unit that comes to be.  False: it has died already. */
static bool watch_parent(const char *number)
{
	(void)signal(SIGTERM, parent_died);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	return getppid() == (pid_t)strtol(number, NULL, 10);
}

/* ---------------------------------------------------------------- connecting */

static int connect_direct(sd_bus **ret, const char *socket)
{
	sd_bus *bus = NULL;
	char address[256];
	int r;

	if ((size_t)snprintf(address, sizeof(address), "unix:path=%s", socket) >= sizeof(address))
		return -ENAMETOOLONG;
	r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0) {
		(void)sd_bus_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

static int connect_user(struct conversation *c)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[200], fallback[40];

	if (!runtime || !*runtime) {
		(void)snprintf(fallback, sizeof(fallback), "/run/user/%u", getuid());
		runtime = fallback;
		(void)setenv("XDG_RUNTIME_DIR", runtime, 1);
	}
	(void)snprintf(path, sizeof(path), "%s/systemd/private", runtime);
	c->is_direct = connect_direct(&c->bus, path) >= 0;
	return c->is_direct ? 0 : sd_bus_open_user(&c->bus);
}

/* Who names a bus wants that one. */
static int connect_system(struct conversation *c)
{
	c->is_direct = !getenv("DBUS_SYSTEM_BUS_ADDRESS") && connect_direct(&c->bus, "/run/systemd/private") >= 0;
	return c->is_direct ? 0 : sd_bus_open_system(&c->bus);
}

static int open_bus(struct conversation *c, const char *manager)
{
	bool is_user = strcmp(manager, "user") == 0;
	int r = is_user ? connect_user(c) : connect_system(c);

	if (r >= 0)
		return 0;
	return answer(-r, "cannot reach %s: %s%s", is_user ? "the systemd of this user" : "systemd", strerror(-r),
		      is_user ? "; is XDG_RUNTIME_DIR that of a session?" : "; is it running here?");
}

/* ---------------------------------------------------------------- jobs */

static int job_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct conversation *c = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0 || strcmp(unit, c->unit) != 0)
		return 0;
	if (*c->job && strcmp(path, c->job) != 0)
		return 0;
	(void)snprintf(c->ended, sizeof(c->ended), "%s", path);
	(void)snprintf(c->result, sizeof(c->result), "%s", result);
	return 0;
}

/* Must come before the call whose job it is about. */
static int watch_jobs(struct conversation *c)
{
	return sd_bus_match_signal_async(c->bus, NULL, c->is_direct ? NULL : NAME, PATH, INTERFACE, "JobRemoved",
					 job_removed, NULL, c);
}

/* Wait until the job that the reply names has ended.  SIGALRM is the deadline. */
static int await_job(struct conversation *c, sd_bus_message *reply)
{
	const char *job;
	int r = sd_bus_message_read(reply, "o", &job);

	if (r < 0)
		return r;
	(void)snprintf(c->job, sizeof(c->job), "%s", job);
	if (strcmp(c->ended, c->job) != 0)
		c->ended[0] = '\0';
	while (!c->ended[0]) {
		r = sd_bus_process(c->bus, NULL);
		if (r < 0)
			return r;
		if (r == 0)
			r = sd_bus_wait(c->bus, UINT64_MAX);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

/* ---------------------------------------------------------------- the operations */

static int new_call(struct conversation *c, const char *method, sd_bus_message **ret)
{
	return sd_bus_message_new_method_call(c->bus, ret, NAME, PATH, INTERFACE, method);
}

static int refused(const char *method, int r, const sd_bus_error *error)
{
	int number = -r;

	if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) || number == ETIMEDOUT)
		return answer(ETIMEDOUT, "systemd did not answer %s in time", method);
	return answer(number, "%s: %s", method, error->message ? error->message : strerror(number));
}

/* Forget a unit of that name that has failed; there may be none. */
static void forget(struct conversation *c)
{
	(void)sd_bus_call_method(c->bus, NAME, PATH, INTERFACE, "ResetFailedUnit", NULL, NULL, "s", c->unit);
}

static int new_start(struct conversation *c, struct request request, sd_bus_message **ret)
{
	const char *bad = "";
	int r = new_call(c, "StartTransientUnit", ret);

	if (r >= 0)
		r = sd_bus_message_append(*ret, "ss", c->unit, "fail");
	if (r >= 0)
		r = request_append_properties(&request, *ret, &bad);
	if (r < 0)
		return answer(-r, "property %s: %s", bad, strerror(-r));
	r = sd_bus_message_append(*ret, "a(sa(sv))", 0);
	return r < 0 ? answer(-r, "%s", strerror(-r)) : 0;
}

/* One call of StartTransientUnit.  Returns 0 with its reply; 1 after an answer; -EEXIST when there is a unit of that name. */
static int call_start(struct conversation *c, const struct request *request, sd_bus_message **ret_reply)
{
	__attribute__((cleanup(sd_bus_error_free))) sd_bus_error error = SD_BUS_ERROR_NULL;
	message_ref message = NULL;
	int r = new_start(c, *request, &message);

	if (r != 0)
		return r;
	r = sd_bus_call(c->bus, message, UINT64_MAX, &error, ret_reply);
	if (r >= 0)
		return 0;
	return sd_bus_error_has_name(&error, NAME ".UnitExists") ? -EEXIST : refused("StartTransientUnit", r, &error);
}

static int start(struct conversation *c, struct request *request)
{
	message_ref reply = NULL;
	int r = watch_jobs(c);

	if (r < 0)
		return answer(-r, "cannot wait for systemd's jobs: %s", strerror(-r));
	r = call_start(c, request, &reply);
	if (r == -EEXIST) {
		forget(c); /* one that failed stands in the way until then */
		r = call_start(c, request, &reply);
	}
	if (r == -EEXIST)
		return answer(EEXIST, "there is a unit of that name already");
	if (r != 0)
		return r;
	c->is_started = true;
	r = await_job(c, reply);
	if (r < 0)
		return answer(-r, "waiting for systemd: %s", strerror(-r));
	return strcmp(c->result, "done") == 0
		       ? 0
		       : answer(EIO, "systemd's job ended with \"%s\"; its journal tells why", c->result);
}

static int stop(struct conversation *c)
{
	__attribute__((cleanup(sd_bus_error_free))) sd_bus_error error = SD_BUS_ERROR_NULL;
	message_ref reply = NULL;
	int r = watch_jobs(c);

	c->job[0] = '\0';
	if (r >= 0)
		r = sd_bus_call_method(c->bus, NAME, PATH, INTERFACE, "StopUnit", &error, &reply, "ss", c->unit,
				       "replace");
	if (sd_bus_error_has_name(&error, NAME ".NoSuchUnit"))
		return 0;
	if (r < 0)
		return refused("StopUnit", r, &error);
	r = await_job(c, reply);
	if (r < 0)
		return answer(-r, "waiting for systemd: %s", strerror(-r));
	forget(c);
	return 0;
}

static int set(struct conversation *c, struct request *request)
{
	__attribute__((cleanup(sd_bus_error_free))) sd_bus_error error = SD_BUS_ERROR_NULL;
	message_ref message = NULL;
	const char *bad = "";
	int r = new_call(c, "SetUnitProperties", &message);

	if (r >= 0)
		r = sd_bus_message_append(message, "sb", c->unit, 1); /* until the unit ends */
	if (r >= 0)
		r = request_append_properties(request, message, &bad);
	if (r < 0)
		return answer(-r, "property %s: %s", bad, strerror(-r));
	r = sd_bus_call(c->bus, message, UINT64_MAX, &error, NULL);
	return r < 0 ? refused("SetUnitProperties", r, &error) : 0;
}

static int carry_out(const char *operation, struct conversation *c, struct request *request)
{
	if (strcmp(operation, "start") == 0)
		return start(c, request);
	if (strcmp(operation, "stop") == 0)
		return stop(c);
	if (strcmp(operation, "set") == 0)
		return set(c, request);
	return answer(EINVAL, "unknown operation %s", operation);
}

int main(void)
{
	struct request request = { 0 };
	struct conversation c = { 0 };
	const char *operation, *manager, *seconds, *parent;
	int status = 1;

	if (request_read(&request) < 0)
		return answer(EINVAL, "the request cannot be read");
	operation = request_next(&request);
	manager = request_next(&request);
	seconds = request_next(&request);
	parent = request_next(&request);
	c.unit = request_next(&request);
	if (c.unit) {
		set_deadline(seconds);
		if (watch_parent(parent) && open_bus(&c, manager) == 0)
			status = carry_out(operation, &c, &request);
		if (is_orphan && c.is_started)
			(void)stop(&c);
	} else {
		(void)answer(EINVAL, "kavel starts this program itself, with a request on its standard input");
	}
	(void)sd_bus_flush_close_unref(c.bus);
	free(request.words);
	return status;
}
