/* Callers who do not own the tree of cgroups: what they may do without, and what they are told otherwise. */
#pragma once

#include "base/err.h"
#include "cgroups/plan.h"

/* The group below which the container's lies unless the spec says where: the caller's own one; or the one above it, when
 * limits are asked for and the own one does not hand their controllers down, which it cannot while the caller is in it (the
 * kernel's "no internal processes", cgroups(7)).  "": neither can be told. */
const char *delegate_base(const struct cgroup_plan *plan, struct arena *arena);

/* True if a failure with that errno (negative) to make the groups only means that the caller has no right to any, and the
 * config asks for nothing that needs one. */
bool delegate_may_do_without(const struct cgroup_plan *plan, int r);

/* Add to such an error what asks for a group, and how the caller gets one.  Returns -err->number. */
int delegate_explain(const struct cgroup_plan *plan, struct err *err);

/* True if device rules that the kernel refused with that errno (negative) may be left out: it takes them from the host's root
 * alone, and in a user namespace nobody can make a device node anyway. */
bool delegate_forgives_devices(const struct cgroup_plan *plan, int r);
