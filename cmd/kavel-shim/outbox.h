/* What a client of the attach socket has not taken yet: whole packets, up to OUTBOX_MAX bytes, beyond what its socket holds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTBOX_MAX 65536

struct outbox_packet;

/* Starts as all zeroes. */
struct outbox {
	struct outbox_packet *first, *last;
	size_t bytes;
	uint64_t dropped;
};

static inline bool outbox_is_empty(const struct outbox *outbox)
{
	return !outbox->first;
}

/* Send a packet of the byte `head` and the data, now or, in order, later; or drop it.  size: at most ATTACH_OUTPUT_MAX.  Returns
 * false when the other side takes nothing any more. */
bool outbox_send(struct outbox *outbox, int fd, char head, const void *data, size_t size);

/* Send what waits, as far as that works at once.  *ret_progress: whether a packet was taken.  Returns false as above. */
bool outbox_flush(struct outbox *outbox, int fd, bool *ret_progress);

/* Drop what waits. */
void outbox_clear(struct outbox *outbox);
