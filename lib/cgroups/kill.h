/* Signalling a whole group. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Send a signal to every process of the group and of those below it: SIGKILL on v2 by cgroup.kill (Linux 5.14), which
 * also reaches what is forked meanwhile.  dir: its directory, of v2 or of v1.  name: for messages. */
int group_kill(int dir, bool is_unified, int signal, const char *name, struct err *err);
