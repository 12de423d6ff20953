/* kavel-shim/ring.c: records that wait. */
#include "ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static bool push(struct ring *ring, const char *text)
{
	const struct ring_record record = { .size = (uint32_t)strlen(text), .number = strlen(text) };

	return ring_push(ring, &record, text);
}

static bool first_is(const struct ring *ring, const char *text)
{
	const char *data;
	const struct ring_record *record = ring_first(ring, &data);

	return record && record->size == strlen(text) && memcmp(data, text, record->size) == 0;
}

static void records_come_out_in_their_order(void)
{
	struct ring ring = { .room = 4096 };
	const char *data;

	CHECK(ring_is_empty(&ring) && !ring_first(&ring, &data));
	CHECK(push(&ring, "one") && push(&ring, "") && push(&ring, "three"));
	CHECK(first_is(&ring, "one"));
	ring_pop(&ring);
	CHECK(first_is(&ring, ""));
	ring_pop(&ring);
	CHECK(first_is(&ring, "three"));
	ring_pop(&ring);
	CHECK(ring_is_empty(&ring) && !ring_first(&ring, &data));
	ring_trim(&ring);
}

static void a_record_is_taken_in_parts(void)
{
	struct ring ring = { .room = 4096 };

	CHECK(push(&ring, "one two") && push(&ring, "three"));
	ring_advance(&ring, 4);
	CHECK(first_is(&ring, "two"));
	ring_advance(&ring, 3);
	CHECK(first_is(&ring, ""));
	ring_pop(&ring);
	CHECK(first_is(&ring, "three"));
	ring_pop(&ring);
	CHECK(ring_is_empty(&ring));
	ring_trim(&ring);
}

static void memory_is_reserved_by_the_first_push_and_given_back_when_nothing_waits(void)
{
	struct ring ring = { .room = 4096 };

	CHECK(!ring.data);
	CHECK(push(&ring, "one") && ring.data);
	ring_trim(&ring);
	CHECK(ring.data != NULL);
	CHECK(first_is(&ring, "one"));
	ring_pop(&ring);
	ring_trim(&ring);
	CHECK(!ring.data);
	CHECK(push(&ring, "two") && first_is(&ring, "two"));
	ring_pop(&ring);
	ring_trim(&ring);
}

static void what_is_too_large_is_refused(void)
{
	static const char data[5000];
	struct ring ring = { .room = 4096 };

	CHECK(!ring_push(&ring, &(struct ring_record){ .size = 5000 }, data));
	CHECK(ring_is_empty(&ring));
	CHECK(!ring_push(&ring, &(struct ring_record){ .size = 4096 }, data));
	CHECK(ring_push(&ring, &(struct ring_record){ .size = 4096 - sizeof(struct ring_record) }, data));
	CHECK(!ring_push(&ring, &(struct ring_record){ .size = 0 }, data));
	ring_pop(&ring);
	ring_trim(&ring);
}

/* Sizes at random, more pushes than pops and the other way round in turns; each record knows its number and its bytes. */
static void ten_thousand_records_survive_every_wrap(void)
{
	struct ring ring = { .room = 8192 };
	uint64_t in = 0, out = 0;
	char data[3000];

	srand(1);
	for (int round = 0; round < 40000 && !unit_has_failed(); round++) {
		bool grows = round / 100 % 2;

		if (rand() % 3 < (grows ? 2 : 1)) {
			struct ring_record record = { .size = (uint32_t)rand() % sizeof(data), .number = in };

			memset(data, (int)(in % 251), record.size);
			in += ring_push(&ring, &record, data);
		} else if (in > out) {
			const char *text;
			const struct ring_record *record = ring_first(&ring, &text);

			if (!CHECK(record != NULL))
				break;
			CHECK(record->number == out);
			for (uint32_t i = 0; i < record->size; i++)
				if ((unsigned char)text[i] != out % 251) {
					CHECK(!"another record's bytes");
					break;
				}
			ring_pop(&ring);
			out++;
		}
		CHECK(ring.used <= ring.room && ring_is_empty(&ring) == (in == out));
	}
	CHECK(in > 10000);
	while (!ring_is_empty(&ring))
		ring_pop(&ring);
	ring_trim(&ring);
}

static const struct unit_test tests[] = {
	TEST(records_come_out_in_their_order),
	TEST(a_record_is_taken_in_parts),
	TEST(memory_is_reserved_by_the_first_push_and_given_back_when_nothing_waits),
	TEST(what_is_too_large_is_refused),
	TEST(ten_thousand_records_survive_every_wrap),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
