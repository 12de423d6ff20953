/* Files that are replaced as a whole, and written in the end even if the disk was full: what could not be written is kept and
 * tried again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "loop.h"

/* One such file, a member of its owner.  Starts with `path` and `loop` set, all else zeroes; durable_drop() at the end. */
struct durable {
	const char *path; /* absolute; NULL: nothing is ever written */
	struct loop *loop;
	void (*written)(struct durable *durable); /* what had to wait is written, or given up; may be NULL */
	void *owner;
	struct str_buf text;	 /* as it is to be */
	struct loop_timer again;
	unsigned int delay_ms;
	bool is_waiting;
};

/* Make the file hold `text`, which is taken over; nothing is written if it holds that already.  When that is not possible now
 * (disk full, no descriptors), it is logged once, and tried again until it is.  A folder that is gone is final: logged. */
void durable_write(struct durable *durable, struct str_buf *text);

/* True while something has not been written. */
bool durable_is_waiting(const struct durable *durable);

/* Forget it: what waits is not written any more. */
void durable_drop(struct durable *durable);
