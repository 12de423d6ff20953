/* What goes before a program with a listener: the launcher's calls are let through, and all others decided as without it. */
#include "process/pass.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>

#include "bpf.h"
#include "unit.h"

#if defined(__x86_64__)
#define ARCH_HERE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH_HERE AUDIT_ARCH_AARCH64
#else
#define ARCH_HERE AUDIT_ARCH_RISCV64
#endif

#define DECIDED 0x00050007U /* what the program behind returns */

static const int launcher_calls[] = { SYS_sendmmsg, SYS_readv, SYS_close_range, SYS_exit_group };

struct guarded {
	struct pass pass;
	struct sock_filter items[PASS_INSTRUCTIONS + 1];
	struct seccomp_filter filter;
};

static bool make(struct guarded *ret)
{
	struct err err;

	if (!CHECK(pass_make(&ret->pass, &err) == 0))
		return false;
	memcpy(ret->items, ret->pass.instructions, sizeof(ret->pass.instructions));
	ret->items[PASS_INSTRUCTIONS] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, DECIDED);
	ret->filter = (struct seccomp_filter){ ret->items, PASS_INSTRUCTIONS + 1, 0 };
	return CHECK(bpf_is_valid(&ret->filter));
}

static void the_launchers_calls_need_the_secret(void)
{
	struct guarded g;

	if (!make(&g))
		return;
	for (size_t i = 0; i < sizeof(launcher_calls) / sizeof(*launcher_calls); i++) {
		struct seccomp_data data = { .nr = launcher_calls[i], .arch = ARCH_HERE };

		CHECK(bpf_run(&g.filter, &data) == DECIDED);
		memcpy(&data.args[4], g.pass.secret, sizeof(g.pass.secret));
		CHECK(bpf_run(&g.filter, &data) == SECCOMP_RET_ALLOW);
		for (int bit = 0; bit < 128; bit++) {
			data.args[4 + bit / 64] ^= (uint64_t)1 << bit % 64;
			CHECK(bpf_run(&g.filter, &data) == DECIDED);
			data.args[4 + bit / 64] ^= (uint64_t)1 << bit % 64;
		}
		data.arch = AUDIT_ARCH_I386;
		CHECK(bpf_run(&g.filter, &data) == DECIDED);
	}
}

static void other_calls_are_decided_by_the_program_behind(void)
{
	struct guarded g;

	if (!make(&g))
		return;
	for (int number = -1; number < 600; number++) {
		struct seccomp_data data = { .nr = number, .arch = ARCH_HERE };
		bool is_launchers = false;

		for (size_t i = 0; i < sizeof(launcher_calls) / sizeof(*launcher_calls); i++)
			is_launchers |= number == launcher_calls[i];
		memcpy(&data.args[4], g.pass.secret, sizeof(g.pass.secret));
		CHECK(is_launchers || bpf_run(&g.filter, &data) == DECIDED);
	}
}

static void no_two_secrets_are_equal(void)
{
	struct pass one, other;
	struct err err;

	CHECK(pass_make(&one, &err) == 0 && pass_make(&other, &err) == 0);
	CHECK(one.secret[0] != other.secret[0] && one.secret[1] != other.secret[1]);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(the_launchers_calls_need_the_secret),
		TEST(other_calls_are_decided_by_the_program_behind),
		TEST(no_two_secrets_are_equal),
		TEST_END,
	};

	return unit_run(tests);
}
