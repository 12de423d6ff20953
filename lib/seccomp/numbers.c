#include "seccomp/numbers.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"

const struct seccomp_target seccomp_targets[SECCOMP_TARGETS] = {
#if SECCOMP_MACHINE == SECCOMP_X86
	{ SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0, false },
	{ SCMP_ARCH_X86, AUDIT_ARCH_I386, 0, true },
	{ SCMP_ARCH_X32, AUDIT_ARCH_X86_64, 0x40000000, true },
#elif SECCOMP_MACHINE == SECCOMP_ARM
	{ SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, 0, false },
	{ SCMP_ARCH_ARM, AUDIT_ARCH_ARM, 0, true },
#else
	{ SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, 0, false },
#endif
};

struct row {
	char name[32];
	int32_t direct[SECCOMP_TARGETS]; /* negative: none */
	int32_t multiplexed;		 /* on 32-bit x86: 100 + function of socketcall(2), 200 + of ipc(2); or 0 */
};

/* In the order of strcmp(3); made by cmake/numbers.c, and empty when a cross build cannot run that. */
static const struct row rows[] = {
#include KAVEL_NUMBERS_FILE
	{ .name = "" },
};

static const struct row *find_row(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(rows) - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, rows[middle].name);

		if (order == 0)
			return &rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool ask_library(struct seccomp_numbers *numbers, const char *name, struct seccomp_number *ret)
{
	struct err err;

	if (!numbers->library.handle && !numbers->is_missing)
		numbers->is_missing = seccomp_library_open(&numbers->library, &err) < 0;
	if (numbers->is_missing || numbers->library.syscall_resolve_name(name) == __NR_SCMP_ERROR)
		return false;
	for (size_t i = 0; i < SECCOMP_TARGETS; i++)
		ret[i] = (struct seccomp_number){
			.direct = numbers->library.syscall_resolve_name_arch(seccomp_targets[i].token, name),
			.multiplexer = -1,
		};
	return true;
}

bool seccomp_numbers_find(struct seccomp_numbers *numbers, const char *name, struct seccomp_number ret[SECCOMP_TARGETS])
{
	enum { SOCKETCALL = 102, IPC = 117 }; /* asm/unistd_32.h */
	const struct row *row = find_row(name);

	if (!row)
		return ask_library(numbers, name, ret);
	for (size_t i = 0; i < SECCOMP_TARGETS; i++) {
		ret[i] = (struct seccomp_number){ .direct = row->direct[i], .multiplexer = -1 };
		if (seccomp_targets[i].kernel_arch != AUDIT_ARCH_I386 || !row->multiplexed)
			continue;
		ret[i].multiplexer = row->multiplexed < 200 ? SOCKETCALL : IPC;
		ret[i].function = (uint32_t)row->multiplexed % 100;
	}
	return true;
}

int64_t seccomp_number_largest(const struct seccomp_target *target, const struct seccomp_number *number,
			       int64_t largest)
{
	if (seccomp_is_common(target, number->direct) && number->direct > largest)
		largest = number->direct;
	if (seccomp_is_common(target, number->multiplexer) && number->multiplexer > largest)
		largest = number->multiplexer;
	return largest;
}

void seccomp_numbers_close(struct seccomp_numbers *numbers)
{
	if (numbers->library.handle)
		seccomp_library_close(&numbers->library);
}

const char *seccomp_numbers_name(size_t index)
{
	return index + 1 < ARRAY_SIZE(rows) ? rows[index].name : NULL;
}
