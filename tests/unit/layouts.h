/* Layouts of hosts, for tests of lib/cgroups. */
#pragma once

#include "cgroups/cgroup.h"
#include "folder.h"

/* A pure v2 host whose mount point is not there.  own: the caller's group. */
struct cgroup_layout layout_v2(const char *own);

/* A pure v2 host whose mount point is a new folder that offers these controllers; the caller's group is /own. */
void layout_v2_in(struct folder *folder, struct cgroup_layout *layout, const char *controllers);

/* Add a v1 hierarchy, at /nowhere/CONTROLLERS. */
void layout_add_v1(struct cgroup_layout *layout, const char *controllers);
