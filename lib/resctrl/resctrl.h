/* linux.intelRdt: a group of the resctrl file system (Documentation/filesystems/resctrl.rst), which gives its tasks parts of
 * the caches and of the memory bandwidth, and can count what they use.
 *
 * A plan is pure.  resctrl_look() compares it with the file system without changing anything, so that what will be made is on
 * record before it is made; resctrl_make() makes it, resctrl_join() puts a process in, resctrl_remove() takes it back.
 * All of them work below `root`, a descriptor of the file system's top: the host's by resctrl_open(), any folder in tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"

/* One write to `schemata`. */
struct resctrl_write {
	const char *property; /* below linux.intelRdt */
	const char *text;     /* lines, each with its newline */
	bool is_compared;     /* of a group that exists: what it has must be this */
};

struct resctrl_plan {
	const char *group;   /* name of the directory; ".": the default group, the top itself; NULL: no linux.intelRdt */
	bool is_named;	     /* by closID; otherwise after the container, and removed with it */
	const char *monitor; /* name of the monitoring group, or NULL */
	struct resctrl_write *writes;
	size_t write_count;
};

/* What was made, or is about to be: all zeroes for nothing. */
struct resctrl_made {
	const char *root;    /* where the file system is mounted; NULL: nothing was made */
	const char *group;   /* as in the plan */
	const char *monitor; /* made by us, and removed with the container; or NULL */
	const char *before;  /* `schemata` of a group that existed and is written to; or NULL */
	bool made_group;     /* it did not exist */
	bool is_named;
};

/* Decide.  id: the container's.  Errors: ENOMEM. */
int resctrl_plan(const struct spec *spec, const char *id, struct arena *arena, struct resctrl_plan *ret, struct err *err);

/* Find the file system where it is mounted, usually at /sys/fs/resctrl, and open its top.  *ret_path is taken from the arena.
 * Errors: ENOTSUP when it is not mounted. */
int resctrl_open(struct arena *arena, const char **ret_path, int *ret_root, struct err *err);

/* Open it again at a path on record.  Returns 1 when it is not mounted there any more. */
int resctrl_reopen(const char *path, int *ret_root, struct err *err);

/* The first mount point of that type in a file such as /proc/self/mountinfo.  Returns 1 when there is none. */
int resctrl_mount_point(const char *mountinfo, struct arena *arena, const char **ret, struct err *err);

/* Find out what there is: does the group exist, and may the container use it?  ret->root is left to the caller.
 * Errors: closID names no group although no schema is given; a group that exists has another schema than l3CacheSchema or
 * memBwSchema; a group of the container's own name, or its monitoring group, exists. */
int resctrl_look(const struct resctrl_plan *plan, int root, struct arena *arena, struct resctrl_made *ret, struct err *err);

/* Make the groups, as far as `made` says that they are to be made: what cannot be made is struck out there.
 * Errors: ENOSPC, the processor has no more classes or monitors. */
int resctrl_make(int root, struct resctrl_made *made, struct err *err);

/* Write the plan's schemata, in its order.  Errors: the kernel's, with its explanation in info/last_cmd_status. */
int resctrl_configure(const struct resctrl_plan *plan, int root, struct err *err);

/* Put a process into the groups; pid 0: the caller. */
int resctrl_join(const struct resctrl_made *made, int root, pid_t pid, struct err *err);

/* Remove the monitoring group and, unless closID named it, a group that was made.  has_failed: of a create that failed; then
 * a group is removed that closID named, too, unless somebody else uses it by now, and an existing one gets its schemata
 * back.  What is gone already is fine. */
int resctrl_remove(const struct resctrl_made *made, int root, bool has_failed, struct err *err);

/* update: write other schemas; NULL leaves one as it is.  On failure what was written first is taken back.  *ret_before: what
 * `schemata` had, for resctrl_restore(); the caller frees it.  Errors: the kernel's. */
int resctrl_update(const struct resctrl_made *made, int root, const char *l3_cache_schema, const char *mem_bw_schema,
		   char **ret_before, struct err *err);

/* Write lines to `schemata` as they were. */
int resctrl_restore(const struct resctrl_made *made, int root, const char *before, struct err *err);

/* Describe the plan for `kavel plan`. */
void resctrl_plan_print(const struct resctrl_plan *plan, struct str_buf *out);

/* ---------------------------------------------------------------- statistics */

/* What was counted of one part of the machine (`mon_data/mon_L3_00`); UINT64_MAX: is not counted. */
struct resctrl_domain {
	uint64_t llc_occupancy; /* bytes of the cache */
	uint64_t mbm_total_bytes, mbm_local_bytes;
};

/* Texts are NULL where the processor has no such resource. */
struct resctrl_stats {
	const char *cbm_mask;		    /* of the L3 cache */
	uint64_t min_cbm_bits, l3_num_closids;
	const char *l3_root, *l3;	    /* lines of `schemata`, of the default group and of this one */
	bool has_mb;
	uint64_t bandwidth_gran, delay_linear, min_bandwidth, mb_num_closids;
	const char *mb_root, *mb;
	struct resctrl_domain *domains;	    /* of the monitoring group, if there is one, else of the group */
	size_t domain_count;
};

/* Read them; what is not there is left out. */
int resctrl_stats(const struct resctrl_made *made, int root, struct arena *arena, struct resctrl_stats *ret,
		  struct err *err);
