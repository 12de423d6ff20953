/* What goes before a seccomp program that has a listener, so that the launcher can hand the listener over.
 *
 * The launcher loads the filter, and then has to send the listener and to wait until somebody has it: by system calls that are
 * filtered already, and for which nobody could answer yet.  No call is safe to be used for that, as a profile may name any.  So
 * the program begins with a question of its own: is this one of the launcher's four calls, with a secret in the two argument
 * registers that the kernel does not look at?  Then it is let through.  The secret is random, 128 bits, made for this one
 * launch; it is in the launcher's memory, which ends with execve(2) and is read by nobody who may not trace it (who may can do
 * more), and in the filter, which nobody inside a guest can read (PTRACE_SECCOMP_GET_FILTER is refused to a process that has a
 * filter).  For all other calls the
 * program decides as without it; so the guest has the filter that was asked for.
 *
 * Other ways were looked at: a process beside the launcher without the filter, to which it would have to talk by memory alone,
 * has it wait by spinning; pidfd_getfd(2) needs the same, and the right to trace; a fixed choice of calls forbids those in
 * profiles. */
#pragma once

#include <linux/filter.h>
#include <stdint.h>

#include "base/err.h"
#include "base/filter.h"

#define PASS_INSTRUCTIONS FILTER_LISTENER_ROOM

struct pass {
	struct sock_filter instructions[PASS_INSTRUCTIONS]; /* the program follows */
	uint64_t secret[2];				    /* fifth and sixth argument */
};

/* Make one, with a new secret.  Errors: those of getrandom(2). */
int pass_make(struct pass *ret, struct err *err);
