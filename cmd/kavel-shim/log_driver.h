/* How one log is written: what drivers are, and what they share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "logs.h"
#include "settings.h"

#define LOG_LINE_MAX	8192	 /* bytes of a line in one entry; what is longer goes on in the next one: conmon's buffer */
#define LOG_SCRATCH_MAX (1 << 17) /* an entry of LOG_LINE_MAX bytes fits in any format */

/* Memory in which entries are made; its pages are given back when they were not used for a while. */
struct log_scratch {
	char *data; /* NULL: not yet */
	size_t used; /* the most, since it was given back */
};

/* What a stream said at one time: bytes, which are cut between lines and characters only. */
struct log_chunk {
	struct timespec when;
	enum stream stream;
	bool is_end; /* no bytes: the line that is open ends here */
	const char *data;
	size_t size;
};

/* What is logged as one entry: a line without its newline, or a part of it. */
struct log_piece {
	const char *text;
	size_t size;
	size_t taken;	  /* bytes of the chunk, with the newline */
	bool is_complete; /* the line ends here */
};

/* The piece that begins at `at`. */
struct log_piece log_next_piece(const struct log_chunk *chunk, size_t at);

struct log_format;

struct log_target {
	const char *path; /* absolute; "": none was given */
	const struct log_format *format;
	const struct log_settings *settings;
	struct log_scratch *scratch;
};

struct log_driver {
	const char *name;
	const struct log_format *format; /* of files */
	bool needs_path;
	/* Open the log that `target` describes, which stays.  *ret_state: for the other functions. */
	int (*open)(const struct log_target *target, void **ret_state, struct err *err);
	/* Returns how many bytes are lost, of those that were written. */
	size_t (*close)(void *state);
	/* Write what can be written at once, from *done on, which is moved behind what was written.  Returns 0 when that is all;
	 * -EAGAIN when the log takes more later (no text); any other error: it has to be opened anew. */
	int (*write)(void *state, const struct log_chunk *chunk, size_t *done, struct err *err);
	/* The descriptor that becomes writable after -EAGAIN. */
	int (*fd)(const void *state);
};

extern const struct log_driver log_k8s_file, log_json_file, log_journald;

static inline const char *log_stream_name(enum stream stream)
{
	return stream == STREAM_STDERR ? "stderr" : "stdout";
}

/* Make it be there.  Returns 0 or -ENOMEM (no text). */
int log_scratch_get(struct log_scratch *scratch);
/* Give its pages back; or the memory itself. */
void log_scratch_trim(struct log_scratch *scratch);
void log_scratch_free(struct log_scratch *scratch);
