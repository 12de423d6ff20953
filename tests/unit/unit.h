/* The whole test framework: a test is a function that makes CHECKs and ends with unit_done("what was shown"), which prints a
 * line of TAP; a function that walks a table calls unit_done() for each row.  main() calls the tests and returns
 * unit_end(). */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct {
	unsigned int tests, failed_tests;
	unsigned int checks, failed_checks; /* of the present test */
} unit;

/* Note a failed check without a condition; printed as a TAP comment. */
__attribute__((format(printf, 3, 4), unused)) static void unit_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	unit.failed_checks++;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

#define CHECK(condition)                                                    \
	do {                                                                \
		unit.checks++;                                              \
		if (!(condition))                                           \
			unit_fail(__FILE__, __LINE__, "not: %s", #condition); \
	} while (0)

/* Two strings are equal; either may be NULL. */
#define CHECK_STR(got, wanted)                                                                             \
	do {                                                                                               \
		const char *got__ = (got), *wanted__ = (wanted);                                           \
                                                                                                           \
		unit.checks++;                                                                             \
		if (!got__ != !wanted__ || (got__ && strcmp(got__, wanted__) != 0))                        \
			unit_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #got, got__ ? got__ : "(NULL)", \
				  wanted__ ? wanted__ : "(NULL)");                                         \
	} while (0)

/* `got` contains `part`. */
#define CHECK_PART(got, part)                                                                             \
	do {                                                                                              \
		const char *got__ = (got), *part__ = (part);                                              \
                                                                                                          \
		unit.checks++;                                                                            \
		if (!got__ || !strstr(got__, part__))                                                     \
			unit_fail(__FILE__, __LINE__, "%s is \"%s\", without \"%s\"", #got,               \
				  got__ ? got__ : "(NULL)", part__);                                      \
	} while (0)

/* Two integers that fit intmax_t are equal. */
#define CHECK_INT(got, wanted)                                                                            \
	do {                                                                                              \
		intmax_t got__ = (intmax_t)(got), wanted__ = (intmax_t)(wanted);                          \
                                                                                                          \
		unit.checks++;                                                                            \
		if (got__ != wanted__)                                                                    \
			unit_fail(__FILE__, __LINE__, "%s is %jd, not %jd", #got, got__, wanted__);       \
	} while (0)

/* End a test: it passed if it made at least one check and none failed.  The name is a sentence. */
__attribute__((format(printf, 1, 2), unused)) static void unit_done(const char *format, ...)
{
	bool passed = unit.checks && !unit.failed_checks;
	va_list args;

	if (!unit.checks)
		printf("# no check was made\n");
	printf("%sok %u - ", passed ? "" : "not ", ++unit.tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	unit.failed_tests += !passed;
	unit.checks = unit.failed_checks = 0;
}

/* Print the plan.  Returns the exit status of the program. */
__attribute__((unused)) static int unit_end(void)
{
	printf("1..%u\n", unit.tests);
	return unit.failed_tests || !unit.tests;
}
