/* Being told when the kernel kills in the guest for lack of memory, while the guest lives and when its group is gone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cgroups/cgroup.h"
#include "cgroups/oom.h"
#include "loop.h"
#include "settings.h"

/* Starts as OOM_CLOSED with `happened` and `owner` set. */
struct oom {
	void (*happened)(struct oom *oom); /* once for each change that was seen; kills has the new number */
	void *owner;
	uint64_t kills; /* since the group was made */
	struct loop *loop;
	struct loop_source source;
	struct cgroup_oom watch;
	struct loop_timer again; /* v1 */
	unsigned int rounds;
};
#define OOM_CLOSED .watch = CGROUP_OOM_CLOSED, .source = { .fd = -1 }

/* Watch the group.  A host that cannot tell is no failure: returns 1. */
int oom_open(struct oom *oom, struct loop *loop, const struct cgroup_made *made, struct err *err);
/* Look once more, for what happened last; a group that is gone has what was seen before.  Calls no one. */
void oom_look(struct oom *oom);
void oom_close(struct oom *oom);

/* Make the files that conmon makes, "oom" in the bundle and in the persist folder.  Failures are logged. */
void oom_write_files(const struct shim_settings *settings);
/* Remove what an earlier guest left of them. */
void oom_remove_files(const struct shim_settings *settings);
