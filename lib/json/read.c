/* One pass over the text checks what jansson does not, then jansson parses it.
 *
 * jansson's integers are `long long`, yet 18446744073709551615 is a legal rlimit.  An integer above INT64_MAX is
 * replaced, in a copy of the text, by a string of the same length: \u0000 and the number in base 64.  The same
 * length keeps line and column true; \u0000, which the pass refuses everywhere else, keeps it unforgeable. */
#include "json/read.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/auto.h"
#include "base/str.h"

/* 11 digits of base 64 hold 66 bits; the shortest integer above INT64_MAX has 19 digits. */
#define BIG_PREFIX "\"\\u0000"
#define BIG_DIGITS 11
#define BIG_TOKEN_MIN 19
_Static_assert(sizeof(BIG_PREFIX) - 1 + BIG_DIGITS + 1 == BIG_TOKEN_MIN, "the shortest replacement fits");

static const char digits64[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-";

struct scan {
	const char *text, *end;
	const char *name;
	char *copy; /* of the text, once an integer had to be replaced */
	unsigned int depth;
	size_t values;
};

/* Fail at a place of the text.  Counting lines only now keeps the pass itself fast. */
static int fail_at(const struct scan *scan, const char *at, const char *what, struct err *err)
{
	size_t line = 1, column = 1;

	for (const char *p = scan->text; p < at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) { /* not the middle of a character */
			column++;
		}
	}
	return err_user(err, "%s: line %zu, column %zu: %s", scan->name, line, column, what);
}

/* p: after the opening quote.  *ret_next: after the closing one, or the end of an unclosed string, which jansson
 * reports. */
static int scan_string(const struct scan *scan, const char *p, const char **ret_next, struct err *err)
{
	while (p < scan->end && *p != '"') {
		if (*p == '\0')
			return fail_at(scan, p, "NUL byte in a string", err);
		if (*p != '\\') {
			p++;
			continue;
		}
		if (scan->end - p >= 6 && memcmp(p, "\\u0000", 6) == 0)
			return fail_at(scan, p, "\\u0000 in a string is not supported", err);
		p += scan->end - p >= 2 ? 2 : 1;
	}
	*ret_next = p < scan->end ? p + 1 : p;
	return 0;
}

/* Write the string that stands for `value` over the number token at `at`. */
static int replace_big(struct scan *scan, const char *at, size_t length, uint64_t value, struct err *err)
{
	char *to;

	if (!scan->copy) {
		scan->copy = malloc((size_t)(scan->end - scan->text));
		if (!scan->copy)
			return err_memory(err);
		memcpy(scan->copy, scan->text, (size_t)(scan->end - scan->text));
	}
	to = scan->copy + (at - scan->text);
	memcpy(to, BIG_PREFIX, sizeof(BIG_PREFIX) - 1);
	for (char *digit = to + length - 2; digit >= to + sizeof(BIG_PREFIX) - 1; digit--, value /= 64)
		*digit = digits64[value % 64];
	to[length - 1] = '"';
	return 0;
}

/* p: at the first character of a number. */
static int scan_number(struct scan *scan, const char *p, const char **ret_next, struct err *err)
{
	const char *start = p;
	bool negative = *p == '-';
	uint64_t value = 0;
	bool overflow = false;

	p += negative;
	for (; p < scan->end && *p >= '0' && *p <= '9'; p++)
		overflow |= __builtin_mul_overflow(value, 10, &value) ||
			    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value);
	*ret_next = p;
	if (p < scan->end && (*p == '.' || *p == 'e' || *p == 'E')) {
		while (p < scan->end && strchr("0123456789+-.eE", *p) && *p)
			p++;
		*ret_next = p;
		return 0;
	}
	if (!overflow && value <= (uint64_t)INT64_MAX + negative)
		return 0;
	if (start[negative] == '0') /* not JSON: jansson says so */
		return 0;
	if (overflow || negative)
		return fail_at(scan, start, "integer out of range (-9223372036854775808 to 18446744073709551615)", err);
	return replace_big(scan, start, (size_t)(p - start), value, err);
}

/* Opening brackets, and commas as an upper bound of further values. */
static int scan_count(struct scan *scan, const char *at, struct err *err)
{
	if (*at != ',' && ++scan->depth > JSON_DEPTH_MAX)
		return fail_at(scan, at, "nested too deeply (more than 64 levels)", err);
	if (++scan->values > JSON_VALUES_MAX)
		return fail_at(scan, at, "too many values (more than 500000)", err);
	return 0;
}

static int scan_text(struct scan *scan, struct err *err)
{
	const char *p = scan->text;

	while (p < scan->end) {
		int r = 0;

		switch (*p) {
		case '"':
			r = scan_string(scan, p + 1, &p, err);
			break;
		case '{':
		case '[':
		case ',':
			r = scan_count(scan, p++, err);
			break;
		case '}':
		case ']':
			if (scan->depth) /* one too many is jansson's to report */
				scan->depth--;
			p++;
			break;
		case '-':
		case '0' ... '9':
			r = scan_number(scan, p, &p, err);
			break;
		case '\0':
			r = fail_at(scan, p, "NUL byte", err);
			break;
		default:
			p++;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* Give jansson's hash a seed without its opening /dev/urandom: 16 random bytes that the kernel gave this process
 * anyway (getauxval(3)).  Later calls change nothing. */
static void seed_hash(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM); /* NOLINT(performance-no-int-to-ptr) */
	size_t seed = 0;

	if (random)
		memcpy(&seed, random, sizeof(seed));
	json_object_seed(seed); /* 0: jansson finds one by itself */
}

/* Pass on what jansson says.  Where memory ran out it often says something else, or nothing; malloc(3) is more reliable:
 * number is the errno it left. */
static int fail_parse(const struct scan *scan, json_error_t *failure, int number, struct err *err)
{
	const char *what = failure->text;
	char *near = strstr(failure->text, " near '");

	if (number == ENOMEM || failure->line < 0)
		return err_memory(err);
	if (scan->copy && near) /* it may quote the replacement of a number */
		*near = '\0';
	if (json_error_code(failure) == json_error_null_byte_in_key) /* only a replaced number can have one */
		what = "string expected, not a number";
	return err_user(err, "%s: line %d, column %d: %s", scan->name, failure->line, failure->column, what);
}

int json_read(const char *text, size_t size, const char *name, json_t **ret, struct err *err)
{
	struct scan scan = { .text = text, .end = text + size, .name = name };
	json_error_t failure;
	json_t *root;
	autofree char *copy = NULL;
	int r = scan_text(&scan, err);

	copy = scan.copy;
	if (r < 0)
		return r;
	seed_hash();
	errno = 0;
	root = json_loadb(copy ? copy : text, size, JSON_REJECT_DUPLICATES | (copy ? JSON_ALLOW_NUL : 0), &failure);
	if (!root)
		return size ? fail_parse(&scan, &failure, errno, err) : err_user(err, "%s: empty file", name);
	*ret = root;
	return 0;
}

static bool is_big(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) > BIG_DIGITS && json_string_value(value)[0] == '\0';
}

bool json_read_u64(const json_t *value, uint64_t *ret)
{
	uint64_t number = 0;

	if (json_is_integer(value)) {
		if (json_integer_value(value) < 0)
			return false;
		*ret = (uint64_t)json_integer_value(value);
		return true;
	}
	if (!is_big(value))
		return false;
	for (const char *digit = json_string_value(value) + 1; *digit; digit++)
		number = number * 64 + (uint64_t)(strchr(digits64, *digit) - digits64);
	*ret = number;
	return true;
}

bool json_is_whole(const json_t *value)
{
	return json_is_integer(value) || is_big(value);
}

const char *json_type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return is_big(value) ? "integer" : "string";
	case JSON_INTEGER:
		return "integer";
	case JSON_REAL:
		return "real number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	case JSON_NULL:
		break;
	}
	return "null";
}

void json_free(struct json_t *value)
{
	json_decref(value);
}
