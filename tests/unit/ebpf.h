/* An interpreter for the small part of eBPF that device programs are made of. */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

/* Run the program on a request.  Returns what it returns, or -1 when it is not a valid program: an instruction that is not
 * known, a jump out of it or back, an end that is missing, a register that is read before it is written. */
int ebpf_run(const struct bpf_insn *instructions, size_t count, const struct bpf_cgroup_dev_ctx *context);
