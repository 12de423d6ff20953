/* The guest's standard streams: what it writes goes to the logs and to all clients, what clients write goes to it.
 *
 * They are pipes, or the master of its terminal; with settings->run_dir named pipes there, so that the guest survives the shim and
 * a new shim finds them.  Nothing spins: a pipe that hangs up is closed, a terminal that nobody has open is watched for the edge
 * at which somebody has again, and what cannot be delivered is not watched at all. */
#pragma once

#include <stddef.h>

#include "attach.h"
#include "base/err.h"
#include "base/str.h"
#include "logs.h"
#include "loop.h"
#include "settings.h"
#include "pipes.h"

struct relay;

/* Where it delivers to. */
struct relay_peers {
	struct logs *logs;
	struct attach *attach; /* NULL: there are no clients */
	void *owner;
	void (*drained)(void *owner); /* after relay_drain() */
};

int relay_open(const struct shim_settings *settings, struct loop *loop, struct relay **ret, struct err *err);
void relay_close(struct relay *relay);
/* Before anything else is called.  The peers' owner lives as long as the relay. */
void relay_connect(struct relay *relay, const struct relay_peers *peers);

/* Make the streams of a new incarnation of the guest.  *ret_guests: for the runtime, to be closed by pipes_close(); with a
 * terminal only what the runtime writes to its standard error. */
int relay_begin(struct relay *relay, struct pipes *ret_guests, struct err *err);
/* The streams that an earlier shim made in run_dir.  Errors: ENOENT; a terminal, whose master was the earlier shim's. */
int relay_adopt(struct relay *relay, struct err *err);
/* While the runtime runs: what is written to standard error, for the text of a failure. */
int relay_error_fd(const struct relay *relay);
/* Begin to read.  master: of its terminal, which is the relay's from now on; -1: none.  said: what was read of standard error already. */
int relay_go(struct relay *relay, int master, const struct str_buf *said, struct err *err);
/* The guest has ended: deliver what is left in the streams, at most for `ms` milliseconds if others hold them open or a log is
 * full (for clients that are full as long as attach_is_full() says so), close them, and call peers->drained(), from the loop. */
void relay_drain(struct relay *relay, int64_t ms);

/* Bytes from clients, as attach_requests.input.  Swallows them if the guest has no standard input (any more). */
size_t relay_input(struct relay *relay, const void *data, size_t size);
/* There will be no more of them: the end of the guest's input, unless it is to stay open or a terminal. */
void relay_input_end(struct relay *relay);
/* For the terminal that there is, or will be. */
void relay_resize(struct relay *relay, unsigned short rows, unsigned short columns);
/* Logs or clients that were full no longer are. */
void relay_continue(struct relay *relay);
/* Nothing is going on: give memory back until it is needed. */
void relay_trim(struct relay *relay);
