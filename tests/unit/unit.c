#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct {
	bool failed;
	const char *skipped; /* why */
} now;

bool unit_check(bool holds, const char *condition, const char *file, int line)
{
	if (!holds) {
		now.failed = true;
		printf("# %s:%d: %s\n", file, line, condition);
	}
	return holds;
}

bool unit_check_str(const char *text, const char *wanted, const char *file, int line)
{
	bool holds = text == wanted || (text && wanted && strcmp(text, wanted) == 0);

	if (!holds) {
		now.failed = true;
		printf("# %s:%d: \"%s\" instead of \"%s\"\n", file, line, text ? text : "(null)",
		       wanted ? wanted : "(null)");
	}
	return holds;
}

bool unit_check_has(const char *text, const char *part, const char *file, int line)
{
	bool holds = text && strstr(text, part);

	if (!holds) {
		now.failed = true;
		printf("# %s:%d: \"%s\" does not contain \"%s\"\n", file, line, text ? text : "(null)", part);
	}
	return holds;
}

void unit_skip(const char *why)
{
	now.skipped = why;
}

bool unit_has_failed(void)
{
	return now.failed;
}

static void print_name(const char *name)
{
	for (; *name; name++)
		(void)putchar(*name == '_' ? ' ' : *name);
}

int unit_run(const struct unit_test *tests)
{
	int failed = 0, count = 0;

	while (tests[count].run)
		count++;
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		now.failed = false;
		now.skipped = NULL;
		tests[i].run();
		failed += now.failed;
		printf("%s %d - ", now.failed ? "not ok" : "ok", i + 1);
		print_name(tests[i].name);
		if (now.skipped)
			printf(" # SKIP %s", now.skipped);
		printf("\n");
		(void)fflush(stdout); /* a test that forks must not print this twice */
	}
	return failed > 0;
}
