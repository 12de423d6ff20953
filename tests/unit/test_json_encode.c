/* lib/json/encode.c: what is written reads back as what was meant. */
#include <jansson.h>
#include <stdlib.h>

#include "base/auto.h"
#include "json/encode.h"
#include "json/read.h"
#include "unit.h"

static void put_sample(struct json_writer *w)
{
	static const char *const names[] = { "a", "b", NULL };

	json_open_object(w, NULL);
	json_put_string(w, "id", "c1");
	json_put_u64(w, "big", UINT64_MAX);
	json_put_i64(w, "low", INT64_MIN);
	json_put_bool(w, "yes", true);
	json_put_null(w, "none");
	json_put_names(w, "names", names);
	json_open_array(w, "empty");
	json_close(w);
	json_open_object(w, "nothing");
	json_close(w);
	json_open_array(w, "rows");
	json_open_object(w, NULL);
	json_put_bool(w, "no", false);
	json_close(w);
	json_put_string(w, NULL, NULL);
	json_close(w);
	json_close(w);
}

static void compact_text_has_no_blanks(void)
{
	autobuf text = { 0 };
	struct json_writer w = JSON_WRITER(&text, 0);

	put_sample(&w);
	CHECK(!text.failed);
	CHECK_STR(text.data, "{\"id\":\"c1\",\"big\":18446744073709551615,\"low\":-9223372036854775808,\"yes\":true,"
			     "\"none\":null,\"names\":[\"a\",\"b\"],\"empty\":[],\"nothing\":{},"
			     "\"rows\":[{\"no\":false},null]}");
}

static void indented_text_has_a_line_per_value(void)
{
	autobuf text = { 0 };
	struct json_writer w = JSON_WRITER(&text, 2);
	json_t *json = NULL;
	struct err err;

	put_sample(&w);
	CHECK(!text.failed);
	CHECK_STR(text.data,
		  "{\n  \"id\": \"c1\",\n  \"big\": 18446744073709551615,\n  \"low\": -9223372036854775808,\n"
		  "  \"yes\": true,\n  \"none\": null,\n  \"names\": [\n    \"a\",\n    \"b\"\n  ],\n"
		  "  \"empty\": [],\n  \"nothing\": {},\n  \"rows\": [\n    {\n      \"no\": false\n    },\n"
		  "    null\n  ]\n}");
	CHECK(json_read(text.data, text.size, "text", &json, &err) == 0);
	json_decref(json);
}

static void strings_are_quoted(void)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
		{ "\n\r\t\b\f\x01\x1f\x7f", "\"\\n\\r\\t\\u0008\\u000c\\u0001\\u001f\\u007f\"" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb3",
		  "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb3\"" },
		{ "a\xff"
		  "b",
		  "\"a\xef\xbf\xbd"
		  "b\"" },
		{ "\xc3", "\"\xef\xbf\xbd\"" },
		{ "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },			/* overlong */
		{ "\xe0\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong */
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* a surrogate */
		{ "\xed\x9f\xbf", "\"\xed\x9f\xbf\"" },
		{ "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"" },
		{ "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* above U+10FFFF */
		{ "\xf0\x9f\x90", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		autobuf text = { 0 };

		json_quote(&text, rows[i].text);
		CHECK_STR(text.data, rows[i].quoted);
	}
}

/* Every sequence of three bytes, quoted, is a string that the strict reader takes. */
static void whatever_is_quoted_reads_back(void)
{
	json_t *json;
	struct err err;

	for (unsigned int i = 1; i < 256; i++) {
		autobuf text = { 0 };
		struct json_writer w = JSON_WRITER(&text, 0);

		json_open_array(&w, NULL);
		for (unsigned int j = 1; j < 256; j++)
			for (unsigned int k = 1; k < 256; k += 31)
				json_put_string(&w, NULL, (const char[]){ (char)i, (char)j, (char)k, '\0' });
		json_close(&w);
		json = NULL;
		if (!CHECK(json_read(text.data, text.size, "text", &json, &err) == 0))
			CHECK_STR(err.text, "");
		json_decref(json);
	}
}

static void wrong_use_is_noticed(void)
{
	autobuf text = { 0 }, other = { 0 };
	struct json_writer w = JSON_WRITER(&text, 0), v = JSON_WRITER(&other, 0);

	for (int i = 0; i < JSON_WRITER_DEPTH + 1; i++)
		json_open_array(&w, NULL);
	CHECK(text.failed);
	json_close(&v);
	CHECK(other.failed);
}

static const struct unit_test tests[] = {
	TEST(compact_text_has_no_blanks),    TEST(indented_text_has_a_line_per_value), TEST(strings_are_quoted),
	TEST(whatever_is_quoted_reads_back), TEST(wrong_use_is_noticed),	       TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
