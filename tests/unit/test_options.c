/* base/options.c: words into values, and tables into help. */
#include "base/options.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "unit.h"

struct values {
	const char *text;
	struct option_list list;
	unsigned int number;
	int choice, constant;
	bool flag;
};

static const struct str_name colours[] = { { "red", 3 }, { "green", 4 }, { 0 } };

static const struct option_row own[] = {
	OPTION_TEXT(struct values, text, "text", 't', "TEXT", "some text"),
	OPTION_LIST(struct values, list, "list", 'l', "ITEM", "an item"),
	OPTION_UINT(struct values, number, "number", 'n', "N", "a number"),
	OPTION_CHOICE(struct values, choice, "colour", 0, "COLOUR", colours, "a colour"),
	OPTION_FLAG(struct values, flag, "flag", 'f', "a flag"),
	OPTION_FLAG(struct values, flag, "hidden", 0, NULL),
	OPTION_END,
};

static const struct option_row shared[] = {
	OPTION_CONST(struct values, constant, "seven", 0, 7, "sets 7"),
	OPTION_CONST(struct values, constant, "flag", 0, 9, "never found: the first table has it"),
	OPTION_IGNORED("ignored", NULL, "nothing"),
	OPTION_IGNORED("ignored-value", "VALUE", "nothing"),
	OPTION_END,
};

static const struct option_row *const tables[] = { own, shared, NULL };

/* Parse up to nine words; words[] and count: what was left of them. */
static struct {
	char *words[10];
	size_t count;
	struct values values;
	struct err err;
} seen;

static int parse(size_t limit, const char *const *given)
{
	option_list_free(&seen.values.list);
	memset(&seen, 0, sizeof(seen));
	seen.count = SIZE_MAX;
	for (size_t i = 0; given[i]; i++)
		seen.words[i] = (char *)(uintptr_t)given[i];
	return options_parse(tables, &seen.values, seen.words, limit, &seen.count, &seen.err);
}

#define PARSE(...)	    parse(SIZE_MAX, (const char *const[]){ __VA_ARGS__, NULL })
#define PARSE_UP_TO(n, ...) parse(n, (const char *const[]){ __VA_ARGS__, NULL })
#define REFUSES(wanted_text, ...)                      \
	do {                                           \
		CHECK(PARSE(__VA_ARGS__) == -EINVAL);  \
		CHECK_STR(seen.err.text, wanted_text); \
	} while (0)

static void no_words_are_no_options(void)
{
	CHECK(parse(SIZE_MAX, (const char *const[]){ NULL }) == 0);
	CHECK(seen.count == 0);
	CHECK(!seen.words[0]);
}

static void a_value_follows_as_a_word_or_after_an_equals_sign(void)
{
	CHECK(PARSE("--text", "a") == 0);
	CHECK_STR(seen.values.text, "a");
	CHECK(PARSE("--text=a=b") == 0);
	CHECK_STR(seen.values.text, "a=b");
	CHECK(PARSE("--text=") == 0);
	CHECK_STR(seen.values.text, "");
	CHECK(PARSE("--text", "") == 0);
	CHECK_STR(seen.values.text, "");
	CHECK(PARSE("-t", "a") == 0);
	CHECK_STR(seen.values.text, "a");
	CHECK(PARSE("-t=a") == 0);
	CHECK_STR(seen.values.text, "a");
	CHECK(seen.count == 0);
}

static void one_dash_is_as_good_as_two_for_a_long_name(void)
{
	CHECK(PARSE("-text", "a", "-flag", "-number=5") == 0);
	CHECK_STR(seen.values.text, "a");
	CHECK(seen.values.flag);
	CHECK(seen.values.number == 5);
}

static void two_dashes_are_not_for_a_letter(void)
{
	REFUSES("unknown option --f", "--f");
}

static void the_value_may_look_like_an_option(void)
{
	CHECK(PARSE("--text", "--flag") == 0);
	CHECK_STR(seen.values.text, "--flag");
	CHECK(!seen.values.flag);
	CHECK(PARSE("--text", "--", "-f") == 0);
	CHECK_STR(seen.values.text, "--");
	CHECK(seen.values.flag);
}

static void words_move_to_the_front_wherever_options_stand(void)
{
	CHECK(PARSE("-f", "one", "--text", "a", "two", "--seven", "three") == 0);
	CHECK(seen.count == 3);
	CHECK_STR(seen.words[0], "one");
	CHECK_STR(seen.words[1], "two");
	CHECK_STR(seen.words[2], "three");
	CHECK(!seen.words[3]);
	CHECK(seen.values.constant == 7);
}

static void a_dash_alone_and_an_empty_word_are_words(void)
{
	CHECK(PARSE("-", "", "-f") == 0);
	CHECK(seen.count == 2);
	CHECK_STR(seen.words[0], "-");
	CHECK_STR(seen.words[1], "");
	CHECK(seen.values.flag);
}

static void two_dashes_alone_end_the_options(void)
{
	CHECK(PARSE("-f", "--", "--nosuch", "--", "-x") == 0);
	CHECK(seen.count == 3);
	CHECK_STR(seen.words[0], "--nosuch");
	CHECK_STR(seen.words[1], "--");
	CHECK_STR(seen.words[2], "-x");
}

static void after_the_limit_everything_is_a_word(void)
{
	CHECK(PARSE_UP_TO(1, "-f", "one", "--nosuch", "--", "-f") == 0);
	CHECK(seen.count == 4);
	CHECK_STR(seen.words[0], "one");
	CHECK_STR(seen.words[1], "--nosuch");
	CHECK_STR(seen.words[2], "--");
	CHECK_STR(seen.words[3], "-f");
	CHECK(!seen.words[4]);
}

static void the_last_one_counts(void)
{
	CHECK(PARSE("--text=a", "--text=b", "-f", "--flag=false") == 0);
	CHECK_STR(seen.values.text, "b");
	CHECK(!seen.values.flag);
}

static void a_list_collects(void)
{
	CHECK(PARSE("-l", "a", "--list=b", "one", "--list", "") == 0);
	if (!CHECK(seen.values.list.count == 3))
		return;
	CHECK_STR(seen.values.list.items[0], "a");
	CHECK_STR(seen.values.list.items[1], "b");
	CHECK_STR(seen.values.list.items[2], "");
	CHECK(!seen.values.list.items[3]);
	option_list_free(&seen.values.list);
	CHECK(!seen.values.list.items && !seen.values.list.count);
}

static void a_flag_may_say_true_or_false(void)
{
	CHECK(PARSE("--flag=true") == 0 && seen.values.flag);
	CHECK(PARSE("--flag=false") == 0 && !seen.values.flag);
	CHECK(PARSE("--seven=false") == 0 && seen.values.constant == 0);
	CHECK(PARSE("--flag", "false") == 0 && seen.values.flag);
	CHECK(seen.count == 1);
	REFUSES("--flag: expected true or false, got \"yes\"", "--flag=yes");
	REFUSES("-f: expected true or false, got \"\"", "-f=");
	REFUSES("--seven: expected true or false, got \"7\"", "--seven=7");
}

static void numbers_are_strict(void)
{
	CHECK(PARSE("--number", "0") == 0 && seen.values.number == 0);
	CHECK(PARSE("--number", "2147483647") == 0 && seen.values.number == 2147483647);
	REFUSES("--number: expected a number from 0 to 2147483647, got \"2147483648\"", "--number=2147483648");
	REFUSES("-n: expected a number from 0 to 2147483647, got \"-1\"", "-n", "-1");
	REFUSES("-number: expected a number from 0 to 2147483647, got \"\"", "-number=");
	CHECK(PARSE("-n", "1x") < 0);
	CHECK(PARSE("-n", " 1") < 0);
	CHECK(PARSE("-n", "+1") < 0);
	CHECK(PARSE("-n", "0x10") < 0);
	CHECK(PARSE("-n", "99999999999999999999999") < 0);
}

static void a_choice_is_one_of_its_names(void)
{
	CHECK(PARSE("--colour", "green") == 0 && seen.values.choice == 4);
	REFUSES("--colour: expected one of red, green, got \"blue\"", "--colour", "blue");
	CHECK(PARSE("--colour", "") < 0);
	CHECK(PARSE("--colour", "GREEN") < 0);
}

static void ignored_options_take_what_they_take(void)
{
	CHECK(PARSE("--ignored", "one", "--ignored-value", "two", "three") == 0);
	CHECK(seen.count == 2);
	CHECK_STR(seen.words[0], "one");
	CHECK_STR(seen.words[1], "three");
	REFUSES("option --ignored-value needs a value (VALUE)", "--ignored-value");
}

static void a_missing_value_is_refused(void)
{
	REFUSES("option --text needs a value (TEXT)", "--text");
	REFUSES("option -t needs a value (TEXT)", "one", "-t");
}

static void unknown_options_are_named_without_their_value(void)
{
	REFUSES("unknown option --nosuch", "--nosuch=5");
	REFUSES("unknown option -x", "-x");
	REFUSES("unknown option -nosuch", "-nosuch");
	REFUSES("unknown option --tex", "--tex", "a");
	REFUSES("unknown option --texts", "--texts", "a");
	REFUSES("unknown option --", "--=a");
	REFUSES("unknown option -", "-=a");
	REFUSES("unknown option ---text", "---text=a");
}

static void the_first_table_wins(void)
{
	CHECK(PARSE("--flag") == 0);
	CHECK(seen.values.flag && seen.values.constant == 0);
}

static void what_came_before_a_failure_stays(void)
{
	CHECK(PARSE("--text=a", "--nosuch", "-f") < 0);
	CHECK_STR(seen.values.text, "a");
	CHECK(!seen.values.flag);
	CHECK(seen.count == SIZE_MAX);
}

static void help_is_aligned_and_leaves_hidden_rows_out(void)
{
	struct str_buf out = { 0 };

	CHECK(options_width(own) == strlen("      --colour COLOUR  "));
	options_print(own, options_width(own), &out);
	CHECK_STR(out.data, "  -t, --text TEXT      some text\n"
			    "  -l, --list ITEM      an item\n"
			    "  -n, --number N       a number\n"
			    "      --colour COLOUR  a colour\n"
			    "  -f, --flag           a flag\n");
	str_buf_free(&out);
}

static void letters_without_values_may_be_written_together(void)
{
	CHECK(PARSE("-ft", "some", "rest") == 0);
	CHECK(seen.values.flag);
	CHECK_STR(seen.values.text, "some");
	CHECK(seen.count == 1);
	REFUSES("unknown option -tf", "-tf", "some");
	REFUSES("unknown option -fx", "-fx");
	REFUSES("option -ft needs a value (TEXT)", "-ft");
}

static const struct unit_test tests[] = {
	TEST(letters_without_values_may_be_written_together),
	TEST(no_words_are_no_options),
	TEST(a_value_follows_as_a_word_or_after_an_equals_sign),
	TEST(one_dash_is_as_good_as_two_for_a_long_name),
	TEST(two_dashes_are_not_for_a_letter),
	TEST(the_value_may_look_like_an_option),
	TEST(words_move_to_the_front_wherever_options_stand),
	TEST(a_dash_alone_and_an_empty_word_are_words),
	TEST(two_dashes_alone_end_the_options),
	TEST(after_the_limit_everything_is_a_word),
	TEST(the_last_one_counts),
	TEST(a_list_collects),
	TEST(a_flag_may_say_true_or_false),
	TEST(numbers_are_strict),
	TEST(a_choice_is_one_of_its_names),
	TEST(ignored_options_take_what_they_take),
	TEST(a_missing_value_is_refused),
	TEST(unknown_options_are_named_without_their_value),
	TEST(the_first_table_wins),
	TEST(what_came_before_a_failure_stays),
	TEST(help_is_aligned_and_leaves_hidden_rows_out),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
