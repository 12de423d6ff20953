/* The table of ps(1), for some processes only. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct ps_pids {
	pid_t *items;
	size_t count;
};

/* Run ps(1) with `words` (NULL-terminated, without its name), and append the header and the lines of the given
 * processes.  Errors: -ENOENT when ps is not installed; ps failed; its header has no column PID. */
int ps_append_table(char *const *words, const struct ps_pids *pids, struct str_buf *out, struct err *err);
