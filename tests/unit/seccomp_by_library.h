/* What libseccomp makes of a policy: the other program, which those made by lib/seccomp are compared with. */
#pragma once

#include "seccomp/compiler.h"

/* It knows nothing of newer calls.  It takes for ever over some policies whose rules contradict each other. */
int seccomp_compile_by_library(const struct seccomp_policy *policy, struct arena *arena, struct seccomp_filter *ret,
			       struct err *err);
