/* store/keys.c: the keys that detach a terminal. */
#include "store/keys.h"

#include <string.h>

#include "base/auto.h"
#include "unit.h"

static bool parses(const char *text, const char *bytes)
{
	struct keys keys;
	struct err err;

	return keys_parse(text, &keys, &err) == 0 && keys.count == strlen(bytes) &&
	       memcmp(keys.bytes, bytes, keys.count) == 0 && keys.matched == 0;
}

static void keys_are_characters_and_ctrl_with_a_letter(void)
{
	CHECK(parses("", ""));
	CHECK(parses("ctrl-p,ctrl-q", "\x10\x11"));
	CHECK(parses("ctrl-a", "\x01"));
	CHECK(parses("ctrl-Z,x,~", "\x1ax~"));
	CHECK(parses("ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", "\x1b\x1c\x1d\x1e\x1f"));
	CHECK(parses("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", "abcdefghijklmnop"));
}

static void what_is_no_key_is_refused(void)
{
	static const char *const bad[] = {
		",",	   "a,",    ",a", "a,,b",   "ctrl-",	     "ctrl-1",
		"ctrl-ab", "alt-a", "ab", "Ctrl-a", "ctrl-p ctrl-q", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
		"\xc3\xa4"
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct keys keys = { .count = 0 };
		struct err err = { 0 };

		CHECK(keys_parse(bad[i], &keys, &err) < 0);
		CHECK_HAS(err.text, "detach keys: ");
	}
}

/* Type the text in pieces of so many bytes.  Returns what went through; "!" at its end: the keys were complete. */
static const char *type(const char *keys_text, const char *typed, size_t piece)
{
	static char through[128];
	struct keys keys = { .count = 0 };
	size_t at = 0, size = strlen(typed), got;
	struct err err;

	CHECK(keys_parse(keys_text, &keys, &err) == 0);
	for (size_t i = 0; i < size; i += piece) {
		bool complete = keys_take(&keys, typed + i, size - i < piece ? size - i : piece, through + at, &got);

		at += got;
		if (complete) {
			through[at++] = '!';
			break;
		}
	}
	through[at] = '\0';
	return through;
}

static void the_sequence_is_found_however_it_comes(void)
{
	for (size_t piece = 1; piece < 8; piece++) {
		CHECK_STR(type("a,b", "xaby", piece), "x!");
		CHECK_STR(type("a,b", "aab", piece), "a!");
		CHECK_STR(type("a,a,b", "aaab", piece), "a!");
		CHECK_STR(type("a,b,a,c", "ababac", piece), "ab!");
		CHECK_STR(type("a,b", "axb", piece), "axb");
		CHECK_STR(type("a,b", "xa", piece), "x"); /* held back */
		CHECK_STR(type("a,b", "aaax", piece), "aaax");
		CHECK_STR(type("a", "xya", piece), "xy!");
		CHECK_STR(type("", "all of it", piece), "all of it");
	}
}

static const struct unit_test tests[] = {
	TEST(keys_are_characters_and_ctrl_with_a_letter),
	TEST(what_is_no_key_is_refused),
	TEST(the_sequence_is_found_however_it_comes),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
