/* The root of a guest that uses the host's own system (`--rootfs host`): a tree in its layers, of which these are copies,
 *
 *	/etc		what every user of the host may read: no keys, no hashes of passwords; its machine-id, hostname and hosts are
 *			the guest's own
 *	/var		empty directories as the host's packages made them below /var/lib, log, cache and spool, with their owners
 *	/home, /root	empty
 *	/bin, /lib, ...	symlinks as the host has them
 *
 * and onto which the host's directories of programs are bound, read-only (hosttree_programs).  It is made once: later changes of
 * the host's /etc do not reach it. */
#pragma once

#include "base/err.h"

/* Names below /, NULL-terminated: those that are directories on the host. */
extern const char *const hosttree_programs[];

/* Make it as `root` below the directory `layers`, unless it is there.  name: of the guest.  A tree that a killed program left half
 * made is made anew. */
int hosttree_make(int layers, const char *name, struct err *err);
