/* Being told when the kernel kills for memory in a group. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cgroups/cgroup.h"

struct cgroup_oom {
	int fd;		  /* to poll(2), for `events` */
	short events;
	bool is_unified;
	int control;	  /* v1: the file that the eventfd is of */
	uint64_t seen;	  /* v2: kills that were told */
};
#define CGROUP_OOM_CLOSED { .fd = -1, .control = -1 }

/* Begin to watch.  Returns 0; 1 when the container has no group of the memory controller; or an error. */
int cgroup_oom_open(const struct cgroup_layout *layout, const struct cgroup_made *made, struct cgroup_oom *ret,
		    struct err *err);

/* True if there was one since the last call; never waits. */
bool cgroup_oom_happened(struct cgroup_oom *oom);

void cgroup_oom_close(struct cgroup_oom *oom);
