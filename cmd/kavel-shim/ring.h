/* What waits to be logged: records in a ring of bytes.
 *
 * The memory is reserved by the first push, becomes real as it is used, and is given back by ring_trim() when nothing waits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct ring_record {
	struct timespec when;
	uint64_t number; /* the user's */
	uint32_t size;	 /* bytes of data that are left of it */
	uint32_t done;	 /* bytes before them that ring_advance() took away */
	uint8_t kind, stream; /* the user's */
};

/* Starts as all zeroes but for `room`. */
struct ring {
	size_t room;	    /* bytes, with the records' own; a multiple of the page size */
	char *data;	    /* NULL: not reserved */
	size_t first, next; /* where the first record is, and where the next one goes */
	size_t end;	    /* where records end before they go on at 0; 0: they do not */
	size_t used;	    /* bytes, with those that are lost at the end */
};

/* Append a record with record->size bytes of data.  Returns false if there is no room. */
bool ring_push(struct ring *ring, const struct ring_record *record, const void *data);
/* The first record and its data, which stay where they are until it is popped; NULL: none. */
struct ring_record *ring_first(const struct ring *ring, const char **ret_data);
/* So many bytes of the first record are done. */
void ring_advance(struct ring *ring, size_t size);
void ring_pop(struct ring *ring);
static inline bool ring_is_empty(const struct ring *ring)
{
	return ring->used == 0;
}

/* Give the memory back if nothing waits. */
void ring_trim(struct ring *ring);
