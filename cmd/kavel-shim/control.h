/* kavel's own socket: requests of the same user, or root, one line each, answered by lines of JSON (specs/shim.md). */
#pragma once

#include <stdint.h>

#include "attach.h"
#include "base/err.h"
#include "listener.h"
#include "loop.h"

#define CONTROL_CLIENTS_MAX 32
#define CONTROL_REQUEST_MAX 256	  /* bytes */
#define CONTROL_IDLE_MS	    10000 /* then a client that asks nothing is disconnected */

struct control_client;

struct control {
	struct listener listener;
	struct loop *loop;
	const struct attach_requests *requests;
	struct control_client *clients;
	unsigned int count;
	uint64_t last_ticket;
};
#define CONTROL_NONE { .listener = LISTENER_NONE }

/* Listen on `control` in `dir`.  control: CONTROL_NONE; it must stay where it is. */
int control_open(struct control *control, struct loop *loop, const struct attach_requests *requests, int dir,
		 struct err *err);
/* Does nothing if it is not open. */
void control_close(struct control *control);

/* attach_answer() */
void control_answer(struct control *control, uint64_t ticket, const char *text);
