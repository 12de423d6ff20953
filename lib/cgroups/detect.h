/* Finding the hierarchies: what cgroup_detect() is made of. */
#pragma once

#include <stdbool.h>

#include "cgroups/cgroup.h"

/* Where to look. */
struct cgroup_sources {
	const char *usual;     /* the mount point of pure v2 */
	const char *mountinfo; /* as /proc/self/mountinfo */
	const char *own;       /* as /proc/self/cgroup */
	bool skip_own;	       /* do not read it where the mounts alone tell enough: on pure v2 */
};

/* cgroup_detect() with other sources than the host's.  Errors: mountinfo cannot be read. */
int cgroup_detect_in(const struct cgroup_sources *sources, struct cgroup_layout *ret, struct err *err);

/* True if `word` is one of the words of `list`, which are separated by `separator`. */
bool cgroup_has_word(const char *list, const char *word, char separator);
