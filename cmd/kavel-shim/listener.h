/* A listening socket in the event loop. */
#pragma once

#include "base/err.h"
#include "endpoint.h"
#include "loop.h"

struct listener {
	struct endpoint endpoint;
	struct loop *loop;
	struct loop_source source;
	struct loop_timer rest;
	/* A client, whose descriptor (non-blocking, close-on-exec) is the owner's from now on. */
	void (*accepted)(void *owner, int fd);
	void *owner;
};
#define LISTENER_NONE { .endpoint = ENDPOINT_NONE, .source.fd = -1 }

/* Make the socket `name` in `dir` (endpoint.h) and accept clients.  listener: LISTENER_NONE with accepted and owner set; it must stay
 * where it is. */
int listener_open(struct listener *listener, struct loop *loop, int dir, const char *name, mode_t mode, struct err *err);

/* Accept no more, and remove the file.  Does nothing if it is not open. */
void listener_close(struct listener *listener);
