/* Cgroups: where the guest's group lies, what limits it gets, how it is killed and removed.
 *
 * One interface over the layouts: pure v2, v1, hybrid (each controller where it is mounted), none.  A group is
 * always made by kavel and recognised again by its inode number: no signal is ever sent, and nothing removed,
 * through a directory that kavel did not make (finding F1; runc's "container's cgroup is not empty"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"

enum cgroup_manager { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_SYSTEMD, CGROUP_MANAGER_DISABLED };

enum cgroup_mode { CGROUP_NONE, CGROUP_V1, CGROUP_HYBRID, CGROUP_V2 };

/* Found once per process.  Each hierarchy that is mounted: controllers and where. */
#define CGROUP_HIERARCHIES_MAX 16
struct cgroup_hierarchy {
	char controllers[64]; /* as in /proc/self/cgroup: "cpu,cpuacct", "name=systemd"; "" for v2 */
	char mount_point[200];
	char own[1024];	      /* the caller's own group, relative to the mount point, with a leading "/" */
};
struct cgroup_layout {
	enum cgroup_mode mode;
	bool is_root; /* user_is_host_root(): the default path begins at the root of the hierarchy */
	struct cgroup_hierarchy items[CGROUP_HIERARCHIES_MAX];
	unsigned int count;
};

/* Look at the host.  A pure v2 host costs one statfs(2); other layouts read /proc/self/mountinfo and /proc/self/cgroup.  A host
 * without cgroups gives CGROUP_NONE, not an error.  The caller's own group may be left out: this is for finding groups
 * again. */
int cgroup_detect(struct cgroup_layout *ret, struct err *err);

/* The same for cgroup_plan(): with the caller's own group where the spec's cgroupsPath depends on it. */
int cgroup_detect_for(const struct spec *spec, struct cgroup_layout *ret, struct err *err);

/* "none", "v1", "hybrid" or "v2". */
const char *cgroup_mode_name(enum cgroup_mode mode);

struct cgroup_plan;

/* Whose group, and where and how it may be made. */
struct cgroup_request {
	const char *id;
	const char *root; /* the state directory; NULL: the default one */
	const struct cgroup_layout *layout; /* lives as long as the plan */
	enum cgroup_manager manager;
};

/* Decide: the group's path from linux.cgroupsPath (absolute means from the hierarchy's root, relative from the caller's
 * own group; unset: "/kavel-<id>" for root, "kavel-<id>" for others), the knobs to write, the device rules.  Nothing is
 * planned with the manager disabled, and on a host without cgroups when no resource is asked for.
 * Errors: "/", "..", an ancestor of the caller's own group, newline; a resource that this layout has no controller
 * for; names linux.resources.<property>. */
int cgroup_plan(const struct spec *spec, const struct cgroup_request *request, struct arena *arena,
		struct cgroup_plan **ret, struct err *err);

/* One line per group, knob and device rule. */
void cgroup_plan_print(const struct cgroup_plan *plan, struct str_buf *out);

/* What is recorded of the groups that were made: enough to find, kill and remove them later. */
#define CGROUP_V1_MAX	 512
#define CGROUP_SCOPE_MAX 256
struct cgroup_made {
	char path[1024];	/* relative to each hierarchy's mount point; "" : none */
	uint64_t inode;		/* of the v2 directory (or of the first v1 one); 0: intent only, not made yet */
	bool made_by_us;	/* false: it existed before, was empty, and is left in place */
	unsigned int parents;	/* directories above it that were made on the way, and are removed when empty */
	char v1[CGROUP_V1_MAX]; /* the v1 groups, "CONTROLLERS:INODE:LEVELS" separated by blanks; LEVELS: directories
				 * made there, 0: it existed before; "" : none */
	char scope[CGROUP_SCOPE_MAX]; /* the systemd unit in whose group it lies; "" : none */
};

/* The path that will be recorded before anything is made. */
const char *cgroup_plan_path(const struct cgroup_plan *plan);

/* The name of the systemd unit that will be recorded with it; "": none. */
const char *cgroup_plan_unit(const struct cgroup_plan *plan);

/* True if the container gets a group of its own in that hierarchy of the layout. */
bool cgroup_plan_has(const struct cgroup_plan *plan, unsigned int hierarchy);

/* Make the groups.  ret_made: filled in step by step, also on failure, for cgroup_remove().  *ret_fd: descriptor of
 * the v2 directory for CLONE_INTO_CGROUP, or -1 when there is no v2 hierarchy.  Controllers are enabled in the parents
 * where possible.  An existing group is used only if it is empty and not frozen. */
int cgroup_make(const struct cgroup_plan *plan, struct cgroup_made *ret_made, int *ret_fd, struct err *err);

/* True with the systemd manager: systemd makes the group around a process that exists, with cgroup_make_scope(). */
bool cgroup_plan_has_scope(const struct cgroup_plan *plan);

/* The path of the program that speaks with systemd, whether it is there or not. */
void cgroup_scope_program(char *path, size_t room);

/* Have systemd make a scope with the process in it, and make the group below that and put the process there.  Otherwise as
 * cgroup_make(); the process must do nothing meanwhile, and dies when this fails. */
int cgroup_make_scope(const struct cgroup_plan *plan, pid_t pid, struct cgroup_made *ret_made, int *ret_fd,
		      struct err *err);

/* Find the groups at a path that bear the mark of having been made by kavel, for when the record of them is lost.
 * Returns 0, or 1 when there is none. */
int cgroup_find(const struct cgroup_layout *layout, const char *path, struct cgroup_made *ret);

/* Put the caller into the groups that were made a moment ago: the v1 ones, and the v2 one unless it was born there. */
int cgroup_join(const struct cgroup_plan *plan, const struct cgroup_made *made, bool born_in_v2, struct err *err);

/* A group below the container's, in some of the hierarchies. */
struct cgroup_sub {
	const char *path;	  /* relative, without ".." */
	bool is_unified;	  /* in v2: for cgroup_open() */
	unsigned int hierarchies; /* in these of v1, a bit per index of the layout */
};

/* Read "PATH", which is v2's or without that all of v1's, or "CONTROLLER[,CONTROLLER...]:PATH", which is in the hierarchies of
 * these.  text lives as long as the result.  Errors: no such controller; "..". */
int cgroup_sub_find(const struct cgroup_layout *layout, const char *text, struct cgroup_sub *ret, struct err *err);

/* Put a process into groups that were made earlier and recorded, as cgroup_join() does when their plan is at hand.  sub: the
 * v1 groups below them to enter instead; NULL: none. */
int cgroup_rejoin(const struct cgroup_layout *layout, const struct cgroup_made *made, const struct cgroup_sub *sub,
		  pid_t pid, bool born_in_v2, struct err *err);

/* Make a user of the host the owner of the v2 group, or of one below it (NULL: none): of the directory and the files that a delegation comprises, not of its
 * limits.  Does nothing without a v2 group. */
int cgroup_give(const struct cgroup_layout *layout, const struct cgroup_made *made, const char *sub_group, uid_t uid,
		struct err *err);

/* Make a group below the v2 group, where it is not there yet, and open its cgroup.procs: whoever writes "0" there moves into
 * it, also out of a cgroup namespace that it is outside of. */
int cgroup_make_below(int group, const char *name, int *ret_procs, struct err *err);

/* Add to the error of a process that could not be born into the v2 group why that group takes none.  Returns -err->number. */
int cgroup_explain_birth(int group, struct err *err);

/* Write the limits and attach the device program.  Errors name property, file, value and the errno's meaning. */
int cgroup_limit(const struct cgroup_plan *plan, const struct cgroup_made *made, int v2_fd, struct err *err);

/* Decide how limits of groups in use are changed: only what is set in `resources` is.  The plan is for cgroup_update(), and
 * made lives as long as it does. */
int cgroup_plan_update(const struct spec_resources *resources, const struct cgroup_layout *layout,
		       const struct cgroup_made *made, struct arena *arena, struct cgroup_plan **ret, struct err *err);

/* Change the limits: all or, on failure, none.  A v1 hierarchy in which the container has no group yet gets one, with all
 * its processes; `made` is then another, to be recorded also on failure. */
int cgroup_update(const struct cgroup_plan *plan, struct cgroup_made *made, struct err *err);

/* Kill everything in a group that kavel made: cgroup.kill, or SIGKILL in a loop under freeze on v1.  A group that is
 * gone or is not ours (another inode) is left alone: returns 1. */
int cgroup_kill(const struct cgroup_layout *layout, const struct cgroup_made *made, int signal, struct err *err);

/* Remove the groups with their sub-groups after killing what is left; waits for emptiness by the populated event, at
 * most `timeout_ms`, then fails naming a process that is still there.  A systemd scope is ended, too.  Does nothing when nothing was made.  Of an intent
 * alone (inode 0) what bears kavel's mark is removed, but nothing is killed. */
int cgroup_remove(const struct cgroup_layout *layout, const struct cgroup_made *made, int timeout_ms, struct err *err);

/* List the processes of the group and its sub-groups.  *ret_pids is freed by the caller. */
int cgroup_pids(const struct cgroup_layout *layout, const struct cgroup_made *made, pid_t **ret_pids, size_t *ret_count,
		struct err *err);

/* Open the v2 group, or a sub-group of it ("a/b", without ".."), for CLONE_INTO_CGROUP.  Returns 0; 1 when there is no v2
 * group of ours; or an error. */
int cgroup_open(const struct cgroup_layout *layout, const struct cgroup_made *made, const char *sub_group, int *ret_fd,
		struct err *err);

/* Open the v2 group that a process is in at this moment, for CLONE_INTO_CGROUP.  Returns 0; 1 when there is no v2; or an
 * error: ENOENT when it lies outside of what is mounted. */
int cgroup_open_current(const struct cgroup_layout *layout, pid_t pid, int *ret_fd, struct err *err);

/* Freeze or thaw, and wait until it is so (at most `timeout_ms`). */
int cgroup_freeze(const struct cgroup_layout *layout, const struct cgroup_made *made, bool frozen, int timeout_ms,
		  struct err *err);

/* True if the group is frozen (or being frozen).  The second: that of cgroup_open(). */
bool cgroup_is_frozen(const struct cgroup_layout *layout, const struct cgroup_made *made);
bool cgroup_is_frozen_at(int group);
