/* For tests of the launcher: a guest side that becomes it, in a fork. */
#pragma once

#include <sys/types.h>

#include "process/launch.h"

#define ARGS(...) ((char *const[]){ __VA_ARGS__, NULL })

#define LAUNCHED_TEXT 4096

/* One variable: ONLY=this. */
extern char *const launched_environment[];

/* In it uname(2) fails with ENAMETOOLONG, which nothing else gives.  Four instructions. */
extern const struct seccomp_filter launched_filter;

/* /bin/sh with these arguments. */
struct launch launched_shell(char *const *argv);

/* Start a guest side with its stdout in *ret_output (a pipe).  Returns its pid. */
pid_t launched_start(const struct launch *launch_options, uid_t uid, int *ret_output);

/* Read what it printed, and reap it.  Returns its exit code, or 1000 and the signal. */
int launched_finish(pid_t pid, int output, char text[LAUNCHED_TEXT]);

/* Both, as a user, and as root. */
int launched_run_as(const struct launch *launch_options, uid_t uid, char text[LAUNCHED_TEXT]);
int launched_run(const struct launch *launch_options, char text[LAUNCHED_TEXT]);
