#include "logs/entry.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"

static bool find_stream(const char *name, size_t size, enum log_stream *ret)
{
	if (size != 6 || (memcmp(name, "stdout", 6) != 0 && memcmp(name, "stderr", 6) != 0))
		return false;
	*ret = name[3] == 'o' ? LOG_STDOUT : LOG_STDERR;
	return true;
}

/* ---- CRI */

/* The word before the next blank, which *at moves behind; NULL: there is none. */
static const char *take_word(const char **at, const char *end, size_t *ret_size)
{
	const char *word = *at, *blank = memchr(word, ' ', (size_t)(end - word));

	if (!blank)
		return NULL;
	*ret_size = (size_t)(blank - word);
	*at = blank + 1;
	return word;
}

static bool parse_cri(const char *line, size_t size, struct log_entry *ret)
{
	const char *at = line, *end = line + size, *stream, *tags;
	size_t stream_size, tags_size;

	ret->time = take_word(&at, end, &ret->time_size);
	stream = ret->time ? take_word(&at, end, &stream_size) : NULL;
	tags = stream ? take_word(&at, end, &tags_size) : NULL;
	if (!tags || !find_stream(stream, stream_size, &ret->stream))
		return false;
	/* more tags may follow the first one, after a colon */
	if (tags_size == 0 || (tags[0] != 'F' && tags[0] != 'P') || (tags_size > 1 && tags[1] != ':'))
		return false;
	ret->is_complete = tags[0] == 'F';
	ret->text = at;
	ret->size = (size_t)(end - at);
	return true;
}

/* ---- JSON: one object of strings, others are skipped.  lib/json refuses U+0000, which a guest may well write. */

struct cursor {
	char *at, *end;
};

static void skip_blanks(struct cursor *in)
{
	while (in->at < in->end && (*in->at == ' ' || *in->at == '\t'))
		in->at++;
}

static bool take_byte(struct cursor *in, char byte)
{
	skip_blanks(in);
	if (in->at == in->end || *in->at != byte)
		return false;
	in->at++;
	return true;
}

static bool take_hex(struct cursor *in, unsigned int *ret)
{
	*ret = 0;
	if (in->end - in->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *in->at++;
		unsigned int digit = c >= '0' && c <= '9'		      ? (unsigned int)(c - '0')
				     : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned int)((c | 0x20) - 'a' + 10)
									      : 16;

		if (digit > 15)
			return false;
		*ret = *ret << 4 | digit;
	}
	return true;
}

static char *put_utf8(char *to, unsigned int code)
{
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	} else {
		*to++ = (char)(0xf0 | code >> 18);
		*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	}
	return to;
}

/* After "\u": one character, in UTF-16; a lone surrogate becomes U+FFFD. */
static bool take_code(struct cursor *in, unsigned int *ret)
{
	struct cursor ahead;
	unsigned int low;

	if (!take_hex(in, ret))
		return false;
	if (*ret < 0xd800 || *ret > 0xdfff)
		return true;
	ahead = *in;
	if (*ret < 0xdc00 && ahead.end - ahead.at >= 6 && ahead.at[0] == '\\' && ahead.at[1] == 'u') {
		ahead.at += 2;
		if (take_hex(&ahead, &low) && low >= 0xdc00 && low <= 0xdfff) {
			*in = ahead;
			*ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
			return true;
		}
	}
	*ret = 0xfffd;
	return true;
}

/* What is behind a backslash.  Never longer than what stood there. */
static bool take_escape(struct cursor *in, char **to)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *name;
	unsigned int code;
	char c;

	if (in->at == in->end)
		return false;
	c = *in->at++;
	if (c == 'u') {
		if (!take_code(in, &code))
			return false;
		*to = put_utf8(*to, code);
		return true;
	}
	name = c ? strchr(names, c) : NULL;
	if (!name)
		return false;
	*(*to)++ = bytes[name - names];
	return true;
}

static bool take_string(struct cursor *in, const char **ret, size_t *ret_size)
{
	char *to;

	if (!take_byte(in, '"'))
		return false;
	*ret = to = in->at;
	while (in->at < in->end) {
		char c = *in->at++;

		if (c == '"') {
			*ret_size = (size_t)(to - *ret);
			return true;
		}
		if (c != '\\')
			*to++ = c;
		else if (!take_escape(in, &to))
			return false;
	}
	return false;
}

/* A value that is no string: to the comma or brace that ends it. */
static bool skip_value(struct cursor *in)
{
	size_t depth = 0;

	for (skip_blanks(in); in->at < in->end; in->at++) {
		const char *text;
		size_t size;

		if (*in->at == '"') {
			if (!take_string(in, &text, &size))
				return false;
			in->at--;
		} else if (*in->at == '{' || *in->at == '[') {
			depth++;
		} else if (depth == 0 && (*in->at == ',' || *in->at == '}')) {
			return true;
		} else if (*in->at == '}' || *in->at == ']') {
			depth--;
		}
	}
	return false;
}

struct member {
	const char *text;
	size_t size;
};

static bool key_is(const struct member *key, const char *name)
{
	return key->size == strlen(name) && memcmp(key->text, name, key->size) == 0;
}

static bool take_member(struct cursor *in, struct member *log, struct member *stream, struct member *time)
{
	struct member key, *value;

	if (!take_string(in, &key.text, &key.size) || !take_byte(in, ':'))
		return false;
	skip_blanks(in);
	value = key_is(&key, "log") ? log : key_is(&key, "stream") ? stream : key_is(&key, "time") ? time : NULL;
	return value ? take_string(in, &value->text, &value->size) : skip_value(in);
}

static bool parse_json(char *line, size_t size, struct log_entry *ret)
{
	struct cursor in = { .at = line + 1, .end = line + size };
	struct member log = { 0 }, stream = { 0 }, time = { 0 };

	do {
		if (!take_member(&in, &log, &stream, &time))
			return false;
	} while (take_byte(&in, ','));
	if (!take_byte(&in, '}') || !log.text || !time.text || !stream.text)
		return false;
	if (!find_stream(stream.text, stream.size, &ret->stream))
		return false;
	ret->is_complete = log.size > 0 && log.text[log.size - 1] == '\n';
	ret->text = log.text;
	ret->size = log.size - ret->is_complete;
	ret->time = time.text;
	ret->time_size = time.size;
	return true;
}

bool log_entry_parse(char *line, size_t size, struct log_entry *ret)
{
	if (size == 0)
		return false;
	if (!(line[0] == '{' ? parse_json(line, size, ret) : parse_cri(line, size, ret)))
		return false;
	return clock_parse(ret->time, ret->time_size, &ret->when);
}
