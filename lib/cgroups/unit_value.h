/* Values of a systemd unit's properties, on their way to the bus: a D-Bus signature, and the words that fill it.
 *
 * The words follow the signature: one for each basic type, as text; before the elements of an array their number; nothing for
 * the brackets of a structure.  "a(ss)" with "2" "/dev/null" "rw" "char-*" "m" is two pairs. */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define UNIT_SIGNATURE_MAX 64

struct unit_value {
	char signature[UNIT_SIGNATURE_MAX];
	const char **words;
	size_t count;
};

/* Parse the text form of a GVariant: true, 5 (int32), uint64 5, 1.5, 'text', "text", ['a', 'b'], (1, 'x'), @at [], byte 0x1.
 * Errors: EINVAL; the text says what is wrong, without naming where the text came from. */
int unit_value_parse(const char *text, struct arena *arena, struct unit_value *ret, struct err *err);
