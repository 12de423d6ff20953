/* Clients: the attach socket (conmon's protocol, specs/shim.md), the FIFOs ctl and winsz, and kavel's own control socket.
 *
 * A client that does not read loses what it did not take, and is told nothing; it never delays the guest or another client. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "logs.h"
#include "loop.h"
#include "settings.h"

struct attach;

/* What clients ask of the shim. */
struct attach_requests {
	void *owner;
	/* Bytes for the guest's standard input.  Returns how many were taken: after less than size no client is read until
	 * attach_continue(). */
	size_t (*input)(void *owner, const void *data, size_t size);
	void (*input_end)(void *owner); /* the last client is gone, or said that there will be no more */
	void (*resize)(void *owner, unsigned short rows, unsigned short columns);
	void (*reopen_logs)(void *owner);
	/* A message on the control socket (specs/shim.md): its answer, a line of JSON, is appended to `out`; or nothing is, and
	 * it comes later, by attach_answer() with the same ticket, which is never 0. */
	void (*control)(void *owner, uint64_t ticket, const char *request, struct str_buf *out);
};

/* Make and listen on all of them in the settings' run_dir or bundle.  Errors: those of bind(2), mkfifo(3). */
int attach_open(const struct shim_settings *settings, struct loop *loop, const struct attach_requests *requests,
		struct attach **ret, struct err *err);
/* Flush what clients can take at once, close all and remove the files. */
void attach_close(struct attach *attach);

/* What the guest wrote, for all clients. */
void attach_write(struct attach *attach, enum stream stream, const void *data, size_t size);
/* Answer a request on the control socket: a line of JSON.  Does nothing if who asked is gone. */
void attach_answer(struct attach *attach, uint64_t ticket, const char *answer);
/* The guest takes input again. */
void attach_continue(struct attach *attach);
