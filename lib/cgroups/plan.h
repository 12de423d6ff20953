/* The inside of a plan, shared by the files that fill it (one per controller) and those that carry it out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cgroups/cgroup.h"
#include "cgroups/program.h"
#include "spec/spec.h"

/* One value for one file of one of the groups; they are written in the order of the list. */
struct cgroup_write {
	const char *property; /* below linux.resources, for messages */
	const char *file;
	const char *value;
	unsigned int hierarchy; /* index in the layout */
	unsigned int flags;
	struct cgroup_write *next;
};
#define CGROUP_WRITE_OPTIONAL 1u /* a kernel without the file needs no value there */
#define CGROUP_WRITE_OR_NEXT  2u /* a kernel without the file has the next write's; one with it skips the next */
#define CGROUP_WRITE_OR_NONE  4u /* a kernel without the file does what "0" and "max" ask for */

#define CGROUP_CONTROLLERS_MAX 16

struct cgroup_plan {
	const struct cgroup_layout *layout; /* the caller's, which outlives the plan */
	const char *path;		    /* of the groups, below each mount point; "": nothing is made */
	bool has_all_controllers;	    /* as engines expect of groups that they name, see group_offer_controllers() */
	bool is_wanted;			    /* the config asks for a path or a limit: having no group is a failure */
	const char *wanted_by;		    /* the property that does, below linux; NULL: none */
	unsigned int hierarchies;	    /* bit per index of the layout: a group is made there */
	int unified;			    /* index of the v2 hierarchy, or -1 */
	const char *enable[CGROUP_CONTROLLERS_MAX]; /* v2 controllers that the parents must hand down */
	unsigned int enable_count;
	struct cgroup_write *writes, **tail;
	struct opt_i64 usage_below; /* memory.checkBeforeUpdate: refuse a limit of that many bytes that is exceeded */
	unsigned int memory;	    /* index of the hierarchy of the memory controller, when usage_below is set */
	struct device_program devices;	       /* for v2; no instructions: none */
	struct device_rules device_rules;      /* what it was made from, for printing */
	struct scope_plan *scope;	       /* with the systemd manager; NULL: cgroupfs */
};

/* Make the group of one hierarchy as the plan has it, and note it in `made`.  *ret_fd: set for v2 alone. */
int group_make(const struct cgroup_plan *plan, unsigned int hierarchy, struct cgroup_made *made, int *ret_fd,
	       struct err *err);

/* Let the groups above the v2 group `dir` hand the plan's controllers down to it, where they do not yet.  full: its path,
 * whose first `root_size` bytes are the mount point. */
int group_enable_controllers(const struct cgroup_plan *plan, int dir, const char *full, size_t root_size,
			     struct err *err);

/* The same with all controllers that the root has, as far as they may be: those of no limit are for who reads the group's
 * statistics, and for groups that the guest makes.  Both peers do that for groups that are named,
 * and engines read what the container uses there. */
void group_offer_controllers(int dir, const char *full, size_t root_size);

/* Plan all of linux.resources. */
int plan_resources(struct cgroup_plan *plan, const struct spec_resources *resources, struct arena *arena,
		   struct err *err);

/* An empty plan for groups of a layout. */
int plan_begin(const struct cgroup_layout *layout, struct arena *arena, struct cgroup_plan **ret, struct err *err);

/* limit.c: the error of a value that the kernel refused with that errno (positive).  Returns -number. */
int limit_refused(const struct cgroup_write *item, const char *path, int number, struct err *err);

/* limit.c: memory.checkBeforeUpdate: a limit below what is in use would make the kernel kill.  The files of the memory
 * controller's group begin with `prefix` below `dir`. */
int limit_check_usage(const struct cgroup_plan *plan, int dir, const char *prefix, struct err *err);

/* A plan being made. */
struct planner {
	struct cgroup_plan *plan;
	const struct spec_resources *resources;
	struct arena *arena;
	char available[512]; /* cgroup.controllers of the v2 root, read when it is first needed */
	bool available_is_read;
};

/* Where a controller is. */
struct place {
	unsigned int hierarchy; /* index in the layout */
	bool is_unified;	/* it is the v2 one */
};

/* Find the hierarchy that carries a controller: the v1 one named `legacy` where it is mounted, else v2's `unified` one
 * (either name may be NULL), and note that a group is needed there.
 * Returns 0; 1 when this host has no such controller; or an error. */
int planner_find(struct planner *planner, const char *legacy, const char *unified, struct place *ret, struct err *err);

/* The error for that, with what this host has in the hint.  property: below linux.resources.  Returns -EINVAL. */
int planner_missing(struct planner *planner, const char *legacy, const char *unified, const char *property,
		    struct err *err);

/* planner_find(), and planner_missing() when there is none. */
int planner_controller(struct planner *planner, const char *legacy, const char *unified, const char *property,
		       struct place *ret, struct err *err);

/* Append a copy of the write, whose strings must live as long as the plan.  A string that is NULL is reported as memory
 * that ran out, so that the results of arena_printf() can be passed as they are. */
int planner_write(struct planner *planner, const struct cgroup_write *write, struct err *err);

/* One section of linux.resources each: check it, and append its writes.  Errors name the property. */
int plan_memory(struct planner *planner, struct err *err);
int plan_cpu(struct planner *planner, struct err *err);
int plan_pids(struct planner *planner, struct err *err);
int plan_io(struct planner *planner, struct err *err);
int plan_hugetlb(struct planner *planner, struct err *err);
int plan_rdma(struct planner *planner, struct err *err);
int plan_network(struct planner *planner, struct err *err);
int plan_unified(struct planner *planner, struct err *err);
int plan_devices(struct planner *planner, struct err *err);

/* cpu.weight of v2 for cpu.shares of v1 (2 to 262144; values beyond are taken as these): the exponential curve through
 * (2, 1), (1024, 100) and (262144, 10000) that both peers use. */
uint64_t cpu_weight_of_shares(uint64_t shares);

/* io.weight of v2 (1 to 10000) for a v1 weight of 10 to 1000. */
uint64_t io_weight_of_weight(uint64_t weight);
