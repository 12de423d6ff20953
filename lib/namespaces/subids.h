/* Subordinate IDs (subuid(5), subgid(5)): what an unprivileged caller may map beside his own ID.  Pure: texts in, mappings
 * out. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "spec/spec.h"

/* As many lines as fit, however long, into the one write(2) of less than a page that the kernel takes. */
#define SUBIDS_LINES_MAX 120

/* Whom a line of these files may name: in both of them a user. */
struct subid_owner {
	const char *name; /* NULL: the user has none */
	uint32_t uid;
};

/* Collect the ranges that the text of such a file grants the owner, by name or by number, in the order of the file: host_id
 * and size of each item, container_id 0.  A line that is not OWNER:START:COUNT grants nothing, as in newuidmap(1).
 * Errors: ENOMEM. */
int subids_read(const char *text, const struct subid_owner *owner, struct arena *arena, struct spec_id_mappings *ret,
		struct err *err);

/* The mappings of a namespace with all the caller has: 0 is his own ID, and 1 and all above are the ranges, one after the
 * other.  What the ranges have twice, or have of the own ID, is mapped once, as the kernel takes no overlapping ones; what
 * exceeds SUBIDS_LINES_MAX is left out.  Errors: ENOMEM. */
int subids_map(uint32_t own, const struct spec_id_mappings *ranges, struct arena *arena, struct spec_id_mappings *ret,
	       struct err *err);

/* One ID alone: `inside` is the caller's own.  Errors: ENOMEM. */
int subids_map_one(uint32_t inside, uint32_t own, struct arena *arena, struct spec_id_mappings *ret, struct err *err);
