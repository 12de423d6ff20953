/* What `logs` prints. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "logs/lines.h"

struct logs_printer {
	bool as_json, timestamps;
	struct str_buf text; /* not written yet */
	int fd;		     /* where it goes */
	int open_fd;	     /* -1: what was printed last ends with a newline; otherwise a part of a line, there */
	enum log_stream open;
};
#define LOGS_PRINTER { .fd = -1, .open_fd = -1 }

/* Print a line, or a part of one: on the standard stream that it came from, or as JSON on standard output.
 * Errors: those of write(2), with EPIPE when nobody reads. */
int logs_print(struct logs_printer *printer, const struct log_line *line, struct err *err);
/* Write what is kept. */
int logs_print_flush(struct logs_printer *printer, struct err *err);
/* It is the end: a line is ended. */
int logs_print_end(struct logs_printer *printer, struct err *err);
