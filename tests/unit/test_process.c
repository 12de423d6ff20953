/* The smaller groups of lib/process: planned, and applied to a child. */
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/auto.h"
#include "child.h"
#include "unit.h"

/* ---------------------------------------------------------------- rlimits */

static int plan_rlimits(struct spec_rlimit *items, size_t count, struct rlimits_plan *plan, struct err *err)
{
	struct spec_process process = { .rlimits = { items, count } };

	return rlimits_plan(&process, plan, err);
}

static void rlimits_have_all_types_of_the_kernel(void)
{
	static const char *const all[] = { "CPU",      "FSIZE",	 "DATA",    "STACK", "CORE",  "RSS",
					   "NPROC",    "NOFILE", "MEMLOCK", "AS",    "LOCKS", "SIGPENDING",
					   "MSGQUEUE", "NICE",	 "RTPRIO",  "RTTIME" };
	struct rlimits_plan plan;
	struct err err;

	CHECK(COUNT(all) == RLIM_NLIMITS);
	for (size_t i = 0; i < COUNT(all); i++) {
		char name[40];
		struct spec_rlimit item = { name, 1, UINT64_MAX };

		(void)snprintf(name, sizeof(name), "RLIMIT_%s", all[i]);
		CHECK(plan_rlimits(&item, 1, &plan, &err) == 0);
		/* the kernel numbers them in this order */
		CHECK(plan.count == 1 && plan.items[0].resource == (int)i);
		CHECK(plan.items[0].value.rlim_cur == 1 && plan.items[0].value.rlim_max == RLIM_INFINITY);
	}
}

static void rlimits_refuse_unknown_doubled_and_reversed(void)
{
	struct spec_rlimit unknown[] = { { "RLIMIT_CORE", 1, 1 }, { "rlimit_core", 1, 1 } };
	struct spec_rlimit doubled[] = { { "RLIMIT_CORE", 1, 1 }, { "RLIMIT_AS", 1, 1 }, { "RLIMIT_CORE", 1, 1 } };
	struct spec_rlimit reversed[] = { { "RLIMIT_CORE", 9, 1 } };
	struct rlimits_plan plan;
	struct err err;

	CHECK(plan_rlimits(unknown, 2, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "process.rlimits[1].type: unknown limit \"rlimit_core\"");
	CHECK(plan_rlimits(doubled, 3, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "process.rlimits[2].type: RLIMIT_CORE is there already");
	CHECK(plan_rlimits(reversed, 1, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "process.rlimits[0]: soft limit 9 exceeds hard limit 1");
}

static bool child_rlimits(void)
{
	struct spec_rlimit items[] = { { "RLIMIT_NOFILE", 20, 30 }, { "RLIMIT_CORE", 0, 0 } };
	struct rlimits_plan plan;
	struct rlimit now;
	struct err err;

	return plan_rlimits(items, 2, &plan, &err) == 0 && rlimits_apply(&plan, &err) == 0 &&
	       CHECK(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == 20 && now.rlim_max == 30) &&
	       CHECK(getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_cur == 0 && now.rlim_max == 0);
}

static void rlimits_are_applied(void)
{
	CHECK(in_child(child_rlimits));
}

/* ---------------------------------------------------------------- environment */

static int plan_env(struct spec_strings env, const char *const *extra, struct arena *arena, struct env_plan *plan,
		    struct err *err)
{
	struct spec_process process = { .env = env };

	return env_plan(&process, extra, arena, plan, err);
}

static void the_last_of_a_variable_wins_in_the_place_of_the_first(void)
{
	struct spec_strings env = STRINGS("A=1", "B=2", "AB=3", "A=4=5", "B=");
	const char *const extra[] = { "AB=x", "C=", NULL };
	struct arena arena = { 0 };
	struct env_plan plan;
	struct err err;

	CHECK(plan_env(env, extra, &arena, &plan, &err) == 0);
	CHECK(plan.count == 4 && !plan.items[4] && !plan.has_home);
	CHECK_STR(plan.items[0], "A=4=5");
	CHECK_STR(plan.items[1], "B=");
	CHECK_STR(plan.items[2], "AB=x");
	CHECK_STR(plan.items[3], "C=");
	arena_free(&arena);
}

static void items_that_are_no_variables_are_refused(void)
{
	struct spec_strings no_equals = STRINGS("A=1", "B"), no_name = STRINGS("=x"), empty = STRINGS("");
	struct arena arena = { 0 };
	struct env_plan plan;
	struct err err;

	CHECK(plan_env(no_equals, NULL, &arena, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "process.env[1]: \"B\" has no \"=\"");
	CHECK(plan_env(no_name, NULL, &arena, &plan, &err) == -EINVAL);
	CHECK(plan_env(empty, NULL, &arena, &plan, &err) == -EINVAL);
	arena_free(&arena);
}

static void a_huge_environment_takes_no_quadratic_time(void)
{
	enum { MANY = 200000 };
	static char names[MANY][16];
	static const char *list[MANY];
	struct arena arena = { 0 };
	struct env_plan plan;
	struct err err;

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "V%d=x", i / 2);
		list[i] = names[i];
	}
	CHECK(plan_env((struct spec_strings){ list, MANY }, NULL, &arena, &plan, &err) == 0);
	CHECK(plan.count == MANY / 2);
	arena_free(&arena);
}

static void home_counts_only_when_it_says_something(void)
{
	struct spec_strings set = STRINGS("HOME=/x"), empty = STRINGS("HOME=/x", "HOME="), other = STRINGS("HOMER=/x");
	struct arena arena = { 0 };
	struct env_plan plan;
	struct err err;

	CHECK(plan_env(set, NULL, &arena, &plan, &err) == 0 && plan.has_home);
	CHECK(plan_env(empty, NULL, &arena, &plan, &err) == 0 && !plan.has_home);
	CHECK(plan_env(other, NULL, &arena, &plan, &err) == 0 && !plan.has_home);
	arena_free(&arena);
}

/* ---------------------------------------------------------------- names, sysctl, the rest */

static void hostnames_need_their_namespace_and_fit(void)
{
	char long_name[66];
	struct spec spec = { .hostname = "h" };
	struct err err;

	memset(long_name, 'x', 65);
	long_name[65] = '\0';
	CHECK(hostname_plan(&spec, true, &err) == 0);
	CHECK(hostname_plan(&spec, false, &err) == -EINVAL);
	CHECK_HAS(err.text, "hostname: ");
	spec = (struct spec){ .domainname = "d" };
	CHECK(hostname_plan(&spec, false, &err) == -EINVAL);
	CHECK_HAS(err.text, "domainname: ");
	spec = (struct spec){ .hostname = "" };
	CHECK(hostname_plan(&spec, false, &err) == 0);
	spec = (struct spec){ .hostname = long_name };
	CHECK(hostname_plan(&spec, true, &err) == -ENAMETOOLONG);
	spec.hostname = long_name + 1;
	CHECK(hostname_plan(&spec, true, &err) == 0);
}

static int plan_sysctl(const char *key, const char *value, bool own)
{
	struct spec_pair pair = { key, value };
	struct spec spec = { .linux_.sysctl = { &pair, 1 } };
	struct err err;

	return sysctl_plan(&spec, own, own, own, own, &err);
}

static void sysctls_of_the_host_are_refused(void)
{
	static const char *const fine[] = {
		"net.ipv4.ip_forward",	  "net/ipv4/ip_forward", "net.ipv4.conf.eth0/1.forwarding",
		"kernel.shm_rmid_forced", "kernel.msgmax",	 "kernel.sem",
		"fs.mqueue.msg_max",	  "kernel.domainname",	 "user.max_user_namespaces",
	};
	static const char *const wrong[] = {
		"kernel.core_pattern",
		"kernel.hostname",
		"kernel.sem2",
		"kernel.sem.x",
		"net",
		"net.",
		"net/",
		"",
		".",
		"/",
		"..",
		"net.ipv4.ip_forward/../../../kernel/core_pattern",
		"net/ipv4/../../kernel/core_pattern",
		"net/../kernel/sem",
		"/proc/sys/net/ipv4/ip_forward",
		"net//ipv4",
		"net..ipv4",
		"net/./ipv4",
		"net.ipv4.ip forward",
		"net.ipv4.ip_forward\n",
		"vm.overcommit_memory",
		"fs.mqueue",
		"fs.mqueue.",
		"networks.x",
		"NET.ipv4.x",
		"./net/ipv4/ip_forward",
		"net/ipv4/.",
		"kernel.shm/../core_pattern",
	};

	for (size_t i = 0; i < COUNT(fine); i++) {
		if (!CHECK(plan_sysctl(fine[i], "1", true) == 0))
			printf("# %s\n", fine[i]);
		CHECK(plan_sysctl(fine[i], "1", false) == -EINVAL);
		CHECK(plan_sysctl(fine[i], "1\n2", true) == -EINVAL);
		CHECK(plan_sysctl(fine[i], NULL, true) == -EINVAL);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (!CHECK(plan_sysctl(wrong[i], "1", true) == -EINVAL))
			printf("# %s\n", wrong[i]);
}

static bool child_sysctl(void)
{
	struct spec_pair pairs[] = { { "kernel.domainname", "example" },
				     { "kernel.shm_rmid_forced", "1" },
				     { "kernel/msgmax", "4096" } };
	struct spec_pair wrong = { "kernel.msgmax", "no number" }, none = { "kernel.shm_none", "1" };
	struct spec spec = { .linux_.sysctl = { pairs, 3 } };
	char planted[] = "/tmp/test_process.XXXXXX";
	struct err err;
	int fd;

	if (unshare(CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS) < 0)
		return true; /* not possible here */
	if (!CHECK(sysctl_apply(&spec, &err) == 0)) {
		printf("# %s\n", err.text);
		return false;
	}
	file_is("/proc/sys/kernel/domainname", "example");
	file_is("/proc/sys/kernel/shm_rmid_forced", "1");
	file_is("/proc/sys/kernel/msgmax", "4096");
	spec.linux_.sysctl = (struct spec_pairs){ &wrong, 1 };
	CHECK(sysctl_apply(&spec, &err) < 0);
	CHECK_STR(err.text, "linux.sysctl[\"kernel.msgmax\"]: set to \"no number\": Invalid argument");
	spec.linux_.sysctl = (struct spec_pairs){ &none, 1 };
	CHECK(sysctl_apply(&spec, &err) == -ENOENT);
	/* a file that somebody planted over the key must not be written (CVE-2025-52881) */
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	fd = mkstemp(planted);
	CHECK(fd >= 0 && write(fd, "0", 1) == 1);
	CHECK(mount(planted, "/proc/sys/kernel/msgmax", NULL, MS_BIND, NULL) == 0);
	spec.linux_.sysctl = (struct spec_pairs){ &pairs[2], 1 };
	CHECK(sysctl_apply(&spec, &err) == -EXDEV);
	file_is(planted, "0");
	(void)unlink(planted);
	/* and neither a tree that is no procfs */
	CHECK(mount("/tmp", "/proc/sys", NULL, MS_BIND, NULL) == 0);
	CHECK(sysctl_apply(&spec, &err) == -EXDEV);
	return true;
}

static void sysctls_are_written_to_the_guests_namespaces(void)
{
	if (is_root())
		CHECK(in_child(child_sysctl));
}

static bool child_oom(void)
{
	const struct opt_i64 score = { true, 777 }, unset = { false, 5 };
	struct err err;

	return CHECK(oom_apply(&unset, &err) == 0) && CHECK(oom_apply(&score, &err) == 0) &&
	       file_is("/proc/self/oom_score_adj", "777");
}

static void the_oom_score_is_set(void)
{
	CHECK(in_child(child_oom));
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(rlimits_have_all_types_of_the_kernel),
		TEST(rlimits_refuse_unknown_doubled_and_reversed),
		TEST(rlimits_are_applied),
		TEST(the_last_of_a_variable_wins_in_the_place_of_the_first),
		TEST(items_that_are_no_variables_are_refused),
		TEST(a_huge_environment_takes_no_quadratic_time),
		TEST(home_counts_only_when_it_says_something),
		TEST(hostnames_need_their_namespace_and_fit),
		TEST(sysctls_of_the_host_are_refused),
		TEST(sysctls_are_written_to_the_guests_namespaces),
		TEST(the_oom_score_is_set),
		TEST_END,
	};

	return unit_run(tests);
}
