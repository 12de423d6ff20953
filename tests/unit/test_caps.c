/* Capabilities and the user: planned, and applied to a child. */
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "child.h"
#include "unit.h"

/* ---------------------------------------------------------------- capabilities */

static void the_table_of_capabilities_is_that_of_libcap(void)
{
	struct arena arena = { 0 };
	struct spec_process process = { .capabilities.is_set = true };
	struct caps_plan plan;
	struct err err;

	for (int number = 0; number <= CAP_LAST_CAP; number++) {
		char *name = cap_to_name(number), upper[64] = "";
		const char *list[] = { upper };

		for (size_t i = 0; name && name[i] && i < sizeof(upper) - 1; i++)
			upper[i] = (char)(name[i] == '_' ? '_' : name[i] - 'a' + 'A');
		(void)cap_free(name);
		process.capabilities.bounding = (struct spec_strings){ list, 1 };
		CHECK(caps_plan(&process, false, &plan, &err) == 0);
		if (prctl(PR_CAPBSET_READ, number) >= 0)
			CHECK(plan.bounding == 1ULL << number);
	}
	CHECK(caps_names(&arena) != NULL);
	for (size_t i = 0; caps_names(&arena)[i]; i++) {
		cap_value_t value = -1;

		CHECK(cap_from_name(caps_names(&arena)[i], &value) == 0 && value == (cap_value_t)i);
	}
	arena_free(&arena);
}

/* The warnings of caps_plan(), in `text`. */
static int plan_caps(const struct spec_capabilities *caps, struct caps_plan *plan, char *text, size_t room,
		     struct err *err)
{
	char path[] = "/tmp/test_process_log.XXXXXX";
	struct spec_process process = { .capabilities = *caps };
	struct log_options options = { .program = "kavel", .path = path, .level = LOG_LEVEL_WARNING };
	int fd = mkstemp(path), both = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), saved = dup(STDERR_FILENO), r;
	struct err unused;
	ssize_t n;

	/* warnings go to stderr as well, which is the log of the test run */
	(void)dup2(both, STDERR_FILENO);
	(void)close(both);
	(void)log_open(&options, &unused);
	r = caps_plan(&process, false, plan, err);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(log_fd());
	n = pread(fd, text, room - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	(void)close(fd);
	(void)unlink(path);
	return r;
}

static int occurrences(const char *text, const char *part)
{
	int count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

static void unknown_capabilities_are_refused_where_the_caller_wants_it(void)
{
	struct spec_process process = {
		.capabilities = { .is_set = true,
				  .bounding = STRINGS("CAP_KILL"),
				  .permitted = STRINGS("CAP_KILL", "CAP_FOO") },
	};
	struct caps_plan plan;
	struct err err;

	CHECK(caps_plan(&process, true, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "process.capabilities.permitted: unknown capability CAP_FOO");
	process.capabilities.permitted.count = 1;
	CHECK(caps_plan(&process, true, &plan, &err) == 0 && plan.bounding == 1ULL << CAP_KILL);
}

static void unknown_capabilities_are_a_warning_once(void)
{
	struct spec_capabilities caps = {
		.is_set = true,
		.bounding = STRINGS("CAP_FOO", "CAP_KILL", "CAP_FOO", "cap_chown", "", "KILL"),
		.permitted = STRINGS("CAP_FOO", "CAP_KILL", "5"),
	};
	struct caps_plan plan;
	char text[4096];
	struct err err;

	CHECK(plan_caps(&caps, &plan, text, sizeof(text), &err) == 0);
	CHECK(plan.bounding == 1 << CAP_KILL && plan.permitted == 1 << CAP_KILL);
	/* the log and stderr */
	CHECK(occurrences(text, "CAP_FOO is ignored") == 2);
	CHECK(occurrences(text, "cap_chown is ignored") == 2);
}

static void many_unknown_capabilities_are_a_few_warnings(void)
{
	static char names[3000][16];
	static const char *list[3000];
	struct spec_capabilities caps = { .is_set = true, .bounding = { list, 3000 } };
	struct caps_plan plan;
	char text[8192];
	struct err err;

	for (int i = 0; i < 3000; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "cap_%d", i);
		list[i] = names[i];
	}
	CHECK(plan_caps(&caps, &plan, text, sizeof(text), &err) == 0);
	CHECK(occurrences(text, "is ignored") == 16);
	CHECK(occurrences(text, "further unknown") == 2);
}

static void effective_capabilities_must_be_permitted(void)
{
	struct spec_capabilities caps = {
		.is_set = true,
		.effective = STRINGS("CAP_KILL", "CAP_CHOWN"),
		.permitted = STRINGS("CAP_CHOWN"),
	};
	struct caps_plan plan;
	char text[4096];
	struct err err;

	CHECK(plan_caps(&caps, &plan, text, sizeof(text), &err) == -EINVAL);
	CHECK_STR(err.text, "process.capabilities.effective: CAP_KILL is not in process.capabilities.permitted");
}

static void impossible_ambient_capabilities_are_a_warning(void)
{
	struct spec_capabilities caps = {
		.is_set = true,
		.permitted = STRINGS("CAP_CHOWN", "CAP_KILL"),
		.inheritable = STRINGS("CAP_KILL"),
		.ambient = STRINGS("CAP_CHOWN", "CAP_KILL"),
	};
	struct caps_plan plan;
	char text[4096];
	struct err err;

	CHECK(plan_caps(&caps, &plan, text, sizeof(text), &err) == 0);
	CHECK_HAS(text, "can't raise ambient capability CAP_CHOWN: ");
	CHECK(plan.ambient == 1 << CAP_KILL);
}

/* The line of /proc/self/status. */
static uint64_t status_set(const char *name)
{
	char line[256];
	autofile file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file)) {
		const char *value = str_after(line, name);

		if (value)
			return strtoull(value, NULL, 16);
	}
	return UINT64_MAX;
}

#define SET(capability) (1ULL << (capability))

static bool child_caps_of_a_user(void)
{
	const struct caps_plan plan = {
		.is_set = true,
		.bounding = SET(CAP_CHOWN) | SET(CAP_KILL),
		.permitted = SET(CAP_CHOWN) | SET(CAP_KILL),
		.effective = SET(CAP_CHOWN),
		.inheritable = SET(CAP_KILL) | SET(CAP_NET_RAW), /* the latter is not in the bounding set */
		.ambient = SET(CAP_KILL),
	};
	struct spec_user user = { .uid = 12345, .gid = 54321, .umask = { true, 027 } };
	uint32_t groups[] = { 7, 3, 3000000000u };
	struct err err = { 0 };
	bool fine;

	user.additional_gids = (struct spec_u32s){ groups, 3 };
	fine = CHECK(caps_apply_bounding(&plan, &err) == 0) &&
	       CHECK(user_apply(&user, USER_SET_GROUPS, true, &err) == 0) && CHECK(caps_apply(&plan, &err) == 0);
	CHECK_STR(err.text, "");
	return fine && CHECK(status_set("CapBnd:\t") == plan.bounding) &&
	       CHECK(status_set("CapPrm:\t") == plan.permitted) && CHECK(status_set("CapEff:\t") == plan.effective) &&
	       CHECK(status_set("CapInh:\t") == plan.inheritable) && CHECK(status_set("CapAmb:\t") == plan.ambient) &&
	       CHECK(status_set("Umask:\t") == 0x27) &&
	       CHECK(geteuid() == 12345 && getuid() == 12345 && getegid() == 54321) && CHECK(getgroups(0, NULL) == 3);
}

static void capabilities_and_user_are_applied_exactly(void)
{
	if (is_root())
		CHECK(in_child(child_caps_of_a_user));
}

static bool child_caps_missing(void)
{
	const struct caps_plan less = { .is_set = true, .bounding = SET(CAP_CHOWN), .permitted = SET(CAP_CHOWN) };
	struct caps_plan more = less;
	struct err err = { 0 };

	if (!CHECK(caps_apply_bounding(&less, &err) == 0 && caps_apply(&less, &err) == 0))
		return false;
	more.permitted |= SET(CAP_KILL);
	more.bounding |= SET(CAP_KILL);
	return CHECK(caps_apply(&more, &err) == -EPERM) &&
	       CHECK_STR(err.text, "set capabilities: Operation not permitted (kavel itself does not have CAP_KILL)") &&
	       CHECK(caps_apply_bounding(&more, &err) == -EPERM) &&
	       CHECK_STR(err.text, "process.capabilities.bounding: kavel itself may not have CAP_KILL");
}

static void capabilities_that_are_not_there_are_an_error(void)
{
	if (is_root())
		CHECK(in_child(child_caps_missing));
}

static bool child_keeps_admin(void)
{
	struct caps_plan plan = { .is_set = true, .bounding = SET(CAP_CHOWN) };
	const struct spec_user user = { .uid = 12345, .gid = 1 };
	struct err err = { 0 };
	unsigned int drop = caps_keep_admin(&plan, user.uid);

	if (!CHECK(drop == 3) ||
	    !CHECK(caps_apply_bounding(&plan, &err) == 0 && user_apply(&user, USER_SET_GROUPS, true, &err) == 0 &&
		   caps_apply(&plan, &err) == 0))
		return false;
	CHECK(status_set("CapAmb:\t") == SET(CAP_SYS_ADMIN));
	CHECK(status_set("CapBnd:\t") == SET(CAP_CHOWN));
	return true;
}

static void admin_is_kept_for_the_launcher_only_where_it_would_be_lost(void)
{
	struct caps_plan unset = { .is_set = false };
	struct caps_plan ambient = { .is_set = true, .ambient = SET(CAP_SYS_ADMIN) };
	struct caps_plan bounding = { .is_set = true, .bounding = SET(CAP_SYS_ADMIN) };
	struct caps_plan inheritable = { .is_set = true, .inheritable = SET(CAP_SYS_ADMIN) };

	CHECK(caps_keep_admin(&unset, 5) == 0);
	CHECK(caps_keep_admin(&ambient, 5) == 0);
	CHECK(caps_keep_admin(&bounding, 0) == 0);
	CHECK(caps_keep_admin(&bounding, 5) == 3);
	CHECK(caps_keep_admin(&inheritable, 5) == 1);
	if (is_root())
		CHECK(in_child(child_keeps_admin));
}

/* ---------------------------------------------------------------- user */

static void a_user_that_means_leave_it_is_refused(void)
{
	struct spec_user uid = { .uid = UINT32_MAX }, gid = { .gid = UINT32_MAX }, groups = { .uid = 0 };
	struct spec_user mask = { .umask = { true, 01000 } };
	uint32_t none[] = { 1, UINT32_MAX };
	struct err err;

	groups.additional_gids = (struct spec_u32s){ none, 2 };
	CHECK(user_apply(&uid, USER_SET_GROUPS, true, &err) == -EINVAL);
	CHECK_HAS(err.text, "process.user.uid: ");
	CHECK(user_apply(&gid, USER_SET_GROUPS, true, &err) == -EINVAL);
	CHECK_HAS(err.text, "process.user.gid: ");
	CHECK(user_apply(&groups, USER_SET_GROUPS, true, &err) == -EINVAL);
	CHECK_HAS(err.text, "process.user.additionalGids[1]: ");
	CHECK(user_apply(&mask, USER_SET_GROUPS, true, &err) == -EINVAL);
	CHECK_HAS(err.text, "process.user.umask: ");
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(the_table_of_capabilities_is_that_of_libcap),
		TEST(unknown_capabilities_are_a_warning_once),
		TEST(unknown_capabilities_are_refused_where_the_caller_wants_it),
		TEST(many_unknown_capabilities_are_a_few_warnings),
		TEST(effective_capabilities_must_be_permitted),
		TEST(impossible_ambient_capabilities_are_a_warning),
		TEST(capabilities_and_user_are_applied_exactly),
		TEST(capabilities_that_are_not_there_are_an_error),
		TEST(admin_is_kept_for_the_launcher_only_where_it_would_be_lost),
		TEST(a_user_that_means_leave_it_is_refused),
		TEST_END,
	};

	return unit_run(tests);
}
