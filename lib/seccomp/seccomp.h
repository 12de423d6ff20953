/* Seccomp: a profile becomes a BPF program, which the launcher loads as its last act. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/filter.h"
#include "base/str.h"
#include "spec/spec.h"

/* Compile.  Errors: unknown action, operator, architecture or flag; errnoRet with an action that has none; an argument
 * index above 5; a flag that needs SCMP_ACT_NOTIFY; more than 4096 instructions.  Unknown system call
 * names are skipped, as are architectures whose processes the host's kernel cannot run: the filter kills those anyway.
 * Without `flags` the filter gets SECCOMP_FILTER_FLAG_SPEC_ALLOW, as with other runtimes.  Texts name the place:
 * "linux.seccomp.syscalls[3].action". */
int seccomp_compile(const struct spec_seccomp *profile, struct arena *arena, struct seccomp_filter *ret, struct err *err);

/* Does a rule of it say SCMP_ACT_NOTIFY?  The filter then has a listener: its flags have SECCOMP_FILTER_FLAG_NEW_LISTENER. */
bool seccomp_notifies(const struct spec_seccomp *profile);

/* Flags that this kernel knows, for `features`; ends with NULL. */
const char *const *seccomp_supported_flag_names(struct arena *arena);
/* Can this kernel filter? */
bool seccomp_is_supported(void);
/* Version of the libseccomp whose names are known, such as "2.5.4". */
const char *seccomp_library_version(void);
