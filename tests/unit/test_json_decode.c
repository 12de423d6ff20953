/* lib/json/decode.c: each kind of row, right and wrong. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/str.h"
#include "json/decode.h"
#include "json/read.h"
#include "unit.h"

struct pair {
	const char *key, *value;
};
struct inner {
	bool is_set;
	const char *name;
	uint16_t small;
};
struct element {
	const char *key;
	uint32_t number;
};
enum color { COLOR_RED, COLOR_GREEN };

struct all {
	const char *text, *line, *path, *absolute, *filled, *optional, *choice;
	enum color color;
	bool flag, has_names;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int32_t i32;
	int64_t i64, otherwise;
	struct {
		bool is_set, value;
	} opt_bool;
	struct {
		bool is_set;
		uint64_t value;
	} opt_u64;
	struct {
		bool is_set;
		int64_t value;
	} opt_i64;
	struct {
		const char **items;
		size_t count;
	} names, choices;
	struct {
		uint32_t *items;
		size_t count;
	} numbers;
	struct {
		struct pair *items;
		size_t count;
	} pairs;
	struct inner inner, closed;
	struct {
		struct element *items;
		size_t count;
	} elements, map;
};

static const struct field_names choice_names = { "choice", (const char *const[]){ "one", "two", NULL } };
static const struct field_names color_names = { "color", (const char *const[]){ "red", "green", NULL } };

FIELDS(inner_fields, struct inner) {
	STR(struct inner, "name", name, F_REQUIRED),
	U16(struct inner, "small", small, 9, 0),
	END
};

FIELDS(element_fields, struct element) {
	U32(struct element, "number", number, 100, F_REQUIRED),
	END
};

FIELDS(all_fields, struct all) {
	STR(struct all, "text", text, 0),
	STR(struct all, "line", line, F_LINE),
	STR(struct all, "path", path, F_PATH),
	STR(struct all, "absolute", absolute, F_ABSOLUTE),
	STR(struct all, "filled", filled, F_FILLED),
	STR(struct all, "optional", optional, F_EMPTY_IS_ABSENT),
	STR_OF(struct all, "choice", choice, choice_names, 0),
	ENUM(struct all, "color", color, color_names, 0),
	BOOL(struct all, "flag", flag, 0),
	U16(struct all, "u16", u16, UINT16_MAX, 0),
	U32(struct all, "u32", u32, UINT32_MAX, 0),
	U64(struct all, "u64", u64, UINT64_MAX, 0),
	I32(struct all, "i32", i32, -5, 5, 0),
	I64(struct all, "i64", i64, INT64_MIN, INT64_MAX, 0),
	I64_OR(struct all, "otherwise", otherwise, 0, 10, -1, 0),
	OPT_BOOL(struct all, "optBool", opt_bool, 0),
	OPT_U64(struct all, "optU64", opt_u64, UINT64_MAX, 0),
	OPT_I64(struct all, "optI64", opt_i64, -1, INT64_MAX, 0),
	STRINGS_SET(struct all, "names", names, has_names, 0),
	STRINGS_OF(struct all, "choices", choices, choice_names, F_FILLED),
	U32S(struct all, "numbers", numbers, 1000, 0),
	PAIRS(struct all, "pairs", pairs, 0),
	OBJECT_SET(struct all, "inner", inner, inner_fields, 0),
	OBJECT_SET(struct all, "closed", closed, inner_fields, F_CLOSED),
	ARRAY(struct all, "elements", elements, element_fields, 0),
	MAP(struct all, "map", map, element_fields, key, 0),
	END
};

static int decode(const char *text, struct all *all, struct arena *arena, json_t **json, struct err *err)
{
	int r = json_read(text, strlen(text), "test", json, err);

	return r < 0 ? r : json_decode(*json, all_fields, all, arena, "", err);
}

static void each_kind_reads_its_value(void)
{
	static const char text[] =
		"{\"text\":\"a\",\"choice\":\"two\",\"color\":\"green\",\"flag\":true,\"u16\":65535,\"u32\":4294967295,"
		"\"u64\":18446744073709551615,\"i32\":-5,\"i64\":-9223372036854775808,\"otherwise\":3,\"optBool\":"
		"false,"
		"\"optU64\":0,\"optI64\":-1,\"names\":[\"x\",\"\",\"z\"],\"choices\":[\"one\"],\"numbers\":[7,1000],"
		"\"pairs\":{\"k\":\"v\",\"l\":\"\"},\"inner\":{\"name\":\"n\",\"small\":9,\"unknown\":[1]},"
		"\"elements\":[{\"number\":1},{\"number\":2}],\"map\":{\"m\":{\"number\":5}},\"other\":null}";
	struct arena arena = { 0 };
	struct all all = { 0 };
	struct err err = { 0 };
	json_t *json = NULL;

	CHECK(decode(text, &all, &arena, &json, &err) == 0);
	CHECK_STR(all.text, "a");
	CHECK_STR(all.choice, "two");
	CHECK(all.color == COLOR_GREEN);
	CHECK(all.flag && all.u16 == 65535 && all.u32 == UINT32_MAX && all.u64 == UINT64_MAX);
	CHECK(all.i32 == -5 && all.i64 == INT64_MIN && all.otherwise == 3);
	CHECK(all.opt_bool.is_set && !all.opt_bool.value);
	CHECK(all.opt_u64.is_set && all.opt_u64.value == 0);
	CHECK(all.opt_i64.is_set && all.opt_i64.value == -1);
	if (CHECK(all.names.count == 3) && CHECK(all.has_names))
		CHECK_STR(all.names.items[2], "z");
	CHECK(all.choices.count == 1);
	CHECK(all.numbers.count == 2 && all.numbers.items[1] == 1000);
	if (CHECK(all.pairs.count == 2)) {
		CHECK_STR(all.pairs.items[0].key, "k");
		CHECK_STR(all.pairs.items[1].value, "");
	}
	CHECK(all.inner.is_set && all.inner.small == 9);
	CHECK(!all.closed.is_set);
	CHECK(all.elements.count == 2 && all.elements.items[1].number == 2);
	if (CHECK(all.map.count == 1) && CHECK(all.map.items[0].number == 5))
		CHECK_STR(all.map.items[0].key, "m");
	json_decref(json);
	arena_free(&arena);
}

static void null_and_absent_members_are_the_same(void)
{
	static const char *const texts[] = {
		"{}",
		"{\"text\":null,\"choice\":null,\"color\":null,\"flag\":null,\"u64\":null,\"optU64\":null,\"names\":"
		"null,"
		"\"choices\":null,\"numbers\":null,\"pairs\":null,\"inner\":null,\"elements\":null,\"map\":null,"
		"\"otherwise\":null,\"optional\":null}",
		"{\"optional\":\"\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		static const struct all absent = { .otherwise = -1 };
		struct arena arena = { 0 };
		struct all all;
		struct err err = { 0 };
		json_t *json = NULL;

		memset(&all, 0, sizeof(all));
		CHECK(decode(texts[i], &all, &arena, &json, &err) == 0);
		CHECK(memcmp(&all, &absent, sizeof(all)) == 0);
		json_decref(json);
		arena_free(&arena);
	}
}

static void each_kind_refuses_other_values_and_names_the_place(void)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "[]", "expected object, got array" },
		{ "{\"text\":5}", "text: expected string, got integer" },
		{ "{\"text\":18446744073709551615}", "text: expected string, got integer" },
		{ "{\"text\":true}", "text: expected string, got boolean" },
		{ "{\"text\":[]}", "text: expected string, got array" },
		{ "{\"text\":{}}", "text: expected string, got object" },
		{ "{\"text\":1.5}", "text: expected string, got real number" },
		{ "{\"line\":\"a\\nb\"}", "line: must not contain control characters" },
		{ "{\"line\":\"a\\u007f\"}", "line: must not contain control characters" },
		{ "{\"absolute\":\"\"}", "absolute: expected an absolute path, got \"\"" },
		{ "{\"absolute\":\"a/b\"}", "absolute: expected an absolute path, got \"a/b\"" },
		{ "{\"filled\":\"\"}", "filled: must not be empty" },
		{ "{\"choice\":\"three\"}", "choice: invalid choice \"three\"" },
		{ "{\"choice\":\"\"}", "choice: invalid choice \"\"" },
		{ "{\"color\":\"blue\"}", "color: invalid color \"blue\"" },
		{ "{\"color\":1}", "color: expected string, got integer" },
		{ "{\"flag\":0}", "flag: expected boolean, got integer" },
		{ "{\"flag\":\"true\"}", "flag: expected boolean, got string" },
		{ "{\"u16\":65536}", "u16: 65536 is out of range 0 to 65535" },
		{ "{\"u32\":-1}", "u32: -1 is out of range 0 to 4294967295" },
		{ "{\"u32\":4294967296}", "u32: 4294967296 is out of range 0 to 4294967295" },
		{ "{\"u32\":18446744073709551615}", "u32: 18446744073709551615 is out of range 0 to 4294967295" },
		{ "{\"u64\":\"5\"}", "u64: expected unsigned integer, got string" },
		{ "{\"u64\":5.0}", "u64: expected unsigned integer, got real number" },
		{ "{\"u64\":5e0}", "u64: expected unsigned integer, got real number" },
		{ "{\"u64\":-9223372036854775808}", "u64: -9223372036854775808 is out of range" },
		{ "{\"i32\":6}", "i32: 6 is out of range -5 to 5" },
		{ "{\"i32\":-6}", "i32: -6 is out of range -5 to 5" },
		{ "{\"i64\":9223372036854775808}", "i64: 9223372036854775808 is out of range -9223372036854775808 to" },
		{ "{\"i64\":true}", "i64: expected integer, got boolean" },
		{ "{\"otherwise\":-1}", "otherwise: -1 is out of range 0 to 10" },
		{ "{\"optBool\":1}", "optBool: expected boolean, got integer" },
		{ "{\"optU64\":-1}", "optU64: -1 is out of range 0 to 18446744073709551615" },
		{ "{\"optI64\":-2}", "optI64: -2 is out of range -1 to 9223372036854775807" },
		{ "{\"names\":\"a\"}", "names: expected array of strings, got string" },
		{ "{\"names\":[\"a\",5]}", "names[1]: expected string, got integer" },
		{ "{\"names\":[null]}", "names[0]: expected string, got null" },
		{ "{\"choices\":[]}", "choices: must not be empty" },
		{ "{\"choices\":[\"one\",\"x\"]}", "choices[1]: invalid choice \"x\"" },
		{ "{\"numbers\":{}}", "numbers: expected array of unsigned integers, got object" },
		{ "{\"numbers\":[1,1001]}", "numbers[1]: 1001 is out of range 0 to 1000" },
		{ "{\"numbers\":[\"1\"]}", "numbers[0]: expected unsigned integer, got string" },
		{ "{\"pairs\":[]}", "pairs: expected object of strings, got array" },
		{ "{\"pairs\":{\"a.b\":1}}", "pairs[\"a.b\"]: expected string, got integer" },
		{ "{\"pairs\":{\"a\":null}}", "pairs[\"a\"]: expected string, got null" },
		{ "{\"pairs\":{\"\":\"x\"}}", "pairs: a key must not be empty" },
		{ "{\"inner\":[]}", "inner: expected object, got array" },
		{ "{\"inner\":{}}", "inner.name: missing" },
		{ "{\"inner\":{\"name\":null}}", "inner.name: missing" },
		{ "{\"inner\":{\"name\":\"\",\"small\":10}}", "inner.small: 10 is out of range 0 to 9" },
		{ "{\"closed\":{\"name\":\"\",\"x\":1}}", "closed.x: unknown" },
		{ "{\"elements\":{}}", "elements: expected array of objects, got object" },
		{ "{\"elements\":[{\"number\":1},{}]}", "elements[1].number: missing" },
		{ "{\"elements\":[null]}", "elements[0]: expected object, got null" },
		{ "{\"map\":[]}", "map: expected object of objects, got array" },
		{ "{\"map\":{\"a\":{\"number\":101}}}", "map[\"a\"].number: 101 is out of range 0 to 100" },
		{ "{\"map\":{\"a\":5}}", "map[\"a\"]: expected object, got integer" },
		{ "{\"map\":{\"\":{\"number\":1}}}", "map: a key must not be empty" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena arena = { 0 };
		struct all all = { 0 };
		struct err err = { 0 };
		json_t *json = NULL;

		if (!CHECK(decode(rows[i].text, &all, &arena, &json, &err) == -EINVAL))
			CHECK_STR(rows[i].text, "refused");
		CHECK_HAS(err.text, rows[i].message);
		CHECK(strncmp(err.text, rows[i].message, strlen(rows[i].message)) == 0);
		json_decref(json);
		arena_free(&arena);
	}
}

static void long_paths_and_long_values_are_refused_in_a_short_message(void)
{
	autobuf text = { 0 };
	struct arena arena = { 0 };
	struct all all = { 0 };
	struct err err = { 0 };
	json_t *json = NULL;

	str_append(&text, "{\"path\":\"");
	for (int i = 0; i < 4095; i++)
		str_append(&text, "p");
	str_append(&text, "\"}");
	CHECK(decode(text.data, &all, &arena, &json, &err) == 0);
	json_decref(json);
	json = NULL;
	text.size -= 2;
	str_append(&text, "p\"}");
	CHECK(decode(text.data, &all, &arena, &json, &err) == -EINVAL);
	CHECK_STR(err.text, "path: path is longer than 4095 bytes");
	json_decref(json);
	json = NULL;
	text.size = 0;
	str_append(&text, "{\"pairs\":{\"");
	for (int i = 0; i < 100000; i++)
		str_append(&text, "k");
	str_append(&text, "\":5}}");
	CHECK(decode(text.data, &all, &arena, &json, &err) == -EINVAL);
	CHECK_HAS(err.text, "kkk\"]: expected string, got integer");
	CHECK(strlen(err.text) < 400);
	json_decref(json);
	arena_free(&arena);
}

static void many_members_decode_in_linear_time(void)
{
	autobuf text = { 0 };
	struct arena arena = { 0 };
	struct all all = { 0 };
	struct err err = { 0 };
	json_t *json = NULL;

	str_append(&text, "{\"pairs\":{\"first\":\"\"");
	for (int i = 0; i < 100000; i++)
		str_append_f(&text, ",\"key%d\":\"value\"", i);
	str_append(&text, "}}");
	CHECK(decode(text.data, &all, &arena, &json, &err) == 0);
	if (CHECK(all.pairs.count == 100001))
		CHECK_STR(all.pairs.items[100000].key, "key99999"); /* the order is kept */
	json_decref(json);
	arena_free(&arena);
}

struct visited {
	bool inner_name, element, map, optional_flag;
	unsigned int count;
};

static void visit(void *data, const char *path, bool required)
{
	struct visited *visited = data;

	visited->count++;
	visited->inner_name |= str_eq(path, "doc.inner.name") && required;
	visited->element |= str_eq(path, "doc.elements[].number") && required;
	visited->map |= str_eq(path, "doc.map{}.number") && required;
	visited->optional_flag |= str_eq(path, "doc.flag") && !required;
}

static void the_visitor_names_every_row_of_every_table(void)
{
	struct visited visited = { 0 };

	json_fields_visit(all_fields, "doc.", visit, &visited);
	CHECK(visited.inner_name && visited.element && visited.map && visited.optional_flag);
	CHECK(visited.count == 26 + 2 + 2 + 1 + 1);
}

static const struct unit_test tests[] = {
	TEST(each_kind_reads_its_value),
	TEST(null_and_absent_members_are_the_same),
	TEST(each_kind_refuses_other_values_and_names_the_place),
	TEST(long_paths_and_long_values_are_refused_in_a_short_message),
	TEST(many_members_decode_in_linear_time),
	TEST(the_visitor_names_every_row_of_every_table),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
