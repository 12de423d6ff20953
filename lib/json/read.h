/* Text to JSON values: strict RFC 8259, and bounded in what it may cost.
 *
 * Beyond what jansson refuses by itself (trailing text, comments, lone surrogates, invalid UTF-8), these are
 * refused: duplicate members, nesting deeper than JSON_DEPTH_MAX, more than JSON_VALUES_MAX values, the
 * character U+0000 anywhere (C strings would end there), and integers that fit neither int64_t nor uint64_t. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct json_t; /* jansson's */

#define JSON_DEPTH_MAX	64
#define JSON_VALUES_MAX 500000u

/* Read `size` bytes of UTF-8 that hold one object or array.  name: what to call the text in messages.  The text
 * is not needed afterwards; *ret is released by json_decref().
 * Errors: EINVAL, "<name>: line L, column C: ..."; ENOMEM. */
int json_read(const char *text, size_t size, const char *name, struct json_t **ret, struct err *err);

/* Release what json_read() made; NULL: nothing. */
void json_free(struct json_t *value);

/* The value of a non-negative integer, also one above INT64_MAX, for which jansson has no type and json_read()
 * keeps a string that no text can contain.  False when it is something else. */
bool json_read_u64(const struct json_t *value, uint64_t *ret);

/* True for any integer, false for everything else, such as a real number. */
bool json_is_whole(const struct json_t *value);

/* "object", "array", "string", "integer", "real number", "boolean" or "null". */
const char *json_type_name(const struct json_t *value);
