/* Lines, parts of lines, and the memory that entries are made in. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "log_driver.h"

/* A byte that goes on with a character of UTF-8. */
static bool continues(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

struct log_piece log_next_piece(const struct log_chunk *chunk, size_t at)
{
	const char *text = chunk->data + at;
	size_t left = chunk->size - at, cut = LOG_LINE_MAX;
	const char *newline;

	if (left == 0)
		return (struct log_piece){ .text = "", .is_complete = chunk->is_end };
	newline = memchr(text, '\n', left <= LOG_LINE_MAX ? left : LOG_LINE_MAX + 1);
	if (newline) {
		size_t size = (size_t)(newline - text);

		return (struct log_piece){ .text = text, .size = size, .taken = size + 1, .is_complete = true };
	}
	if (left <= LOG_LINE_MAX)
		return (struct log_piece){ .text = text, .size = left, .taken = left };
	/* not within a character; bytes that are no UTF-8 are cut anywhere */
	while (cut > LOG_LINE_MAX - 3 && continues(text[cut]))
		cut--;
	if (continues(text[cut]))
		cut = LOG_LINE_MAX;
	return (struct log_piece){ .text = text, .size = cut, .taken = cut };
}

int log_scratch_get(struct log_scratch *scratch)
{
	void *data;

	if (scratch->data)
		return 0;
	data = mmap(NULL, LOG_SCRATCH_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (data == MAP_FAILED)
		return -ENOMEM;
	scratch->data = data;
	return 0;
}

void log_scratch_trim(struct log_scratch *scratch)
{
	if (scratch->used)
		(void)madvise(scratch->data, LOG_SCRATCH_MAX, MADV_DONTNEED); /* only costs memory if it fails */
	scratch->used = 0;
}

void log_scratch_free(struct log_scratch *scratch)
{
	if (scratch->data)
		(void)munmap(scratch->data, LOG_SCRATCH_MAX); /* cannot fail for a mapping of our own */
	scratch->data = NULL;
}
