/* The text form of GVariants, as annotations have it. */
#include <errno.h>

#include "base/auto.h"
#include "base/str.h"
#include "cgroups/unit_value.h"
#include "unit.h"

/* "SIGNATURE WORD WORD", or the message. */
static void describe(const char *text, struct str_buf *out)
{
	struct arena arena = { 0 };
	struct unit_value value;
	struct err err = { 0 };

	if (unit_value_parse(text, &arena, &value, &err) < 0) {
		str_append(out, err.text);
	} else {
		str_append(out, value.signature);
		for (size_t i = 0; i < value.count; i++)
			str_append_f(out, " %s", value.words[i]);
	}
	arena_free(&arena);
}

static const struct {
	const char *text, *wanted;
} good[] = {
	{ "true", "b 1" },
	{ " false ", "b 0" },
	{ "5", "i 5" },
	{ "-5", "i -5" },
	{ "0x10", "i 16" },
	{ "1.5", "d 1.5" },
	{ "double 2", "d 2" },
	{ "uint64 18446744073709551615", "t 18446744073709551615" },
	{ "int64 -9223372036854775808", "x -9223372036854775808" },
	{ "uint32 1", "u 1" },
	{ "int16 -1", "n -1" },
	{ "uint16 1", "q 1" },
	{ "byte 255", "y 255" },
	{ "@t 7", "t 7" },
	{ "boolean true", "b 1" },
	{ "'a b'", "s a b" },
	{ "\"it's\"", "s it's" },
	{ "'it\\'s\\\\'", "s it's\\" },
	{ "objectpath '/a'", "o /a" },
	{ "['a', 'b']", "as 2 a b" },
	{ "[uint64 1,uint64 2]", "at 2 1 2" },
	{ "@as []", "as 0" },
	{ "@au [1, 2]", "au 2 1 2" },
	{ "('a', 1)", "(si) a 1" },
	{ "[('a', uint64 1), ('b', uint64 2)]", "a(st) 2 a 1 b 2" },
	{ "@a(st) [('a', 1)]", "a(st) 1 a 1" },
	{ "[['a'], ['b', 'c']]", "aas 2 1 a 2 b c" },
};

static void parses_each_type(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		autobuf text = { 0 };

		describe(good[i].text, &text);
		CHECK_STR(text.data, good[i].wanted);
	}
}

static const struct {
	const char *text, *message;
} bad[] = {
	{ "", "a value is missing" },
	{ "yes", "not a number" },
	{ "5 6", "is left after the value" },
	{ "5x", "not a number" },
	{ "2147483648", "does not fit into type \"i\"" },
	{ "byte 256", "does not fit into type \"y\"" },
	{ "uint32 -1", "does not fit into type \"u\"" },
	{ "uint64 18446744073709551616", "not a number" },
	{ "'a", "without its end" },
	{ "[]", "needs its type" },
	{ "['a', 1]", "where \"s\" is expected" },
	{ "['a' 'b']", "an array without" },
	{ "['a'", "an array without" },
	{ "('a'", "a tuple without" },
	{ "()", "too short" },
	{ "@ 5", "is not a type" },
	{ "@a 5", "is not a type" },
	{ "@(s ('a')", "is not a type" },
	{ "@(st) ('a')", "too short" },
	{ "@(s) ('a', 'b')", "a tuple with more" },
	{ "@s 5", "where \"s\" is expected" },
	{ "@t int32 5", "where \"t\" is expected" },
	{ "@as 'a'", "where \"as\" is expected" },
	{ "[[[[[[[[[1]]]]]]]]]", "nested too deeply" },
	{ "@t", "a value is missing" },
};

static void refuses_what_is_no_value(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		autobuf text = { 0 };

		describe(bad[i].text, &text);
		CHECK_HAS(text.data, bad[i].message);
	}
}

static const struct unit_test tests[] = {
	TEST(parses_each_type),
	TEST(refuses_what_is_no_value),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
