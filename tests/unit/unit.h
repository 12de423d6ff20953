/* Unit tests: a program is a list of tests, each a function that makes checks; the results are printed as TAP.
 *
 *	static void refuses_an_empty_text(void)
 *	{
 *		CHECK(parse("") < 0);
 *	}
 *
 *	static const struct unit_test tests[] = { TEST(refuses_an_empty_text), TEST_END };
 *
 *	int main(void)
 *	{
 *		return unit_run(tests);
 *	}
 *
 * The function's name, with blanks for underscores, is the name of the test: a sentence. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct unit_test {
	const char *name;
	void (*run)(void); /* NULL ends the list */
};

#define TEST(function) { #function, function }
#define TEST_END { NULL, NULL }

/* Each check is true if it holds; otherwise the test has failed, and goes on. */
#define CHECK(condition)	unit_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_STR(text, wanted) unit_check_str((text), (wanted), __FILE__, __LINE__) /* both may be NULL */
#define CHECK_HAS(text, part)	unit_check_has((text), (part), __FILE__, __LINE__)

bool unit_check(bool holds, const char *condition, const char *file, int line);
bool unit_check_str(const char *text, const char *wanted, const char *file, int line);
bool unit_check_has(const char *text, const char *part, const char *file, int line);

/* Mark the running test as skipped: it cannot be made here.  why: for the reader. */
void unit_skip(const char *why);

/* True if a check of the running test has failed so far. */
bool unit_has_failed(void);

/* Run all tests in their order.  Returns the exit status of the program: 1 if any failed. */
int unit_run(const struct unit_test *tests);
