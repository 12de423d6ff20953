/* A process in borrowed memory: vfork(2) for clone3(2). */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/sys.h"

/* Make a process with the flags of `args` (without a stack) that runs main(data), which does not return, in the memory of the caller,
 * on a stack of its own; the caller stands still until that process executes a program or ends.  Saved is the copying of the memory's
 * tables, and of each page that either of them writes to.
 *
 * What it writes is written for the caller, too, so data must be no more than is meant to be, and what it allocates is not freed.
 * A change of its user makes the caller undumpable.  So this is for a program that ends soon after, not for libraries.
 *
 * Returns the new process' number, or -1 with errno. */
pid_t borrow_clone(const struct clone_args *args, void (*main)(void *data), void *data);

/* False on an architecture for which that is not implemented, and under a sanitizer, which keeps books of the stacks. */
bool borrow_is_possible(void);
