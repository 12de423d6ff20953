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

static int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
	int64_t of_era, era;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	of_era = year - era * 400;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1 - 719468;
}

struct cursor {
	const char *at, *end;
};

/* Just so many digits, of a number between the two. */
static bool take_number(struct cursor *in, int digits, int min, int max, int *ret)
{
	*ret = 0;
	if (in->end - in->at < digits)
		return false;
	for (; digits > 0; digits--, in->at++) {
		if (*in->at < '0' || *in->at > '9')
			return false;
		*ret = *ret * 10 + (*in->at - '0');
	}
	return *ret >= min && *ret <= max;
}

static bool take_char(struct cursor *in, const char *any)
{
	if (in->at == in->end || !*in->at || !strchr(any, *in->at))
		return false;
	in->at++;
	return true;
}

static bool take_date(struct cursor *in, int64_t *ret_days)
{
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day;

	if (!take_number(in, 4, 0, 9999, &year) || !take_char(in, "-") || !take_number(in, 2, 1, 12, &month) ||
	    !take_char(in, "-") || !take_number(in, 2, 1, lengths[month - 1], &day))
		return false;
	if (month == 2 && day == 29 && (year % 4 || (year % 100 == 0 && year % 400)))
		return false;
	*ret_days = days_of_date(year, month, day);
	return true;
}

static bool take_time(struct cursor *in, int *ret_seconds, long *ret_ns)
{
	int hour, minute, second = 0;
	long unit = 100000000;

	if (!take_number(in, 2, 0, 23, &hour) || !take_char(in, ":") || !take_number(in, 2, 0, 59, &minute))
		return false;
	if (take_char(in, ":") && !take_number(in, 2, 0, 60, &second)) /* 60: a leap second */
		return false;
	*ret_seconds = hour * 3600 + minute * 60 + second;
	if (!take_char(in, ".,"))
		return true;
	for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++, unit /= 10)
		*ret_ns += (*in->at - '0') * unit;
	return true;
}

static bool take_zone(struct cursor *in, int *ret_seconds)
{
	int hour, minute;
	bool west;

	*ret_seconds = 0;
	if (in->at == in->end || take_char(in, "Zz"))
		return true;
	west = *in->at == '-';
	if (!take_char(in, "+-") || !take_number(in, 2, 0, 23, &hour) || !take_char(in, ":") ||
	    !take_number(in, 2, 0, 59, &minute))
		return false;
	*ret_seconds = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return true;
}

bool clock_parse(const char *text, size_t size, struct timespec *ret)
{
	struct cursor in = { text, text + size };
	int seconds = 0, zone = 0;
	int64_t days;
	long ns = 0;

	if (!take_date(&in, &days))
		return false;
	if (take_char(&in, "Tt ") && (!take_time(&in, &seconds, &ns) || !take_zone(&in, &zone)))
		return false;
	if (in.at != in.end)
		return false;
	*ret = (struct timespec){ .tv_sec = days * 86400 + seconds - zone, .tv_nsec = ns };
	return true;
}

int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
