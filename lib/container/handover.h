/* What a caller asked to be told about a process that was made. */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* Write the pid to the file, by rename: a symlink there is replaced, not followed, and a FIFO cannot make us hang. */
int handover_pid_file(const char *path, pid_t pid, struct err *err);

/* Send the pidfd to the AF_UNIX stream socket at `path`. */
int handover_pidfd(const char *path, int pidfd, struct err *err);
