/* Profiles made from a seed: the same on every machine with the same names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "spec/spec.h"

/* The next of a sequence of numbers that look random (splitmix64). */
uint64_t random_next(uint64_t *state);

/* One of 0 to count - 1. */
size_t random_below(uint64_t *state, size_t count);

/* Names of the table of numbers; only those that this libseccomp knows. */
struct spec_strings profile_names(struct arena *arena);

/* Make a profile with some of the names.  is_tame: with mixtures of conditions that libseccomp gets right (see
 * seccomp_model.c), and without rules that contradict each other.  Memory that runs out ends the program. */
void profile_make(uint64_t seed, bool is_tame, const struct spec_strings *names, struct arena *arena,
		  struct spec_seccomp *ret);
