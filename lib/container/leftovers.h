/* What containers that ended left: found, and removed where it is certainly of no use to anybody. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "container/container.h"

enum leftover_kind {
	LEFTOVER_ENDED,	     /* a container that has stopped */
	LEFTOVER_BUSY,	     /* that or the next, with processes left */
	LEFTOVER_UNFINISHED, /* a create whose caller died */
	LEFTOVER_DAMAGED,    /* a record that cannot be read */
	LEFTOVER_GROUP,	     /* a cgroup that bears kavel's mark, empty, without a record */
};

struct leftover {
	enum leftover_kind kind;
	char *name; /* ID; of a cgroup its path */
};

struct leftovers {
	struct leftover *items;
	size_t count, room;
};

/* "container", "cgroup": what to call it. */
const char *leftovers_kind_name(enum leftover_kind kind);

/* Find them below the host's state directory, and among the groups that have their default names there.  A container that an
 * operation is at work on is none.  leftovers_free() when it succeeded. */
int leftovers_find(const struct container_host *host, struct leftovers *ret, struct err *err);
void leftovers_free(struct leftovers *list);

/* True if leftovers_remove() may: nothing of it is alive, and it is provably kavel's. */
bool leftovers_can_remove(const struct leftover *item);

/* Remove one by the same undo as delete, after finding again, under the container's lock, that it is what it was.  Errors: EBUSY: it
 * is something else meanwhile; those of delete. */
int leftovers_remove(const struct container_host *host, const struct leftover *item, struct err *err);
