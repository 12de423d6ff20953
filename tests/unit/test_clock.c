#include "base/clock.h"
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

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(dates_are_those_of_gmtime),
		TEST(nanoseconds_have_nine_digits),
		TEST_END,
	};

	return unit_run(tests);
}
