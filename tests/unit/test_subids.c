/* What a text of /etc/subuid grants, and the mappings that come of it. */
#include <stdio.h>

#include "base/auto.h"
#include "base/str.h"
#include "namespaces/subids.h"
#include "unit.h"

/* As text: "CONTAINER:HOST:SIZE" of each line, with blanks between. */
static const char *text_of(const struct spec_id_mappings *list, char *out, size_t room)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count && used < room; i++)
		used += (size_t)snprintf(out + used, room - used, "%s%u:%u:%u", i ? " " : "",
					 list->items[i].container_id, list->items[i].host_id, list->items[i].size);
	return out;
}

static void reads_the_owners_lines(void)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "", "" },
		{ "ann:100000:65536\n", "0:100000:65536" },
		{ "ann:100000:65536", "0:100000:65536" },
		{ "1000:200000:10\n", "0:200000:10" },
		/* several, by name and by number, in the order of the file */
		{ "bob:1:1\nann:300000:5\n1000:100000:7\nann:200000:9\n", "0:300000:5 0:100000:7 0:200000:9" },
		/* another's, also one whose name or number begins or ends the same */
		{ "anna:1:1\nan:1:1\n10000:1:1\n100:1:1\n:1:1\n", "" },
		/* not OWNER:START:COUNT */
		{ "ann\nann:\nann:1\nann:1:\nann::1\nann:1:2:3\nann:x:1\nann:1:x\nann:-1:5\nann: 1:5\n", "" },
		{ "# ann:1:1\n\n\nann:5:6\n", "0:5:6" },
		{ "ann:5:0\n", "" },
		/* there is no ID 4294967295 */
		{ "ann:4294967295:1\nann:99999999999999999999:1\n", "" },
		{ "ann:4294967290:100\nann:7:99999999999\n", "0:4294967290:5 0:7:4294967288" },
	};
	const struct subid_owner ann = { .name = "ann", .uid = 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena arena = { 0 };
		struct spec_id_mappings ranges;
		char text[400];
		struct err err;

		CHECK(subids_read(rows[i].text, &ann, &arena, &ranges, &err) == 0);
		CHECK_STR(text_of(&ranges, text, sizeof(text)), rows[i].wanted);
		arena_free(&arena);
	}
}

static void reads_by_number_alone_without_a_name(void)
{
	const struct subid_owner nobody = { .uid = 5 };
	struct arena arena = { 0 };
	struct spec_id_mappings ranges;
	char text[100];
	struct err err;

	CHECK(subids_read(":1:1\nann:2:2\n5:3:3\n", &nobody, &arena, &ranges, &err) == 0);
	CHECK_STR(text_of(&ranges, text, sizeof(text)), "0:3:3");
	arena_free(&arena);
}

static void reads_long_lines_and_many(void)
{
	const struct subid_owner ann = { .name = "ann", .uid = 1000 };
	struct arena arena = { 0 };
	struct spec_id_mappings ranges, map;
	autobuf file = { 0 };
	struct err err;

	str_append(&file, "ann:");
	for (int i = 0; i < 1000; i++)
		str_append(&file, "0123456789");
	str_append(&file, ":1\n");
	for (int i = 0; i < 1000; i++)
		str_append_f(&file, "ann:%d:1\n", 100000 + 10 * i);
	CHECK(subids_read(file.data, &ann, &arena, &ranges, &err) == 0);
	CHECK(ranges.count == SUBIDS_LINES_MAX && ranges.items[0].host_id == 100000);
	/* the kernel takes no more, and the own ID is one of them */
	CHECK(subids_map(1000, &ranges, &arena, &map, &err) == 0 && map.count == SUBIDS_LINES_MAX);
	arena_free(&arena);
}

static void maps_the_caller_to_0_and_the_ranges_above(void)
{
	static const struct {
		const char *text, *wanted;
		uint32_t own;
	} rows[] = {
		{ "a:100000:65536\n", "0:1000:1 1:100000:65536", 1000 },
		{ "a:100000:10\na:300000:5\n", "0:1000:1 1:100000:10 11:300000:5", 1000 },
		{ "", "0:1000:1", 1000 },
		/* the own ID in a range: at its begin, its end, inside, and alone */
		{ "a:1000:5\n", "0:1000:1 1:1001:4", 1000 },
		{ "a:996:5\n", "0:1000:1 1:996:4", 1000 },
		{ "a:998:5\n", "0:1000:1 1:998:2 3:1001:2", 1000 },
		{ "a:1000:1\n", "0:1000:1", 1000 },
		/* ranges that overlap, and one twice */
		{ "a:100:10\na:105:10\n", "0:1000:1 1:100:10 11:110:5", 1000 },
		{ "a:100:10\na:100:10\n", "0:1000:1 1:100:10", 1000 },
		{ "a:100:2\na:110:2\na:98:20\n", "0:1000:1 1:100:2 3:110:2 5:98:2 7:102:8 15:112:6", 1000 },
		{ "a:0:4294967295\n", "0:5:1 1:0:5 6:6:4294967289", 5 },
	};
	const struct subid_owner a = { .name = "a", .uid = 77 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena arena = { 0 };
		struct spec_id_mappings ranges, map;
		char text[400];
		struct err err;

		CHECK(subids_read(rows[i].text, &a, &arena, &ranges, &err) == 0);
		CHECK(subids_map(rows[i].own, &ranges, &arena, &map, &err) == 0);
		CHECK_STR(text_of(&map, text, sizeof(text)), rows[i].wanted);
		arena_free(&arena);
	}
}

static void maps_one_id_alone(void)
{
	struct arena arena = { 0 };
	struct spec_id_mappings map;
	char text[100];
	struct err err;

	CHECK(subids_map_one(1000, 5, &arena, &map, &err) == 0);
	CHECK_STR(text_of(&map, text, sizeof(text)), "1000:5:1");
	arena_free(&arena);
}

static const struct unit_test tests[] = {
	TEST(reads_the_owners_lines),
	TEST(reads_by_number_alone_without_a_name),
	TEST(reads_long_lines_and_many),
	TEST(maps_the_caller_to_0_and_the_ranges_above),
	TEST(maps_one_id_alone),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
