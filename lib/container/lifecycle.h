/* The life cycle as a table: which operation is allowed in which status. */
#pragma once

#include "container/container.h"
#include "container/state.h"

enum lifecycle_operation {
	LIFECYCLE_START,
	LIFECYCLE_KILL,
	LIFECYCLE_KILL_ALL,
	LIFECYCLE_DELETE,
	LIFECYCLE_EXEC,
	LIFECYCLE_PAUSE,
	LIFECYCLE_RESUME,
	LIFECYCLE_UPDATE,
	LIFECYCLE_EVENTS,
	LIFECYCLE_MOUNTS,
	LIFECYCLE_COUNT,
};

/* The error of an operation that the status forbids: `cannot start c1: it is running`.  kill's text contains
 * "container not running", which engines look for. */
int lifecycle_refuse(const char *operation, const char *id, enum container_status status, struct err *err);

/* Open a container for an operation: its lock is taken where the operation changes the record, and the status must allow
 * it.  state_close() in any case. */
int lifecycle_open(const struct container_host *host, const char *id, enum lifecycle_operation operation,
		   struct state *state, struct err *err);

/* True if the table allows the operation. */
bool lifecycle_allows(enum lifecycle_operation operation, enum container_status status);

/* The error of an operation on a container that has none of its own.  Returns -ENOTSUP. */
int lifecycle_no_cgroup(const char *operation, const char *id, struct err *err);
