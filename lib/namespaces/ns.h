/* Namespaces: the eight types in one table, and what a spec wants of them.
 *
 * A plan is pure: it says which are made by clone3(2), which by unshare(2) once the guest is in its cgroup,
 * and which are joined.  A pid namespace is joined by the host side around the clone (setns(2) moves only
 * children there), the others by the guest. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"

struct ns_type {
	const char *name; /* in config.json and `features` */
	const char *proc; /* the link's name in /proc/PID/ns */
	int flag;	  /* CLONE_NEW... */
};

/* Indexed by enum spec_namespace_type. */
extern const struct ns_type ns_types[SPEC_NS_COUNT];

struct ns_join {
	enum spec_namespace_type type;
	const char *path;
	unsigned int index; /* in linux.namespaces, for messages */
	int fd;		    /* opened by ns_open(); -1 before */
};

struct ns_plan {
	int clone_flags;   /* made by clone3 */
	int unshare_flags; /* made by the guest after the clone: CLONE_NEWCGROUP, as its root is the cgroup of that moment */
	struct ns_join joins[SPEC_NS_COUNT]; /* in the order in which they are joined */
	unsigned int join_count;
};

/* Decide from the spec's list.  Errors: a type that is asked for twice; a relative path; a type, mappings or time
 * offsets that this version does not apply yet. */
int ns_plan(const struct spec *spec, struct ns_plan *ret, struct err *err);

/* True if the guest has a namespace of that type that is not the caller's: new or joined. */
bool ns_is_private(const struct ns_plan *plan, enum spec_namespace_type type);

/* True if this version makes and joins namespaces of that type. */
bool ns_is_supported(enum spec_namespace_type type);

/* True if the guest gets a new namespace of that type. */
bool ns_is_new(const struct ns_plan *plan, enum spec_namespace_type type);

/* Open each path that is joined and check that it is a namespace of its type (ioctl_ns(2), NS_GET_NSTYPE).  Never
 * blocks, whatever the path is.  On failure nothing stays open. */
int ns_open(struct ns_plan *plan, struct err *err);

/* The descriptor of a namespace that is joined, between ns_open() and ns_close(); -1: none of that type is. */
int ns_joined(const struct ns_plan *plan, enum spec_namespace_type type);

/* Close what ns_open() opened. */
void ns_close(struct ns_plan *plan);

/* One process cloned into the plan's new namespaces.  cgroup: descriptor of a cgroup v2 directory to be born in
 * (CLONE_INTO_CGROUP), or -1.  Returns like fork(2): 0 in the guest, the pid in the host side, -errno with a
 * text on failure.  *ret_pidfd is set in the host side. */
pid_t ns_clone(const struct ns_plan *plan, int cgroup, int *ret_pidfd, struct err *err);

/* One process cloned as a further one of a container: into its pid namespace, and into a cgroup as ns_clone().  init:
 * pidfd of the container's first process.  Returns as ns_clone(). */
pid_t ns_clone_beside(int init, int cgroup, int *ret_pidfd, struct err *err);

/* Guest side of that: join the other namespaces of the container, by one setns(2), and its root directory.  pid: number
 * of the first process, whose root that is. */
int ns_join_all(int init, pid_t pid, struct err *err);

/* Guest side: join what is to be joined (except pid), then unshare. */
int ns_enter(const struct ns_plan *plan, struct err *err);

/* Describe the plan, one line per namespace, for `kavel plan`. */
void ns_plan_print(const struct ns_plan *plan, struct str_buf *out);
