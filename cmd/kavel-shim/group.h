/* The guest's cgroup: found by its first process while that lives, and read when it has ended. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "cgroups/cgroup.h"
#include "cgroups/oom.h"
#include "cgroups/stats.h"

/* Find the groups that the process is in, on any layout.  Returns 0; 1 when there is none, or it is the caller's own (the
 * guest has no group of its own); or an error. */
int group_of_process(pid_t pid, struct cgroup_made *ret, struct err *err);
/* The same with files that stand for /proc: tests. */
int group_of_process_in(const char *mountinfo, const char *of_process, const char *of_caller, struct cgroup_made *ret,
			struct err *err);

/* Read what it has used.  Returns 0; 1 when it is gone; or an error.  *ret points into the arena. */
int group_read(const struct cgroup_made *made, struct arena *arena, struct cgroup_stats *ret, struct err *err);

/* True if it is paused. */
bool group_is_paused(const struct cgroup_made *made);

/* cgroup_oom_open() for it. */
int group_watch_oom(const struct cgroup_made *made, struct cgroup_oom *ret, struct err *err);
