/* Where the group of a container lies. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cgroups/cgroup.h"

/* The caller's group in the hierarchy that identifies groups: v2, else the first.  "": it cannot be told. */
const char *cgroup_own(const struct cgroup_layout *layout);

/* The name of the group of a container that says nothing about it: "kavel-<id>", and "@" with a hash of the state directory
 * where that is not the default one (root NULL), so that the same ID below two of them is two groups.  A long ID is cut, with
 * "~" and a hash of the whole.  NULL: memory ran out. */
const char *cgroup_default_name(const char *id, const char *root, struct arena *arena);

/* The path below each hierarchy's mount point, with a leading "/" and no empty or "." component.
 * cgroups_path: linux.cgroupsPath, or NULL: "/<default name>" for root, the same below the caller's own group for others.
 * An absolute path begins at the hierarchy's root, a relative one at the caller's own group.
 * Errors: "/", "..", control characters, names or paths that are too long, the caller's own group or one above it, the
 * slice:prefix:name form that only systemd understands. */
int cgroup_path(const char *cgroups_path, const char *default_name, const struct cgroup_layout *layout, struct arena *arena,
		const char **ret, struct err *err);
