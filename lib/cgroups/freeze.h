/* Freezing one group. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Freeze or thaw the group, and wait until it is so, at most `timeout_ms`; a freeze that takes longer is taken back.
 * dir: its directory, of v2 or of v1's freezer hierarchy.  name: for messages.
 * Errors: ETIMEDOUT; ENOENT when the kernel or the hierarchy has no freezer. */
int group_freeze(int dir, bool is_unified, bool frozen, int timeout_ms, const char *name, struct err *err);

/* True if the group was told to freeze.  False also when that cannot be told. */
bool group_is_frozen(int dir, bool is_unified);
