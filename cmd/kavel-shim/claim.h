/* One shim for a run directory: the file `pid` there is locked for as long as it lives, however it ends. */
#pragma once

#include "base/err.h"

/* Lock it, and write the own pid.  *ret_fd keeps the lock.  Errors: EBUSY, with the pid of the other one. */
int claim_run_dir(const char *run_dir, int *ret_fd, struct err *err);
