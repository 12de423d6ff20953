/* One compilation: what the steps of seccomp_compile() share. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/filter.h"
#include "seccomp/library.h"
#include "spec/spec.h"

#define PLACE "linux.seccomp" /* begins every message */

struct seccomp_compiler {
	const struct spec_seccomp *profile;
	struct seccomp_library library;
	void *context; /* libseccomp's */
	uint32_t default_action;
	uint32_t archs[4]; /* that are in the filter, as libseccomp's tokens */
	size_t arch_count;
};

/* Let system calls that are newer than the profile fail with ENOSYS, where the default action is another errno: put a few
 * instructions before the filter.  A profile that lists what is allowed cannot know calls that came later; a C library that
 * gets EPERM for such a call fails, with ENOSYS it uses the older one.  "Newer" is a number beyond the largest that the
 * profile names, on the same architecture.  The default actions that kill, trap, trace or allow stay as they are. */
int seccomp_add_newer(const struct seccomp_compiler *compiler, struct arena *arena, struct seccomp_filter *filter,
		      struct err *err);
