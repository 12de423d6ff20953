/* The device program: rules compiled to one eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE.
 *
 * The numbers of a device make one 32-bit key (12 bits of major, 20 of minor, as the kernel's dev_t), and the rules cut
 * the keys of each type into ranges in which the same access is allowed.  The program finds the range of the request by
 * comparing its key, by a tree over chunks of a few comparisons each; ranges that allow the same share an exit. */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cgroups/devices.h"

struct device_program {
	struct bpf_insn *instructions; /* in the arena; NULL: no program */
	uint32_t count;
};

/* Compile rules; needs no privilege.  Errors: EINVAL when they name more separate devices (some 50,000) than one
 * program can tell apart. */
int device_program_compile(const struct device_rules *rules, struct arena *arena, struct device_program *ret,
			   struct err *err);

/* Load the program (bpf(2), BPF_PROG_LOAD).  *ret_fd is closed by the caller.
 * Errors: EPERM without CAP_BPF and CAP_NET_ADMIN or CAP_SYS_ADMIN; EINVAL when the kernel lacks it. */
int device_program_load(const struct device_program *program, int *ret_fd, struct err *err);

/* Load it and attach it to a cgroup v2 directory, beside programs that are there already: all must allow. */
int device_program_attach(const struct device_program *program, int cgroup, struct err *err);

/* The same, but in the place of one that was attached there before, without a moment between them. */
int device_program_replace(const struct device_program *program, int cgroup, struct err *err);

/* Detach the programs that device_program_attach() attached to a cgroup; others stay.  Failures are ignored: the group
 * stays as narrow as it was. */
void device_program_detach(int cgroup);

/* What a device number is made of (include/linux/kdev_t.h of the kernel). */
#define DEVICE_MAJOR_MAX  0xfff
#define DEVICE_MINOR_MAX  0xfffff
#define DEVICE_MINOR_BITS 20

/* A range of keys in which the same access is allowed: from its start to the start of the next. */
struct device_range {
	uint32_t start;
	unsigned int access; /* DEVICE_... */
};

struct device_ranges {
	struct device_range *items;
	size_t count; /* at least 1 */
};

/* Cut the keys (major << 20 | minor) of one type ('b' or 'c') into ranges by the rules without those that name a minor
 * number for all majors; or, with star_minor >= 0, the keys that are majors of devices with that minor number by all
 * rules.  The first range starts at 0, and neighbours differ. */
int device_ranges(const struct device_rules *rules, char type, int64_t star_minor, struct arena *arena,
		  struct device_ranges *ret, struct err *err);
