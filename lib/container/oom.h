/* Saying that it was memory that ran out. */
#pragma once

#include "base/err.h"
#include "container/state.h"

/* Add to a failure that the kernel killed in the container's group for lack of memory, at which limit, and what is needed, if
 * that is so.  Returns -err->number. */
int oom_explain(const struct state *state, struct err *err);

/* The same as a warning, when the container's process was killed. */
void oom_warn(const struct state *state);
