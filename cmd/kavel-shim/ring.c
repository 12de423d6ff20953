/* A record is never in two parts: where it does not fit behind the last one, it goes to the front, and `end` says where the
 * records before it ended. */
#include "ring.h"

#include <string.h>
#include <sys/mman.h>

static size_t padded(size_t size)
{
	return (sizeof(struct ring_record) + size + 7) & ~(size_t)7;
}

static struct ring_record *record_at(const struct ring *ring, size_t at)
{
	return (struct ring_record *)(void *)(ring->data + at);
}

static bool reserve(struct ring *ring)
{
	void *data;

	if (ring->data)
		return true;
	data = mmap(NULL, ring->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (data == MAP_FAILED)
		return false;
	ring->data = data;
	return true;
}

/* Room for so many bytes in one piece at ring->next, which may have to move. */
static bool find_room(struct ring *ring, size_t need)
{
	if (ring->used == 0) {
		ring->first = ring->next = ring->end = 0;
		return need <= ring->room;
	}
	if (ring->next <= ring->first || ring->end) /* what is free lies between the two */
		return need <= ring->first - ring->next;
	if (need <= ring->room - ring->next)
		return true;
	if (need > ring->first)
		return false;
	ring->used += ring->room - ring->next;
	ring->end = ring->next;
	ring->next = 0;
	return true;
}

bool ring_push(struct ring *ring, const struct ring_record *record, const void *data)
{
	size_t need = padded(record->size);

	if (!reserve(ring) || !find_room(ring, need))
		return false;
	*record_at(ring, ring->next) = *record;
	if (record->size)
		memcpy(ring->data + ring->next + sizeof(*record), data, record->size);
	ring->next += need;
	ring->used += need;
	return true;
}

struct ring_record *ring_first(const struct ring *ring, const char **ret_data)
{
	struct ring_record *record;

	if (ring->used == 0)
		return NULL;
	record = record_at(ring, ring->first);
	*ret_data = ring->data + ring->first + sizeof(*record) + record->done;
	return record;
}

void ring_advance(struct ring *ring, size_t size)
{
	struct ring_record *record = record_at(ring, ring->first);

	record->done += (uint32_t)size;
	record->size -= (uint32_t)size;
}

void ring_pop(struct ring *ring)
{
	const struct ring_record *record = record_at(ring, ring->first);
	size_t size = padded((size_t)record->size + record->done);

	ring->first += size;
	ring->used -= size;
	if (ring->end && ring->first == ring->end) {
		ring->used -= ring->room - ring->end;
		ring->first = ring->end = 0;
	}
}

void ring_trim(struct ring *ring)
{
	if (!ring->data || ring->used)
		return;
	(void)munmap(ring->data, ring->room); /* cannot fail for a mapping of our own */
	ring->data = NULL;
	ring->first = ring->next = ring->end = 0;
}
