/* Profiles are compiled, and the programs run by an interpreter: what a filter says of a call is known without loading it.
 * The last test loads one. */
#include "seccomp/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/auto.h"
#include "bpf.h"
#include "child.h"
#include "seccomp/names.h"
#include "unit.h"

#if defined(__x86_64__)
#define ARCH_HERE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH_HERE AUDIT_ARCH_AARCH64
#else
#define ARCH_HERE AUDIT_ARCH_RISCV64
#endif

#define RULE(act, ...) { .names = STRINGS(__VA_ARGS__), .action = (act) }
#define ERRNO(number) (SECCOMP_RET_ERRNO | (number))

static uint32_t decide(const struct seccomp_filter *filter, const struct seccomp_data *data)
{
	return CHECK(bpf_is_valid(filter)) ? bpf_run(filter, data) : 0;
}

static uint32_t decide_here(const struct seccomp_filter *filter, int number, uint64_t arg0, uint64_t arg1)
{
	const struct seccomp_data data = { .nr = number, .arch = ARCH_HERE, .args = { arg0, arg1 } };

	return decide(filter, &data);
}

/* ---------------------------------------------------------------- profiles */

static int compile(const char *default_action, struct spec_seccomp_rule *rules, size_t count, struct arena *arena,
		   struct seccomp_filter *filter, struct err *err)
{
	const struct spec_seccomp profile = {
		.is_set = true,
		.default_action = default_action,
		.syscalls = { rules, count },
	};

	err->text[0] = '\0';
	return seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, arena, filter, err);
}

static void actions_are_those_of_the_profile(void)
{
	struct spec_seccomp_rule rules[] = {
		RULE("SCMP_ACT_ALLOW", "read", "write"),
		RULE("SCMP_ACT_ERRNO", "close"),
		RULE("SCMP_ACT_ERRNO", "dup"),
		RULE("SCMP_ACT_TRACE", "getpid"),
		RULE("SCMP_ACT_KILL", "mount"),
		RULE("SCMP_ACT_KILL_PROCESS", "umount2"),
		RULE("SCMP_ACT_TRAP", "chroot"),
		RULE("SCMP_ACT_LOG", "getuid"),
		RULE("SCMP_ACT_ALLOW", "no_such_call_ever"),
		RULE("SCMP_ACT_KILL_THREAD", "acct"),
	};
	struct arena arena = { 0 };
	struct seccomp_filter filter;
	struct err err;

	rules[2].errno_ret = (struct opt_u64){ true, ENOSYS };
	rules[3].errno_ret = (struct opt_u64){ true, 77 };
	CHECK(compile("SCMP_ACT_ERRNO", rules, COUNT(rules), &arena, &filter, &err) == 0);
	CHECK_STR(err.text, "");
	CHECK(decide_here(&filter, SYS_read, 0, 0) == SECCOMP_RET_ALLOW);
	CHECK(decide_here(&filter, SYS_write, 0, 0) == SECCOMP_RET_ALLOW);
	/* the same as the default action */
	CHECK(decide_here(&filter, SYS_close, 0, 0) == ERRNO(EPERM));
	CHECK(decide_here(&filter, SYS_dup, 0, 0) == ERRNO(ENOSYS));
	CHECK(decide_here(&filter, SYS_getpid, 0, 0) == (SECCOMP_RET_TRACE | 77));
	CHECK(decide_here(&filter, SYS_mount, 0, 0) == SECCOMP_RET_KILL_THREAD);
	CHECK(decide_here(&filter, SYS_acct, 0, 0) == SECCOMP_RET_KILL_THREAD);
	CHECK(decide_here(&filter, SYS_umount2, 0, 0) == SECCOMP_RET_KILL_PROCESS);
	CHECK(decide_here(&filter, SYS_chroot, 0, 0) == SECCOMP_RET_TRAP);
	CHECK(decide_here(&filter, SYS_getuid, 0, 0) == SECCOMP_RET_LOG);
	CHECK(decide_here(&filter, SYS_getgid, 0, 0) == ERRNO(EPERM));
	arena_free(&arena);
}

static void the_default_errno_is_used(void)
{
	struct spec_seccomp profile = { .default_action = "SCMP_ACT_ERRNO", .default_errno_ret = { true, ENOSYS } };
	struct arena arena = { 0 };
	struct seccomp_filter filter;
	struct err err;

	CHECK(seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0);
	CHECK(decide_here(&filter, SYS_read, 0, 0) == ERRNO(ENOSYS));
	arena_free(&arena);
}

static void arguments_are_compared(void)
{
	static const struct {
		const char *op;
		uint64_t value, two, hit, miss;
	} cases[] = {
		{ "SCMP_CMP_EQ", 0x100000002, 0, 0x100000002, 2 },
		{ "SCMP_CMP_NE", 5, 0, 6, 5 },
		{ "SCMP_CMP_LT", 5, 0, 4, 5 },
		{ "SCMP_CMP_LE", 5, 0, 5, 6 },
		{ "SCMP_CMP_GT", 0xffffffff, 0, 0x100000000, 0xffffffff },
		{ "SCMP_CMP_GE", 5, 0, 5, 4 },
		/* value is the mask, valueTwo what must be left */
		{ "SCMP_CMP_MASKED_EQ", 0xf0, 0x20, 0x12f, 0x2f0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spec_seccomp_arg arg = { 1, cases[i].value, cases[i].two, cases[i].op };
		struct spec_seccomp_rule rule = RULE("SCMP_ACT_ERRNO", "personality");
		struct arena arena = { 0 };
		struct seccomp_filter filter;
		struct err err;

		rule.args = (struct spec_seccomp_args){ &arg, 1 };
		CHECK(compile("SCMP_ACT_ALLOW", &rule, 1, &arena, &filter, &err) == 0);
		if (!CHECK(decide_here(&filter, SYS_personality, 0, cases[i].hit) == ERRNO(EPERM)) ||
		    !CHECK(decide_here(&filter, SYS_personality, cases[i].hit, cases[i].miss) == SECCOMP_RET_ALLOW))
			printf("# %s\n", cases[i].op);
		arena_free(&arena);
	}
}

static void conditions_on_two_arguments_must_both_hold(void)
{
	struct spec_seccomp_arg args[] = { { 0, 3, 0, "SCMP_CMP_EQ" }, { 1, 4, 0, "SCMP_CMP_EQ" } };
	struct spec_seccomp_rule rule = RULE("SCMP_ACT_ERRNO", "personality");
	struct arena arena = { 0 };
	struct seccomp_filter filter;
	struct err err;

	rule.args = (struct spec_seccomp_args){ args, 2 };
	CHECK(compile("SCMP_ACT_ALLOW", &rule, 1, &arena, &filter, &err) == 0);
	CHECK(decide_here(&filter, SYS_personality, 3, 4) == ERRNO(EPERM));
	CHECK(decide_here(&filter, SYS_personality, 3, 5) == SECCOMP_RET_ALLOW);
	CHECK(decide_here(&filter, SYS_personality, 2, 4) == SECCOMP_RET_ALLOW);
	arena_free(&arena);
}

static void of_conditions_on_one_argument_one_is_enough(void)
{
	struct spec_seccomp_arg args[] = { { 0, 3, 0, "SCMP_CMP_EQ" },
					   { 0, 4, 0, "SCMP_CMP_EQ" },
					   { 1, 9, 0, "SCMP_CMP_EQ" } };
	struct spec_seccomp_rule rule = RULE("SCMP_ACT_ALLOW", "personality");
	struct arena arena = { 0 };
	struct seccomp_filter filter;
	struct err err;

	rule.args = (struct spec_seccomp_args){ args, 3 };
	CHECK(compile("SCMP_ACT_ERRNO", &rule, 1, &arena, &filter, &err) == 0);
	CHECK(decide_here(&filter, SYS_personality, 3, 0) == SECCOMP_RET_ALLOW);
	CHECK(decide_here(&filter, SYS_personality, 4, 0) == SECCOMP_RET_ALLOW);
	CHECK(decide_here(&filter, SYS_personality, 5, 9) == SECCOMP_RET_ALLOW);
	CHECK(decide_here(&filter, SYS_personality, 5, 0) == ERRNO(EPERM));
	arena_free(&arena);
}

static void architectures_of_this_machine_are_in_the_filter(void)
{
	struct spec_seccomp_rule rule = RULE("SCMP_ACT_ALLOW", "read", "socketcall");
	struct spec_seccomp profile = { .default_action = "SCMP_ACT_ERRNO", .syscalls = { &rule, 1 } };
	/* all there are: those of other machines must not get in the way */
	const char **archs = (const char **)(uintptr_t)spec_names("linux.seccomp.architectures");
	const struct seccomp_data foreign = { .nr = 3, .arch = AUDIT_ARCH_S390X };
	struct arena arena = { 0 };
	struct seccomp_filter filter;
	struct err err;
	size_t count = 0;

	while (archs[count])
		count++;
	CHECK(count == 23);
	profile.architectures = (struct spec_strings){ archs, count };
	CHECK(seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0);
	CHECK(decide_here(&filter, SYS_read, 0, 0) == SECCOMP_RET_ALLOW);
	CHECK(decide(&filter, &foreign) == SECCOMP_RET_KILL_THREAD);
#ifdef __x86_64__
	{
		const struct seccomp_data read32 = { .nr = 3, .arch = AUDIT_ARCH_I386 };
		const struct seccomp_data write32 = { .nr = 4, .arch = AUDIT_ARCH_I386 };
		const struct seccomp_data socketcall = { .nr = 102, .arch = AUDIT_ARCH_I386 };
		const struct seccomp_data x32 = { .nr = 0x40000000 + SYS_read, .arch = AUDIT_ARCH_X86_64 };

		CHECK(decide(&filter, &read32) == SECCOMP_RET_ALLOW);
		CHECK(decide(&filter, &write32) == ERRNO(EPERM));
		CHECK(decide(&filter, &socketcall) == SECCOMP_RET_ALLOW);
		CHECK(decide(&filter, &x32) == SECCOMP_RET_ALLOW);
		profile.architectures.count = 0;
		CHECK(seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0);
		CHECK(decide(&filter, &read32) == SECCOMP_RET_KILL_THREAD);
	}
#endif
	arena_free(&arena);
}

static unsigned int flags_of(bool has_flags, const char **names, size_t count, bool notifies)
{
	struct spec_seccomp_rule rule = RULE("SCMP_ACT_NOTIFY", "mount");
	const struct spec_seccomp profile = { .default_action = "SCMP_ACT_ALLOW",
					      .has_flags = has_flags,
					      .flags = { names, count },
					      .syscalls = { &rule, notifies } };
	struct arena arena = { 0 };
	struct seccomp_filter filter = { 0 };
	struct err err;

	CHECK(seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0);
	arena_free(&arena);
	return filter.flags;
}

static void flags_are_those_of_the_profile(void)
{
	const char *names[] = { "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC",
				"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" };

	CHECK(flags_of(false, NULL, 0, false) == SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	CHECK(flags_of(true, NULL, 0, false) == 0);
	/* a process with one thread has no use for TSYNC */
	CHECK(flags_of(true, names, 2, false) == SECCOMP_FILTER_FLAG_LOG);
	CHECK(flags_of(true, names + 2, 1, false) == SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	CHECK(flags_of(true, names, 4, true) ==
	      (SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER |
	       SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV));
	CHECK(flags_of(false, NULL, 0, true) == (SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER));
}

static void calls_newer_than_the_profile_fail_with_enosys(void)
{
	struct spec_seccomp_rule rules[] = { RULE("SCMP_ACT_ALLOW", "read", "mount"), RULE("SCMP_ACT_KILL", "statx") };
	const char *archs[] = { "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64" };
	struct spec_seccomp profile = { .default_action = "SCMP_ACT_ERRNO",
					.architectures = { archs, 4 },
					.syscalls = { rules, 2 } };
	struct arena arena = { 0 };
	struct seccomp_filter filter;
	struct err err;

	CHECK(seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0);
	CHECK(decide_here(&filter, SYS_read, 0, 0) == SECCOMP_RET_ALLOW);
	CHECK(decide_here(&filter, SYS_umount2, 0, 0) == ERRNO(EPERM));
	CHECK(decide_here(&filter, SYS_statx, 0, 0) == SECCOMP_RET_KILL_THREAD);
	CHECK(decide_here(&filter, SYS_statx + 1, 0, 0) == ERRNO(ENOSYS));
	CHECK(decide_here(&filter, 1000, 0, 0) == ERRNO(ENOSYS));
#ifdef __x86_64__
	for (int i = 0; i < 2; i++) { /* i386, whose statx is 383, and x32 */
		const uint32_t arch = i ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386, base = i ? 0x40000000 : 0;
		struct seccomp_data data = { .nr = (int)base + (i ? SYS_statx : 383), .arch = arch };

		CHECK(decide(&filter, &data) == SECCOMP_RET_KILL_THREAD);
		data.nr++;
		CHECK(decide(&filter, &data) == ERRNO(ENOSYS));
		data.nr = (int)base + 1000;
		CHECK(decide(&filter, &data) == ERRNO(ENOSYS));
		data.nr = (int)base + (i ? SYS_umount2 : 52);
		CHECK(decide(&filter, &data) == ERRNO(EPERM));
	}
#endif
	/* what kills goes on killing, and ENOSYS is that already */
	profile.default_action = "SCMP_ACT_TRAP";
	CHECK(seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0);
	CHECK(decide_here(&filter, 1000, 0, 0) == SECCOMP_RET_TRAP);
	profile.default_action = "SCMP_ACT_ERRNO";
	profile.default_errno_ret = (struct opt_u64){ true, ENOSYS };
	CHECK(seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0);
	CHECK(decide_here(&filter, SYS_umount2, 0, 0) == ERRNO(ENOSYS));
	arena_free(&arena);
}

/* ---------------------------------------------------------------- what is refused, and where */

static void refuse(const struct spec_seccomp *profile, int number, const char *text)
{
	struct arena arena = { 0 };
	struct seccomp_filter filter;
	struct err err;

	CHECK(seccomp_compile(profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == -number);
	CHECK_STR(err.text, text);
	arena_free(&arena);
}

static void refuse_rule(struct spec_seccomp_rule rule, int number, const char *text)
{
	struct spec_seccomp_rule rules[] = { RULE("SCMP_ACT_ALLOW", "read"), rule };
	const struct spec_seccomp profile = { .default_action = "SCMP_ACT_ERRNO", .syscalls = { rules, 2 } };

	refuse(&profile, number, text);
}

static void wrong_rules_are_refused_with_their_place(void)
{
	struct spec_seccomp_rule rule = RULE("SCMP_ACT_ALLOW", "write");
	struct spec_seccomp_arg arg = { 6, 0, 0, "SCMP_CMP_EQ" };

	rule.action = "SCMP_ACT_FOO";
	refuse_rule(rule, EINVAL, "linux.seccomp.syscalls[1].action: unknown action SCMP_ACT_FOO");
	rule.action = NULL;
	refuse_rule(rule, EINVAL, "linux.seccomp.syscalls[1].action: unknown action (none)");
	rule.action = "SCMP_ACT_ALLOW";
	rule.errno_ret = (struct opt_u64){ true, 1 };
	refuse_rule(rule, EINVAL, "linux.seccomp.syscalls[1].errnoRet: there is no errno in SCMP_ACT_ALLOW");
	rule.action = "SCMP_ACT_ERRNO";
	rule.errno_ret.value = 4096;
	refuse_rule(rule, EINVAL, "linux.seccomp.syscalls[1].errnoRet: too large for SCMP_ACT_ERRNO");
	rule.errno_ret.is_set = false;
	rule.args = (struct spec_seccomp_args){ &arg, 1 };
	refuse_rule(rule, EINVAL, "linux.seccomp.syscalls[1].args[0].index: 6 exceeds 5");
	arg = (struct spec_seccomp_arg){ 5, 0, 0, "==" };
	refuse_rule(rule, EINVAL, "linux.seccomp.syscalls[1].args[0].op: unknown operator \"==\"");
}

static void wrong_profiles_are_refused_with_their_place(void)
{
	const char *arch[] = { "SCMP_ARCH_X86_64", "x86_64" }, *flag[] = { "SECCOMP_FILTER_FLAG_NEW_LISTENER" };
	struct spec_seccomp profile = { .default_action = "SCMP_ACT_NONE" };

	refuse(&profile, EINVAL, "linux.seccomp.defaultAction: unknown action SCMP_ACT_NONE");
	profile.default_action = "SCMP_ACT_NOTIFY";
	refuse(&profile, EINVAL, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default");
	profile.default_action = "SCMP_ACT_KILL";
	profile.default_errno_ret = (struct opt_u64){ true, 1 };
	refuse(&profile, EINVAL, "linux.seccomp.defaultErrnoRet: there is no errno in SCMP_ACT_KILL");
	profile.default_errno_ret.is_set = false;
	profile.architectures = (struct spec_strings){ arch, 2 };
	refuse(&profile, EINVAL, "linux.seccomp.architectures[1]: unknown architecture \"x86_64\"");
	profile.architectures.count = 0;
	profile.flags = (struct spec_strings){ flag, 1 };
	refuse(&profile, EINVAL, "linux.seccomp.flags[0]: unknown flag \"SECCOMP_FILTER_FLAG_NEW_LISTENER\"");
	flag[0] = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";
	refuse(&profile, EINVAL,
	       "linux.seccomp.flags[0]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY");
}

/* ---------------------------------------------------------------- names */

static size_t names_found(const char *const *names, bool (*has)(const char *name))
{
	size_t count = 0;

	for (; names[count]; count++) {
		if (!CHECK(has(names[count])))
			printf("# %s\n", names[count]);
		if (count && str_eq(names[count], names[count - 1]))
			CHECK(false && "a name twice");
	}
	return count;
}

static bool has_action(const char *name)
{
	return seccomp_find_action(name);
}

static bool has_operator(const char *name)
{
	return seccomp_find_operator(name);
}

static bool has_arch(const char *name)
{
	return seccomp_find_arch(name);
}

static bool has_flag(const char *name)
{
	return seccomp_find_flag(name);
}

static void the_lists_for_features_are_what_is_understood(void)
{
	struct arena arena = { 0 };

	CHECK(names_found(spec_names("linux.seccomp.syscalls[].action"), has_action) == 9);
	CHECK(names_found(spec_names("linux.seccomp.syscalls[].args[].op"), has_operator) == 7);
	CHECK(names_found(spec_names("linux.seccomp.architectures"), has_arch) == 23);
	CHECK(names_found(spec_names("linux.seccomp.flags"), has_flag) == 4);
	CHECK(names_found(seccomp_supported_flag_names(&arena), has_flag) <= 4);
	CHECK(seccomp_library_version() && strchr(seccomp_library_version(), '.'));
	arena_free(&arena);
}

/* ---------------------------------------------------------------- in the kernel */

static bool child_apply(void)
{
	struct spec_seccomp_rule rule = RULE("SCMP_ACT_ERRNO", "uname");
	struct arena arena = { 0 };
	struct seccomp_filter filter;
	struct utsname name;
	struct err err;

	rule.errno_ret = (struct opt_u64){ true, ENAMETOOLONG };
	CHECK(compile("SCMP_ACT_ALLOW", &rule, 1, &arena, &filter, &err) == 0);
	CHECK(uname(&name) == 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(bpf_load(&filter) == 0);
	CHECK(uname(&name) < 0 && errno == ENAMETOOLONG);
	arena_free(&arena);
	return true;
}

static void a_program_is_loaded(void)
{
	CHECK(in_child(child_apply));
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(actions_are_those_of_the_profile),
		TEST(the_default_errno_is_used),
		TEST(arguments_are_compared),
		TEST(conditions_on_two_arguments_must_both_hold),
		TEST(of_conditions_on_one_argument_one_is_enough),
		TEST(architectures_of_this_machine_are_in_the_filter),
		TEST(flags_are_those_of_the_profile),
		TEST(calls_newer_than_the_profile_fail_with_enosys),
		TEST(wrong_rules_are_refused_with_their_place),
		TEST(wrong_profiles_are_refused_with_their_place),
		TEST(the_lists_for_features_are_what_is_understood),
		TEST(a_program_is_loaded),
		TEST_END,
	};

	return unit_run(tests);
}
