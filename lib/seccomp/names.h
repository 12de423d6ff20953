/* Names of a seccomp profile (config-linux.md, Seccomp) and what they stand for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct seccomp_action {
	const char *name;
	uint32_t value;	   /* as the filter returns it, without errno */
	uint32_t data_max; /* largest errnoRet; 0: the action has none */
};

struct seccomp_arch {
	const char *name;
	uint32_t token; /* libseccomp's; 0: the kernel of the architecture this was built for has no processes of it */
};

struct seccomp_operator {
	const char *name;
	int value; /* enum scmp_compare */
};

struct seccomp_flag {
	const char *name;
	unsigned int value; /* of seccomp(2) */
	bool is_pointless;  /* for a process with one thread */
	bool needs_listener; /* the kernel refuses it otherwise */
};

/* The row of that name, or NULL. */
const struct seccomp_action *seccomp_find_action(const char *name);
const struct seccomp_arch *seccomp_find_arch(const char *name);
const struct seccomp_operator *seccomp_find_operator(const char *name);
const struct seccomp_flag *seccomp_find_flag(const char *name);
