/* A program that comes as it is: base64 (RFC 4648) of what seccomp(2) is to get, in an annotation. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/filter.h"

/* Read the text into ret->instructions and ret->count; *ret_notifies: one of its returns is SECCOMP_RET_USER_NOTIF.
 * Errors, each with `place` and the instruction: no base64; not between 1 and 4096 instructions (with a listener less those
 * that the launcher needs); what seccomp(2) refuses: unknown instructions, jumps and loads beyond the end, no return at the
 * end. */
int seccomp_raw_read(const char *text, const char *place, struct arena *arena, struct seccomp_filter *ret,
		     bool *ret_notifies, struct err *err);
