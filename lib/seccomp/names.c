#include "seccomp/names.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>

#include "base/auto.h"
#include "base/sys.h"
#include "seccomp/machine.h"
#include "seccomp/seccomp.h"

#define ON_X86(token)	(SECCOMP_MACHINE == SECCOMP_X86 ? (token) : 0)
#define ON_ARM(token)	(SECCOMP_MACHINE == SECCOMP_ARM ? (token) : 0)
#define ON_RISCV(token) (SECCOMP_MACHINE == SECCOMP_RISCV ? (token) : 0)

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define ERRNO_MAX 4095 /* MAX_ERRNO of the kernel, which cuts larger ones */

static const struct seccomp_action actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL, 0 },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, 0 },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, 0 },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP, 0 },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), ERRNO_MAX },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), UINT16_MAX },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, 0 },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG, 0 },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, 0 },
};

static const struct seccomp_arch archs[] = {
	{ "SCMP_ARCH_X86", ON_X86(SCMP_ARCH_X86) },
	{ "SCMP_ARCH_X86_64", ON_X86(SCMP_ARCH_X86_64) },
	{ "SCMP_ARCH_X32", ON_X86(SCMP_ARCH_X32) },
	{ "SCMP_ARCH_ARM", ON_ARM(SCMP_ARCH_ARM) },
	{ "SCMP_ARCH_AARCH64", ON_ARM(SCMP_ARCH_AARCH64) },
	{ "SCMP_ARCH_LOONGARCH64", 0 },
	{ "SCMP_ARCH_M68K", 0 },
	{ "SCMP_ARCH_MIPS", 0 },
	{ "SCMP_ARCH_MIPS64", 0 },
	{ "SCMP_ARCH_MIPS64N32", 0 },
	{ "SCMP_ARCH_MIPSEL", 0 },
	{ "SCMP_ARCH_MIPSEL64", 0 },
	{ "SCMP_ARCH_MIPSEL64N32", 0 },
	{ "SCMP_ARCH_PPC", 0 },
	{ "SCMP_ARCH_PPC64", 0 },
	{ "SCMP_ARCH_PPC64LE", 0 },
	{ "SCMP_ARCH_RISCV64", ON_RISCV(SCMP_ARCH_RISCV64) },
	{ "SCMP_ARCH_S390", 0 },
	{ "SCMP_ARCH_S390X", 0 },
	{ "SCMP_ARCH_PARISC", 0 },
	{ "SCMP_ARCH_PARISC64", 0 },
	{ "SCMP_ARCH_SH", 0 },
	{ "SCMP_ARCH_SHEB", 0 },
};

static const struct seccomp_operator operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static const struct seccomp_flag flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC, true, false },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG, false, false },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW, false, false },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, false, true },
};

#define FIND(table, wanted)                                        \
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)             \
		if (str_eq((table)[i].name, (wanted)))             \
			return &(table)[i];                        \
	return NULL

const struct seccomp_action *seccomp_find_action(const char *name)
{
	FIND(actions, name);
}

const struct seccomp_arch *seccomp_find_arch(const char *name)
{
	FIND(archs, name);
}

const struct seccomp_operator *seccomp_find_operator(const char *name)
{
	FIND(operators, name);
}

const struct seccomp_flag *seccomp_find_flag(const char *name)
{
	FIND(flags, name);
}

/* ---------------------------------------------------------------- for `features` */

const char *const *seccomp_supported_flag_names(struct arena *arena)
{
	const char **names = ARENA_NEW(arena, const char *, ARRAY_SIZE(flags) + 1);
	size_t count = 0;

	if (!names)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		unsigned int value = flags[i].value;

		if (flags[i].needs_listener)
			value |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		/* a known flag gets as far as reading the program, which is nowhere; an unknown one is EINVAL */
		if (sys_seccomp(SECCOMP_SET_MODE_FILTER, value, NULL) < 0 && errno == EFAULT)
			names[count++] = flags[i].name;
	}
	return names;
}

bool seccomp_is_supported(void)
{
	/* as above: with filters, the next thing is to read the program */
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 && errno == EFAULT;
}
