/* Settings that are one value in one file: a controller is mostly a table of these.
 *
 * A row says which member of linux.resources it is, which file of cgroup v2 and of v1 takes it, and how it is written
 * there.  knobs_plan() walks a table: what is not set is passed over, what is set and has no controller or no file on
 * this host is refused, unless its value (-1, false) asks for nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cgroups/plan.h"

#define KNOB_TEXT_MAX 512

enum knob_type { KNOB_I64, KNOB_U64, KNOB_BOOL, KNOB_STRING };

/* A value that is set, on its way to a file. */
struct knob_value {
	const char *property; /* below linux.resources */
	const struct spec_resources *resources;
	bool is_unified; /* written to a v2 file */
	union {
		int64_t i64;
		uint64_t u64;
		bool boolean;
		const char *string;
	};
};

/* Write the value as the file wants it.  Returns 0; 1 when another row carries it; or an error. */
typedef int knob_text(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err);

struct knob {
	const char *property; /* below linux.resources; NULL ends a table */
	size_t offset;	      /* in struct spec_resources */
	enum knob_type type;
	const char *unified; /* file on v2; NULL: none, the value is refused there */
	const char *legacy;  /* file on v1; NULL: none */
	knob_text *text;
	unsigned int flags; /* KNOB_..., CGROUP_WRITE_... */
};
#define KNOB_ZERO_IS_UNSET 0x100u /* engines write 0 for "not asked for" */
#define KNOB_TRUE_ON_V2	   0x200u /* has no file on v2, where it is always so */
#define KNOB_WRITE_FLAGS   0x0ffu /* those of the write that a row becomes */

/* Offset and type of a member, so that they cannot disagree. */
#define KNOB_AT(member)                                                                        \
	offsetof(struct spec_resources, member), _Generic(((struct spec_resources *)0)->member, \
		struct opt_i64: KNOB_I64, struct opt_u64: KNOB_U64, struct opt_bool: KNOB_BOOL, \
		const char *: KNOB_STRING)

/* Plan the rows that are set.  controller: its name, the same on v1 and v2 unless `legacy` is another. */
int knobs_plan(struct planner *planner, const struct knob *table, const char *legacy, const char *controller,
	       struct err *err);

/* Texts that several controllers use. */
knob_text knob_text_number;	   /* as it is */
knob_text knob_text_bool;	   /* 0 or 1 */
knob_text knob_text_string;	   /* as it is; "" is nothing */
knob_text knob_text_number_or_max; /* -1 is "max" on v2 and "-1" on v1; other negative numbers are refused */
