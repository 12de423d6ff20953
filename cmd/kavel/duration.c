#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "cli.h"

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

int cli_duration(const char *option, const char *text, uint64_t *ret_ms, struct err *err)
{
	const char *at = text;
	double sum = 0;
	bool good = *at;

	while (good && *at)
		good = take_part(&at, &sum);
	/* a day is more than anybody waits for, and less than any of the types here hold */
	if (!good || sum < 1e6 || sum > 24 * 3600e9)
		return err_user(err, "%s: expected a time such as 500ms, 5s or 1m30s, from 1ms to 24h, got \"%s\"",
				option, text);
	*ret_ms = (uint64_t)(sum / 1e6);
	return 0;
}
