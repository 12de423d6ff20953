#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "claim.h"
#include "detach.h"
#include "memory.h"

#define DRAIN_MS 2000 /* for what a guest leaves in its streams while others hold them open, or a log is full */

/* ---------------------------------------------------------------- the guest and the runtime */

static void tell_created(struct shim *shim, pid_t pid)
{
	if (shim->is_told)
		return;
	shim->is_told = true;
	/* callers of the older protocol expect one line of an exec, and that is its end */
	if (shim->settings.api || !shim->settings.exec)
		sync_tell(&shim->sync, pid, NULL);
	/* of a container nothing more is told: whoever waits for the end of the pipe need not wait for the container's */
	if (!shim->settings.exec)
		sync_close(&shim->sync);
}

static int begin_create(struct shim *shim, struct err *err)
{
	struct pipes guests = PIPES_NONE;
	int r = 0;

	if (!shim->settings.passthrough)
		r = relay_begin(shim->relay, &guests, err);
	if (r == 0 && shim->settings.terminal)
		r = console_open(&shim->console, shim->loop, err);
	if (r == 0)
		r = runtime_create(&shim->runtime, &guests, relay_error_fd(shim->relay),
				   shim->settings.terminal ? shim->console.path : NULL, err);
	pipes_close(&guests);
	/* the guest has the caller's streams now; whoever waits for their end waits for the guest alone */
	if (r == 0 && shim->settings.passthrough && shim->settings.restart == RESTART_NO)
		r = detach_streams(err);
	if (r < 0)
		console_close(&shim->console);
	return r;
}

static int on_call(void *owner, enum guest_call call, struct err *err)
{
	struct shim *shim = owner;

	switch (call) {
	case GUEST_CREATE:
		return begin_create(shim, err);
	case GUEST_START:
		return runtime_start(&shim->runtime, err);
	case GUEST_DELETE:
		return runtime_delete(&shim->runtime, err);
	}
	return err_set(err, EINVAL, "unknown call");
}

static int read_pid(const struct shim *shim, pid_t *ret, struct err *err)
{
	char text[32];
	uint64_t pid;
	ssize_t size = file_read_short(AT_FDCWD, shim->settings.pid_file, text, sizeof(text));

	if (size < 0)
		return err_sys(err, (int)-size, "the runtime wrote no pid: %s", shim->settings.pid_file);
	if (!str_u64(text, INT32_MAX, &pid) || !pid)
		return err_set(err, EIO, "%s holds no pid", shim->settings.pid_file);
	*ret = (pid_t)pid;
	return 0;
}

/* The runtime has made the guest: take its terminal, and begin to read. */
static int take_guest(struct shim *shim, pid_t *ret_pid, struct err *err)
{
	int r = 0;

	if (shim->settings.terminal)
		r = console_finish(&shim->console, err);
	if (r == 0)
		r = read_pid(shim, ret_pid, err);
	if (r == 0 && !shim->settings.passthrough)
		r = relay_go(shim->relay, take_fd(&shim->console.master), &shim->runtime.said, err);
	return r;
}

static void on_runtime_ended(struct runtime *runtime, const struct err *failure)
{
	struct shim *shim = runtime->owner;
	enum guest_call call = runtime->call;
	struct err err;
	pid_t pid = 0;

	if (call == GUEST_CREATE) {
		if (!failure && take_guest(shim, &pid, &err) < 0)
			failure = &err;
		console_close(&shim->console);
		str_buf_free(&runtime->said);
	}
	if (call == GUEST_START && !failure)
		tell_created(shim, shim->guest_pid);
	guest_done(shim->guest, call, pid, failure);
}

static void on_interrupt(void *owner)
{
	const struct shim *shim = owner;
	pid_t pid = runtime_pid(&shim->runtime);

	if (pid > 0)
		(void)kill(pid, SIGTERM);
}

static void on_created(void *owner, pid_t pid)
{
	struct shim *shim = owner;

	shim->guest_pid = pid;
	if (!shim->settings.start || shim->settings.adopt)
		tell_created(shim, pid);
}

static void on_drain(void *owner)
{
	struct shim *shim = owner;

	shim->guest_pid = 0;
	relay_drain(shim->relay, DRAIN_MS);
}

static void on_drained(void *owner)
{
	const struct shim *shim = owner;

	guest_drained(shim->guest);
}

static int on_adopt_streams(void *owner, struct err *err)
{
	struct shim *shim = owner;

	return relay_adopt(shim->relay, err);
}

static void on_mark(void *owner, const char *text)
{
	struct shim *shim = owner;

	logs_mark(shim->logs, text);
}

static struct logs_counters on_counters(void *owner)
{
	const struct shim *shim = owner;

	return logs_counters(shim->logs);
}

static void on_answer(void *owner, uint64_t ticket, const char *answer)
{
	struct shim *shim = owner;

	if (shim->attach)
		attach_answer(shim->attach, ticket, answer);
}

static void on_finished(void *owner, const struct err *failure)
{
	struct shim *shim = owner;

	if (failure && !shim->is_told) {
		shim->is_told = true;
		sync_tell(&shim->sync, -1, failure->text);
	}
	shim->has_failed = failure;
	loop_stop(shim->loop);
}

/* As conmon, unless the shim itself starts the guest: the signal is passed on, to the runtime as long as there is no guest. */
static void on_signal(void *owner, int number)
{
	struct shim *shim = owner;
	pid_t pid = shim->guest_pid ? shim->guest_pid : runtime_pid(&shim->runtime);

	if (shim->settings.start || pid <= 0)
		guest_stop(shim->guest);
	else
		(void)kill(pid, number);
}

/* ---------------------------------------------------------------- clients */

static size_t on_input(void *owner, const void *data, size_t size)
{
	struct shim *shim = owner;

	return relay_input(shim->relay, data, size);
}

static void on_input_end(void *owner)
{
	struct shim *shim = owner;

	relay_input_end(shim->relay);
}

static void on_resize(void *owner, unsigned short rows, unsigned short columns)
{
	struct shim *shim = owner;

	relay_resize(shim->relay, rows, columns);
}

static void on_reopen(void *owner)
{
	struct shim *shim = owner;

	logs_reopen(shim->logs);
}

static void on_can_continue(void *owner)
{
	struct shim *shim = owner;

	relay_continue(shim->relay);
}

static void on_control(void *owner, uint64_t ticket, const char *request, struct str_buf *out)
{
	struct shim *shim = owner;

	if (!guest_control(shim->guest, ticket, request, out))
		str_append(out, "{\"error\": \"unknown request\"}");
}

/* ---------------------------------------------------------------- parts */

/* Engines log for themselves.  For guests of an administrator there is the journal, or else syslog(3), or nobody who hears. */
static int open_log(struct shim *shim, struct err *err)
{
	struct log_options options = {
		.program = "kavel-shim", .target = LOG_TO_JOURNAL, .path = "kavel-shim", .level = LOG_LEVEL_WARNING
	};
	struct err ignored;

	(void)err;
	if (!shim->settings.run_dir || log_open(&options, &ignored) == 0)
		return 0;
	options.target = LOG_TO_SYSLOG;
	(void)log_open(&options, &ignored);
	return 0;
}

static int open_claim(struct shim *shim, struct err *err)
{
	return shim->settings.run_dir ? claim_run_dir(shim->settings.run_dir, &shim->claim, err) : 0;
}

static int open_loop(struct shim *shim, struct err *err)
{
	return loop_open(&shim->loop, err);
}

static int open_children(struct shim *shim, struct err *err)
{
	return children_open(shim->loop, &shim->children, err);
}

static int open_signals(struct shim *shim, struct err *err)
{
	shim->signals.owner = shim;
	shim->signals.received = on_signal;
	return signals_open(&shim->signals, shim->loop, err);
}

static int open_logs(struct shim *shim, struct err *err)
{
	return logs_open(&shim->settings.log, shim->loop, on_can_continue, shim, &shim->logs, err);
}

static int open_relay(struct shim *shim, struct err *err)
{
	return relay_open(&shim->settings, shim->loop, &shim->relay, err);
}

/* An exec of the older protocol has no bundle, and the caller's own streams have no other clients. */
static int open_attach(struct shim *shim, struct err *err)
{
	const struct attach_requests requests = {
		.owner = shim,
		.input = on_input,
		.input_end = on_input_end,
		.can_continue = on_can_continue,
		.resize = on_resize,
		.reopen_logs = on_reopen,
		.control = on_control,
	};

	if ((!shim->settings.bundle && !shim->settings.run_dir) || shim->settings.passthrough)
		return 0;
	return attach_open(&shim->settings, shim->loop, &requests, &shim->attach, err);
}

static int open_notify(struct shim *shim, struct err *err)
{
	return notify_proxy_open(&shim->notify, &shim->settings, shim->loop, err);
}

static void on_idle(void *owner)
{
	struct shim *shim = owner;

	relay_trim(shim->relay);
	logs_trim(shim->logs);
	memory_trim();
}

static int connect_parts(struct shim *shim, struct err *err)
{
	const struct relay_peers peers = {
		.logs = shim->logs, .attach = shim->attach, .owner = shim, .drained = on_drained
	};

	(void)err;
	relay_connect(shim->relay, &peers);
	loop_on_idle(shim->loop, on_idle, shim);
	shim->runtime.settings = &shim->settings;
	shim->runtime.loop = shim->loop;
	shim->runtime.children = shim->children;
	shim->runtime.owner = shim;
	shim->runtime.ended = on_runtime_ended;
	shim->runtime.start_pipe = shim->settings.exec_attach ? shim->sync.start : -1;
	return 0;
}

static int open_guest(struct shim *shim, struct err *err)
{
	const struct guest_parts parts = {
		.owner = shim,
		.call = on_call,
		.interrupt = on_interrupt,
		.created = on_created,
		.drain = on_drain,
		.adopt_streams = on_adopt_streams,
		.mark = on_mark,
		.counters = on_counters,
		.answer = on_answer,
		.finished = on_finished,
	};

	return guest_open(&shim->settings, shim->loop, shim->children, &parts, &shim->guest, err);
}

int shim_open(struct shim *shim, struct err *err)
{
	/* clients come when all else is there; the guest when clients can */
	static int (*const parts[])(struct shim * shim, struct err * err) = {
		open_log,   open_claim, open_loop,   open_children, open_signals,  open_logs,
		open_relay, open_guest, open_attach, open_notify,   connect_parts,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](shim, err);
	return r;
}

int shim_serve(struct shim *shim, struct err *err)
{
	int r;

	sync_tell_attach(&shim->sync);
	r = guest_begin(shim->guest, err);
	return r < 0 ? r : loop_run(shim->loop, err);
}

void shim_close(struct shim *shim)
{
	if (!shim->loop)
		return;
	if (shim->children)
		runtime_forget(&shim->runtime);
	console_close(&shim->console);
	notify_proxy_close(&shim->notify);
	if (shim->attach)
		attach_close(shim->attach);
	guest_close(shim->guest);
	relay_close(shim->relay);
	if (shim->logs)
		logs_close(shim->logs);
	signals_close(&shim->signals);
	children_close(shim->children);
	loop_close(shim->loop);
	shim->loop = NULL;
	log_close();
}
