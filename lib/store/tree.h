/* Removing trees, however deep and large. */
#pragma once

#include <stdint.h>

#include "base/err.h"

/* Called now and then, with the number of entries that are gone. */
struct tree_progress {
	void (*tell)(void *context, uint64_t count);
	void *context;
	uint64_t count;
};

/* Remove `name` below the directory `dir` and all that is in it; one that is not there is removed already.  What is mounted in it
 * is not entered.  progress: NULL: none.  Errors: EBUSY, something is mounted there; those of unlinkat(2). */
int tree_remove(int dir, const char *name, struct tree_progress *progress, struct err *err);
