/* Conditions on the arguments of a system call, which are unsigned numbers of 64 bits; a filter sees them as two halves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "seccomp/emitter.h"

struct scmp_arg_cmp; /* of libseccomp's seccomp.h */

/* Bring it to the form that the others here expect: without bits that cannot matter.  Two that are equal are equal in every
 * member then. */
void seccomp_condition_reduce(struct scmp_arg_cmp *condition, bool has_32_bits);

/* Does it hold for every value, having an empty mask?  As in libseccomp, it is no condition then. */
bool seccomp_condition_holds(const struct scmp_arg_cmp *condition);

/* Write the comparison: on to `yes` if the condition holds, else to `no`.  Returns its begin, or `yes` if nothing has to be
 * compared. */
seccomp_label seccomp_emit_condition(struct seccomp_emitter *e, const struct scmp_arg_cmp *condition, bool has_32_bits,
				     seccomp_label yes, seccomp_label no);
