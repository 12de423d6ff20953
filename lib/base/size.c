#include "base/size.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

bool size_parse(const char *text, int64_t *ret)
{
	static const char units[] = "kmgtp";
	const char *unit;
	double number;
	char *end;

	if (str_i64(text, -1, INT64_MAX, ret))
		return true;
	if (*text < '0' || *text > '9' || text[strspn(text, "0123456789.")] == '\0')
		return false;
	number = strtod(text, &end);
	if (end != text + strspn(text, "0123456789."))
		return false;
	end += *end == ' ';
	unit = strchr(units, *end | 0x20);
	if (*end && unit) {
		for (const char *at = units; at <= unit; at++)
			number *= 1024;
		end++;
		if ((*end | 0x20) == 'i' && (end[1] | 0x20) == 'b')
			end++;
	}
	if ((*end | 0x20) == 'b')
		end++;
	if (*end || number >= 0x1p63)
		return false;
	*ret = (int64_t)number;
	return true;
}
