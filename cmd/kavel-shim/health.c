/* The runtime's exec is called with --detach and --pid-file: it ends at once, and the process in the guest becomes the shim's
 * child, which is waited for, and killed, like any other. */
#include "health.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "json/decode.h"
#include "json/encode.h"
#include "json/read.h"
#include "program.h"
#include "record.h"

/* The end of what was written, oldest byte at `start`. */
struct tail {
	char data[HEALTH_OUTPUT_MAX];
	size_t start, size;
};

struct health {
	const struct shim_settings *settings;
	struct loop *loop;
	struct children *children;
	struct health_parts parts;
	struct arena arena;
	const char **words; /* of the command in the guest */
	char pid_file[4096];

	enum health_status status;
	bool runs;     /* the guest does */
	bool is_asked; /* health_check() */
	unsigned int failures;
	struct timespec checked;
	char *output; /* of the last check; freed */
	int64_t start_period_end;

	/* of a check that is running */
	struct loop_timer due, late;
	struct child runtime, process; /* the second one from when the first has succeeded */
	struct loop_source pipe;
	struct tail tail;
};

/* ---------------------------------------------------------------- output */

static void tail_add(struct tail *tail, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		tail->data[(tail->start + tail->size) % HEALTH_OUTPUT_MAX] = data[i];
		if (tail->size < HEALTH_OUTPUT_MAX)
			tail->size++;
		else
			tail->start = (tail->start + 1) % HEALTH_OUTPUT_MAX;
	}
}

static char tail_last(const struct tail *tail)
{
	return tail->data[(tail->start + tail->size - 1) % HEALTH_OUTPUT_MAX];
}

/* NULL: no memory. */
static char *tail_text(const struct tail *tail)
{
	char *text = malloc(tail->size + 1);

	for (size_t i = 0; text && i < tail->size; i++) {
		char byte = tail->data[(tail->start + i) % HEALTH_OUTPUT_MAX];

		text[i] = byte ? byte : '?'; /* a text of C ends there */
	}
	if (text)
		text[tail->size] = '\0';
	return text;
}

static void close_pipe(struct health *health)
{
	if (health->pipe.fd < 0)
		return;
	loop_forget(health->loop, &health->pipe);
	(void)close(health->pipe.fd);
	health->pipe.fd = -1;
}

/* Take what is there.  A guest that writes without end is heard once per round of the loop. */
static int on_output(struct loop_source *source, uint32_t events, struct err *err)
{
	struct health *health = source->owner;
	char data[1024];
	ssize_t n = read(source->fd, data, sizeof(data));

	(void)events;
	(void)err;
	if (n > 0)
		tail_add(&health->tail, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_pipe(health);
	return 0;
}

static void read_rest(struct health *health)
{
	char data[1024];
	ssize_t n = 0;

	/* no more than a pipe holds: a process that was left behind may go on writing */
	for (int i = 0; i < 64 && health->pipe.fd >= 0 && (n = read(health->pipe.fd, data, sizeof(data))) > 0; i++)
		tail_add(&health->tail, data, (size_t)n);
}

/* ---------------------------------------------------------------- one check */

static unsigned int or_default(unsigned int value, unsigned int otherwise)
{
	return value ? value : otherwise;
}

static void answer(struct health *health)
{
	if (!health->is_asked)
		return;
	health->is_asked = false;
	health->parts.checked(health->parts.owner);
}

static void finish(struct health *health, bool is_good, const char *words)
{
	const struct health_settings *settings = &health->settings->health;
	bool was_unhealthy = health->status == HEALTH_STATUS_UNHEALTHY;

	loop_cancel(health->loop, &health->late);
	read_rest(health);
	close_pipe(health);
	if (words && health->tail.size && tail_last(&health->tail) != '\n')
		tail_add(&health->tail, "\n", 1);
	if (words)
		tail_add(&health->tail, words, strlen(words));
	free(health->output);
	health->output = tail_text(&health->tail);
	(void)clock_gettime(CLOCK_REALTIME, &health->checked);
	if (is_good) {
		health->failures = 0;
		health->status = HEALTH_STATUS_HEALTHY;
	} else if (health->status != HEALTH_STATUS_STARTING || clock_ms() >= health->start_period_end) {
		health->failures++;
		if (health->failures >= or_default(settings->retries, HEALTH_RETRIES))
			health->status = HEALTH_STATUS_UNHEALTHY;
	}
	loop_after(health->loop, &health->due, or_default(settings->interval_ms, HEALTH_INTERVAL_MS));
	health->parts.changed(health->parts.owner);
	answer(health);
	if (health->status == HEALTH_STATUS_UNHEALTHY && !was_unhealthy)
		health->parts.unhealthy(health->parts.owner);
}

static void on_process_end(struct child *child, int status, const struct rusage *usage)
{
	(void)usage;
	child->pid = 0;
	finish(child->owner, WIFEXITED(status) && WEXITSTATUS(status) == 0, NULL);
}

static pid_t read_pid(const char *path)
{
	char text[24];
	uint64_t pid;

	return file_read_short(AT_FDCWD, path, text, sizeof(text)) > 0 && str_u64(text, INT32_MAX, &pid) ? (pid_t)pid
													 : 0;
}

static void on_runtime_end(struct child *child, int status, const struct rusage *usage)
{
	struct health *health = child->owner;

	(void)usage;
	child->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		finish(health, false, NULL); /* its words are in the pipe */
		return;
	}
	health->process.pid = read_pid(health->pid_file);
	if (health->process.pid > 0 && children_add(health->children, &health->process))
		return;
	health->process.pid = 0;
	finish(health, false, "the runtime did not tell the process of the check");
}

/* Both are unreaped children, so that their numbers are theirs. */
static void kill_check(struct health *health)
{
	if (health->runtime.pid) {
		(void)kill(health->runtime.pid, SIGKILL);
		children_remove(health->children, &health->runtime);
	}
	if (health->process.pid) {
		if (getpgid(health->process.pid) == health->process.pid)
			(void)kill(-health->process.pid, SIGKILL);
		(void)kill(health->process.pid, SIGKILL);
		children_remove(health->children, &health->process);
	}
	health->runtime.pid = health->process.pid = 0;
}

static int on_late(struct loop_timer *timer, struct err *err)
{
	struct health *health = timer->owner;
	char words[64];

	(void)err;
	kill_check(health);
	(void)snprintf(words, sizeof(words), "the check took longer than %u ms",
		       or_default(health->settings->health.timeout_ms, HEALTH_TIMEOUT_MS));
	finish(health, false, words);
	return 0;
}

static int start_runtime(struct health *health, int output, struct err *err)
{
	const struct shim_settings *settings = health->settings;
	const char *words[PROGRAM_ARGS_MAX + HEALTH_WORDS_MAX + 8];
	struct program program = { .words = words, .streams = { -1, output, output } };
	size_t n = 0;

	if (settings->runtime_args.count > PROGRAM_ARGS_MAX)
		return err_user(err, "more than %d arguments of the runtime", PROGRAM_ARGS_MAX);
	words[n++] = settings->runtime;
	for (size_t i = 0; i < settings->runtime_args.count; i++)
		words[n++] = settings->runtime_args.items[i];
	words[n++] = "exec";
	words[n++] = "--detach";
	words[n++] = "--pid-file";
	words[n++] = health->pid_file;
	words[n++] = settings->id;
	for (size_t i = 0; health->words[i]; i++) /* HEALTH_WORDS_MAX at most */
		words[n++] = health->words[i];
	words[n] = NULL;
	(void)unlink(health->pid_file); /* of the last check */
	return program_start(&program, &health->runtime.pid, err);
}

static int begin_check(struct health *health, struct err *err)
{
	int ends[2], r;

	health->tail.start = health->tail.size = 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(err, errno, "make a pipe");
	(void)fcntl(ends[1], F_SETFL, 0); /* the command's own end blocks, as programs expect it */
	health->pipe.fd = ends[0];
	r = start_runtime(health, ends[1], err);
	(void)close(ends[1]);
	if (r == 0)
		r = loop_watch(health->loop, &health->pipe, EPOLLIN, err);
	if (r == 0 && !children_add(health->children, &health->runtime))
		r = err_set(err, ECHILD, "the runtime is no child");
	return r;
}

static bool is_running(const struct health *health)
{
	return health->runtime.pid || health->process.pid;
}

static int on_due(struct loop_timer *timer, struct err *err)
{
	struct health *health = timer->owner;
	struct err why;

	(void)err;
	if (!health->runs || is_running(health))
		return 0;
	if (health->parts.is_paused(health->parts.owner)) {
		loop_after(health->loop, &health->due,
			   or_default(health->settings->health.interval_ms, HEALTH_INTERVAL_MS));
		answer(health);
		return 0;
	}
	if (begin_check(health, &why) < 0) {
		kill_check(health);
		finish(health, false, why.text);
		return 0;
	}
	loop_after(health->loop, &health->late, or_default(health->settings->health.timeout_ms, HEALTH_TIMEOUT_MS));
	return 0;
}

/* ---------------------------------------------------------------- */

struct command_document {
	struct {
		const char **items;
		size_t count;
	} words;
};

FIELDS(command_fields, struct command_document) {
	STRINGS(struct command_document, "the health command", words, F_FILLED),
	END
};

/* The words of a JSON array, copied: the document is released. */
static int copy_words(struct health *health, const struct command_document *document, struct err *err)
{
	if (document->words.count > HEALTH_WORDS_MAX)
		return err_user(err, "the health command has more than %d words", HEALTH_WORDS_MAX);
	health->words = ARENA_NEW(&health->arena, const char *, document->words.count + 1);
	for (size_t i = 0; health->words && i < document->words.count; i++) {
		health->words[i] = arena_strdup(&health->arena, document->words.items[i]);
		if (!health->words[i])
			health->words = NULL;
	}
	return health->words ? 0 : err_memory(err);
}

static int read_array(struct health *health, struct err *err)
{
	struct command_document document = { .words = { .count = 0 } };
	struct arena arena = { .blocks = NULL };
	struct json_t *json = NULL;
	autobuf text = { 0 };
	int r;

	str_append_f(&text, "{\"the health command\":%s}",
		     health->settings->health.command); /* the reader wants an object */
	if (text.failed)
		return err_memory(err);
	r = json_read(text.data, text.size, "the health command", &json, err);
	if (r == 0)
		r = json_decode(json, command_fields, &document, &arena, "", err);
	if (r == 0)
		r = copy_words(health, &document, err);
	arena_free(&arena);
	json_free(json);
	return r;
}

/* `[ -e /file ]` is the shell's. */
static bool is_array(const char *command)
{
	return *command == '[' && command[1 + strspn(command + 1, " \t\n")] == '"';
}

static int read_words(struct health *health, struct err *err)
{
	const char *const words[] = { "sh", "-c", health->settings->health.command, NULL };

	if (is_array(health->settings->health.command))
		return read_array(health, err);
	health->words = ARENA_NEW(&health->arena, const char *, ARRAY_SIZE(words));
	if (!health->words)
		return err_memory(err);
	memcpy(health->words, words, sizeof(words));
	return 0;
}

int health_open(const struct shim_settings *settings, struct loop *loop, struct children *children,
		const struct health_parts *parts, struct health **ret, struct err *err)
{
	struct health *health;
	int r;

	*ret = NULL;
	if (!settings->health.command || !*settings->health.command)
		return 0;
	health = calloc(1, sizeof(*health));
	if (!health)
		return err_memory(err);
	health->settings = settings;
	health->loop = loop;
	health->children = children;
	health->parts = *parts;
	health->due = (struct loop_timer){ .expired = on_due, .owner = health };
	health->late = (struct loop_timer){ .expired = on_late, .owner = health };
	health->runtime = (struct child){ .ended = on_runtime_end, .owner = health };
	health->process = (struct child){ .ended = on_process_end, .owner = health };
	health->pipe = (struct loop_source){ .fd = -1, .ready = on_output, .owner = health };
	(void)snprintf(health->pid_file, sizeof(health->pid_file), "%s/health.pid",
		       settings->run_dir ? settings->run_dir : settings->bundle);
	r = read_words(health, err);
	if (r < 0) {
		health_close(health);
		return r;
	}
	*ret = health;
	return 0;
}

void health_close(struct health *health)
{
	if (!health)
		return;
	health_end(health);
	free(health->output);
	arena_free(&health->arena);
	free(health);
}

void health_begin(struct health *health)
{
	const struct health_settings *settings;

	if (!health)
		return;
	settings = &health->settings->health;
	health->runs = true;
	health->failures = 0;
	health->status = HEALTH_STATUS_STARTING;
	health->start_period_end = clock_ms() + settings->start_period_ms;
	loop_after(health->loop, &health->due, or_default(settings->interval_ms, HEALTH_INTERVAL_MS));
}

void health_end(struct health *health)
{
	if (!health || !health->runs)
		return;
	health->runs = false;
	loop_cancel(health->loop, &health->due);
	loop_cancel(health->loop, &health->late);
	kill_check(health);
	close_pipe(health);
	(void)unlink(health->pid_file);
	answer(health);
}

bool health_check(struct health *health)
{
	if (!health || !health->runs)
		return false;
	health->is_asked = true;
	if (!is_running(health))
		loop_after(health->loop, &health->due, 0);
	return true;
}

enum health_status health_status(const struct health *health)
{
	return health ? health->status : HEALTH_STATUS_NONE;
}

void health_put(const struct health *health, struct json_writer *writer, const char *key)
{
	static const char *const names[] = {
		[HEALTH_STATUS_NONE] = "none",
		[HEALTH_STATUS_STARTING] = "starting",
		[HEALTH_STATUS_HEALTHY] = "healthy",
		[HEALTH_STATUS_UNHEALTHY] = "unhealthy",
	};

	json_open_object(writer, key);
	json_put_string(writer, "status", names[health_status(health)]);
	if (health && health->checked.tv_sec) {
		json_put_u64(writer, "failures", health->failures);
		json_put_string(writer, "lastOutput", health->output ? health->output : "");
		record_put_time(writer, "checkedAt", &health->checked);
	}
	json_close(writer);
}
