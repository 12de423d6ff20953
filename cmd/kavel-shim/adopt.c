#include "adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/clock.h"
#include "base/command.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "json/decode.h"
#include "json/read.h"
#include "program.h"

#define STATE_ROOM	 (256 << 10) /* annotations are in it, too */
#define STATE_TIMEOUT_MS 20000
#define STATUS_MAX	 (64 << 10)

/* ---------------------------------------------------------------- status.json */

struct group_document {
	const char *path, *v1;
	uint64_t inode;
};

struct status_document {
	const char *status, *created, *started;
	uint64_t pid, pid_start, restarts, restarts_in_a_row, oom_kills;
	bool has_pid_ns, wants_stop;
	struct group_document group;
};

FIELDS(group_fields, struct group_document) {
	STR(struct group_document, "path", path, 0),
	STR(struct group_document, "v1", v1, 0),
	U64(struct group_document, "inode", inode, UINT64_MAX, 0),
	END
};

FIELDS(status_fields, struct status_document) {
	STR(struct status_document, "status", status, 0),
	STR(struct status_document, "createdAt", created, 0),
	STR(struct status_document, "startedAt", started, 0),
	U64(struct status_document, "pid", pid, INT32_MAX, 0),
	U64(struct status_document, "pidStart", pid_start, UINT64_MAX, 0),
	U64(struct status_document, "restarts", restarts, UINT32_MAX, 0),
	U64(struct status_document, "restartsInARow", restarts_in_a_row, UINT32_MAX, 0),
	U64(struct status_document, "oomKills", oom_kills, UINT64_MAX, 0),
	BOOL(struct status_document, "pidNamespace", has_pid_ns, 0),
	BOOL(struct status_document, "stopRequested", wants_stop, 0),
	OBJECT(struct status_document, "cgroup", group, group_fields, 0),
	END
};

static void take_time(const char *text, struct timespec *ret)
{
	if (text)
		(void)clock_parse(text, strlen(text), ret);
}

static void take_group(const struct group_document *group, struct cgroup_made *ret)
{
	if (!group->path || !group->v1 || strlen(group->path) >= sizeof(ret->path) ||
	    strlen(group->v1) >= sizeof(ret->v1))
		return;
	(void)snprintf(ret->path, sizeof(ret->path), "%s", group->path);
	(void)snprintf(ret->v1, sizeof(ret->v1), "%s", group->v1);
	ret->inode = group->inode;
}

/* What is of one incarnation: the number of its process may be another's by now, the time at which that started is not. */
static void take_incarnation(const struct status_document *document, struct adopted *ret)
{
	uint64_t start;

	if (ret->pid > 0 &&
	    ((pid_t)document->pid != ret->pid || proc_stat(ret->pid, NULL, &start) < 0 || start != document->pid_start))
		return;
	ret->last_pid = (pid_t)document->pid;
	take_time(document->created, &ret->created);
	take_time(document->started, &ret->started);
	ret->has_pid_ns = document->has_pid_ns;
	ret->was_stopping = document->wants_stop;
	take_group(&document->group, &ret->group);
	ret->oom_kills = document->oom_kills;
}

/* A document while it is looked at. */
struct reading {
	const char *name;
	struct arena arena;
	struct json_t *json;
};

static int decode(struct reading *reading, const char *text, size_t size, const struct field *fields, void *document,
		  struct err *err)
{
	int r = json_read(text, size, reading->name, &reading->json, err);

	return r < 0 ? r : json_decode(reading->json, fields, document, &reading->arena, "", err);
}

static void end_reading(struct reading *reading)
{
	arena_free(&reading->arena);
	json_free(reading->json);
}

int adopt_read_status(const char *text, size_t size, struct adopted *ret, struct err *err)
{
	struct status_document document = { 0 };
	struct reading reading = { .name = "status.json" };
	int r = decode(&reading, text, size, status_fields, &document, err);

	if (r == 0) {
		ret->is_known = true;
		ret->was_stopped =
			document.status && (str_eq(document.status, "stopped") || str_eq(document.status, "failed"));
		ret->was_to_start = document.status &&
				    (str_eq(document.status, "starting") || str_eq(document.status, "backing-off"));
		ret->restarts = (unsigned int)document.restarts;
		ret->restarts_in_a_row = (unsigned int)document.restarts_in_a_row;
		take_incarnation(&document, ret);
	}
	end_reading(&reading);
	return r;
}

struct exit_document {
	const char *created, *signal;
	uint64_t pid;
	int64_t code; /* -1: not known */
};

FIELDS(exit_fields, struct exit_document) {
	STR(struct exit_document, "createdAt", created, 0),
	STR(struct exit_document, "signal", signal, 0),
	U64(struct exit_document, "pid", pid, INT32_MAX, 0),
	I64_OR(struct exit_document, "exitCode", code, -1, 255, -1, 0),
	END
};

int adopt_read_exit(const char *text, size_t size, struct adopted *ret, struct err *err)
{
	struct exit_document document = { .code = -1 };
	struct timespec created = { 0 };
	struct reading reading = { .name = "exit.json" };
	int r = decode(&reading, text, size, exit_fields, &document, err);

	take_time(document.created, &created);
	if (r == 0 && ret->last_pid > 0 && (pid_t)document.pid == ret->last_pid &&
	    created.tv_sec == ret->created.tv_sec && created.tv_nsec == ret->created.tv_nsec) {
		ret->is_recorded = true;
		ret->has_status = document.code >= 0;
		if (ret->has_status)
			ret->exit_status = document.signal ? (int)document.code - 128 : (int)document.code << 8;
	}
	end_reading(&reading);
	return r;
}

static void read_file(const char *path, int (*take)(const char *, size_t, struct adopted *, struct err *),
		      struct adopted *ret)
{
	autofree char *text = NULL;
	struct err ignored; /* a shim that was killed early has left none */
	size_t size;

	if (file_read(AT_FDCWD, path, STATUS_MAX, &text, &size, &ignored) == 0)
		(void)take(text, size, ret, &ignored);
}

static void read_files(const struct shim_settings *settings, struct adopted *ret)
{
	char path[4096];

	if (!settings->run_dir)
		return;
	(void)snprintf(path, sizeof(path), "%s/status.json", settings->run_dir);
	read_file(path, adopt_read_status, ret);
	if (settings->exit_record)
		read_file(settings->exit_record, adopt_read_exit, ret);
}

/* ---------------------------------------------------------------- the runtime's state */

struct state_document {
	const char *status;
	uint64_t pid;
};

FIELDS(state_fields, struct state_document) {
	STR(struct state_document, "status", status, F_REQUIRED),
	U64(struct state_document, "pid", pid, INT32_MAX, 0),
	END
};

static int take_state(const char *text, struct adopted *ret, struct err *err)
{
	static const struct str_name names[] = {
		{ "creating", ADOPT_UNFINISHED }, { "created", ADOPT_CREATED }, { "running", ADOPT_RUNNING },
		{ "paused", ADOPT_RUNNING },	  { "stopped", ADOPT_STOPPED }, { NULL, 0 },
	};
	struct state_document document = { 0 };
	const struct str_name *row;
	struct reading reading = { .name = "the runtime's state" };
	int r = decode(&reading, text, strlen(text), state_fields, &document, err);

	if (r == 0) {
		row = str_lookup(names, document.status);
		if (row)
			ret->status = (enum adopt_status)row->value;
		else
			r = err_user(err, "the runtime tells an unknown status: \"%.40s\"", document.status);
		ret->pid = (pid_t)document.pid;
	}
	end_reading(&reading);
	return r;
}

static int ask_runtime(const struct shim_settings *settings, struct adopted *ret, struct err *err)
{
	autofree char *said = malloc(STATE_ROOM);
	const char *words[PROGRAM_ARGS_MAX + 4];
	struct command command = {
		.words = (char *const *)words, .environment = environ, .input = -1, .timeout_ms = STATE_TIMEOUT_MS
	};
	size_t n = 0;
	int status, r;

	if (!said)
		return err_memory(err);
	if (settings->runtime_args.count > PROGRAM_ARGS_MAX)
		return err_user(err, "more than %d arguments of the runtime", PROGRAM_ARGS_MAX);
	words[n++] = settings->runtime;
	for (size_t i = 0; i < settings->runtime_args.count; i++)
		words[n++] = settings->runtime_args.items[i];
	words[n++] = "state";
	words[n++] = settings->id;
	words[n] = NULL;
	r = command_run(&command, said, STATE_ROOM, &status, err);
	if (r < 0)
		return r;
	if (r > 0)
		return err_set(err, ETIMEDOUT, "%s state %s: no answer in time", settings->runtime, settings->id);
	ret->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return take_state(said, ret, err);
	if (WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_NOT_RUN)
		return err_set(err, ENOENT, "%s cannot be executed", settings->runtime);
	ret->status = strstr(said, "does not exist") ? ADOPT_ABSENT : ADOPT_UNFINISHED;
	return 0;
}

int adopt_find(const struct shim_settings *settings, struct adopted *ret, struct err *err)
{
	autofd pidfd = -1;
	pid_t before;
	int r;

	*ret = (struct adopted){ .pidfd = -1 };
	r = ask_runtime(settings, ret, err);
	if (r < 0)
		return r;
	if (ret->status == ADOPT_CREATED || ret->status == ADOPT_RUNNING) {
		/* the number may have become another's before it was opened: asked once more, it is the guest's still */
		before = ret->pid;
		pidfd = ret->pid > 0 ? sys_pidfd_open(ret->pid, 0) : -1;
		r = ask_runtime(settings, ret, err);
		if (r < 0)
			return r;
		if ((ret->status == ADOPT_CREATED || ret->status == ADOPT_RUNNING) && (pidfd < 0 || ret->pid != before))
			ret->status = ADOPT_STOPPED;
	}
	if (ret->status != ADOPT_CREATED && ret->status != ADOPT_RUNNING)
		ret->pid = 0;
	else
		ret->pidfd = take_fd(&pidfd);
	read_files(settings, ret);
	return 0;
}

/* ---------------------------------------------------------------- its end */

#define ROUND_MS  20
#define ROUND_MAX 250 /* 5 s: init reaps what it inherits at once, or never */

/* Returns 0 and sets *ret; -EAGAIN: not yet; another -errno: this kernel does not tell. */
static int read_end(int pidfd, int *ret)
{
	struct sys_pidfd_info info = { .mask = SYS_PIDFD_INFO_EXIT };

	if (sys_pidfd_get_info(pidfd, &info) < 0)
		return errno == ESRCH ? -EAGAIN : -errno;
	if (!(info.mask & SYS_PIDFD_INFO_EXIT))
		return -EAGAIN;
	*ret = info.exit_code;
	return 0;
}

/* Field 52 of the process that is dead and not reaped yet; for the short time that it is so.  False: it is not. */
static bool read_zombie(pid_t pid, int *ret)
{
	char path[40], text[1024], *at;
	uint64_t number;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = file_read_short(AT_FDCWD, path, text, sizeof(text));
	at = n > 0 ? strrchr(text, ')') : NULL;
	if (!at || at[1] != ' ' || at[2] != 'Z')
		return false;
	at = strrchr(text, ' ');
	if (!str_u64(at + 1, 0xffff, &number))
		return false;
	*ret = (int)number;
	return true;
}

static void tell(struct adopt_watch *watch, bool has_status, int status, const char *reason)
{
	adopt_watch_end(watch);
	watch->ended(watch, has_status, status, reason);
}

static void look(struct adopt_watch *watch)
{
	int status = 0, r = 0;

	/* a reboot(2) inside is in the zombie's status, and not in what the pidfd tells after it (Linux 6.18) */
	if (!read_zombie(watch->pid, &status))
		r = read_end(watch->source.fd, &status);
	if (r == 0)
		tell(watch, true, status, NULL);
	else if (r != -EAGAIN)
		tell(watch, false, 0,
		     "its shim was killed, and this kernel tells an exit code to parents alone (before Linux 6.15)");
	else if (watch->rounds++ == ROUND_MAX)
		tell(watch, false, 0, "its shim was killed, and its new parent does not wait for it");
	else
		loop_after(watch->loop, &watch->again, ROUND_MS);
}

static int on_time(struct loop_timer *timer, struct err *err)
{
	(void)err;
	look(timer->owner);
	return 0;
}

/* It has ended, but the kernel tells how only when it is reaped. */
static int on_end(struct loop_source *source, uint32_t events, struct err *err)
{
	struct adopt_watch *watch = source->owner;

	(void)events;
	(void)err;
	loop_forget(watch->loop, source);
	look(watch);
	return 0;
}

int adopt_watch_begin(struct adopt_watch *watch, int pidfd, pid_t pid, struct err *err)
{
	watch->source = (struct loop_source){ .fd = pidfd, .ready = on_end, .owner = watch };
	watch->again = (struct loop_timer){ .expired = on_time, .owner = watch };
	watch->rounds = 0;
	watch->pid = pid;
	return loop_watch(watch->loop, &watch->source, EPOLLIN, err);
}

void adopt_watch_end(struct adopt_watch *watch)
{
	if (!watch->loop)
		return;
	loop_cancel(watch->loop, &watch->again);
	if (watch->source.fd >= 0)
		loop_forget(watch->loop, &watch->source);
}
