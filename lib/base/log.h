/* The log: the only global state of the library.
 *
 * Until log_open() is called nothing is written.  Each message is one line, written by one write(2), so
 * that host and guest side may share the file.  Formats of a file (callers parse both):
 *   text  time="2026-01-02T03:04:05Z" level=error msg="..."     to a file, or to stderr with --debug
 *         kavel: error: ...                                     to a terminal user on stderr
 *   json  {"level":"error","msg":"...","time":"2026-01-02T03:04:05Z"} */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* What the messages go to beside stderr. */
enum log_where {
	LOG_TO_FILE,	/* the file of `path`, if there is one */
	LOG_TO_JOURNAL, /* systemd's journal, by its own protocol */
	LOG_TO_SYSLOG,	/* whoever listens at /dev/log, as syslog(3) */
};

struct log_options {
	const char *program;  /* put before messages on stderr; a static string */
	enum log_where target;
	const char *path;     /* file to append to; NULL: stderr only.  A service: what its entries are marked with */
	bool json;	      /* lines of JSON */
	enum log_level level; /* what is written; more detailed messages are dropped */
};

/* Open the log.  With a path, everything goes to the file or service, and errors and warnings also to stderr in words.
 * Errors: the file cannot be opened or is not a regular file, pipe, socket or terminal; nobody listens at the service's
 * socket. */
int log_open(const struct log_options *options, struct err *err);

/* The log's descriptor, or -1: the guest side keeps it open until its last step. */
int log_fd(void);

/* Write nothing any more, and close the file. */
void log_close(void);

/* True if messages of this level are written: lets a caller skip costly preparation. */
bool log_wants(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                          \
	do {                                                    \
		if (log_wants(LOG_LEVEL_DEBUG))                 \
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)
