/* libseccomp, loaded when a profile has a name that the table of numbers.c does not have, and not before: linking it would cost
 * every operation its loading.  With KAVEL_STATIC there is none, as a static program cannot load libraries: it knows the names
 * of the libseccomp that it was built with. */
#pragma once

#include <stdint.h>

#include "base/err.h"

/* The functions that are used, named as in seccomp.h without the prefix. */
struct seccomp_library {
	void *handle; /* of dlopen(3) */
	int (*syscall_resolve_name)(const char *name);
	int (*syscall_resolve_name_arch)(uint32_t arch, const char *name);
};

/* Errors: ENOENT when libseccomp.so.2 is not installed or lacks a function. */
int seccomp_library_open(struct seccomp_library *ret, struct err *err);

void seccomp_library_close(struct seccomp_library *library);
