#include "process/pass.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "base/auto.h"

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCH AUDIT_ARCH_RISCV64
#else
#error "the launcher has no port to this architecture yet: add what the kernel calls it here"
#endif

/* The launcher's calls under a filter.  All leave the fifth and sixth argument alone, and few programs ever use them: the
 * kernel remembers which numbers are always allowed, and a number for which arguments count is none of these. */
static const uint32_t calls[] = { SYS_sendmmsg, SYS_readv, SYS_close_range, SYS_exit_group };
#define CALLS ARRAY_SIZE(calls)

#define WORDS 4 /* of the secret */

struct writer {
	struct sock_filter *items;
	unsigned int count;
};

static void put(struct writer *w, struct sock_filter instruction)
{
	w->items[w->count++] = instruction;
}

static void put_load(struct writer *w, size_t offset)
{
	put(w, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* To the program behind unless the accumulator is `value`. */
static void put_unless(struct writer *w, uint32_t value)
{
	put(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0,
					    (uint8_t)(PASS_INSTRUCTIONS - w->count - 1)));
}

/* Differences of all words are gathered in a memory cell: how long this takes tells nothing of the secret. */
static void put_comparison(struct writer *w, const uint64_t secret[2])
{
	for (unsigned int i = 0; i < WORDS; i++) {
		const uint32_t word = (uint32_t)(secret[i / 2] >> (i % 2 * 32));

		put_load(w, offsetof(struct seccomp_data, args[4]) + i * sizeof(uint32_t));
		put(w, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, word));
		if (i > 0) {
			put(w, (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_MEM, 0));
			put(w, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0));
		}
		if (i + 1 < WORDS)
			put(w, (struct sock_filter)BPF_STMT(BPF_ST, 0));
	}
}

int pass_make(struct pass *ret, struct err *err)
{
	struct writer w = { .items = ret->instructions };

	_Static_assert(PASS_INSTRUCTIONS == 2 + 1 + CALLS + 17 + 2, "count them again");
	if (getrandom(ret->secret, sizeof(ret->secret), 0) != (ssize_t)sizeof(ret->secret))
		return err_sys(err, errno, "get random numbers");
	put_load(&w, offsetof(struct seccomp_data, arch));
	put_unless(&w, OWN_ARCH);
	put_load(&w, offsetof(struct seccomp_data, nr));
	for (unsigned int i = 0; i + 1 < CALLS; i++)
		put(&w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], (uint8_t)(CALLS - i - 1), 0));
	put_unless(&w, calls[CALLS - 1]);
	put_comparison(&w, ret->secret);
	put_unless(&w, 0);
	put(&w, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	return 0;
}
