/* One log: its driver, what waits for it, and what is done when it fails. */
#pragma once

#include "log_choose.h"
#include "log_driver.h"
#include "loop.h"
#include "ring.h"

enum log_kind {
	LOG_DATA, /* what the guest wrote */
	LOG_END,  /* its stream has ended */
	LOG_GAP,  /* so many bytes are missing here */
	LOG_MARK, /* a line of the shim's own */
};

struct log_item {
	enum log_kind kind;
	struct log_chunk chunk; /* LOG_MARK: `data` is the text with a newline */
	uint64_t missing;	/* LOG_GAP */
};

/* What all logs of a shim have in common. */
struct log_shared {
	struct loop *loop;
	struct logs_counters counters;
	struct log_scratch scratch;
	struct err err; /* the latest failure: too large for the stack of every write */
	void (*changed)(void *owner); /* less waits than before, or memory is not needed any more */
	void *owner;
};

struct log_output {
	struct log_shared *shared;
	const struct log_driver *driver;
	struct log_target target;
	char *path;
	void *state; /* the driver's; NULL: closed, to be opened when `retry` expires */
	struct loop_source source;
	struct loop_timer retry;
	unsigned int delay_ms; /* of the last retry; 0: it works */
	uint64_t lost;	       /* since it failed */
	struct ring ring;
	uint64_t missing; /* bytes, just before what is in the ring */
	bool is_open[2];  /* the line of the stream is not complete */
};

/* Open it.  Errors: the driver's. */
int log_output_open(struct log_output *log, const struct log_choice *choice, const struct log_settings *settings,
		    struct log_shared *shared, struct err *err);
/* Write what can be written at once, count the rest as lost, and close. */
void log_output_close(struct log_output *log);
/* Write the item, or keep it. */
void log_output_put(struct log_output *log, const struct log_item *item);
/* Open it anew, by its path. */
void log_output_reopen(struct log_output *log);
