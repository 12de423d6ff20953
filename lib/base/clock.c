#include "base/clock.h"

#include <stdio.h>

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar.  Years are counted from March, so that the leap day
 * is the last of its year; an era is 400 years, which repeat exactly. */
static void date_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
	int64_t shifted = days + 719468; /* since 0000-03-01 */
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0: March */

	*ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (int)(month < 10 ? month + 3 : month - 9);
	*ret_year = year + era * 400 + (*ret_month <= 2);
}

void clock_text(const struct timespec *when, bool nanoseconds, char text[CLOCK_TEXT_MAX])
{
	int64_t days = when->tv_sec / 86400, seconds = when->tv_sec % 86400, year;
	char fraction[16] = "";
	int month, day;

	if (seconds < 0) {
		seconds += 86400;
		days--;
	}
	date_of_days(days, &year, &month, &day);
	if (nanoseconds)
		(void)snprintf(fraction, sizeof(fraction), ".%09ld", when->tv_nsec);
	(void)snprintf(text, CLOCK_TEXT_MAX, "%04lld-%02d-%02dT%02d:%02d:%02d%sZ", (long long)year, month, day,
		       (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60), fraction);
}

int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
