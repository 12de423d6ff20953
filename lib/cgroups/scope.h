/* The systemd manager: the container's group is one below that of a scope, a transient unit which systemd makes for it.
 *
 * systemd knows the limits as properties of the unit, so that it shows them and does not undo them.  The group below it, which
 * is delegated and so nobody's but ours, gets them as files once more, exactly, and the device program: there no reload of
 * systemd touches it.  The unit ends by itself with its last process, and is then forgotten (CollectMode). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cgroups/cgroup.h"
#include "cgroups/plan.h"
#include "cgroups/unit_value.h"
#include "spec/spec.h"

struct unit_property {
	const char *name;
	struct unit_value value;
	struct unit_property *next;
};

/* Room for the name of a unit, which systemd limits. */
#define SCOPE_UNIT_MAX 256

struct scope_plan {
	const char *unit;	/* "kavel-ID.scope" */
	const char *slice;	/* "system.slice" */
	const char *sub_group;	/* below the scope's; "": none */
	bool is_user;		/* the user's own manager, not the system's */
	struct unit_property *properties, **tail;
};

/* The unit's name and slice.  cgroups_path: "slice:prefix:name", each of which but the last may be empty; or NULL: the unit
 * has the default name of a group, see cgroup_default_name(), with ":" for "@".
 * Errors: another form; a name that no unit can have. */
int scope_name(const char *cgroups_path, const char *default_name, struct arena *arena, struct scope_plan *scope,
	       struct err *err);

/* Where the scope will lie, as far as that can be told before systemd has made it: below the hierarchy's mount point. */
const char *scope_path(const struct scope_plan *scope, struct arena *arena);

/* The whole scope of a plan whose writes and device rules are complete.
 * Errors: not cgroup v2; annotations that are wrong. */
int scope_plan(const struct spec *spec, const struct cgroup_request *request, struct arena *arena,
	       struct cgroup_plan *plan, struct err *err);

void scope_print(const struct scope_plan *scope, struct str_buf *out);

/* Append a property.  words: as the signature asks for, `count` of them. */
int scope_add(struct scope_plan *scope, struct arena *arena, const char *name, const char *signature,
	      const char *const *words, size_t count, struct err *err);

/* The properties of a list of writes to cgroup v2 files, as far as units have them. */
int scope_add_writes(struct scope_plan *scope, const struct cgroup_write *writes, struct arena *arena, struct err *err);

/* Those of device rules: a superset where units cannot express them, as the device program is exact. */
int scope_add_devices(struct scope_plan *scope, const struct device_rules *rules, struct arena *arena, struct err *err);

/* True if the unit gets them.  With v1's devices controller a group is never let have more than the one above, and systemd's
 * list, which names the devices that it knows, may be shorter than ours: there it is for a group that is the scope's own alone,
 * which systemd would open otherwise. */
bool scope_tells_devices(const struct cgroup_layout *layout, bool is_own);

/* Those of the annotations org.systemd.property.NAME, and what the others of systemd say. */
int scope_add_annotations(struct scope_plan *scope, const struct spec *spec, struct arena *arena, struct err *err);

/* Make the scope with a process in it, and wait until systemd has. */
int scope_start(const struct scope_plan *scope, pid_t pid, struct err *err);

/* End a scope, and wait until it is gone.  That it is gone already is no failure. */
int scope_stop(const char *unit, struct err *err);

/* Change properties of a running scope: those in `properties` alone. */
int scope_set(const char *unit, const struct unit_property *properties, struct err *err);
