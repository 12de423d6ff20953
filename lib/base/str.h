/* Strings: comparisons, strict numbers, and a growing text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* The rest of `text` after `prefix`, or NULL if it does not begin with it. */
static inline const char *str_after(const char *text, const char *prefix)
{
	size_t size = strlen(prefix);

	return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

/* Parse an unsigned decimal number that fills the whole text: no sign, blank, prefix or rest.
 * Returns true and sets *ret when it is at most `max`. */
bool str_u64(const char *text, uint64_t max, uint64_t *ret);

/* The same for a signed number between min and max. */
bool str_i64(const char *text, int64_t min, int64_t max, int64_t *ret);

/* Set the bits that a list such as "0-3,7" names (cpuset(7), List format).  bits: zeroed, room for numbers below `max`.
 * *ret_count: how many were set; *ret_end: the highest plus one.  Returns false when it is not such a list. */
bool str_number_list(const char *text, unsigned int max, unsigned long *bits, unsigned int *ret_count, unsigned int *ret_end);

/* A name for a number; tables of these end with a NULL name. */
struct str_name {
	const char *name;
	int64_t value;
};

/* The row whose name is `name`, or NULL. */
const struct str_name *str_lookup(const struct str_name *table, const char *name);

/* The first name of `value`, or NULL. */
const char *str_name_of(const struct str_name *table, int64_t value);

/* Decode the octal escapes ("\\040") of a name in mountinfo, see proc_pid_mountinfo(5), in place. */
void str_unescape_octal(char *text);

/* A text that grows.  After memory ran out `failed` is true, and appending does nothing: check once, at
 * the end.  Starts as all zeroes; free `data` (or hand it over). */
struct str_buf {
	char *data; /* NUL-terminated once anything was appended */
	size_t size, room;
	bool failed;
};

void str_append(struct str_buf *buf, const char *text);
void str_append_n(struct str_buf *buf, const char *data, size_t size);
void str_append_f(struct str_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Release the memory and become empty. */
void str_buf_free(struct str_buf *buf);

#define autobuf __attribute__((cleanup(str_buf_free))) struct str_buf
