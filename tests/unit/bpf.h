/* The kernel's rules for seccomp programs, and an interpreter for them: for the instructions that filters consist of. */
#pragma once

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/filter.h"

/* Would seccomp(2) take the program?  At least one and at most BPF_MAXINSNS instructions, all of them known, jumps within the
 * program (they can only go forward), loads within struct seccomp_data, a return at the end. */
bool bpf_is_valid(const struct seccomp_filter *filter);

/* Load it into the calling thread.  Returns 0 or -errno. */
int bpf_load(const struct seccomp_filter *filter);

/* What a valid program returns for a call. */
uint32_t bpf_run(const struct seccomp_filter *filter, const struct seccomp_data *data);
