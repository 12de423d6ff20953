/* The format of the Kubernetes CRI: TIME STREAM F|P TEXT, with P for a part of a line that goes on in the stream's next entry. */
#include <string.h>

#include "base/clock.h"
#include "log_file.h"

/* The time is UTC: with local time the shim would read the time zone's file, and keep its tables. */
static size_t fixed_part(const struct log_chunk *chunk, char out[LOG_FIXED_MAX])
{
	static const char zone[] = "+00:00 ";
	char text[CLOCK_TEXT_MAX];
	size_t size;

	clock_text(&chunk->when, true, text);
	size = strlen(text) - 1; /* podman's reader takes no Z */
	memcpy(out, text, size);
	memcpy(out + size, zone, sizeof(zone) - 1);
	size += sizeof(zone) - 1;
	memcpy(out + size, log_stream_name(chunk->stream), 6);
	size += 6;
	out[size++] = ' ';
	return size;
}

static size_t room(size_t size)
{
	return LOG_FIXED_MAX + 3 + size;
}

static size_t entry(const struct log_piece *piece, const char *fixed, size_t fixed_size, char *out)
{
	char *at = out;

	memcpy(at, fixed, fixed_size);
	at += fixed_size;
	*at++ = piece->is_complete ? 'F' : 'P';
	*at++ = ' ';
	memcpy(at, piece->text, piece->size);
	at += piece->size;
	*at++ = '\n';
	return (size_t)(at - out);
}

static const struct log_format format = { .fixed = fixed_part, .room = room, .entry = entry };

const struct log_driver log_k8s_file = {
	.name = "k8s-file",
	.format = &format,
	.needs_path = true,
	.open = log_file_open,
	.close = log_file_close,
	.write = log_file_write,
};
