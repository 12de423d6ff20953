/* process/label.c: decisions, and the bytes that reach the kernel, in a folder that stands for the one of procfs.  Natively no test
 * can do more where the kernel has neither module; process/label.bats does. */
#include "process/label.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "folder.h"
#include "unit.h"

static const struct {
	const char *profile, *label;
	struct label_host host;
	enum label_kind kind;
	const char *error; /* NULL: none */
} decisions[] = {
	{ NULL, NULL, { false, false }, LABEL_NONE, NULL },
	{ "", "", { false, false }, LABEL_NONE, NULL },
	{ "", "", { true, true }, LABEL_NONE, NULL },
	{ "p", NULL, { true, false }, LABEL_APPARMOR, NULL },
	{ "p", "", { true, false }, LABEL_APPARMOR, NULL },
	{ "unconfined", NULL, { true, false }, LABEL_APPARMOR, NULL },
	{ "unconfined", NULL, { false, false }, LABEL_NONE, NULL },
	{ "unconfined", "a:b:c", { false, true }, LABEL_SELINUX, NULL },
	{ NULL, "a:b:c", { false, true }, LABEL_SELINUX, NULL },
	{ "p", NULL, { false, false }, LABEL_NONE, "process.apparmorProfile: \"p\" cannot be applied: AppArmor is disabled" },
	{ "p", NULL, { false, true }, LABEL_NONE, "process.apparmorProfile: \"p\" cannot be applied" },
	{ NULL, "a:b:c", { true, false }, LABEL_NONE, "process.selinuxLabel: \"a:b:c\" cannot be applied: SELinux is disabled" },
	{ "p", "a:b:c", { true, true }, LABEL_NONE, "process.selinuxLabel: this host has AppArmor and SELinux" },
};

static void a_label_is_planned_as_the_host_allows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(decisions); i++) {
		struct spec_process process = { .apparmor_profile = decisions[i].profile,
						.selinux_label = decisions[i].label };
		struct label_plan plan = { .kind = LABEL_NONE };
		struct err err = { 0 };
		int r = label_plan(&process, &decisions[i].host, &plan, &err);

		CHECK((r < 0) == !!decisions[i].error);
		CHECK(plan.kind == decisions[i].kind);
		if (decisions[i].error)
			CHECK(r == -ENOTSUP && strstr(err.text, decisions[i].error));
	}
}

static void a_label_longer_than_a_page_is_refused(void)
{
	static char text[5000];
	struct spec_process process = { .apparmor_profile = text };
	struct label_plan plan;
	struct err err;

	memset(text, 'x', sizeof(text) - 1);
	CHECK(label_plan(&process, &(struct label_host){ .apparmor = true }, &plan, &err) == -EINVAL);
	CHECK_HAS(err.text, "process.apparmorProfile");
}

/* ---------------------------------------------------------------- what is written */

static int start(struct folder *folder)
{
	folder_make(folder);
	return folder->fd;
}

static const struct label_plan apparmor = { LABEL_APPARMOR, LABEL_APPARMOR_PROPERTY, "web" };
static const struct label_plan selinux = { LABEL_SELINUX, LABEL_SELINUX_PROPERTY, "a:b:c:s0" };

/* The caller's own profile, whether no_new_privs will be set, and what the launcher is to write. */
static const struct {
	const char *current;
	bool no_new_privileges;
	const char *text;
} apparmor_cases[] = {
	{ "unconfined\n", false, "exec web" },
	{ "unconfined\n", true, "exec web" },
	{ "runtime (unconfined)\n", true, "exec web" },
	{ "docker-default (enforce)\n", false, "exec web" },
	{ "docker-default (enforce)\n", true, "stack web" },
};

static void apparmor_gets_the_profile_by_its_own_files(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(apparmor_cases); i++) {
		struct label_files files = { .dir = -1, .prefix = "" };
		struct folder folder;
		struct label_exec label = { .dir = -1 };
		struct err err;

		files.dir = start(&folder);
		folder_mkdir(&folder, "apparmor");
		folder_write(&folder, "apparmor/current", apparmor_cases[i].current);
		folder_write(&folder, "apparmor/exec", "");
		CHECK(label_prepare(&apparmor, &files, apparmor_cases[i].no_new_privileges, &label, &err) == 0);
		CHECK_STR(label.text, apparmor_cases[i].text);
		CHECK_STR(label.file, "apparmor/exec");
		CHECK(label.dir == files.dir);
		/* only asked about: nothing is set yet */
		folder_has(&folder, "apparmor/exec", "");
		folder_remove(&folder);
	}
}

static void an_old_kernel_has_one_set_of_files(void)
{
	struct label_files files = { .dir = -1, .prefix = "" };
	struct folder folder;
	struct label_exec label = { .dir = -1 };
	struct err err;

	files.dir = start(&folder);
	folder_write(&folder, "current", "");
	CHECK(label_prepare(&apparmor, &files, false, &label, &err) == 0);
	folder_has(&folder, "current", "permprofile web");
	CHECK_STR(label.file, "exec");
	folder_remove(&folder);
}

static void selinux_is_asked_about_the_label_and_gets_it_later(void)
{
	struct label_files files = { .dir = -1, .prefix = "" };
	struct folder folder;
	struct label_exec label = { .dir = -1 };
	struct err err;

	files.dir = start(&folder);
	folder_write(&folder, "exec", "");
	folder_write(&folder, "keycreate", "");
	CHECK(label_prepare(&selinux, &files, true, &label, &err) == 0);
	CHECK_STR(label.text, "a:b:c:s0");
	CHECK_STR(label.file, "exec");
	folder_has(&folder, "exec", "\n:b:c:s0"); /* the test, and the line that takes it back */
	CHECK(label_begin_keys(&selinux, &files, &err) == 0);
	folder_has(&folder, "keycreate", "a:b:c:s0");
	CHECK(label_end_keys(&selinux, &files, &err) == 0);
	folder_has(&folder, "keycreate", "\n:b:c:s0");
	CHECK(label_begin_keys(&apparmor, &files, &err) == 0 && label_end_keys(&apparmor, &files, &err) == 0);
	folder_remove(&folder);
}

static void a_file_that_is_not_there_is_an_error(void)
{
	struct label_files files = { .dir = -1, .prefix = "" };
	struct folder folder;
	struct label_exec label = { .dir = -1 };
	struct err err;

	files.dir = start(&folder);
	CHECK(label_prepare(&selinux, &files, true, &label, &err) == -ENOENT);
	CHECK_HAS(err.text, "process.selinuxLabel: apply \"a:b:c:s0\"");
	CHECK(label_begin_keys(&selinux, &files, &err) == -ENOENT);
	CHECK(label_prepare(&apparmor, &files, true, &label, &err) == -ENOENT);
	CHECK_HAS(err.text, "profile not loaded");
	folder_remove(&folder);
}

/* ---------------------------------------------------------------- the real procfs */

static void a_procfs_of_its_own_has_the_files_of_the_caller(void)
{
	struct label_files files = LABEL_FILES_CLOSED;
	char path[LABEL_PATH_MAX];
	struct stat st, other;
	struct err err = { 0 };

	if (geteuid() != 0) {
		unit_skip("needs root");
		return;
	}
	if (!CHECK(label_open(&files, &err) == 0)) {
		CHECK_STR(err.text, "");
		return;
	}
	(void)snprintf(path, sizeof(path), "%sexec", files.prefix);
	CHECK(fstatat(files.dir, path, &st, 0) == 0 && S_ISREG(st.st_mode));
	/* nothing of the host's is seen by it, and no way leads out */
	CHECK(faccessat(files.dir, "sysrq-trigger", F_OK, 0) < 0);
	CHECK(fstatat(files.dir, "..", &other, 0) == 0 && fstat(files.dir, &st) == 0 && st.st_ino == other.st_ino);
	CHECK(fcntl(files.dir, F_GETFD) & FD_CLOEXEC);
	(void)close(files.dir);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(a_label_is_planned_as_the_host_allows),
		TEST(a_label_longer_than_a_page_is_refused),
		TEST(apparmor_gets_the_profile_by_its_own_files),
		TEST(an_old_kernel_has_one_set_of_files),
		TEST(selinux_is_asked_about_the_label_and_gets_it_later),
		TEST(a_file_that_is_not_there_is_an_error),
		TEST(a_procfs_of_its_own_has_the_files_of_the_caller),
		TEST_END,
	};

	return unit_run(tests);
}
