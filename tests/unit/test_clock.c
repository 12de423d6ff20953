#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static void dates_are_those_of_gmtime(void)
{
	/* every 1.7 days over 400 years, leap years of all kinds among them */
	for (int64_t second = -2208988800; second < 10413792000; second += 146881) {
		struct timespec when = { .tv_sec = second };
		char text[CLOCK_TEXT_MAX], wanted[CLOCK_TEXT_MAX];
		struct tm utc;

		clock_text(&when, false, text);
		if (!CHECK(gmtime_r(&when.tv_sec, &utc) &&
			   strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &utc)) ||
		    !CHECK_STR(text, wanted))
			return;
	}
}

static void nanoseconds_have_nine_digits(void)
{
	const struct timespec when = { .tv_sec = 0, .tv_nsec = 7 };
	char text[CLOCK_TEXT_MAX];

	clock_text(&when, true, text);
	CHECK_STR(text, "1970-01-01T00:00:00.000000007Z");
}

static void texts_are_read_back(void)
{
	for (int64_t second = -2208988800; second < 10413792000; second += 146881) {
		const struct timespec when = { .tv_sec = second, .tv_nsec = 123456789 };
		char text[CLOCK_TEXT_MAX];
		struct timespec read;

		clock_text(&when, true, text);
		if (!CHECK(clock_parse(text, strlen(text), &read)) ||
		    !CHECK(read.tv_sec == second && read.tv_nsec == 123456789))
			return;
	}
}

static void any_zone_and_precision_is_read(void)
{
	static const struct {
		const char *text;
		time_t seconds; /* -1: refused */
		long ns;
	} rows[] = {
		{ "2026-01-02", 1767312000, 0 },
		{ "2026-01-02T03:04", 1767323040, 0 },
		{ "2026-01-02 03:04:05", 1767323045, 0 },
		{ "2026-01-02T03:04:05z", 1767323045, 0 },
		{ "2026-01-02T03:04:05.5+01:00", 1767319445, 500000000 },
		{ "2026-01-02T03:04:05,000000001999-05:30", 1767342845, 1 },
		{ "2024-02-29", 1709164800, 0 },
		{ "2023-02-29", -1, 0 },
		{ "2100-02-29", -1, 0 },
		{ "2026-04-31", -1, 0 },
		{ "2026-13-01", -1, 0 },
		{ "2026-00-01", -1, 0 },
		{ "2026-1-2", -1, 0 },
		{ "2026-01-02T", -1, 0 },
		{ "2026-01-02T24:00", -1, 0 },
		{ "2026-01-02T03:60", -1, 0 },
		{ "2026-01-02T03:04:61", -1, 0 },
		{ "2026-01-02T03:04:05+0100", -1, 0 },
		{ "2026-01-02T03:04:05Zx", -1, 0 },
		{ "2026-01-02Z", -1, 0 },
		{ "", -1, 0 },
		{ "now", -1, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct timespec when = { .tv_sec = -1 };

		if (!CHECK(clock_parse(rows[i].text, strlen(rows[i].text), &when) == (rows[i].seconds >= 0)) ||
		    !CHECK(when.tv_sec == rows[i].seconds && when.tv_nsec == rows[i].ns))
			printf("# %s\n", rows[i].text);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(dates_are_those_of_gmtime),
		TEST(nanoseconds_have_nine_digits),
		TEST(texts_are_read_back),
		TEST(any_zone_and_precision_is_read),
		TEST_END,
	};

	return unit_run(tests);
}
