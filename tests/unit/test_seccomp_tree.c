/* Particular profiles: the compiler's programs are held against libseccomp's, where it gets them right, and a model that goes
 * through the rules one by one. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "bpf.h"
#include "child.h"
#include "seccomp/seccomp.h"
#include "seccomp_compare.h"
#include "seccomp_profiles.h"
#include "spec_text.h"
#include "unit.h"

/* ---------------------------------------------------------------- particular profiles */

static const struct spec_seccomp *parse(const char *seccomp, struct arena *arena, struct spec_document **document)
{
	struct err err = { 0 };

	if (!CHECK(spec_text_parse(FRAME_LINUX, arena_printf(arena, "'seccomp':%s", seccomp), document, &err) == 0))
		printf("# %s\n", err.text);
	return *document ? &spec_of(*document)->linux_.seccomp : NULL;
}

/* Returns the length of the program. */
static unsigned int compare_text(const char *text, bool with_library)
{
	struct spec_document *document = NULL;
	struct comparison c = { .seed = 0 };
	const struct spec_seccomp *profile = parse(text, &c.arena, &document);
	unsigned int count;

	if (profile && comparison_make(&c, profile, with_library))
		comparison_ask(&c);
	count = c.tree.count;
	comparison_free(&c);
	spec_free(document);
	return count;
}

static void a_real_profile_is_short(void)
{
	autofree char *text = NULL;
	struct err err;
	size_t size;
	unsigned int count;

	if (!CHECK(file_read(AT_FDCWD, TEST_SOURCE_DIR "/tests/bench/seccomp.json", 1 << 20, &text, &size, &err) == 0))
		return;
	count = compare_text(text, true);
	if (!CHECK(count > 100 && count <= 350))
		printf("# %u instructions\n", count);
}

#define ARG(index, op, value, two) \
	"{'index':" #index ",'value':" #value ",'valueTwo':" #two ",'op':'SCMP_CMP_" #op "'}"
#define RULE(action, ...) "{'names':['socket'],'action':'SCMP_ACT_" action "','args':[" __VA_ARGS__ "]}"
#define PROFILE(rules)	  "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[" rules "]}"

static void of_rules_that_contradict_each_other_the_most_restrictive_decides(void)
{
	static const char *const profiles[] = {
#define ROW(one, other)                                                                                           \
	PROFILE(RULE("TRAP", one) "," RULE("ALLOW", other)), PROFILE(RULE("ALLOW", one) "," RULE("TRAP", other)), \
		PROFILE(RULE("LOG", one) "," RULE("KILL_PROCESS", other))
		ROW(ARG(0, EQ, 16, 0), ARG(0, NE, 16, 0)),
		ROW(ARG(0, EQ, 16, 0), ARG(0, NE, 17, 0)),
		ROW(ARG(0, NE, 16, 0), ARG(0, NE, 16, 0)),
		ROW(ARG(0, EQ, 16, 0), ARG(1, NE, 16, 0)),
		ROW(ARG(0, EQ, 16, 0), ARG(0, EQ, 4294967312, 0)),
		ROW(ARG(0, LT, 5, 0), ARG(0, GE, 5, 0)),
		ROW(ARG(0, LE, 5, 0), ARG(0, GE, 5, 0)),
		ROW(ARG(0, LE, 5, 0), ARG(0, GT, 5, 0)),
		ROW(ARG(0, LT, 0, 0), ARG(0, NE, 5, 0)),
		ROW(ARG(0, MASKED_EQ, 3, 1), ARG(0, GT, 18446744073709551615, 0)),
		ROW(ARG(0, MASKED_EQ, 3, 1), ARG(0, GE, 8, 0)),
		ROW(ARG(0, EQ, 18, 0), ARG(0, MASKED_EQ, 240, 16)),
		ROW(ARG(0, EQ, 34, 0), ARG(0, MASKED_EQ, 240, 16)),
		ROW(ARG(0, MASKED_EQ, 240, 32), ARG(0, MASKED_EQ, 240, 16)),
		ROW(ARG(0, MASKED_EQ, 240, 32), ARG(0, MASKED_EQ, 15, 1)),
		/* all conditions of a rule must hold, so one is enough to exclude */
		ROW(ARG(0, EQ, 16, 0) "," ARG(2, EQ, 9, 0), ARG(2, NE, 9, 0)),
		ROW(ARG(0, EQ, 16, 0) "," ARG(2, EQ, 9, 0), ARG(1, NE, 9, 0)),
		/* two for one argument are rules of their own */
		ROW(ARG(0, EQ, 16, 0) "," ARG(0, EQ, 17, 0), ARG(0, NE, 16, 0)),
	};

	for (size_t i = 0; i < COUNT(profiles); i++)
		if (!CHECK(compare_text(profiles[i], true) > 0))
			printf("# %s\n", profiles[i]);
	/* audit sockets, as some engines refuse them */
	CHECK(compare_text(PROFILE(RULE("TRAP", ARG(0, EQ, 16, 0) "," ARG(2, EQ, 9, 0)) "," RULE(
				   "ALLOW", ARG(2, NE, 9, 0)) "," RULE("ALLOW", ARG(0, NE, 16, 0))),
			   true) > 0);
}

static void profiles_that_libseccomp_never_finishes_are_compiled(void)
{
	static const char *const profiles[] = {
		PROFILE(RULE("ALLOW", ARG(1, GT, 0, 0) "," ARG(0, LT, 3, 0)) "," RULE(
			"ALLOW", ARG(1, MASKED_EQ, 2, 2) "," ARG(0, LT, 3, 0))),
		PROFILE(RULE("ALLOW", ARG(1, GT, 0, 0) "," ARG(0, LT, 3, 0)) "," RULE(
			"TRAP", ARG(1, MASKED_EQ, 2, 2) "," ARG(0, LT, 3, 0))),
	};

	for (size_t i = 0; i < COUNT(profiles); i++)
		CHECK(compare_text(profiles[i], false) > 0);
}

#define RULE_OF(action, errno, ...)                                                                          \
	"{'names':['socket'],'action':'SCMP_ACT_" action "','errnoRet':" #errno ",'args':[" __VA_ARGS__ "]}"

static uint32_t decide_socket(const char *rules, uint64_t domain, uint64_t type)
{
	struct spec_document *document = NULL;
	struct seccomp_filter filter = { 0 };
	struct arena arena = { 0 };
	const struct spec_seccomp *profile = parse(
		arena_printf(&arena, "{'defaultAction':'SCMP_ACT_KILL','syscalls':[%s]}", rules), &arena, &document);
	const struct seccomp_data data = { .nr = SYS_socket,
					   .arch = seccomp_targets[0].kernel_arch,
					   .args = { domain, type } };
	struct err err;
	uint32_t action = 0;

	if (profile && CHECK(seccomp_compile(profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0))
		action = bpf_run(&filter, &data);
	arena_free(&arena);
	spec_free(document);
	return action;
}

static void of_two_errnos_that_of_the_first_rule_is_returned(void)
{
	static const char first[] = RULE_OF("ERRNO", 5, ARG(0, EQ, 16, 0)) "," RULE_OF("ERRNO", 6, ARG(1, EQ, 3, 0)),
			  second[] = RULE_OF("ERRNO", 6, ARG(1, EQ, 3, 0)) "," RULE_OF(
				  "ERRNO", 5,
				  ARG(0, EQ, 16, 0)) "," RULE_OF("ERRNO", 6,
								 ARG(1, EQ, 3, 0)) "," RULE_OF("TRACE", 9,
											       ARG(0, EQ, 16, 0));

	CHECK(decide_socket(first, 16, 3) == (SECCOMP_RET_ERRNO | 5));
	CHECK(decide_socket(first, 1, 3) == (SECCOMP_RET_ERRNO | 6));
	CHECK(decide_socket(second, 16, 3) == (SECCOMP_RET_ERRNO | 6));
	CHECK(decide_socket(second, 16, 1) == (SECCOMP_RET_ERRNO | 5));
	CHECK(decide_socket(second, 1, 1) == SECCOMP_RET_KILL_THREAD);
}

/* Rules for one call, each with a value of its own: RULES_MANY of them, or some that say the same. */
static int compile_many(uint64_t count, uint64_t values, unsigned int *ret_count, struct err *err)
{
	const char *name = "socket";
	struct arena arena = { 0 };
	struct seccomp_filter filter = { 0 };
	struct spec_seccomp_rule *rules = ARENA_NEW(&arena, struct spec_seccomp_rule, count);
	struct spec_seccomp_arg *args = ARENA_NEW(&arena, struct spec_seccomp_arg, count);
	const struct spec_seccomp profile = { .default_action = "SCMP_ACT_ALLOW", .syscalls = { rules, count } };
	int r;

	for (uint64_t i = 0; i < count; i++) {
		args[i] = (struct spec_seccomp_arg){ 0, i % values, 0, "SCMP_CMP_EQ" };
		rules[i] = (struct spec_seccomp_rule){ .names = { &name, 1 },
						       .action = "SCMP_ACT_ERRNO",
						       .args = { &args[i], 1 } };
	}
	r = seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, err);
	*ret_count = filter.count;
	arena_free(&arena);
	return r;
}

static void rules_without_end_are_refused_and_repeated_ones_dropped(void)
{
	unsigned int few, many;
	struct err err = { 0 };

	CHECK(compile_many(20, 20, &few, &err) == 0);
	CHECK(compile_many(100000, 20, &many, &err) == 0 && many == few);
	CHECK(compile_many(100000, 100000, &many, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.seccomp: too long: the filter would have more than 4096 instructions");
}

/* ---------------------------------------------------------------- in the kernel */

static bool child_apply(void)
{
	struct arena arena = { 0 };
	const struct spec_strings names = profile_names(&arena);
	struct seccomp_filter filter = { 0 };
	struct spec_seccomp_rule *rules = ARENA_NEW(&arena, struct spec_seccomp_rule, names.count);
	struct spec_seccomp profile = { .default_action = "SCMP_ACT_ALLOW", .syscalls = { rules, names.count } };
	struct err err;

	/* each call needs instructions of its own, so that jumps are too long */
	for (size_t i = 0; rules && i < names.count; i++) {
		rules[i].names = (struct spec_strings){ &names.items[i], 1 };
		rules[i].action = "SCMP_ACT_ERRNO";
		rules[i].errno_ret = (struct opt_u64){ true, 1000 + i };
		rules[i].args.items = ARENA_NEW(&arena, struct spec_seccomp_arg, 1);
		if (!CHECK(rules[i].args.items))
			return false;
		rules[i].args.items[0] = (struct spec_seccomp_arg){ 5, 0x123456789, 0, "SCMP_CMP_EQ" };
		rules[i].args.count = 1;
	}
	CHECK(seccomp_compile(&profile, SECCOMP_SKIP_UNKNOWN, &arena, &filter, &err) == 0 && filter.count > 1000);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && bpf_load(&filter) == 0);
	for (size_t i = 0; i < names.count; i++)
		if (str_eq(names.items[i], "personality"))
			CHECK(syscall(SYS_personality, 0, 0, 0, 0, 0, 0x123456789) < 0 && errno == (int)(1000 + i));
	CHECK(syscall(SYS_personality, -1, 0, 0, 0, 0, 0x23456789) >= 0);
	arena_free(&arena);
	return true;
}

static void the_kernel_takes_a_long_program(void)
{
	CHECK(in_child(child_apply));
}

/* libseccomp 2.5.4 loses some memory over a few of the profiles. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp.so";
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(a_real_profile_is_short),
		TEST(of_rules_that_contradict_each_other_the_most_restrictive_decides),
		TEST(profiles_that_libseccomp_never_finishes_are_compiled),
		TEST(of_two_errnos_that_of_the_first_rule_is_returned),
		TEST(rules_without_end_are_refused_and_repeated_ones_dropped),
		TEST(the_kernel_takes_a_long_program),
		TEST_END,
	};

	return unit_run(tests);
}
