/* Birth of a guest's process. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* clone3(2) with these CLONE_NEW... flags (and CLONE_PARENT) into a cgroup (-1: none).  Returns like ns_clone(). */
pid_t clone_one(int flags, int cgroup, int *ret_pidfd, struct err *err);

/* A process between the host side and the guest: see middle.c. */
struct middle {
	int (*enter)(const void *data, struct err *err); /* run in it, before the guest is cloned; begins with clone_hide() */
	const void *data;
	int clone_flags;     /* the guest's new namespaces */
	int cgroup;	     /* in which the guest is born; -1: none */
	bool is_in_cgroup;   /* the one between is born there already */
};

/* Clone the guest by a process between.  Returns like ns_clone(): the guest is a child of the caller. */
pid_t middle_clone(const struct middle *middle, int *ret_pidfd, struct err *err);

/* Around a clone: make this process undumpable, which the new one inherits, and what it was again.  With a user namespace a new
 * process is in reach of whoever has rights there, or, if it has the caller's user, of that user's other processes, however few
 * rights they have: a guest without a pid namespace of its own could trace it, and find the host's descriptors. */
int clone_hide(void);
void clone_show(int was_dumpable);
