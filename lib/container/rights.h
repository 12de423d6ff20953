/* What only the host side may do to a guest with a user namespace. */
#pragma once

#include <sys/types.h>

#include "base/err.h"

struct run;

/* The guest's process exists, and waits for MSG_RIGHTS_GIVEN: write the mappings of its new user namespace, and set what needs
 * a capability on the host.  Errors: what the kernel refuses; the process's user is not mapped in a joined user namespace;
 * WIRE_GONE: the process has ended. */
int rights_give(struct run *run, struct err *err);

/* What the user of the container's process is on the host. */
int rights_host_user(const struct run *run, uid_t *ret_uid, struct err *err);
