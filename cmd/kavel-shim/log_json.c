/* Docker's format: {"log":"TEXT\n","stream":"stdout","time":"TIME"}, without \n in a part of a line that goes on. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "log_file.h"

static const char before[] = "{\"log\":\"";

static size_t fixed_part(const struct log_chunk *chunk, char out[LOG_FIXED_MAX])
{
	char text[CLOCK_TEXT_MAX];

	clock_text(&chunk->when, true, text);
	return (size_t)snprintf(out, LOG_FIXED_MAX, "\",\"stream\":\"%s\",\"time\":\"%s\"}\n",
				log_stream_name(chunk->stream), text);
}

/* A byte becomes six at most: \u001b, \ufffd. */
static size_t room(size_t size)
{
	return sizeof(before) + 6 * size + 2 + LOG_FIXED_MAX;
}

/* Size of the character of UTF-8 that begins here, as RFC 3629 has it; 0: it is none. */
static size_t character(const unsigned char *text, size_t size)
{
	unsigned char lowest = 0x80, highest = 0xbf; /* of the second byte */
	size_t need;

	if (text[0] >= 0xc2 && text[0] <= 0xdf) {
		need = 2;
	} else if (text[0] >= 0xe0 && text[0] <= 0xef) {
		need = 3;
		lowest = text[0] == 0xe0 ? 0xa0 : 0x80;	 /* shorter elsewhere */
		highest = text[0] == 0xed ? 0x9f : 0xbf; /* a surrogate */
	} else if (text[0] >= 0xf0 && text[0] <= 0xf4) {
		need = 4;
		lowest = text[0] == 0xf0 ? 0x90 : 0x80;
		highest = text[0] == 0xf4 ? 0x8f : 0xbf; /* above U+10FFFF */
	} else {
		return 0;
	}
	if (size < need || text[1] < lowest || text[1] > highest)
		return 0;
	for (size_t i = 2; i < need; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

static char *put(char *at, const char *text, size_t size)
{
	memcpy(at, text, size);
	return at + size;
}

static char *escape_ascii(char *at, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	if (byte == '"' || byte == '\\') {
		*at++ = '\\';
		*at++ = (char)byte;
		return at;
	}
	if (byte == '\r')
		return put(at, "\\r", 2);
	at = put(at, "\\u00", 4);
	*at++ = digits[byte >> 4];
	*at++ = digits[byte & 15];
	return at;
}

/* What Docker writes as it is: a bit per byte. */
static bool is_plain(unsigned char byte)
{
	static const uint64_t plain[2] = {
		~(UINT64_C(0xffffffff) | UINT64_C(1) << '"' | UINT64_C(1) << '&' | UINT64_C(1) << '<' |
		  UINT64_C(1) << '>'),
		~(UINT64_C(1) << ('\\' - 64)),
	};

	return byte < 0x80 && plain[byte >> 6] >> (byte & 63) & 1;
}

/* The character that begins here, which cannot stay as it is, or is not ASCII.  Returns its size. */
static size_t escape_one(char **at, const unsigned char *text, size_t size)
{
	size_t taken;

	if (text[0] < 0x80) {
		*at = escape_ascii(*at, text[0]);
		return 1;
	}
	taken = character(text, size);
	if (taken == 0) {
		*at = put(*at, "\\ufffd", 6);
		return 1;
	}
	if (taken == 3 && text[0] == 0xe2 && text[1] == 0x80 && (text[2] & ~1U) == 0xa8)
		*at = put(*at, text[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
	else
		*at = put(*at, (const char *)text, taken);
	return taken;
}

/* As Docker escapes it: also what HTML and JavaScript know, and U+FFFD for each byte that is not UTF-8. */
static char *escape(char *at, const unsigned char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t plain = i;

		while (i < size && is_plain(text[i]))
			i++;
		at = put(at, (const char *)text + plain, i - plain);
		if (i < size)
			i += escape_one(&at, text + i, size - i);
	}
	return at;
}

static size_t entry(const struct log_piece *piece, const char *fixed, size_t fixed_size, char *out)
{
	char *at = put(out, before, sizeof(before) - 1);

	at = escape(at, (const unsigned char *)piece->text, piece->size);
	if (piece->is_complete)
		at = put(at, "\\n", 2);
	at = put(at, fixed, fixed_size);
	return (size_t)(at - out);
}

static const struct log_format format = { .fixed = fixed_part, .room = room, .entry = entry };

const struct log_driver log_json_file = {
	.name = "json-file",
	.format = &format,
	.needs_path = true,
	.open = log_file_open,
	.close = log_file_close,
	.write = log_file_write,
};
