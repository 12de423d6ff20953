/* The guest's output on its way to log files and the journal.
 *
 * Writing never waits: what a log cannot take now (full disk, journald that does not read) is kept in a ring, and when that is
 * full the policy decides (settings.h).  A line in the log itself marks a gap, with the number of bytes that are missing.  A log
 * that fails is said once in the shim's own log, and opened anew after a while, again and again.
 *
 * The process must block or ignore SIGXFSZ, or RLIMIT_FSIZE kills it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "loop.h"
#include "settings.h"

enum stream { STREAM_STDOUT, STREAM_STDERR };

/* The most that should be written before logs_are_full() is asked again. */
#define LOGS_WRITE_MAX 65536

struct logs;

struct logs_counters {
	uint64_t bytes;	  /* that were logged, in each log */
	uint64_t dropped; /* that were lost to a full ring, the rate, or a log that failed */
};

/* Whether the guest is to have the shim's own standard streams (driver passthrough): then nothing comes through here.
 * Errors: unknown driver; passthrough beside other logs. */
int logs_pass_through(const struct log_settings *settings, bool *ret, struct err *err);

/* Open all logs of the settings, which stay.  can_continue is called, with its owner, when logs_are_full() was true and no longer
 * is.  Errors: unknown driver; a path that is a symbolic link, no regular file or cannot be opened; no journal. */
int logs_open(const struct log_settings *settings, struct loop *loop, void (*can_continue)(void *owner), void *owner,
	      struct logs **ret, struct err *err);
/* Write what waits as far as that works at once, end lines that have no end, and free. */
void logs_close(struct logs *logs);

/* Log what the guest wrote: any bytes, in pieces of any size.  Failures are counted and logged, not returned. */
void logs_write(struct logs *logs, enum stream stream, const void *data, size_t size);
/* The stream has ended: its last line is complete, with or without a newline. */
void logs_end(struct logs *logs, enum stream stream);
/* LOG_BLOCK, and the ring is full: the guest is not to be read from until can_continue is called.  What is written all the same
 * takes the place of the oldest. */
bool logs_are_full(const struct logs *logs);
/* Close and open the files anew: somebody moved them away. */
void logs_reopen(struct logs *logs);
/* A mark of the shim's own in the log, such as where a new shim took over. */
void logs_mark(struct logs *logs, const char *text);
/* Nothing is going on: give memory back until it is needed. */
void logs_trim(struct logs *logs);
struct logs_counters logs_counters(const struct logs *logs);
