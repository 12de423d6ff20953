/* Amounts of memory as people write them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "512k", "1.5GiB", "64 MB", "1048576": bytes, with units that are powers of 1024, in any case.  False when it is none, or more
 * than INT64_MAX.  -1 is one, too: no limit. */
bool size_parse(const char *text, int64_t *ret);
