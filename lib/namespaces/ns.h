/* Namespaces: the eight types in one table, and what a spec wants of them.
 *
 * A plan is pure: it says which are made by clone3(2), which by unshare(2), and which are joined.  Without a user namespace
 * the guest joins by itself, except a pid namespace, which the host side enters around the clone (setns(2) moves only
 * children there).  With one there is an order, see ns_when(), and as a rule a process between (middle.c). */
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
	/* set by ns_open() */
	int fd;		    /* -1 before */
	bool is_owned;	    /* by the user namespace that is joined, or one below it */
	bool is_own;	    /* a user namespace that is the caller's: nothing to join */
};

struct ns_plan {
	int clone_flags;   /* made by clone3 */
	int unshare_flags; /* made by the guest after the clone: CLONE_NEWCGROUP, as its root is the cgroup of that moment */
	struct ns_join joins[SPEC_NS_COUNT]; /* in the order in which they are joined */
	unsigned int join_count;
	const struct spec_id_mappings *uids, *gids; /* of a new user namespace, the spec's; NULL without one */
	const struct spec_time_offsets *offsets; /* of a new time namespace, then made by unshare(2); NULL: without */
	bool has_middle;			 /* cloned by a process between */
};

/* Decide from the spec's list.  Errors: a type that is asked for twice; a relative path. */
int ns_plan(const struct spec *spec, struct ns_plan *ret, struct err *err);

/* Add a new user namespace that the spec does not ask for. */
void ns_plan_add_user(const struct spec *spec, struct ns_plan *plan);

/* True if the guest has a namespace of that type that is not the caller's: new or joined. */
bool ns_is_private(const struct ns_plan *plan, enum spec_namespace_type type);

/* True if the guest gets a new namespace of that type. */
bool ns_is_new(const struct ns_plan *plan, enum spec_namespace_type type);

/* When, and by whom, a namespace is joined. */
enum ns_when {
	NS_AROUND_CLONE, /* by the host side, around the clone: pid */
	NS_BEFORE_USER,	 /* by the process between, with the caller's rights: the joined or new user namespace gives none */
	NS_AS_USER,	 /* by the process between: the user namespace itself */
	NS_AFTER_USER,	 /* by the process between: the joined user namespace gives the right */
	NS_BY_GUEST,	 /* by the guest, in its cgroup and while it still needs the host's files: cgroup, mount and, without
			  * a user namespace, all others */
};
enum ns_when ns_when(const struct ns_plan *plan, const struct ns_join *join);

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

/* Guest side, in a new time namespace with offsets that this process makes: enter it.  /proc is the host's, and while this
 * process can still be dumped unless it is root: /proc/self belongs to the caller. */
int ns_enter_time(const struct ns_plan *plan, struct err *err);

/* True if the guest is to call that itself. */
bool ns_has_own_offsets(const struct ns_plan *plan);

/* Guest side: join what is to be joined by it, then unshare. */
int ns_enter(const struct ns_plan *plan, struct err *err);

/* ---------------------------------------------------------------- a further process of a container */
struct ns_beside {
	int init;   /* pidfd of the container's first process */
	pid_t pid;  /* its number */
	int flags;  /* CLONE_NEW...: those of its namespaces that are to be joined */
	bool has_own_root; /* its root directory is that of its mount namespace */
};

/* Find the flags: of all types, those that are not this process' own.  Errors: ESRCH: it has ended. */
int ns_differ(pid_t pid, int *ret_flags, struct err *err);

/* One process cloned into a cgroup as ns_clone(), in the caller's namespaces still.  Returns as ns_clone().
 * main: NULL, or the process runs main(data) in the caller's memory (base/borrow.h), and this returns when it has executed a program or
 * ended. */
pid_t ns_clone_beside(int cgroup, void (*main)(void *data), void *data, int *ret_pidfd, struct err *err);

/* In that process: join the namespaces of the container, by one setns(2), and its root directory.  The pid namespace is that of its
 * children alone: nobody in there sees this process. */
int ns_join_beside(const struct ns_beside *beside, struct err *err);

/* Describe the plan, one line per namespace, for `kavel plan`. */
void ns_plan_print(const struct ns_plan *plan, struct str_buf *out);

/* ---------------------------------------------------------------- of this folder alone */

/* In the process between: enter what is to be entered by it. */
int ns_enter_between(const struct ns_plan *plan, struct err *err);

/* Make the time namespace with its offsets: for children, or for ns_enter_time().  offsets: NS_OFFSETS, open for writing. */
#define NS_OFFSETS "/proc/self/timens_offsets"
int ns_make_time(const struct ns_plan *plan, int offsets, struct err *err);
