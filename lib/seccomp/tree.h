/* The steps of seccomp_compile_policy(): gather.c, tree.c, ranges.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp/compiler.h"
#include "seccomp/emitter.h"

/* One rule for one number. */
struct seccomp_call {
	uint32_t number;
	uint32_t order; /* in which it was added */
	uint32_t action;
	uint16_t arg_count; /* 0: holds always */
	bool has_32_bits;
	const struct scmp_arg_cmp *args;
};

/* What is one architecture to the kernel: with x86-64 that may be two to libseccomp. */
struct seccomp_section {
	uint32_t kernel_arch;
	bool has_target[SECCOMP_TARGETS];
	int64_t largest[SECCOMP_TARGETS]; /* number that the profile names, of those counted up; -1: none */
	/* First as gathered.  Then by number; of those with the same one the first that holds decides, and a call without
	 * conditions has no other beside it. */
	struct seccomp_call *calls;
	size_t call_count;
};

struct seccomp_tree {
	const struct seccomp_policy *policy;
	struct seccomp_numbers *numbers;
	struct arena *arena;
	struct seccomp_section sections[SECCOMP_TARGETS]; /* the native one first */
	size_t section_count;
};

/* Make the sections, and put what the policy's rules say into them. */
int seccomp_tree_gather(struct seccomp_tree *tree, struct err *err);

/* Write the section's part of the program, to be entered with anything loaded.  Returns -ENOMEM, or 0. */
int seccomp_emit_section(struct seccomp_emitter *e, const struct seccomp_policy *policy,
			 const struct seccomp_section *section, struct arena *arena, seccomp_label *ret);
