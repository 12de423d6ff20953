/* The FIFOs ctl and winsz: sizes for the guest's terminal, and the request to open the logs anew (specs/shim.md).
 *
 * What is no such line is ignored, however long it is.  Of several sizes that wait the last one counts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "endpoint.h"
#include "loop.h"

#define CTL_LINE_MAX 64

/* What the lines of one read ask for. */
struct ctl_wish {
	bool resize, reopen_logs;
	unsigned short rows, columns;
};

/* A line that is not complete yet. */
struct ctl_line {
	char text[CTL_LINE_MAX + 1];
	size_t size;
	bool is_too_long;
	int64_t touched; /* clock_ms() */
};

struct ctl_fifo {
	struct endpoint endpoint;
	struct loop_source source;
	struct ctl_line line;
	struct ctl *ctl;
};

struct ctl {
	struct ctl_fifo ctl, winsz;
	struct loop *loop;
	void (*wished)(void *owner, const struct ctl_wish *wish);
	void *owner;
};
#define CTL_FIFO_NONE { .endpoint = ENDPOINT_NONE, .source.fd = -1 }
#define CTL_NONE      { .ctl = CTL_FIFO_NONE, .winsz = CTL_FIFO_NONE }

/* Parse a line of ctl ("1 ROWS COLUMNS", "2 0 0") or of winsz ("ROWS COLUMNS") and add what it asks for.  Returns false if it is no
 * such line. */
bool ctl_parse(const char *line, bool is_winsz, struct ctl_wish *wish);

/* Take what was read from the FIFO at the time `now` (clock_ms()).  A line that its writer does not complete within a second is
 * forgotten, or it would spoil the next writer's. */
void ctl_take(struct ctl_line *line, const char *data, size_t size, int64_t now, bool is_winsz, struct ctl_wish *wish);

/* Make and watch both in `dir`.  ctl: CTL_NONE with wished and owner set; it must stay where it is. */
int ctl_open(struct ctl *ctl, struct loop *loop, int dir, struct err *err);
/* Remove the files; does nothing if they are not open. */
void ctl_close(struct ctl *ctl);
