/* Lines again, made of entries: their parts joined, though the streams may be mixed. */
#pragma once

#include "base/str.h"
#include "logs/entry.h"

#define LOG_LINE_HELD_MAX 65536 /* bytes that are held of a line that does not end; then it comes out in parts */

struct log_line {
	const char *time; /* of its first entry */
	size_t time_size;
	enum log_stream stream;
	bool begins, ends; /* else it is a part of a line */
	const char *text;
	size_t size;
};

/* Starts as all zeroes. */
struct log_lines {
	struct {
		struct str_buf text;
		char time[64];
		size_t time_size;
		bool is_begun; /* a part of the line came out already */
		bool is_done;  /* what is held came out */
	} held[LOG_STREAMS];
};

void log_lines_free(struct log_lines *lines);

/* Add an entry.  Returns 1 if a line, or a part of one, comes out, which stays as it is until the next call; 0; or -ENOMEM (no
 * text). */
int log_lines_add(struct log_lines *lines, const struct log_entry *entry, struct log_line *ret);
/* Let out what is held of the stream: nothing more is to be expected soon.  Returns false if that is nothing. */
bool log_lines_flush(struct log_lines *lines, enum log_stream stream, struct log_line *ret);
