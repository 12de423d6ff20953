/* Clients: the attach socket (conmon's protocol, specs/shim.md), the FIFOs ctl and winsz, and kavel's own control socket.
 *
 * A client that does not read never delays another client.  It delays the guest only as long as settings->attach_wait_ms
 * allows, which may be not at all: then, or when that time is over, it loses what it did not take, and is told nothing.  What
 * the guest wrote before a client came is not for that client. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "logs.h"
#include "loop.h"
#include "settings.h"

#define ATTACH_OUTPUT_MAX 8192	/* bytes of data in a packet to a client; a byte for the stream comes before */
#define ATTACH_INPUT_MAX  32768 /* bytes of a packet from it */

struct attach;

/* What clients ask of the shim.  A handler may call any function of this header but attach_close(). */
struct attach_requests {
	void *owner;
	/* Bytes for the guest's standard input.  Returns how many were taken: after less than size no client is read until
	 * attach_continue(). */
	size_t (*input)(void *owner, const void *data, size_t size);
	/* The last client is gone, or one said that there will be no more: it ended its side of the connection (shutdown(2)
	 * SHUT_WR) or sent an empty packet.  May come several times. */
	void (*input_end)(void *owner);
	/* attach_is_full() was true, and no longer is.  NULL if attach_wait_ms is 0. */
	void (*can_continue)(void *owner);
	void (*resize)(void *owner, unsigned short rows, unsigned short columns);
	void (*reopen_logs)(void *owner);
	/* A message on the control socket (specs/shim.md), a line without control characters, other than resize and reopen-logs,
	 * which come as they do from the FIFOs.  Its answer, a line of JSON, is appended to `out`; or nothing is, and it comes
	 * later, by attach_answer() with the same ticket, which is never 0. */
	void (*control)(void *owner, uint64_t ticket, const char *request, struct str_buf *out);
};

/* Make and listen on all of them in the settings' run_dir or bundle; the control socket only in run_dir.  What a shim that is
 * gone left there is replaced.  The settings and the loop must live as long.  Errors: EEXIST when something else has the
 * name; those of bind(2), mkfifo(3).  On failure no file is left. */
int attach_open(const struct shim_settings *settings, struct loop *loop, const struct attach_requests *requests,
		struct attach **ret, struct err *err);
/* Flush what clients take within a moment, close all, and remove the files that are still ours. */
void attach_close(struct attach *attach);

/* What the guest wrote, for all clients. */
void attach_write(struct attach *attach, enum stream stream, const void *data, size_t size);
bool attach_has_clients(const struct attach *attach);
/* A client has not taken what was written, and its time is not over: the guest is not to be read from until can_continue is
 * called.  What is written all the same may be lost to that client.  Never true when attach_wait_ms is 0. */
bool attach_is_full(const struct attach *attach);
/* The guest takes input again. */
void attach_continue(struct attach *attach);
/* Answer a request on the control socket: a line of JSON.  Does nothing if who asked is gone. */
void attach_answer(struct attach *attach, uint64_t ticket, const char *answer);
