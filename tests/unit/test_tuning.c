/* Scheduler, I/O priority, personality and memory policy: planned, and applied to a child. */
#include "process/process.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "child.h"
#include "unit.h"

/* ---------------------------------------------------------------- scheduler */

static int plan_scheduler(struct spec_scheduler scheduler, struct scheduler_plan *plan, struct err *err)
{
	struct spec_process process = { .scheduler = scheduler };

	process.scheduler.is_set = true;
	err->text[0] = '\0';
	return scheduler_plan(&process, false, plan, err);
}

static void schedulers_that_the_kernel_would_refuse_are_refused_with_the_reason(void)
{
	const struct {
		struct spec_scheduler spec;
		const char *text;
	} cases[] = {
		{ { .policy = "SCHED_ISO" }, "process.scheduler.policy: Linux has no policy SCHED_ISO" },
		{ { .policy = NULL }, "process.scheduler.policy: Linux has no policy (none)" },
		{ { .policy = "SCHED_OTHER", .nice = 20 }, "process.scheduler.nice: 20 is not between -20 and 19" },
		{ { .policy = "SCHED_FIFO" }, "process.scheduler.priority: 0 is not between 1 and 99" },
		{ { .policy = "SCHED_RR", .priority = 100 },
		  "process.scheduler.priority: 100 is not between 1 and 99" },
		{ { .policy = "SCHED_BATCH", .priority = 1 }, "process.scheduler.priority: SCHED_BATCH has none" },
		{ { .policy = "SCHED_IDLE", .period = 1 }, "SCHED_IDLE has no runtime, deadline or period" },
		{ { .policy = "SCHED_DEADLINE", .deadline = 20000000 },
		  "sched_setattr: `SCHED_DEADLINE` requires `runtime`" },
		{ { .policy = "SCHED_DEADLINE", .deadline = 20000000 },
		  "sched_setattr: `SCHED_DEADLINE` runtime must be greater than 0" },
		{ { .policy = "SCHED_DEADLINE", .runtime = 2000 },
		  "sched_setattr: `SCHED_DEADLINE` requires `deadline`" },
		{ { .policy = "SCHED_DEADLINE", .runtime = 3000, .deadline = 2000 },
		  "sched_setattr: `SCHED_DEADLINE` runtime 3000 must be <= deadline 2000" },
		{ { .policy = "SCHED_DEADLINE", .runtime = 2000, .deadline = 4000, .period = 3000 },
		  "sched_setattr: `SCHED_DEADLINE` deadline 4000 must be <= period 3000" },
		{ { .policy = "SCHED_DEADLINE", .runtime = 1023, .deadline = 4000 },
		  "sched_setattr: `SCHED_DEADLINE` runtime 1023 must be between 1024 and 9223372036854775807" },
		{ { .policy = "SCHED_DEADLINE", .runtime = 9223372036854775809U, .deadline = 9223372036854775810U },
		  "sched_setattr: `SCHED_DEADLINE` runtime 9223372036854775809 must be between " },
		{ { .policy = "SCHED_OTHER", .flags = STRINGS("SCHED_FLAG_RECLAIM", "RECLAIM") },
		  "process.scheduler.flags[1]: unknown flag \"RECLAIM\"" },
	};
	struct scheduler_plan plan;
	struct err err;

	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK(plan_scheduler(cases[i].spec, &plan, &err) == -EINVAL);
		CHECK_HAS(err.text, cases[i].text);
	}
}

static bool child_scheduler(void)
{
	const struct spec_scheduler batch = { .policy = "SCHED_BATCH",
					      .nice = 7,
					      .flags = STRINGS("SCHED_FLAG_RESET_ON_FORK") };
	struct scheduler_plan plan, unset = { .is_set = false };
	struct err err;

	return CHECK(scheduler_apply(&unset, 0, &err) == 0 && sched_getscheduler(0) == SCHED_OTHER) &&
	       CHECK(plan_scheduler(batch, &plan, &err) == 0 && scheduler_apply(&plan, 0, &err) == 0) &&
	       CHECK(sched_getscheduler(0) == (SCHED_BATCH | SCHED_RESET_ON_FORK)) &&
	       CHECK(getpriority(PRIO_PROCESS, 0) == 7);
}

static bool child_deadline(void)
{
	const struct spec_scheduler deadline = {
		.policy = "SCHED_DEADLINE", .nice = 19, .runtime = 42000, .deadline = 1000000, .period = 1000000
	};
	const struct spec_scheduler round = { .policy = "SCHED_RR", .priority = 10 };
	struct scheduler_plan plan;
	struct err err;

	CHECK(plan_scheduler(round, &plan, &err) == 0);
	/* not everywhere, even for root: the error then says what is missing */
	if (scheduler_apply(&plan, 0, &err) == 0)
		CHECK(sched_getscheduler(0) == SCHED_RR);
	else
		CHECK_HAS(err.text, "CAP_SYS_NICE on the host");
	CHECK(plan_scheduler(deadline, &plan, &err) == 0);
	plan.has_cpus = true;
	if (scheduler_apply(&plan, 0, &err) < 0 && err.number == EPERM)
		CHECK_HAS(err.text, "process scheduler can't be used together with AllowedCPUs");
	return true;
}

static void the_scheduler_is_applied(void)
{
	CHECK(in_child(child_scheduler));
	CHECK(in_child(child_deadline));
}

/* ---------------------------------------------------------------- I/O priority */

static int plan_ioprio(const char *class, int priority, struct ioprio_plan *plan, struct err *err)
{
	struct spec_process process = { .io_priority = { true, class, priority } };

	return ioprio_plan(&process, plan, err);
}

static bool child_ioprio(void)
{
	struct ioprio_plan plan;
	struct err err;

	return CHECK(plan_ioprio("IOPRIO_CLASS_BE", 6, &plan, &err) == 0 && ioprio_apply(&plan, 0, &err) == 0) &&
	       CHECK(syscall(SYS_ioprio_get, 1, 0) == IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)) &&
	       CHECK(plan_ioprio("IOPRIO_CLASS_IDLE", 6, &plan, &err) == 0 && ioprio_apply(&plan, 0, &err) == 0) &&
	       CHECK(syscall(SYS_ioprio_get, 1, 0) == IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

static void the_io_priority_is_applied(void)
{
	struct ioprio_plan plan;
	struct err err;

	CHECK(plan_ioprio("IOPRIO_CLASS_NONE", 1, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "process.ioPriority.class: unknown class \"IOPRIO_CLASS_NONE\"");
	CHECK(plan_ioprio("IOPRIO_CLASS_BE", 8, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "process.ioPriority.priority: 8 is not between 0 and 7");
	CHECK(plan_ioprio("IOPRIO_CLASS_BE", -1, &plan, &err) == -EINVAL);
	CHECK(in_child(child_ioprio));
}

/* ---------------------------------------------------------------- personality */

static int plan_personality(struct spec_personality personality, struct personality_plan *plan, struct err *err)
{
	struct spec_linux spec = { .personality = personality };

	return personality_plan(&spec, plan, err);
}

static bool child_personality(void)
{
	struct personality_plan plan;
	struct utsname name;
	struct err err;

	CHECK(plan_personality((struct spec_personality){ true, "LINUX32", { 0 } }, &plan, &err) == 0);
	if (personality_apply(&plan, &err) < 0) /* aarch64 without 32-bit processors */
		return CHECK(personality(0xffffffff) == PER_LINUX);
	CHECK(uname(&name) == 0);
#ifdef __x86_64__
	CHECK_STR(name.machine, "i686");
#endif
	return CHECK(plan_personality((struct spec_personality){ true, "LINUX", { 0 } }, &plan, &err) == 0 &&
		     personality_apply(&plan, &err) == 0 && personality(0xffffffff) == PER_LINUX);
}

static void the_personality_is_applied(void)
{
	struct personality_plan plan;
	struct err err;

	CHECK(plan_personality((struct spec_personality){ true, "SOLARIS", { 0 } }, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.personality.domain: unknown domain \"SOLARIS\"");
	CHECK(plan_personality((struct spec_personality){ true, "LINUX", STRINGS("X") }, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.personality.flags[0]: unknown flag \"X\"");
	CHECK(in_child(child_personality));
}

/* ---------------------------------------------------------------- memory policy */

static int plan_memory(const char *mode, const char *nodes, const char *flag, struct mempolicy_plan *plan,
		       struct err *err)
{
	struct spec_linux spec = { .memory_policy = { true, mode, nodes, { &flag, flag ? 1 : 0 } } };

	err->text[0] = '\0';
	return mempolicy_plan(&spec, plan, err);
}

static void memory_policies_that_make_no_sense_are_refused(void)
{
	static const char *const lists[] = {
		"bad",	"10284838", "0-9876543210",	   "1024", "3-2", "1,", ",1", "-1", "1-", "1--2",
		"1 ,2", "0x1",	    "99999999999999999999"
	};
	struct mempolicy_plan plan;
	struct err err;

	CHECK(plan_memory("INTERLEAVE", "0", NULL, &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.memoryPolicy.mode: invalid memory policy mode \"INTERLEAVE\"");
	CHECK(plan_memory(NULL, "0", NULL, &plan, &err) == -EINVAL);
	CHECK_HAS(err.text, "invalid memory policy mode");
	CHECK(plan_memory("MPOL_BIND", "0", "badflag", &plan, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.memoryPolicy.flags[0]: invalid memory policy flag \"badflag\"");
	CHECK(plan_memory("MPOL_DEFAULT", "0-7", NULL, &plan, &err) == -EINVAL);
	CHECK_HAS(err.text, "mode requires 0 nodes but got 8");
	CHECK(plan_memory("MPOL_LOCAL", "0,0", NULL, &plan, &err) == -EINVAL);
	CHECK_HAS(err.text, "mode requires 0 nodes but got 1");
	CHECK(plan_memory("MPOL_INTERLEAVE", NULL, NULL, &plan, &err) == -EINVAL);
	CHECK_HAS(err.text, "mode requires at least one node");
	for (size_t i = 0; i < COUNT(lists); i++) {
		if (!CHECK(plan_memory("MPOL_PREFERRED", lists[i], NULL, &plan, &err) == -EINVAL))
			printf("# %s\n", lists[i]);
		CHECK_HAS(err.text, "linux.memoryPolicy.nodes: invalid memory policy node");
	}
}

static void lists_of_nodes_become_bits(void)
{
	struct mempolicy_plan plan;
	struct err err;

	CHECK(plan_memory("MPOL_BIND", "0-2,5,63-64,1023", "MPOL_F_STATIC_NODES", &plan, &err) == 0);
	CHECK(plan.mode == (2 | 1 << 15) && plan.count == 1024);
	CHECK(plan.nodes[0] == ((1UL << 63) | 0x27) && plan.nodes[1] == 1 && plan.nodes[15] == 1UL << 63);
	CHECK(plan_memory("MPOL_PREFERRED", NULL, NULL, &plan, &err) == 0 && plan.count == 0);
}

static bool child_memory(void)
{
	struct mempolicy_plan plan;
	unsigned long nodes[16] = { 0 };
	struct err err;
	int mode = -1;

	CHECK(plan_memory("MPOL_BIND", "0", NULL, &plan, &err) == 0);
	if (mempolicy_apply(&plan, &err) == -ENOSYS)
		return true; /* a kernel without NUMA */
	CHECK(syscall(SYS_get_mempolicy, &mode, nodes, 1024UL, NULL, 0) == 0 && mode == 2 && nodes[0] == 1);
	CHECK(plan_memory("MPOL_DEFAULT", NULL, NULL, &plan, &err) == 0 && mempolicy_apply(&plan, &err) == 0);
	CHECK(syscall(SYS_get_mempolicy, &mode, NULL, 0UL, NULL, 0) == 0 && mode == 0);
	CHECK(plan_memory("MPOL_PREFERRED", NULL, "MPOL_F_NUMA_BALANCING", &plan, &err) == 0);
	CHECK(mempolicy_apply(&plan, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.memoryPolicy: set_mempolicy: Invalid argument");
	return true;
}

static void the_memory_policy_is_applied(void)
{
	struct mempolicy_plan plan;
	struct err err;

	const char *const *modes = spec_names("linux.memoryPolicy.mode");
	const char *const *flags = spec_names("linux.memoryPolicy.flags");

	for (size_t i = 0; modes[i]; i++)
		/* with nodes or without */
		CHECK(plan_memory(modes[i], "0", NULL, &plan, &err) == 0 ||
		      plan_memory(modes[i], "", NULL, &plan, &err) == 0);
	for (size_t i = 0; flags[i]; i++)
		CHECK(plan_memory("MPOL_BIND", "0", flags[i], &plan, &err) == 0);
	CHECK(in_child(child_memory));
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(schedulers_that_the_kernel_would_refuse_are_refused_with_the_reason),
		TEST(the_scheduler_is_applied),
		TEST(the_io_priority_is_applied),
		TEST(the_personality_is_applied),
		TEST(memory_policies_that_make_no_sense_are_refused),
		TEST(lists_of_nodes_become_bits),
		TEST(the_memory_policy_is_applied),
		TEST_END,
	};

	return unit_run(tests);
}
