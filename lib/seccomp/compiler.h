/* What the parts of the seccomp compiler share: a profile whose words have become numbers.
 *
 *	compile.c	the profile, checked, becomes a policy
 *	numbers.c	names of system calls become numbers
 *	gather.c	what the policy's rules say of each number, by architecture
 *	tree.c		that in order, without what does not count
 *	ranges.c	and as a program: a search tree per architecture
 *	condition.c	the comparisons of arguments in it
 *	emitter.c	instructions and jumps
 *
 * libseccomp gives the numbers when this is built, and in the unit tests the programs that those made here are compared with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/filter.h"
#include "seccomp/numbers.h"
#include "seccomp/seccomp.h"
#include "spec/spec.h"

struct scmp_arg_cmp; /* of libseccomp's seccomp.h */

#define PLACE "linux.seccomp" /* begins every message */

/* linux.seccomp.syscalls[index] */
struct seccomp_rule {
	size_t index;
	const struct spec_strings *names;
	uint32_t action;		 /* as the filter returns it */
	const struct scmp_arg_cmp *args; /* all must hold */
	unsigned int arg_count;
	bool apart; /* two of them are for one argument: as with other runtimes, one that holds is enough */
};

struct seccomp_policy {
	uint32_t default_action;
	uint32_t archs[4]; /* libseccomp's tokens, each once, the native one first; the kernel here runs them all */
	size_t arch_count;
	struct seccomp_rule *rules;
	size_t rule_count;
	enum seccomp_unknown unknown;
};

/* Check the profile and read it.  The policy lives as long as profile and arena. */
int seccomp_policy_read(const struct spec_seccomp *profile, struct arena *arena, struct seccomp_policy *ret,
			struct err *err);

/* Should calls that are newer than the policy fail with ENOSYS?  A profile that lists what is allowed cannot know calls that
 * came later; a C library that gets EPERM for such a call fails, with ENOSYS it uses the older one.  So where the default
 * action is another errno, they do.  "Newer" is a number beyond the largest that the profile names on the architecture, and
 * below SECCOMP_COMMON_END from its base.  The default actions that kill, trap, trace or allow stay as they are. */
bool seccomp_has_newer(const struct seccomp_policy *policy);

/* Build the program; ret->flags say whether it needs room for a listener.
 * Errors: more instructions than the kernel takes. */
int seccomp_compile_policy(const struct seccomp_policy *policy, struct seccomp_numbers *numbers, struct arena *arena,
			   struct seccomp_filter *ret, struct err *err);
