/* Mappings of user namespaces. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "spec/spec.h"

enum ns_map_kind { NS_MAP_UID, NS_MAP_GID };

/* Write the mappings of the user namespace that process `pid` (its number in /proc) was made in by a process of this one's
 * user namespace.  More than his own ID are written for a caller without privilege (no CAP_SETUID, CAP_SETGID) by
 * newuidmap(1) and newgidmap(1); `pid` must be dumpable then.  Where his own group is all, setgroups(2) is denied there for
 * good, as the kernel demands.  Errors: EPERM: these programs refuse, or an ID does not exist here; ENOENT: they are missing;
 * EINVAL: mappings that the kernel refuses. */
int ns_map(pid_t pid, const struct spec_id_mappings *uids, const struct spec_id_mappings *gids, struct err *err);

/* True if ns_map(), called now with these, denies setgroups(2). */
bool ns_map_denies_setgroups(const struct spec_id_mappings *gids);

/* The mappings of a namespace for which the spec has none, for a caller without privilege: he is 0 there, and from 1 on are
 * the IDs that /etc/subuid and /etc/subgid grant him.  Where he has none in one of them, or no program that would write them,
 * he alone is there, by the ID of the process that the spec wants to run.  Memory comes from the arena.
 * Errors: the user or a group of that process is not mapped then; names process.user. */
int ns_map_default(const struct spec_user *user, struct arena *arena, struct spec_id_mappings *ret_uids,
		   struct spec_id_mappings *ret_gids, struct err *err);

/* The mappings that process `pid` has, as this process sees them; the items are freed by the caller. */
int ns_read_map(pid_t pid, enum ns_map_kind kind, struct spec_id_mappings *ret, struct err *err);

/* What an ID inside is on the host.  Returns false when it is not mapped. */
bool ns_map_find(const struct spec_id_mappings *mappings, uint32_t id, uint32_t *ret);

/* A descriptor of a new user namespace with those mappings and no process in it, such as an idmapped mount needs.  /proc must
 * be a procfs that shows this process.  Errors: those of clone3(2) and ns_map(). */
int ns_make_user(const struct spec_id_mappings *uids, const struct spec_id_mappings *gids, int *ret_fd, struct err *err);
