/* One profile, three answers: the program made here, libseccomp's, and the model's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "seccomp/compiler.h"
#include "seccomp_model.h"

struct comparison {
	struct arena arena;
	struct seccomp_numbers numbers;
	struct seccomp_policy policy;
	struct model model;
	struct seccomp_filter tree, library; /* no instructions: none was made */
	uint64_t seed;			     /* for messages, and for the arguments that are tried */
};

/* Compile the profile, both ways or with the tree alone.  Returns false when a check failed.  c: zero but for the seed and
 * what the arena holds. */
bool comparison_make(struct comparison *c, const struct spec_seccomp *profile, bool with_library);

/* Check that the answers agree: for every number of each architecture, those at the ends of its ranges, and, where arguments
 * matter, values on both sides of each that is compared. */
void comparison_ask(const struct comparison *c);

void comparison_free(struct comparison *c);
