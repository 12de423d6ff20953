/* Leaving the caller: a process of its own session that the kernel does not choose when memory runs out. */
#pragma once

#include "base/err.h"
#include "settings.h"

/* Lower oom_score_adj as far as the shim may: without a privilege it stays.  Remembers it for detach_restore_oom(). */
void detach_protect_from_oom(void);
/* In a child, before execve(2): as it was.  Async-signal-safe. */
void detach_restore_oom(void);

/* Continue in a child, which leads a session, has no standard streams and no more to do with the caller; the caller's own child
 * writes settings->shim_pid_file and exits here.  With settings->sync this process goes on itself.  Standard streams that are
 * the guest's (passthrough) stay until detach_streams(). */
int detach(const struct shim_settings *settings, struct err *err);
/* /dev/null in place of the standard streams. */
int detach_streams(struct err *err);
