/* What `run` does while its guest runs: forward signals, and learn how it ended. */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* Block every signal that foreground_wait() forwards. */
int foreground_block_signals(struct err *err);

/* Forward signals to the process, and its notifications (notify: their socket, or -1) to the caller's NOTIFY_SOCKET, until
 * it ends; then reap it.  *ret_status: its exit code, or 128 + signal. */
int foreground_wait(pid_t pid, int pidfd, int notify, int *ret_status, struct err *err);
