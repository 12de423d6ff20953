/* One entry of a log file: a line of the guest's, or a part of one.
 *
 * Two formats, told apart by their first byte: the Kubernetes CRI's ("TIME stdout|stderr F|P TEXT"), and Docker's
 * ({"log":"TEXT\n","stream":"stdout","time":"TIME"}). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum log_stream { LOG_STDOUT, LOG_STDERR, LOG_STREAMS };

struct log_entry {
	struct timespec when;
	const char *time; /* as it is written */
	size_t time_size;
	enum log_stream stream;
	bool is_complete; /* the line ends here; otherwise it goes on in the stream's next entry */
	const char *text; /* any bytes, without the newline */
	size_t size;
};

/* Read a line of the file, without its newline.  The entry points into it; what is escaped there is decoded in place.
 * Returns false if it is no entry. */
bool log_entry_parse(char *line, size_t size, struct log_entry *ret);
