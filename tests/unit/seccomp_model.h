/* What a seccomp profile says of a system call, rule by rule: slow, and without a program. */
#pragma once

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp/compiler.h"

/* A rule for a name that has this number on the target. */
struct model_entry {
	const struct seccomp_rule *rule;
	size_t target;
	uint32_t number;
	uint32_t function; /* of a multiplexer, in the first argument; 0: none */
};

struct model {
	const struct seccomp_policy *policy;
	struct model_entry *entries;
	size_t count;
	int64_t largest[SECCOMP_TARGETS];
};

struct model_answer {
	uint32_t action;
	bool is_newer; /* than the profile: libseccomp does not know of that */
	bool is_contradictory; /* rules with different actions hold: the most restrictive decides */
	bool has_args; /* there are conditions */
	bool is_safe;  /* libseccomp's program can be relied on for this number */
};

/* Gather the entries.  Returns false when memory ran out. */
bool model_make(const struct seccomp_policy *policy, struct seccomp_numbers *numbers, struct arena *arena,
		struct model *ret);

/* Larger for an action that stops more: as seccomp(2) lists them. */
int model_rank(uint32_t action);

struct model_answer model_ask(const struct model *model, const struct seccomp_data *data);
