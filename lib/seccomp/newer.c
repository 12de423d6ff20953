/* The instructions, for each architecture in the filter:
 *
 *	if arch is not this one, go to the next
 *	if the number is one of the profile's, or beyond those of common calls, go to the filter
 *	return ENOSYS
 *
 * On x86-64 the x32 ABI has the same architecture and numbers with a bit of their own; they follow as a second range. */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "seccomp/compiler.h"

/* Numbers from here on are not counted up with new kernels: ARM's private calls, and the bit of x32. */
#define COMMON_END 0x000f0000U
#define X32_BIT	   0x40000000U
#define PROLOGUE_MAX 64

struct prologue {
	struct sock_filter items[PROLOGUE_MAX];
	unsigned int count;
};

static void emit(struct prologue *p, struct sock_filter instruction)
{
	if (p->count < PROLOGUE_MAX)
		p->items[p->count] = instruction;
	p->count++;
}

/* The largest number that the profile names, without `base`; -1 when it names none. */
static int64_t largest(const struct seccomp_compiler *c, uint32_t arch, uint32_t base)
{
	int64_t max = -1;

	for (size_t i = 0; i < c->profile->syscalls.count; i++) {
		const struct spec_strings *names = &c->profile->syscalls.items[i].names;

		for (size_t j = 0; j < names->count; j++) {
			int number = c->library.syscall_resolve_name_arch(arch, names->items[j]);

			/* negative: not a call of this architecture */
			if (number >= (int)base && (uint32_t)number - base < COMMON_END && (int64_t)number - base > max)
				max = (int64_t)number - base;
		}
	}
	return max;
}

/* With the number loaded: return ENOSYS if it is beyond `max` in the range that begins at `base`. */
static void emit_range(struct prologue *p, uint32_t base, int64_t max)
{
	if (max < 0)
		return;
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, base + (uint32_t)max, 0, 2));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, base + COMMON_END, 1, 0));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
}

static bool has_arch(const struct seccomp_compiler *c, uint32_t arch)
{
	for (size_t i = 0; i < c->arch_count; i++)
		if (c->archs[i] == arch)
			return true;
	return false;
}

static void emit_arch(struct prologue *p, const struct seccomp_compiler *c, uint32_t arch)
{
	bool with_x32 = arch == SCMP_ARCH_X86_64 && has_arch(c, SCMP_ARCH_X32);
	int64_t max = largest(c, arch, 0), max_x32 = with_x32 ? largest(c, SCMP_ARCH_X32, X32_BIT) : -1;
	unsigned int begin = p->count;

	if (max < 0 && max_x32 < 0)
		return;
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 0));
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	emit_range(p, 0, max);
	emit_range(p, X32_BIT, max_x32);
	/* to the filter; how far is known at the end */
	emit(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	if (p->count <= PROLOGUE_MAX)
		p->items[begin].jf = (unsigned char)(p->count - begin - 1);
}

static bool is_wanted(const struct seccomp_compiler *c)
{
	return (c->default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	       (c->default_action & SECCOMP_RET_DATA) != ENOSYS;
}

int seccomp_add_newer(const struct seccomp_compiler *compiler, struct arena *arena, struct seccomp_filter *filter,
		      struct err *err)
{
	struct prologue p = { .count = 0 };
	struct sock_filter *joined;

	if (!is_wanted(compiler))
		return 0;
	emit(&p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	for (size_t i = 0; i < compiler->arch_count; i++)
		if (compiler->archs[i] != SCMP_ARCH_X32) /* not an architecture to the kernel */
			emit_arch(&p, compiler, compiler->archs[i]);
	if (p.count == 1)
		return 0;
	if (p.count > PROLOGUE_MAX || filter->count + p.count > BPF_MAXINSNS) {
		log_debug("%s: no room to let newer system calls fail with ENOSYS", PLACE);
		return 0;
	}
	for (unsigned int i = 0; i < p.count; i++)
		if (p.items[i].code == (BPF_JMP | BPF_JA))
			p.items[i].k = p.count - i - 1;
	joined = ARENA_NEW(arena, struct sock_filter, filter->count + p.count);
	if (!joined)
		return err_memory(err);
	memcpy(joined, p.items, p.count * sizeof(*joined));
	memcpy(joined + p.count, filter->instructions, filter->count * sizeof(*joined));
	filter->instructions = joined;
	filter->count = (unsigned short)(filter->count + p.count);
	return 0;
}
