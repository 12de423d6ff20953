#include "base/clock.h"

#include <stdio.h>
#include <string.h>

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

/* The inverse of date_of_days(). */
static int64_t days_of_date(int64_t year, int month, int day)
{
	int64_t shifted = year - (month <= 2);
	int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	int64_t of_era = shifted - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Take `digits` digits and the character that follows them off *at.  Returns -1 if they are not there. */
static int take_number(const char **at, int digits, char after)
{
	int number = 0;

	for (int i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		number = number * 10 + (**at - '0');
	}
	if (after && *(*at)++ != after)
		return -1;
	return number;
}

bool clock_parse(const char *text, struct timespec *ret)
{
	int year, month, day, hour, minute, second;
	long nanoseconds = 0, unit = 100000000;

	year = take_number(&text, 4, '-');
	month = year < 0 ? -1 : take_number(&text, 2, '-');
	day = month < 1 || month > 12 ? -1 : take_number(&text, 2, 'T');
	hour = day < 1 || day > 31 ? -1 : take_number(&text, 2, ':');
	minute = hour < 0 || hour > 23 ? -1 : take_number(&text, 2, ':');
	second = minute < 0 || minute > 59 ? -1 : take_number(&text, 2, 0);
	if (second < 0 || second > 60)
		return false;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
			nanoseconds += (*text - '0') * unit;
	if (strcmp(text, "Z") != 0)
		return false;
	ret->tv_sec = days_of_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	ret->tv_nsec = nanoseconds;
	return true;
}

int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
