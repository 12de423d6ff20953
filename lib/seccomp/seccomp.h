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

enum seccomp_unknown { SECCOMP_SKIP_UNKNOWN, SECCOMP_REFUSE_UNKNOWN }; /* names of system calls */

/* Compile.  Errors: unknown action, operator, architecture or flag; errnoRet with an action that has none; an argument
 * index above 5; a flag that needs SCMP_ACT_NOTIFY; more than 4096 instructions.  Architectures whose processes the host's
 * kernel cannot run are skipped: the filter kills those anyway.  Without `flags` the filter gets
 * SECCOMP_FILTER_FLAG_SPEC_ALLOW, as with other runtimes; with SCMP_ACT_NOTIFY it has a listener, and
 * SECCOMP_FILTER_FLAG_NEW_LISTENER.  Texts name the place: "linux.seccomp.syscalls[3].action". */
int seccomp_compile(const struct spec_seccomp *profile, enum seccomp_unknown unknown, struct arena *arena,
		    struct seccomp_filter *ret, struct err *err);

/* Is there to be a filter: of linux.seccomp, or of the annotation run.oci.seccomp_bpf_data? */
bool seccomp_is_asked(const struct spec *spec);

/* Will somebody have to answer for it (SCMP_ACT_NOTIFY)?  Errors: an annotation with something else than a program. */
int seccomp_notifies(const struct spec *spec, struct arena *arena, bool *ret, struct err *err);

/* Make that filter; unknown names are refused with the annotation run.oci.seccomp_fail_unknown_syscall. */
int seccomp_make(const struct spec *spec, struct arena *arena, struct seccomp_filter *ret, struct err *err);

/* Flags that this kernel knows, for `features`; ends with NULL. */
const char *const *seccomp_supported_flag_names(struct arena *arena);
/* Can this kernel filter? */
bool seccomp_is_supported(void);
/* Version of the libseccomp whose names are known, such as "2.5.4". */
const char *seccomp_library_version(void);
