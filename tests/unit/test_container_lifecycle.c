/* Which operation is allowed when; which IDs are; and what both say. */
#include <errno.h>
#include <string.h>

#include "container/lifecycle.h"
#include "unit.h"

static void only_these_operations_are_allowed(void)
{
	/* creating, created, running, paused, stopped */
	static const char *const allowed[LIFECYCLE_COUNT] = {
		[LIFECYCLE_START] = "-+---",  [LIFECYCLE_KILL] = "++++-",   [LIFECYCLE_KILL_ALL] = "+++++",
		[LIFECYCLE_DELETE] = "-+--+", [LIFECYCLE_EXEC] = "-+++-",   [LIFECYCLE_PAUSE] = "-++--",
		[LIFECYCLE_RESUME] = "---+-", [LIFECYCLE_UPDATE] = "-+++-", [LIFECYCLE_EVENTS] = "-+++-",
		[LIFECYCLE_MOUNTS] = "-+++-",
	};

	for (int operation = 0; operation < LIFECYCLE_COUNT; operation++)
		for (int status = 0; status <= CONTAINER_STOPPED; status++)
			if (!CHECK(lifecycle_allows((enum lifecycle_operation)operation,
						    (enum container_status)status) ==
				   (allowed[operation][status] == '+')))
				CHECK_STR(container_status_name((enum container_status)status), allowed[operation]);
}

static void a_refusal_names_container_and_status(void)
{
	struct err err;

	CHECK(lifecycle_refuse("start", "c1", CONTAINER_RUNNING, &err) == -EBUSY);
	CHECK_STR(err.text, "cannot start c1: it is running");
	CHECK(lifecycle_refuse("kill", "c1", CONTAINER_STOPPED, &err) == -ESRCH);
	CHECK_HAS(err.text, "container not running");
}

static void ids_are_names_of_one_directory_and_one_word(void)
{
	static const char *const good[] = { "a", "0", "A_b+c.d-e", "a..b", "x.", "_" };
	static const char *const bad[] = {
		"", ".", "..", "-x", "a/b", "/", "a b", "a\nb", "a%s", "\xc3\xa4", "a:b", "*"
	};
	char name[257];
	struct err err;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!CHECK(container_check_id(good[i], &err) == 0))
			CHECK_STR(good[i], NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(container_check_id(bad[i], &err) < 0))
			CHECK_STR(bad[i], NULL);
	CHECK(container_check_id(NULL, &err) < 0);
	memset(name, 'x', 256);
	name[256] = '\0';
	CHECK(container_check_id(name, &err) < 0);
	CHECK(strlen(err.text) < 120);
	name[255] = '\0';
	CHECK(container_check_id(name, &err) == 0);
}

static const struct unit_test tests[] = {
	TEST(only_these_operations_are_allowed),
	TEST(a_refusal_names_container_and_status),
	TEST(ids_are_names_of_one_directory_and_one_word),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
