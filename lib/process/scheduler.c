#include "process/process.h"

#include <errno.h>

#include "base/auto.h"
#include "base/sys.h"

/* Constants and the struct are the kernel's; the C library has them since glibc 2.41 only, under the same names. */
#define POLICY_OTHER	0
#define POLICY_FIFO	1
#define POLICY_RR	2
#define POLICY_BATCH	3
#define POLICY_IDLE	5
#define POLICY_DEADLINE 6
#define RUNTIME_MIN	1024 /* ns; 1 << DL_SCALE of the kernel */

struct attributes { /* struct sched_attr of sched_setattr(2) */
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static const struct str_name policies[] = {
	{ "SCHED_OTHER", POLICY_OTHER }, { "SCHED_FIFO", POLICY_FIFO }, { "SCHED_RR", POLICY_RR },
	{ "SCHED_BATCH", POLICY_BATCH }, { "SCHED_IDLE", POLICY_IDLE }, { "SCHED_DEADLINE", POLICY_DEADLINE },
	{ NULL, 0 },
};

static const struct str_name flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 0x01 },  { "SCHED_FLAG_RECLAIM", 0x02 },
	{ "SCHED_FLAG_DL_OVERRUN", 0x04 },     { "SCHED_FLAG_KEEP_POLICY", 0x08 },
	{ "SCHED_FLAG_KEEP_PARAMS", 0x10 },    { "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 }, { NULL, 0 },
};

/* The kernel says no more than EINVAL to all of these.  Callers look for the beginning with "sched_setattr". */
static int check_deadline(const struct spec_scheduler *s, struct err *err)
{
	static const char begin[] = "sched_setattr: `SCHED_DEADLINE`";

	if (!s->runtime)
		return err_user(err,
				"process.scheduler.runtime: %s requires `runtime`; %s runtime must be greater than 0",
				begin, begin);
	if (!s->deadline)
		return err_user(err, "process.scheduler.deadline: %s requires `deadline`", begin);
	if (s->runtime < RUNTIME_MIN || s->runtime > INT64_MAX)
		return err_user(err, "process.scheduler.runtime: %s runtime %llu must be between %d and %lld", begin,
				(unsigned long long)s->runtime, RUNTIME_MIN, (long long)INT64_MAX);
	if (s->runtime > s->deadline)
		return err_user(err, "process.scheduler.runtime: %s runtime %llu must be <= deadline %llu", begin,
				(unsigned long long)s->runtime, (unsigned long long)s->deadline);
	if (s->period && s->deadline > s->period)
		return err_user(err, "process.scheduler.deadline: %s deadline %llu must be <= period %llu", begin,
				(unsigned long long)s->deadline, (unsigned long long)s->period);
	return 0;
}

static int check(const struct spec_scheduler *s, uint32_t policy, struct err *err)
{
	bool realtime = policy == POLICY_FIFO || policy == POLICY_RR;

	if (s->nice < -20 || s->nice > 19)
		return err_user(err, "process.scheduler.nice: %d is not between -20 and 19", s->nice);
	if (realtime && (s->priority < 1 || s->priority > 99))
		return err_user(err, "process.scheduler.priority: %d is not between 1 and 99, as %s needs it",
				s->priority, s->policy);
	if (!realtime && s->priority)
		return err_user(err, "process.scheduler.priority: %s has none", s->policy);
	if (policy == POLICY_DEADLINE)
		return check_deadline(s, err);
	if (s->runtime || s->deadline || s->period)
		return err_user(err, "process.scheduler: %s has no runtime, deadline or period", s->policy);
	return 0;
}

int scheduler_plan(const struct spec_process *process, bool has_cpus, struct scheduler_plan *ret, struct err *err)
{
	const struct spec_scheduler *s = &process->scheduler;
	const struct str_name *policy;
	struct scheduler_plan plan = { .is_set = s->is_set, .has_cpus = has_cpus };
	int r;

	if (!s->is_set) {
		*ret = plan;
		return 0;
	}
	policy = s->policy ? str_lookup(policies, s->policy) : NULL;
	if (!policy) /* SCHED_ISO is a name that the kernel reserves and does not know */
		return err_user(err, "process.scheduler.policy: Linux has no policy %s",
				s->policy ? s->policy : "(none)");
	plan.policy = (uint32_t)policy->value;
	r = check(s, plan.policy, err);
	for (size_t i = 0; i < s->flags.count && r == 0; i++) {
		const struct str_name *flag = str_lookup(flags, s->flags.items[i]);

		if (flag)
			plan.flags |= (uint64_t)flag->value;
		else
			r = err_user(err, "process.scheduler.flags[%zu]: unknown flag \"%s\"", i, s->flags.items[i]);
	}
	if (r < 0)
		return r;
	plan.nice = s->nice;
	plan.priority = (uint32_t)s->priority;
	plan.runtime = s->runtime;
	plan.deadline = s->deadline;
	plan.period = s->period;
	*ret = plan;
	return 0;
}

int scheduler_apply(const struct scheduler_plan *plan, pid_t pid, struct err *err)
{
	const struct attributes attributes = {
		.size = sizeof(attributes),
		.policy = plan->policy,
		.flags = plan->flags,
		.nice = plan->nice,
		.priority = plan->priority,
		.runtime = plan->runtime,
		.deadline = plan->deadline,
		.period = plan->period,
	};
	int number;

	if (!plan->is_set || sys_sched_setattr(pid, &attributes, 0) == 0)
		return 0;
	number = errno;
	err_sys(err, number, "process.scheduler: sched_setattr: %s", str_name_of(policies, plan->policy));
	/* sched_setattr(2): a deadline task must be allowed to run on all processors */
	if (number == EPERM && plan->has_cpus)
		return err_hint(err,
				"process scheduler can't be used together with AllowedCPUs, linux.resources.cpu.cpus");
	if (number == EPERM)
		return err_hint(err, "it needs CAP_SYS_NICE on the host");
	return -number;
}
