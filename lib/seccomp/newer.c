/* Newer system calls fail with ENOSYS: instructions before libseccomp's program, which knows nothing of that.  For each
 * architecture in the filter:
 *
 *	if arch is not this one, go to the next
 *	if the number is one of the profile's, or beyond those of common calls, go to the filter
 *	return ENOSYS
 *
 * On x86-64 the x32 ABI has the same architecture and numbers with a bit of their own; they follow as a second range. */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "seccomp/compiler.h"

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

static bool has_target(const struct seccomp_policy *policy, const struct seccomp_target *target)
{
	for (size_t i = 0; i < policy->arch_count; i++)
		if (policy->archs[i] == target->token)
			return true;
	return false;
}

/* The largest number that the policy names on each target, -1 where it names none. */
static void find_largest(const struct seccomp_policy *policy, struct seccomp_numbers *numbers,
			 int64_t ret[SECCOMP_TARGETS])
{
	struct seccomp_number found[SECCOMP_TARGETS];

	for (size_t i = 0; i < SECCOMP_TARGETS; i++)
		ret[i] = -1;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct spec_strings *names = policy->rules[i].names;

		for (size_t j = 0; j < names->count; j++) {
			if (!seccomp_numbers_find(numbers, names->items[j], found))
				continue;
			for (size_t k = 0; k < SECCOMP_TARGETS; k++)
				ret[k] = seccomp_number_largest(&seccomp_targets[k], &found[k], ret[k]);
		}
	}
}

/* With the number loaded: return ENOSYS if it is beyond `largest` in the range that begins at `base`. */
static void emit_range(struct prologue *p, uint32_t base, int64_t largest)
{
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)largest, 0, 2));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, base + SECCOMP_COMMON_END, 1, 0));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
}

/* All targets that are the same architecture to the kernel: `arch`. */
static void emit_arch(struct prologue *p, const struct seccomp_policy *policy, const struct seccomp_target *target,
		      uint32_t arch, const int64_t largest[SECCOMP_TARGETS])
{
	unsigned int begin = p->count;

	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 0));
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i < SECCOMP_TARGETS; i++)
		if (largest[i] >= 0 && seccomp_targets[i].kernel_arch == target->kernel_arch &&
		    has_target(policy, &seccomp_targets[i]))
			emit_range(p, seccomp_targets[i].base, largest[i]);
	/* to the filter; how far is known at the end */
	emit(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	if (p->count <= PROLOGUE_MAX)
		p->items[begin].jf = (unsigned char)(p->count - begin - 1);
}

static int join(const struct prologue *p, struct arena *arena, struct seccomp_filter *filter, struct err *err)
{
	struct sock_filter *joined = ARENA_NEW(arena, struct sock_filter, filter->count + p->count);

	if (!joined)
		return err_memory(err);
	memcpy(joined, p->items, p->count * sizeof(*joined));
	memcpy(joined + p->count, filter->instructions, filter->count * sizeof(*joined));
	filter->instructions = joined;
	filter->count = (unsigned short)(filter->count + p->count);
	return 0;
}

int seccomp_add_newer(const struct seccomp_policy *policy, struct seccomp_numbers *numbers, struct arena *arena,
		      struct seccomp_filter *filter, struct err *err)
{
	struct prologue p = { .count = 0 };
	int64_t largest[SECCOMP_TARGETS];

	if (!seccomp_has_newer(policy))
		return 0;
	find_largest(policy, numbers, largest);
	emit(&p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	for (size_t i = 0; i < SECCOMP_TARGETS; i++) {
		const struct seccomp_target *target = &seccomp_targets[i];
		uint32_t arch = target->kernel_arch ? target->kernel_arch : numbers->library.arch_native();

		/* x32 is not an architecture to the kernel */
		if (has_target(policy, target) && !target->base)
			emit_arch(&p, policy, target, arch, largest);
	}
	if (p.count > PROLOGUE_MAX || filter->count + p.count > BPF_MAXINSNS) {
		log_debug("%s: no room to let newer system calls fail with ENOSYS", PLACE);
		return 0;
	}
	for (unsigned int i = 0; i < p.count; i++)
		if (p.items[i].code == (BPF_JMP | BPF_JA))
			p.items[i].k = p.count - i - 1;
	return join(&p, arena, filter, err);
}
