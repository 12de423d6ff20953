/* newuidmap(1) and newgidmap(1): what writes mappings for a caller without privilege, as far as /etc/subuid and /etc/subgid
 * grant them. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "spec/spec.h"

#define MAP_PROGRAM_UID "newuidmap"
#define MAP_PROGRAM_GID "newgidmap"

/* Room for the path of such a program. */
#define MAP_PROGRAM_ROOM 64

/* Find the program where systems install it: never by $PATH, nor relative to anything.  Returns false when it is not there. */
bool map_program_find(const char *name, char path[MAP_PROGRAM_ROOM]);

/* Let the program write the mappings of process `pid`, which must be dumpable.  name: MAP_PROGRAM_...; property: for messages.
 * Errors: ENOENT: the program is missing; EPERM: it refused, what it said is in the text; ETIMEDOUT. */
int map_program_run(const char *name, const char *property, pid_t pid, const struct spec_id_mappings *mappings,
		    struct err *err);
