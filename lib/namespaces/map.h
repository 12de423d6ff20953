/* Mappings of user namespaces. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "spec/spec.h"

/* Write the mappings of the user namespace that process `pid` (its number in /proc) was made in by a process of this one's
 * user namespace.  Where the caller may not set any group (no CAP_SETGID), setgroups(2) is denied there for good, as the
 * kernel demands.  Errors: EPERM: more than the caller's own ID without the capability, or an ID that does not exist here;
 * EINVAL: mappings that the kernel refuses. */
int ns_map(pid_t pid, const struct spec_id_mappings *uids, const struct spec_id_mappings *gids, struct err *err);

/* True if ns_map(), called now, denies setgroups(2). */
bool ns_map_denies_setgroups(void);

/* A descriptor of a new user namespace with those mappings and no process in it, such as an idmapped mount needs.  /proc must
 * be a procfs that shows this process.  Errors: those of clone3(2) and ns_map(). */
int ns_make_user(const struct spec_id_mappings *uids, const struct spec_id_mappings *gids, int *ret_fd, struct err *err);
