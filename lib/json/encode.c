#include "json/encode.h"

#include <inttypes.h>

/* Length of the well-formed UTF-8 character at `p` (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF),
 * or 0.  left: bytes that are there, at least one. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	unsigned char least = 0x80, most = 0xbf;
	size_t length;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (length > left)
		return 0;
	if (p[0] == 0xe0)
		least = 0xa0;
	else if (p[0] == 0xed)
		most = 0x9f;
	else if (p[0] == 0xf0)
		least = 0x90;
	else if (p[0] == 0xf4)
		most = 0x8f;
	if (p[1] < least || p[1] > most)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static void put_escape(struct str_buf *out, unsigned char c)
{
	switch (c) {
	case '"':
		str_append(out, "\\\"");
		break;
	case '\\':
		str_append(out, "\\\\");
		break;
	case '\n':
		str_append(out, "\\n");
		break;
	case '\r':
		str_append(out, "\\r");
		break;
	case '\t':
		str_append(out, "\\t");
		break;
	default:
		str_append_f(out, "\\u%04x", c);
	}
}

void json_quote_bytes(struct str_buf *out, const char *data, size_t size)
{
	const unsigned char *p = (const unsigned char *)data, *plain = p, *end = p + size;

	str_append_n(out, "\"", 1);
	while (p < end) {
		size_t length = utf8_length(p, (size_t)(end - p));

		if (length && *p >= 0x20 && *p != '"' && *p != '\\' && *p != 0x7f) {
			p += length;
			continue;
		}
		str_append_n(out, (const char *)plain, (size_t)(p - plain));
		if (length)
			put_escape(out, *p);
		else
			str_append(out, "\xef\xbf\xbd");
		plain = ++p;
	}
	str_append_n(out, (const char *)plain, (size_t)(p - plain));
	str_append_n(out, "\"", 1);
}

void json_quote(struct str_buf *out, const char *text)
{
	json_quote_bytes(out, text, strlen(text));
}

static void put_line(struct json_writer *writer)
{
	static const char spaces[] = "                ";

	if (!writer->indent)
		return;
	str_append_n(writer->out, "\n", 1);
	for (size_t left = (size_t)writer->indent * writer->depth; left;) {
		size_t n = left < sizeof(spaces) - 1 ? left : sizeof(spaces) - 1;

		str_append_n(writer->out, spaces, n);
		left -= n;
	}
}

/* Everything that comes before a value. */
static void put_key(struct json_writer *writer, const char *key)
{
	uint64_t level = UINT64_C(1) << (writer->depth % JSON_WRITER_DEPTH);

	if (writer->depth) {
		if (writer->has_items & level)
			str_append_n(writer->out, ",", 1);
		put_line(writer);
		writer->has_items |= level;
	}
	if (key) {
		json_quote(writer->out, key);
		str_append(writer->out, writer->indent ? ": " : ":");
	}
}

static void open_level(struct json_writer *writer, const char *key, bool array)
{
	uint64_t level;

	put_key(writer, key);
	str_append_n(writer->out, array ? "[" : "{", 1);
	if (writer->depth + 1 >= JSON_WRITER_DEPTH) {
		writer->out->failed = true;
		return;
	}
	writer->depth++;
	level = UINT64_C(1) << writer->depth;
	writer->has_items &= ~level;
	writer->is_array = array ? writer->is_array | level : writer->is_array & ~level;
}

void json_open_object(struct json_writer *writer, const char *key)
{
	open_level(writer, key, false);
}

void json_open_array(struct json_writer *writer, const char *key)
{
	open_level(writer, key, true);
}

void json_close(struct json_writer *writer)
{
	uint64_t level = UINT64_C(1) << writer->depth;

	if (!writer->depth) {
		writer->out->failed = true;
		return;
	}
	writer->depth--;
	if (writer->has_items & level)
		put_line(writer);
	str_append_n(writer->out, writer->is_array & level ? "]" : "}", 1);
}

void json_put_string(struct json_writer *writer, const char *key, const char *value)
{
	put_key(writer, key);
	if (value)
		json_quote(writer->out, value);
	else
		str_append(writer->out, "null");
}

void json_put_u64(struct json_writer *writer, const char *key, uint64_t value)
{
	put_key(writer, key);
	str_append_f(writer->out, "%" PRIu64, value);
}

void json_put_number(struct json_writer *writer, const char *key, const char *text)
{
	put_key(writer, key);
	str_append(writer->out, text);
}

void json_put_i64(struct json_writer *writer, const char *key, int64_t value)
{
	put_key(writer, key);
	str_append_f(writer->out, "%" PRId64, value);
}

void json_put_bool(struct json_writer *writer, const char *key, bool value)
{
	put_key(writer, key);
	str_append(writer->out, value ? "true" : "false");
}

void json_put_raw(struct json_writer *writer, const char *key, const char *json)
{
	put_key(writer, key);
	str_append(writer->out, json);
}

void json_put_null(struct json_writer *writer, const char *key)
{
	json_put_string(writer, key, NULL);
}

void json_put_strings(struct json_writer *writer, const char *key, const char *const *items, size_t count)
{
	json_open_array(writer, key);
	for (size_t i = 0; i < count; i++)
		json_put_string(writer, NULL, items[i]);
	json_close(writer);
}

void json_put_names(struct json_writer *writer, const char *key, const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	json_put_strings(writer, key, names, count);
}
