/* Running another program to its end, for its answer. */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct command {
	char *const *words;	  /* NULL-terminated; the first is the absolute path */
	char *const *environment; /* NULL: empty */
	int input;		  /* what it reads; -1: the caller's standard input */
	int timeout_ms;		  /* then it is killed */
};

#define COMMAND_NOT_RUN 127 /* exit status when the program could not be executed */

/* Run the program, whose every descriptor but the standard ones is closed, and wait for its end.  *ret_said: the beginning of
 * what it wrote to its standard output and error, `room` bytes with the NUL, line breaks as blanks.  *ret_status: as of
 * waitpid(2).  The caller, who may be a library's, sees no SIGCHLD.
 * Returns 0; 1 when the time was up; or an error. */
int command_run(const struct command *command, char *ret_said, size_t room, int *ret_status, struct err *err);
