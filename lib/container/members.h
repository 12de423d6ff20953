/* The processes of a container that has no cgroup which would know them: those of its pid namespace, found in /proc. */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "container/state.h"

/* List them, sorted, with those of pid namespaces below; *ret is freed by the caller.  None: the container is stopped.
 * Errors: ENOTSUP: it has no pid namespace of its own either. */
int members_list(const struct state *state, pid_t **ret, size_t *ret_count, struct err *err);

/* Send a signal to each of them; *ret_count: how many there were. */
int members_signal(const struct state *state, int signal, size_t *ret_count, struct err *err);
