/* libseccomp, loaded when a profile needs it and not before: linking it would cost every operation its loading.  With
 * KAVEL_STATIC it is linked, as a static program cannot load libraries. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct scmp_arg_cmp;
struct scmp_version;

/* The functions that are used, named as in seccomp.h without the prefix. */
struct seccomp_library {
	void *handle; /* of dlopen(3); NULL: linked */
	const struct scmp_version *(*version)(void);
	void *(*init)(uint32_t default_action);
	void (*release)(void *context);
	uint32_t (*arch_native)(void);
	int (*arch_add)(void *context, uint32_t arch);
	int (*syscall_resolve_name)(const char *name);
	int (*syscall_resolve_name_arch)(uint32_t arch, const char *name);
	int (*rule_add_array)(void *context, uint32_t action, int syscall, unsigned int count,
			      const struct scmp_arg_cmp *args);
	int (*export_bpf)(void *context, int fd);
	int (*export_bpf_mem)(void *context, void *buffer, size_t *size); /* NULL before libseccomp 2.6 */
};

/* Errors: ENOENT when libseccomp.so.2 is not installed or lacks a function. */
int seccomp_library_open(struct seccomp_library *ret, struct err *err);

void seccomp_library_close(struct seccomp_library *library);
