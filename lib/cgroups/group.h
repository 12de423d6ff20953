/* One group directory: finding it again, and reading it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cgroups/cgroup.h"

/* Room for a mount point, a path below it and a file name. */
#define GROUP_PATH_MAX 1600

/* Permission bits of a group's directory.  The sticky bit, without meaning there, marks it as made by kavel until its
 * inode number is recorded. */
#define GROUP_MODE 01755

/* Index of the v2 hierarchy in the layout, or -1. */
int cgroup_unified(const struct cgroup_layout *layout);

/* Index of the hierarchy by whose group a container is found, frozen and killed: v2; without it the freezer; without
 * that the first.  The layout must have one. */
unsigned int cgroup_tracking(const struct cgroup_layout *layout);

/* "<mount point><path>" in `out`, which has GROUP_PATH_MAX bytes. */
void group_full_path(const struct cgroup_layout *layout, unsigned int hierarchy, const char *path, char *out);

/* The group that a process is in, below the mount point.  controllers: of the hierarchy, "" for v2.  Errors: ENOENT when it lies
 * outside of what is mounted. */
int group_path_of_process(pid_t pid, const char *controllers, char *path, size_t room, struct err *err);

/* Index of the hierarchy by which systemd tells its units: its own one of v1 where that is mounted, else v2's; -1: neither. */
int cgroup_systemd(const struct cgroup_layout *layout);

/* One record of cgroup_made.v1. */
struct group_v1 {
	unsigned int hierarchy; /* index in the layout */
	uint64_t inode;
	unsigned int levels; /* directories made there; 0: it existed before */
};

/* Put a process into the group of one hierarchy, which has that inode number. */
int group_enter(const struct cgroup_layout *layout, const char *path, const struct group_v1 *group, pid_t pid,
		struct err *err);

/* Open the group's directory (O_PATH), if it is still the one with that inode number.
 * Returns 0; 1 when it is gone or another; or an error. */
int group_open(const struct cgroup_layout *layout, unsigned int hierarchy, const char *path, uint64_t inode, int *ret_fd,
	       struct err *err);

/* Open the group by which the made container is tracked.  Returns as group_open(), and 1 when none was made. */
int group_open_tracking(const struct cgroup_layout *layout, const struct cgroup_made *made, int *ret_fd,
			bool *ret_unified, struct err *err);

/* Open the group's cgroup.events, or -errno. */
int group_open_events(int dir);

/* The value of `key` ("populated", "frozen") in the cgroup.events that is open as `events`, or -errno. */
int64_t group_read_event(int events, const char *key);

/* Wait until something changed in the cgroup.events since group_read_event() last read it by this descriptor, at most
 * `timeout_ms`.  Returns what poll(2) returns. */
int group_wait_event(int events, int64_t timeout_ms);

/* Milliseconds of a clock that only goes forward. */
int64_t group_now_ms(void);

/* Remove the directories above a group that bear kavel's mark, as far as they are empty. */
void group_remove_marked_parents(const struct cgroup_layout *layout, const char *path);

/* Remove what cgroup_make() made before it failed; nobody was put into the groups yet. */
void group_unmake(const struct cgroup_layout *layout, const struct cgroup_made *made);

/* Record a group where cgroup_remove() looks for it.  levels: directories that were made; 0: it existed.
 * Errors: ENAMETOOLONG when there are too many v1 hierarchies. */
int group_note(const struct cgroup_layout *layout, unsigned int hierarchy, uint64_t inode, unsigned int levels,
	       struct cgroup_made *made, struct err *err);

/* Take the next record off *at, passing over hierarchies that are not mounted any more.  False: no more. */
bool group_next_v1(const struct cgroup_layout *layout, const char **at, struct group_v1 *ret);

/* Call visit() for the group and each group below it.  dir: its descriptor, valid during the call.  Stops at the first
 * non-zero result and returns it; -ELOOP when the tree is too deep.  A group that vanishes meanwhile is passed over. */
typedef int group_visit(void *data, int dir);
int group_walk(int dir, group_visit *visit, void *data);
