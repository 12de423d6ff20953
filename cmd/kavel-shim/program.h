/* Starting a program: nothing of the shim passes on to it. */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* Words of the caller's that stand before the runtime's command. */
#define PROGRAM_ARGS_MAX 64

struct program {
	const char *const *words; /* NULL-terminated; the first is an absolute path */
	int streams[3];		  /* -1: /dev/null */
};

/* Start it: no descriptor but the three is passed on, signals and the score of the out-of-memory killer are as they were for the
 * shim's caller, and it is killed if the shim dies.  Its environment is the shim's.  Errors: those of fork(2). */
int program_start(const struct program *program, pid_t *ret, struct err *err);
