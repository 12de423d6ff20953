#include "base/duration.h"

#include <stdlib.h>

#include "base/auto.h"
#include "base/str.h"

/* The unit at the beginning of the text, and its length in nanoseconds. */
static const struct unit {
	const char *name;
	double ns;
} units[] = {
	{ "ns", 1 }, { "us", 1e3 }, { "\xc2\xb5s", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
};

static const struct unit *find_unit(const char *text, const char **ret_rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		*ret_rest = str_after(text, units[i].name);
		if (*ret_rest)
			return &units[i];
	}
	return NULL;
}

/* One number with its unit.  False: it is none. */
static bool take_part(const char **at, double *sum)
{
	const size_t digits = strspn(*at, "0123456789.");
	const struct unit *unit;
	double number;
	char *end;

	if (!digits)
		return false;
	number = strtod(*at, &end);
	if (end != *at + digits)
		return false;
	unit = find_unit(end, at);
	if (!unit)
		return false;
	*sum += number * unit->ns;
	return true;
}

bool duration_parse_to(const char *text, uint64_t max_ms, uint64_t *ret_ms)
{
	double sum = 0;
	bool good = *text;

	while (good && *text)
		good = take_part(&text, &sum);
	if (!good || sum / 1e6 > (double)max_ms)
		return false;
	*ret_ms = (uint64_t)(sum / 1e6);
	return true;
}

bool duration_parse(const char *text, uint64_t *ret_ms)
{
	return duration_parse_to(text, UINT64_C(24) * 3600 * 1000, ret_ms);
}
