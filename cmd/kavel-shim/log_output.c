#include "log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/str.h"

#define RETRY_MS     100U   /* the first time, then twice as long each time, up to: */
#define RETRY_MAX_MS 10000U
#define RING_DEFAULT (1U << 20)
#define RING_MIN     (4U * LOGS_WRITE_MAX)
#define OWN_LINE_MAX 128

static const char *describe(const struct log_output *log)
{
	return log->path && *log->path ? log->path : log->driver->name;
}

/* ---- writing at once */

/* Write the chunk from *done on. */
static int put_chunk(struct log_output *log, const struct log_chunk *chunk, size_t *done, struct err *err)
{
	size_t before = *done;
	int r = log->driver->write(log->state, chunk, done, err);

	if (*done > before)
		log->is_open[chunk->stream] = chunk->data[*done - 1] != '\n';
	else if (chunk->is_end && r == 0)
		log->is_open[chunk->stream] = false;
	return r;
}

static int end_line(struct log_output *log, struct timespec when, enum stream stream, struct err *err)
{
	const struct log_chunk chunk = { .when = when, .stream = stream, .is_end = true };
	size_t done = 0;

	return log->is_open[stream] ? put_chunk(log, &chunk, &done, err) : 0;
}

/* A line of the shim's own, which is not to be taken for the rest of another one. */
static int put_own_line(struct log_output *log, const struct log_chunk *chunk, struct err *err)
{
	size_t done = 0;
	int r = end_line(log, chunk->when, STREAM_STDOUT, err);

	if (r == 0)
		r = end_line(log, chunk->when, STREAM_STDERR, err);
	return r < 0 ? r : put_chunk(log, chunk, &done, err);
}

static int put_gap(struct log_output *log, struct timespec when, uint64_t missing, struct err *err)
{
	char line[OWN_LINE_MAX];
	struct log_chunk chunk = { .when = when, .stream = STREAM_STDERR, .data = line };

	chunk.size = (size_t)snprintf(line, sizeof(line), "[kavel-shim: %llu bytes of output are missing here]\n",
				      (unsigned long long)missing);
	return put_own_line(log, &chunk, err);
}

/* *done: how much of a LOG_DATA is written. */
static int put_item(struct log_output *log, const struct log_item *item, size_t *done, struct err *err)
{
	int r = 0;

	if (log->missing) {
		r = put_gap(log, item->chunk.when, log->missing, err);
		if (r < 0)
			return r;
		log->missing = 0;
	}
	switch (item->kind) {
	case LOG_DATA:
		r = put_chunk(log, &item->chunk, done, err);
		log->shared->counters.bytes += *done;
		break;
	case LOG_END:
		r = end_line(log, item->chunk.when, item->chunk.stream, err);
		break;
	case LOG_GAP:
		r = put_gap(log, item->chunk.when, item->missing, err);
		break;
	case LOG_MARK:
		r = put_own_line(log, &item->chunk, err);
		break;
	}
	return r;
}

/* ---- what waits */

/* Forget the oldest.  Returns false if there is none. */
static bool drop_first(struct log_output *log)
{
	const char *data;
	const struct ring_record *record = ring_first(&log->ring, &data);

	if (!record)
		return false;
	if (record->kind == LOG_DATA) {
		log->missing += record->size;
		log->lost += record->size;
		log->shared->counters.dropped += record->size;
	}
	log->missing += record->number;
	ring_pop(&log->ring);
	return true;
}

static void keep(struct log_output *log, const struct log_item *item)
{
	const struct ring_record record = {
		.when = item->chunk.when,
		.number = item->missing,
		.size = (uint32_t)item->chunk.size,
		.kind = (uint8_t)item->kind,
		.stream = (uint8_t)item->chunk.stream,
	};

	while (!ring_push(&log->ring, &record, item->chunk.data)) {
		if (drop_first(log))
			continue;
		/* no memory for a ring */
		log->missing += item->missing;
		if (item->kind != LOG_DATA)
			return;
		log->missing += item->chunk.size;
		log->lost += item->chunk.size;
		log->shared->counters.dropped += item->chunk.size;
		return;
	}
}

static int flush(struct log_output *log, struct err *err)
{
	const char *data;
	struct ring_record *record;

	while ((record = ring_first(&log->ring, &data))) {
		const struct log_item item = {
			.kind = record->kind,
			.chunk = { .when = record->when, .stream = record->stream, .data = data, .size = record->size },
			.missing = record->number,
		};
		size_t done = 0;
		int r = put_item(log, &item, &done, err);

		ring_advance(&log->ring, done);
		if (r < 0)
			return r;
		ring_pop(&log->ring);
	}
	return 0;
}

/* ---- failures */

static void close_state(struct log_output *log)
{
	size_t lost;

	if (!log->state)
		return;
	loop_forget(log->shared->loop, &log->source);
	log->source.fd = -1;
	lost = log->driver->close(log->state);
	log->state = NULL;
	log->missing += lost;
	log->lost += lost;
	log->shared->counters.bytes -= lost;
	log->shared->counters.dropped += lost;
}

static void fail(struct log_output *log, const struct err *err)
{
	close_state(log);
	if (!log->delay_ms)
		log_error("%s; at most %zu bytes of output wait in memory until that works again", err->text,
			  log->ring.room);
	log->delay_ms = log->delay_ms ? log->delay_ms * 2 : RETRY_MS;
	if (log->delay_ms > RETRY_MAX_MS)
		log->delay_ms = RETRY_MAX_MS;
	loop_after(log->shared->loop, &log->retry, log->delay_ms);
}

/* What follows from the result of writing. */
static void settle(struct log_output *log, int result, struct err *err)
{
	if (result == -EAGAIN) {
		log->source.fd = log->driver->fd(log->state);
		if (loop_watch(log->shared->loop, &log->source, EPOLLOUT, err) < 0)
			fail(log, err);
		return;
	}
	if (result < 0) {
		fail(log, err);
		return;
	}
	if (log->source.fd >= 0) {
		loop_forget(log->shared->loop, &log->source);
		log->source.fd = -1;
	}
	if (log->delay_ms)
		log_warning("log %s works again; %llu bytes of output were lost", describe(log),
			    (unsigned long long)log->lost);
	log->delay_ms = 0;
	log->lost = 0;
}

static void write_waiting(struct log_output *log)
{
	struct err *err = &log->shared->err;

	settle(log, flush(log, err), err);
	log->shared->changed(log->shared->owner);
}

static int can_write(struct loop_source *source, uint32_t events, struct err *err)
{
	(void)events; /* writing says what is wrong */
	(void)err;
	write_waiting(source->owner);
	return 0;
}

static int open_again(struct loop_timer *timer, struct err *err)
{
	struct log_output *log = timer->owner;
	struct err *failure = &log->shared->err; /* does not end the shim */

	(void)err;
	if (log->driver->open(&log->target, &log->state, failure) < 0)
		fail(log, failure);
	else
		write_waiting(log);
	return 0;
}

/* ---- for logs.c */

void log_output_put(struct log_output *log, const struct log_item *item)
{
	struct log_item rest = *item;
	size_t done = 0;

	struct err *err = &log->shared->err;
	int r;

	if (!log->state || !ring_is_empty(&log->ring)) {
		keep(log, item);
		return;
	}
	r = put_item(log, item, &done, err);
	if (r == 0)
		return;
	if (done) {
		rest.chunk.data += done;
		rest.chunk.size -= done;
	}
	keep(log, &rest);
	settle(log, r, err);
}

void log_output_reopen(struct log_output *log)
{
	struct err *err = &log->shared->err;

	if (!log->state) { /* it waits to be opened: no longer */
		loop_after(log->shared->loop, &log->retry, 0);
		return;
	}
	close_state(log);
	if (log->driver->open(&log->target, &log->state, err) < 0)
		fail(log, err);
	else
		write_waiting(log);
}

/* The working directory may change later. */
static int absolute(const char *path, char **ret, struct err *err)
{
	char folder[PATH_MAX] = "";

	if (*path && *path != '/' && !getcwd(folder, sizeof(folder)))
		return err_sys(err, errno, "working directory, for log file %s", path);
	if (asprintf(ret, "%s%s%s", folder, *folder ? "/" : "", path) < 0)
		return err_memory(err);
	return 0;
}

static size_t ring_room(uint64_t wanted)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t room = wanted ? wanted : RING_DEFAULT;

	room = room < RING_MIN ? RING_MIN : room;
	room = room > INT32_MAX ? INT32_MAX : room;
	return ((size_t)room + page - 1) & ~(page - 1);
}

int log_output_open(struct log_output *log, const struct log_choice *choice, const struct log_settings *settings,
		    struct log_shared *shared, struct err *err)
{
	int r;

	*log = (struct log_output){
		.shared = shared,
		.driver = choice->driver,
		.source = { .fd = -1, .ready = can_write, .owner = log },
		.retry = { .expired = open_again, .owner = log },
		.ring = { .room = ring_room(settings->ring_size) },
	};
	r = absolute(choice->path, &log->path, err);
	if (r < 0) {
		log->path = NULL;
		return r;
	}
	log->target = (struct log_target){
		.path = log->path,
		.format = log->driver->format,
		.settings = settings,
		.scratch = &shared->scratch,
	};
	return log->driver->open(&log->target, &log->state, err);
}

void log_output_close(struct log_output *log)
{
	struct err *err = &log->shared->err;
	int r = 0;

	loop_cancel(log->shared->loop, &log->retry);
	if (!log->state && log->path && !ring_is_empty(&log->ring))
		r = log->driver->open(&log->target, &log->state, err);
	if (r == 0 && log->state)
		r = flush(log, err);
	while (drop_first(log))
		;
	close_state(log);
	if (log->missing)
		log_error("log %s: %s: the last %llu bytes of output are lost", describe(log),
			  r < 0 && r != -EAGAIN ? err->text : "it takes nothing now", (unsigned long long)log->missing);
	ring_trim(&log->ring);
	free(log->path);
}
