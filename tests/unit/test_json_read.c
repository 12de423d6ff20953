/* lib/json/read.c: what is JSON, and what of it is taken. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/str.h"
#include "json/read.h"
#include "unit.h"

static int read_n(const char *text, size_t size, json_t **ret, struct err *err)
{
	*ret = NULL;
	return json_read(text, size, "config.json", ret, err);
}

static void refuses_what_is_not_strict_json(void)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "config.json: empty file" },
		{ "   ", "config.json: line 1" },
		{ "{", "config.json: line 1, column 1: string or '}' expected" },
		{ "{\n  \"a\": 1,\n}", "config.json: line 3, column 1: string or '}' expected" },
		{ "{}x", "line 1, column 3: end of file expected" },
		{ "{}{}", "end of file expected" },
		{ "5", "'[' or '{' expected" },
		{ "\"a\"", "'[' or '{' expected" },
		{ "null", "'[' or '{' expected" },
		{ "{'a':1}", "string or '}' expected" },
		{ "{a:1}", "string or '}' expected" },
		{ "{\"a\":1 /* x */}", "'}' expected" },
		{ "{\"a\":1} // x", "end of file expected" },
		{ "{\"a\":01}", "line 1" },
		{ "{\"a\":+1}", "line 1" },
		{ "{\"a\":.5}", "line 1" },
		{ "{\"a\":1.}", "line 1" },
		{ "{\"a\":-}", "line 1" },
		{ "{\"a\":0x10}", "line 1" },
		{ "{\"a\":NaN}", "line 1" },
		{ "{\"a\":Infinity}", "line 1" },
		{ "{\"a\":True}", "line 1" },
		{ "{\"a\":1,\"b\":2,\"a\":3}", "duplicate object key" },
		{ "{\"a\":{\"b\":1,\"b\":1}}", "duplicate object key" },
		{ "{\"a\":\"\xff\"}", "unable to decode byte 0xff" },
		{ "{\"a\":\"\xc0\x80\"}", "unable to decode byte 0xc0" },
		{ "{\"a\":\"\xed\xa0\x80\"}", "unable to decode byte" },
		{ "\xef\xbb\xbf{}", "'[' or '{' expected" },
		{ "{\"a\":\"\\ud800\"}", "invalid Unicode" },
		{ "{\"a\":\"\\udc00\"}", "invalid Unicode" },
		{ "{\"a\":\"\\x41\"}", "invalid escape" },
		{ "{\"a\":\"b\nc\"}", "unexpected newline" },
		{ "{\"a\":\"b\tc\"}", "control character" },
		{ "{\"a\":\"b", "premature end of input" },
		{ "{\"a\":\"b\\", "invalid escape" },
		{ "{\"a\":[1,2}", "']' expected" },
		{ "{\"a\":1]", "'}' expected" },
		{ "]", "'[' or '{' expected" },
		{ "{\"a\":1e999}", "real number overflow" },
		{ "{\"a\":\"\\u0000\"}", "config.json: line 1, column 7: \\u0000 in a string is not supported" },
		{ "{\n\"a\":\"x\\u0000y\"}", "config.json: line 2, column 7: \\u0000 in a string is not supported" },
		{ "{\"\\u0000\":1}", "\\u0000 in a string is not supported" },
		{ "{\"a\":18446744073709551616}", "line 1, column 6: integer out of range" },
		{ "{\"a\":-9223372036854775809}", "line 1, column 6: integer out of range" },
		{ "{\"a\":99999999999999999999999999999}", "integer out of range" },
		{ "{\"a\":018446744073709551615}", "invalid token" },
		{ "{18446744073709551615:1}", "column 21: string expected, not a number" },
		{ "{\"a\" 18446744073709551615}", "':' expected" },
		{ "{\"a\":18446744073709551615 \"b\"}", "'}' expected" },
		{ "{\"\xc3\xa4\":18446744073709551615,}", "line 1, column 27" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };
		json_t *json;

		if (!CHECK(read_n(rows[i].text, strlen(rows[i].text), &json, &err) == -EINVAL))
			CHECK_STR(rows[i].text, "refused");
		CHECK_HAS(err.text, rows[i].message);
		json_decref(json);
	}
}

static void refuses_a_nul_byte_anywhere(void)
{
	static const char in_string[] = "{\"a\":\"b\0c\"}", behind[] = "{}\0", between[] = "{\0}";
	struct err err = { 0 };
	json_t *json;

	CHECK(read_n(in_string, sizeof(in_string) - 1, &json, &err) == -EINVAL);
	CHECK_HAS(err.text, "line 1, column 8: NUL byte in a string");
	CHECK(read_n(behind, sizeof(behind) - 1, &json, &err) == -EINVAL);
	CHECK_HAS(err.text, "line 1, column 3: NUL byte");
	CHECK(read_n(between, sizeof(between) - 1, &json, &err) == -EINVAL);
}

static void an_escaped_backslash_before_u0000_is_plain_text(void)
{
	static const char text[] = "{\"a\":\"\\\\u0000\"}";
	struct err err = { 0 };
	json_t *json;

	if (CHECK(read_n(text, sizeof(text) - 1, &json, &err) == 0))
		CHECK_STR(json_string_value(json_object_get(json, "a")), "\\u0000");
	json_decref(json);
}

static void integers_up_to_the_largest_uint64_are_exact(void)
{
	static const struct {
		const char *text;
		uint64_t value;
	} rows[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "1", 1 },
		{ "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", (uint64_t)INT64_MAX + 1 },
		{ "9999999999999999999", UINT64_C(9999999999999999999) },
		{ "10000000000000000000", UINT64_C(10000000000000000000) },
		{ "18446744073709551614", UINT64_MAX - 1 },
		{ "18446744073709551615", UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };
		uint64_t value = 77;
		char text[64];
		json_t *json;

		(void)snprintf(text, sizeof(text), "[\"x\", %s ,\"y\"]", rows[i].text);
		if (CHECK(read_n(text, strlen(text), &json, &err) == 0)) {
			CHECK(json_is_whole(json_array_get(json, 1)));
			CHECK_STR(json_type_name(json_array_get(json, 1)), "integer");
			CHECK(json_read_u64(json_array_get(json, 1), &value));
			CHECK(value == rows[i].value);
			CHECK_STR(json_string_value(json_array_get(json, 2)), "y");
		}
		json_decref(json);
	}
}

static void other_values_are_no_unsigned_integers(void)
{
	static const char text[] =
		"[-1, 1.0, 1e3, \"1\", \"\", true, null, [], {}, \"AAAAAAAAAAAA\", -9223372036854775808]";
	struct err err = { 0 };
	uint64_t value;
	json_t *json;

	if (CHECK(read_n(text, sizeof(text) - 1, &json, &err) == 0))
		for (size_t i = 0; i < json_array_size(json); i++)
			CHECK(!json_read_u64(json_array_get(json, i), &value));
	json_decref(json);
}

static void long_fractions_and_exponents_are_left_alone(void)
{
	static const char text[] = "[1.18446744073709551615, 18446744073709551616.5, 2e18446744073709551, 1E-5, -0.0]";
	struct err err = { 0 };
	json_t *json;

	CHECK(read_n(text, sizeof(text) - 1, &json, &err) == -EINVAL); /* 2e18446744073709551 is infinite */
	CHECK_HAS(err.text, "real number overflow");
	json_decref(json);
	if (CHECK(read_n("[1.18446744073709551615,18446744073709551616.5]", 47, &json, &err) == 0)) {
		CHECK(json_is_real(json_array_get(json, 0)) && json_is_real(json_array_get(json, 1)));
		CHECK(json_real_value(json_array_get(json, 0)) < 1.2);
	}
	json_decref(json);
}

static unsigned int allocations_left;

static void *allocate(size_t size)
{
	if (allocations_left) {
		allocations_left--;
		return malloc(size);
	}
	errno = ENOMEM;
	return NULL;
}

static void memory_that_runs_out_is_reported_as_such(void)
{
	static const char text[] = "{\"a\":[1,2.5,\"text\",null,{\"b\":18446744073709551615}],\"c\":{\"d\":true}}";
	unsigned int count = 0;
	struct err err = { 0 };
	json_t *json;
	int r;

	json_set_alloc_funcs(allocate, free);
	do {
		allocations_left = count++;
		r = read_n(text, sizeof(text) - 1, &json, &err);
		json_decref(json);
		if (r < 0 && !CHECK(r == -ENOMEM))
			CHECK_STR(err.text, "out of memory");
	} while (r < 0 && count < 1000);
	json_set_alloc_funcs(malloc, free);
	CHECK(count > 10 && count < 1000);
}

/* `count` times `text`, between `before` and `after`. */
static int read_repeated(const char *before, const char *text, size_t count, const char *after, struct err *err)
{
	autobuf all = { 0 };
	json_t *json = NULL;
	int r;

	str_append(&all, before);
	for (size_t i = 0; i < count; i++)
		str_append(&all, text);
	str_append(&all, after);
	r = read_n(all.data, all.size, &json, err);
	json_decref(json);
	return r;
}

static void nesting_is_limited(void)
{
	struct err err = { 0 };
	char after[JSON_DEPTH_MAX];

	memset(after, ']', sizeof(after));
	after[JSON_DEPTH_MAX - 1] = '\0';
	CHECK(read_repeated("[", "[", JSON_DEPTH_MAX - 2, after, &err) == 0);
	CHECK(read_repeated("", "[", JSON_DEPTH_MAX + 1, "", &err) == -EINVAL);
	CHECK_HAS(err.text, "line 1, column 65: nested too deeply");
	CHECK(read_repeated("", "{\"a\":", 3000000, "", &err) == -EINVAL);
	CHECK_HAS(err.text, "nested too deeply");
	CHECK(read_repeated("{\"a\":\"", "[{", 1000, "\"}", &err) == 0); /* in a string */
}

static void values_are_limited(void)
{
	struct err err = { 0 };

	CHECK(read_repeated("[0", ",0", JSON_VALUES_MAX - 2, "]", &err) == 0);
	CHECK(read_repeated("[0", ",0", JSON_VALUES_MAX, "]", &err) == -EINVAL);
	CHECK_HAS(err.text, "too many values");
}

static void a_megabyte_of_big_integers_is_read_in_place(void)
{
	struct err err = { 0 };

	CHECK(read_repeated("[1", ",18446744073709551615", 50000, "]", &err) == 0);
}

static const struct unit_test tests[] = {
	TEST(refuses_what_is_not_strict_json),
	TEST(refuses_a_nul_byte_anywhere),
	TEST(an_escaped_backslash_before_u0000_is_plain_text),
	TEST(integers_up_to_the_largest_uint64_are_exact),
	TEST(other_values_are_no_unsigned_integers),
	TEST(long_fractions_and_exponents_are_left_alone),
	TEST(memory_that_runs_out_is_reported_as_such),
	TEST(nesting_is_limited),
	TEST(values_are_limited),
	TEST(a_megabyte_of_big_integers_is_read_in_place),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
