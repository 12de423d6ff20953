/* The compiler's programs are held against two others: those of libseccomp, for profiles that it gets right, and a model
 * that goes through the rules one by one.  Profiles come from a sequence that is the same in every run;
 * KAVEL_TEST_ROUNDS=100000 makes that many of each kind, and a failure names the seed.  This is also compiled for machines
 * that the test does not run on. */
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

#include "seccomp_compare.h"
#include "seccomp_profiles.h"
#include "unit.h"

#define ROUNDS 600

/* ---------------------------------------------------------------- generated profiles */

static uint64_t rounds(void)
{
	const char *text = getenv("KAVEL_TEST_ROUNDS");

	return text ? strtoull(text, NULL, 10) : ROUNDS;
}

static void compare_generated(bool is_tame)
{
	struct arena arena = { 0 };
	const struct spec_strings names = profile_names(&arena);

	for (uint64_t i = 0; i < rounds() && names.count && !unit_has_failed(); i++) {
		struct comparison c = { .seed = i };
		struct spec_seccomp profile;

		profile_make(i, is_tame, &names, &c.arena, &profile);
		if (comparison_make(&c, &profile, is_tame))
			comparison_ask(&c);
		comparison_free(&c);
	}
	arena_free(&arena);
}

static void programs_are_equal_to_those_of_libseccomp(void)
{
	compare_generated(true);
}

static void programs_do_what_the_rules_say(void)
{
	/* many of these contradict themselves */
	compare_generated(false);
}

/* ---------------------------------------------------------------- the table of numbers */

static void check_number(const char *name, size_t target, const struct seccomp_number *number)
{
	const int wanted = seccomp_syscall_resolve_name_arch(seccomp_targets[target].token, name);
	const int multiplexed = (number->multiplexer == 102 ? -100 : -200) - (int)number->function;
	const bool is_right = number->multiplexer >= 0 ? wanted == multiplexed
			      : wanted < 0	       ? number->direct < 0
						       : wanted == number->direct;

	if (!CHECK(is_right))
		printf("# %s: %d, libseccomp has %d\n", name, number->direct, wanted);
}

static void numbers_are_those_of_libseccomp(void)
{
	struct seccomp_number found[SECCOMP_TARGETS];
	struct seccomp_numbers numbers = { 0 };
	struct arena arena = { 0 };
	const struct spec_strings names = profile_names(&arena);

	CHECK(names.count > 400);
	for (size_t i = 0; i < names.count; i++) {
		CHECK(seccomp_numbers_find(&numbers, names.items[i], found));
		for (size_t j = 0; j < SECCOMP_TARGETS; j++)
			check_number(names.items[i], j, &found[j]);
	}
	CHECK(!seccomp_numbers_find(&numbers, "no_such_call", found) && !seccomp_numbers_find(&numbers, "", found));
	seccomp_numbers_close(&numbers);
	arena_free(&arena);
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
		TEST(numbers_are_those_of_libseccomp),
		TEST(programs_are_equal_to_those_of_libseccomp),
		TEST(programs_do_what_the_rules_say),
		TEST_END,
	};

	return unit_run(tests);
}
