#include "base/str.h"
#include "unit.h"

static bool list(const char *text, unsigned int *count, unsigned int *end, unsigned long *bits)
{
	*bits = 0;
	return str_number_list(text, 40, bits, count, end);
}

static void a_list_of_numbers_and_ranges_sets_their_bits(void)
{
	unsigned int count, end;
	unsigned long bits;

	CHECK(list("0", &count, &end, &bits) && bits == 1 && count == 1 && end == 1);
	CHECK(list("0-3,7", &count, &end, &bits) && bits == 0x8f && count == 5 && end == 8);
	CHECK(list("5,1-2,2", &count, &end, &bits) && bits == 0x26 && count == 3 && end == 6);
	CHECK(list("39", &count, &end, &bits) && end == 40);
}

static void what_is_no_list_is_refused(void)
{
	static const char *const bad[] = { "",	",",  "1,",  ",1", "-",	 "1-",	 "-1",	 "3-1",
					   "a", "1a", "1 2", " 1", "40", "0-40", "1,,2", "9999999999" };
	unsigned int count, end;
	unsigned long bits;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(!list(bad[i], &count, &end, &bits)))
			CHECK_STR(bad[i], "no list");
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(a_list_of_numbers_and_ranges_sets_their_bits),
		TEST(what_is_no_list_is_refused),
		TEST_END,
	};

	return unit_run(tests);
}
