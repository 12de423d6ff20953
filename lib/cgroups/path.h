/* Where the group of a container lies. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cgroups/cgroup.h"

/* The caller's group in the hierarchy that identifies groups: v2, else the first.  "": it cannot be told. */
const char *cgroup_own(const struct cgroup_layout *layout);

/* The path below each hierarchy's mount point, with a leading "/" and no empty or "." component.
 * cgroups_path: linux.cgroupsPath, or NULL: "/kavel-<id>" for root, the same below the caller's own group for others.
 * An absolute path begins at the hierarchy's root, a relative one at the caller's own group.
 * Errors: "/", "..", control characters, names or paths that are too long, the caller's own group or one above it, the
 * slice:prefix:name form that only systemd understands. */
int cgroup_path(const char *cgroups_path, const char *id, const struct cgroup_layout *layout, struct arena *arena,
		const char **ret, struct err *err);
