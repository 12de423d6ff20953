#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool str_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	}
	if (value > max)
		return false;
	*ret = value;
	return true;
}

bool str_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	uint64_t value;
	bool negative = *text == '-';

	if (!str_u64(text + negative, (uint64_t)INT64_MAX + negative, &value))
		return false;
	if (negative) {
		int64_t below = value == (uint64_t)INT64_MAX + 1 ? INT64_MIN : -(int64_t)value;

		if (below < min || below > max)
			return false;
		*ret = below;
		return true;
	}
	if ((int64_t)value < min || (int64_t)value > max)
		return false;
	*ret = (int64_t)value;
	return true;
}

/* A number at *at, which moves behind it; false when there is none, or it is too large. */
static bool read_number(const char **at, unsigned int max, unsigned int *ret)
{
	size_t digits = strspn(*at, "0123456789");

	if (!digits || digits > 9)
		return false;
	*ret = (unsigned int)strtoul(*at, NULL, 10);
	*at += digits;
	return *ret < max;
}

bool str_number_list(const char *text, unsigned int max, unsigned long *bits, unsigned int *ret_count,
		     unsigned int *ret_end)
{
	const unsigned int word_bits = 8 * sizeof(*bits);
	unsigned int count = 0, end = 0;

	for (;; text++) {
		unsigned int first, last;

		if (!read_number(&text, max, &first))
			return false;
		last = first;
		if (*text == '-' && (text++, !read_number(&text, max, &last)))
			return false;
		if (last < first)
			return false;
		for (unsigned int number = first; number <= last; number++) {
			unsigned long bit = 1UL << number % word_bits, *word = &bits[number / word_bits];

			count += !(*word & bit);
			*word |= bit;
		}
		if (last >= end)
			end = last + 1;
		if (*text != ',')
			break;
	}
	*ret_count = count;
	*ret_end = end;
	return !*text;
}

const struct str_name *str_lookup(const struct str_name *table, const char *name)
{
	for (; table->name; table++)
		if (str_eq(table->name, name))
			return table;
	return NULL;
}

const char *str_name_of(const struct str_name *table, int64_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

static bool reserve(struct str_buf *buf, size_t more)
{
	size_t room = buf->room ? buf->room : 256;
	char *data;

	if (buf->failed)
		return false;
	if (more < buf->room - buf->size)
		return true;
	while (room - buf->size <= more) {
		if (room > SIZE_MAX / 2) {
			buf->failed = true;
			return false;
		}
		room *= 2;
	}
	data = realloc(buf->data, room);
	if (!data) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->room = room;
	return true;
}

void str_append_n(struct str_buf *buf, const char *data, size_t size)
{
	if (!reserve(buf, size))
		return;
	memcpy(buf->data + buf->size, data, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void str_unescape_octal(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
		    from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

void str_append(struct str_buf *buf, const char *text)
{
	str_append_n(buf, text, strlen(text));
}

void str_append_f(struct str_buf *buf, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0 || !reserve(buf, (size_t)size)) {
		buf->failed = true;
		return;
	}
	va_start(args, format);
	(void)vsnprintf(buf->data + buf->size, (size_t)size + 1, format, args); /* fits: measured above */
	va_end(args);
	buf->size += (size_t)size;
}

void str_buf_free(struct str_buf *buf)
{
	free(buf->data);
	*buf = (struct str_buf){ 0 };
}
