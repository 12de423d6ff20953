/* Writing JSON into a text that grows.
 *
 *	struct json_writer w = JSON_WRITER(&buf, 2);
 *
 *	json_open_object(&w, NULL);
 *	json_put_string(&w, "id", id);
 *	json_put_u64(&w, "pid", pid);
 *	json_close(&w);
 *
 * key: the member's name inside an object; NULL inside an array and for the value at the top.  Nothing here fails:
 * when memory ran out, buf.failed says so at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Objects and arrays may be open in each other this deep; opening more marks the text as failed. */
#define JSON_WRITER_DEPTH 64

struct json_writer {
	struct str_buf *out;
	unsigned int indent; /* spaces per level; 0: all on one line without blanks */
	unsigned int depth;
	uint64_t is_array; /* bit n: level n is an array */
	uint64_t has_items; /* bit n: level n has a value already */
};

#define JSON_WRITER(buf, spaces) { .out = (buf), .indent = (spaces) }

void json_open_object(struct json_writer *writer, const char *key);
void json_open_array(struct json_writer *writer, const char *key);

/* Close what was opened last. */
void json_close(struct json_writer *writer);

/* Invalid UTF-8 is replaced by U+FFFD.  value NULL: writes null. */
void json_put_string(struct json_writer *writer, const char *key, const char *value);
void json_put_u64(struct json_writer *writer, const char *key, uint64_t value);
void json_put_i64(struct json_writer *writer, const char *key, int64_t value);
void json_put_bool(struct json_writer *writer, const char *key, bool value);
/* A value that is JSON already. */
void json_put_raw(struct json_writer *writer, const char *key, const char *json);
void json_put_null(struct json_writer *writer, const char *key);

/* An array of strings, or of those up to a NULL. */
void json_put_strings(struct json_writer *writer, const char *key, const char *const *items, size_t count);
void json_put_names(struct json_writer *writer, const char *key, const char *const *names);

/* A number that is written already, such as "0.25". */
void json_put_number(struct json_writer *writer, const char *key, const char *text);

/* A whole value that json_read() made. */
struct json_t;
void json_put_value(struct json_writer *writer, const char *key, const struct json_t *value);

/* Append a quoted string alone: for lines that are put together by hand. */
void json_quote(struct str_buf *out, const char *text);

/* The same for any bytes: also U+0000. */
void json_quote_bytes(struct str_buf *out, const char *data, size_t size);
