/* The link below --socket-dir-path by which conmon's callers reach the attach socket of a bundle whose path is too long for a
 * socket's address. */
#pragma once

#include "base/err.h"
#include "endpoint.h"
#include "settings.h"

struct link {
	struct endpoint endpoint;
	int dir; /* socket_dir */
	char *name;
};
#define LINK_NONE { .endpoint = ENDPOINT_NONE, .dir = -1 }

/* Make socket_dir/UUID, a link to the directory of the attach socket; nothing with full_attach, or without a socket_dir.
 * dir: that directory.  link: LINK_NONE.  Errors: EEXIST when something else has the name; those of symlink(2). */
int link_make(struct link *link, const struct shim_settings *settings, int dir, struct err *err);
/* Does nothing if there is none. */
void link_remove(struct link *link);
