/* Reading a log that is being written and rotated: FILE, and FILE.1, FILE.2 ... that were FILE before, the oldest last.
 *
 * The reader follows the file that it has open through its renames, so that no rotation makes it miss or repeat an entry, unless a
 * file is deleted before it was reached. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "logs/entry.h"

struct log_reader;

/* Which entries are wanted. */
struct log_filter {
	bool streams[LOG_STREAMS];
	bool has_since, has_until;
	struct timespec since, until; /* both included */
};

bool log_filter_takes(const struct log_filter *filter, const struct log_entry *entry);

/* Open the log, at its first entry.  Errors: no regular file; those of open(2), with ENOENT if there is none. */
int log_reader_open(const char *path, struct log_reader **ret, struct err *err);
void log_reader_close(struct log_reader *reader);

/* Go to where the last `count` of the lines that the filter takes begin.  Reads no more than these, from the end. */
int log_reader_go_to_last(struct log_reader *reader, uint64_t count, const struct log_filter *filter, struct err *err);

/* Read the next entry, which stays as it is until the next call.  What is no entry is passed over.
 * Returns 1; 0 when there is none for now; or an error. */
int log_reader_next(struct log_reader *reader, struct log_entry *ret, struct err *err);
/* How many lines were no entries. */
uint64_t log_reader_strange(const struct log_reader *reader);

/* A descriptor that becomes readable when log_reader_next() may have more.  Errors: those of inotify(7). */
int log_reader_watch(struct log_reader *reader, int *ret_fd, struct err *err);
/* It was readable, or some time has passed: watch on.  Returns false if the log is gone, maybe with its directory: then look again
 * after a second. */
bool log_reader_watch_on(struct log_reader *reader);
