/* Numbers of system calls.  The build asks libseccomp for all names that it knows, and keeps the answers for the
 * architectures whose processes the kernel can run here; so an ordinary profile needs no library when it is compiled.
 * libseccomp is loaded for a name that it did not know then, and knows now. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "seccomp/library.h"
#include "seccomp/machine.h"

/* Architectures of the table, the native one first. */
#if SECCOMP_MACHINE == SECCOMP_X86
#define SECCOMP_TARGETS 3
#elif SECCOMP_MACHINE == SECCOMP_ARM
#define SECCOMP_TARGETS 2
#else
#define SECCOMP_TARGETS 1
#endif

struct seccomp_target {
	uint32_t token;	      /* libseccomp's, SCMP_ARCH_... */
	uint32_t kernel_arch; /* AUDIT_ARCH_..., as in struct seccomp_data */
	uint32_t base;	      /* added to every number */
	bool has_32_bits;     /* the upper halves of arguments are nobody's business */
};

extern const struct seccomp_target seccomp_targets[SECCOMP_TARGETS];

/* Numbers from here on are not counted up with new kernels: ARM's private calls, and the bit of x32. */
#define SECCOMP_COMMON_END 0x000f0000U

/* Is it one of those that are? */
static inline bool seccomp_is_common(const struct seccomp_target *target, int64_t number)
{
	return number >= target->base && number - target->base < SECCOMP_COMMON_END;
}

/* One name on one target.  On 32-bit x86 a call can also, or only, be a function of socketcall(2) or ipc(2). */
struct seccomp_number {
	int32_t direct;	     /* negative: none */
	int32_t multiplexer; /* the number of socketcall(2) or ipc(2); negative: none */
	uint32_t function;   /* its first argument */
};

struct seccomp_numbers {
	struct seccomp_library library; /* handle NULL: not loaded */
	bool is_missing;		/* loading failed: its names count as unknown */
};

/* False: no such system call.  ret: by target. */
bool seccomp_numbers_find(struct seccomp_numbers *numbers, const char *name, struct seccomp_number ret[SECCOMP_TARGETS]);

/* The larger of `largest` and of what the number has that is counted up with new kernels. */
int64_t seccomp_number_largest(const struct seccomp_target *target, const struct seccomp_number *number, int64_t largest);

void seccomp_numbers_close(struct seccomp_numbers *numbers);

/* Rows of the table, for its test: the name of row `index`, or NULL after the last. */
const char *seccomp_numbers_name(size_t index);
