/* One clock reading per write, bytes cut between characters, and the rate; the logs themselves are log_output.h's. */
#include "logs.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto.h"
#include "log_output.h"

#define TRIM_MS	 2000 /* memory that was not used for so long is given back */
#define PAGE	 4096
#define CHAR_MAX_BYTES 4

struct logs {
	const struct log_settings *settings;
	struct loop *loop;
	void (*can_continue)(void *owner);
	void *owner;
	struct log_shared shared;
	struct loop_timer trim;
	bool is_full;
	/* the beginning of a character whose rest has not come yet */
	struct {
		char bytes[CHAR_MAX_BYTES];
		size_t size;
	} begun[2];
	/* LOG_RATE */
	time_t second;
	uint64_t taken;	  /* in this second */
	uint64_t refused; /* since the last that was taken */
	size_t count;
	struct log_output outputs[];
};

/* ---- characters */

/* Bytes of the character that begins with this one; 1: none does, or it is complete. */
static size_t character_size(unsigned char byte)
{
	if (byte >= 0xf0 && byte <= 0xf4)
		return 4;
	if (byte >= 0xe0 && byte < 0xf0)
		return 3;
	return byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
}

/* How many bytes at the end are the beginning of a character. */
static size_t begun_size(const char *data, size_t size)
{
	for (size_t back = 1; back < CHAR_MAX_BYTES && back <= size; back++) {
		unsigned char byte = (unsigned char)data[size - back];

		if ((byte & 0xc0) != 0x80)
			return character_size(byte) > back ? back : 0;
	}
	return 0;
}

/* ---- memory, and who waits */

void logs_trim(struct logs *logs)
{
	log_scratch_trim(&logs->shared.scratch);
	for (size_t i = 0; i < logs->count; i++)
		ring_trim(&logs->outputs[i].ring);
}

/* There may be no idle moment: a guest that goes on with a line now and then. */
static int trim_in_time(struct loop_timer *timer, struct err *err)
{
	(void)err; /* nothing can fail */
	logs_trim(timer->owner);
	return 0;
}

static void changed(void *owner)
{
	struct logs *logs = owner;
	bool has_ring = false, is_full = false;

	for (size_t i = 0; i < logs->count; i++) {
		const struct ring *ring = &logs->outputs[i].ring;
		/* room for what is written next, in one of the two places that can be free; once there is none, half of the
		 * ring is to become empty before the guest goes on */
		size_t limit = logs->is_full ? ring->room / 2 : ring->room - 2 * LOGS_WRITE_MAX - PAGE;

		has_ring = has_ring || ring->data;
		is_full = is_full || ring->used > limit;
	}
	if (!logs->trim.is_set && (has_ring || logs->shared.scratch.used > PAGE))
		loop_after(logs->loop, &logs->trim, TRIM_MS);
	is_full = is_full && logs->settings->policy == LOG_BLOCK;
	if (logs->is_full && !is_full) {
		logs->is_full = false;
		logs->can_continue(logs->owner);
	}
	logs->is_full = is_full;
}

static void put(struct logs *logs, const struct log_item *item)
{
	for (size_t i = 0; i < logs->count; i++)
		log_output_put(&logs->outputs[i], item);
	changed(logs);
}

/* ---- the rate */

static void mark_refused(struct logs *logs, const struct timespec *when)
{
	const struct log_item gap = { .kind = LOG_GAP, .chunk.when = *when, .missing = logs->refused };

	if (!logs->refused)
		return;
	logs->refused = 0;
	put(logs, &gap);
}

/* How much of it is taken: whole lines if possible.  Once too much came, nothing more is taken in this second: one gap, not
 * many. */
static size_t admit(struct logs *logs, const struct timespec *when, const char *data, size_t size)
{
	const char *newline;
	size_t left;

	if (logs->settings->policy != LOG_RATE)
		return size;
	if (logs->second != when->tv_sec) {
		logs->second = when->tv_sec;
		logs->taken = 0;
	}
	left = (size_t)(logs->settings->rate - logs->taken);
	if (size <= left) {
		logs->taken += size;
		return size;
	}
	logs->taken = logs->settings->rate;
	newline = memrchr(data, '\n', left);
	if (newline)
		left = (size_t)(newline - data) + 1;
	return left;
}

/* ---- what the header declares */

/* The beginning of a character, with what of its rest comes first now.  Returns how much of the data that is. */
static size_t put_begun(struct logs *logs, struct log_item *item, const char *data, size_t size)
{
	char *bytes = logs->begun[item->chunk.stream].bytes;
	size_t *begun = &logs->begun[item->chunk.stream].size, taken = 0;
	size_t need = character_size((unsigned char)bytes[0]);

	while (*begun < need && taken < size && (data[taken] & 0xc0) == 0x80)
		bytes[(*begun)++] = data[taken++];
	if (*begun < need && taken == size && size > 0)
		return taken; /* still not all of it */
	item->chunk.data = bytes;
	item->chunk.size = *begun;
	*begun = 0;
	put(logs, item);
	return taken;
}

static struct log_item item_of(enum log_kind kind, enum stream stream)
{
	struct log_item item = { .kind = kind, .chunk.stream = stream };

	(void)clock_gettime(CLOCK_REALTIME, &item.chunk.when); /* cannot fail for this clock */
	return item;
}

void logs_write(struct logs *logs, enum stream stream, const void *data, size_t size)
{
	const char *at = data;
	struct log_item item;
	size_t taken;

	if (!logs->count || !size)
		return;
	item = item_of(LOG_DATA, stream);
	taken = admit(logs, &item.chunk.when, at, size);
	if (taken)
		mark_refused(logs, &item.chunk.when);
	logs->refused += size - taken;
	logs->shared.counters.dropped += size - taken;
	if (taken && logs->begun[stream].size) {
		size_t rest = put_begun(logs, &item, at, taken);

		at += rest;
		taken -= rest;
	}
	while (taken) {
		size_t piece = taken < LOGS_WRITE_MAX ? taken : LOGS_WRITE_MAX;
		size_t begun = begun_size(at, piece);

		if (piece == taken) {
			memcpy(logs->begun[stream].bytes, at + piece - begun, begun);
			logs->begun[stream].size = begun;
			taken -= begun;
		}
		item.chunk.data = at;
		item.chunk.size = piece - begun;
		if (item.chunk.size)
			put(logs, &item);
		at += item.chunk.size;
		taken -= item.chunk.size;
	}
}

void logs_end(struct logs *logs, enum stream stream)
{
	struct log_item item = item_of(LOG_DATA, stream);

	if (!logs->count)
		return;
	if (logs->begun[stream].size)
		(void)put_begun(logs, &item, NULL, 0);
	mark_refused(logs, &item.chunk.when);
	item = item_of(LOG_END, stream);
	put(logs, &item);
}

void logs_mark(struct logs *logs, const char *text)
{
	struct log_item item = item_of(LOG_MARK, STREAM_STDERR);
	autofree char *line = NULL;
	int size = asprintf(&line, "[kavel-shim: %s]\n", text);

	if (size < 0) {
		line = NULL; /* undefined now */
		return;
	}
	item.chunk.data = line;
	item.chunk.size = (size_t)size;
	put(logs, &item);
}

bool logs_are_full(const struct logs *logs)
{
	return logs->is_full;
}

void logs_reopen(struct logs *logs)
{
	for (size_t i = 0; i < logs->count; i++)
		log_output_reopen(&logs->outputs[i]);
}

struct logs_counters logs_counters(const struct logs *logs)
{
	return logs->shared.counters;
}

void logs_close(struct logs *logs)
{
	if (!logs)
		return;
	logs_end(logs, STREAM_STDOUT);
	logs_end(logs, STREAM_STDERR);
	for (size_t i = 0; i < logs->count; i++)
		log_output_close(&logs->outputs[i]);
	loop_cancel(logs->loop, &logs->trim);
	log_scratch_free(&logs->shared.scratch);
	free(logs);
}

static int open_outputs(struct logs *logs, struct err *err)
{
	for (size_t i = 0; i < logs->settings->paths.count; i++) {
		struct log_choice choice;
		int r = log_choose(logs->settings->paths.items[i], &choice, err);

		if (r < 0)
			return r;
		if (!choice.driver)
			continue;
		r = log_output_open(&logs->outputs[logs->count++], &choice, logs->settings, &logs->shared, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int logs_open(const struct log_settings *settings, struct loop *loop, void (*can_continue)(void *owner), void *owner,
	      struct logs **ret, struct err *err)
{
	struct logs *logs;
	bool passes;
	int r = logs_pass_through(settings, &passes, err);

	if (r < 0)
		return r;
	logs = calloc(1, sizeof(*logs) + settings->paths.count * sizeof(logs->outputs[0]));
	if (!logs)
		return err_memory(err);
	logs->settings = settings;
	logs->loop = loop;
	logs->can_continue = can_continue;
	logs->owner = owner;
	logs->shared = (struct log_shared){ .loop = loop, .changed = changed, .owner = logs };
	logs->trim = (struct loop_timer){ .expired = trim_in_time, .owner = logs };
	r = open_outputs(logs, err);
	if (r < 0) {
		logs_close(logs);
		return r;
	}
	*ret = logs;
	return 0;
}
