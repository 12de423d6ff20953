/* Ends of a container's life that several operations share. */
#pragma once

#include "base/err.h"
#include "container/state.h"

/* Unmake everything and run the poststop hooks of spec (NULL: of the configuration that was kept).  The state must be
 * open; it is locked here unless it is already. */
int container_undo(struct state *state, const struct spec *spec, struct err *err);

/* Run the poststart hooks. */
int container_poststart(struct state *state, const struct spec *spec, struct err *err);
