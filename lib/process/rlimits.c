#include "process/process.h"

#include <errno.h>
#include <string.h>

#include "base/auto.h"

static const struct str_name types[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
	{ NULL, 0 },
};

int rlimits_plan(const struct spec_process *process, struct rlimits_plan *ret, struct err *err)
{
	struct rlimits_plan plan = { .count = 0 };
	uint64_t seen = 0;

	for (size_t i = 0; i < process->rlimits.count; i++) {
		const struct spec_rlimit *limit = &process->rlimits.items[i];
		const struct str_name *type = str_lookup(types, limit->type);

		if (!type)
			return err_user(err, "process.rlimits[%zu].type: unknown limit \"%s\"", i, limit->type);
		if (seen & (1ULL << type->value))
			return err_user(err, "process.rlimits[%zu].type: %s is there already", i, type->name);
		if (limit->soft > limit->hard)
			return err_user(err, "process.rlimits[%zu]: soft limit %llu exceeds hard limit %llu", i,
					(unsigned long long)limit->soft, (unsigned long long)limit->hard);
		seen |= 1ULL << type->value;
		/* 2^64 - 1 is "no limit" both there and here; each type once, so they fit */
		plan.items[plan.count++] = (struct rlimit_item){
			.name = type->name,
			.resource = (int)type->value,
			.value = { .rlim_cur = limit->soft, .rlim_max = limit->hard },
		};
	}
	*ret = plan;
	return 0;
}

static int describe(const struct rlimit_item *item, int number, struct err *err)
{
	int r = err_sys(err, number, "%s to %llu (hard limit %llu)", item->name,
			(unsigned long long)item->value.rlim_cur, (unsigned long long)item->value.rlim_max);

	return number == EPERM ? err_hint(err, "raising a hard limit needs CAP_SYS_RESOURCE on the host") : r;
}

int rlimits_raise(const struct rlimits_plan *plan, pid_t pid, struct err *err)
{
	for (unsigned int i = 0; i < plan->count; i++) {
		const struct rlimit_item *item = &plan->items[i];
		struct rlimit limit;

		if (prlimit(pid, (__rlimit_resource_t)item->resource, NULL, &limit) < 0)
			return err_sys(err, errno, "process.rlimits: read %s of the guest", item->name);
		if (limit.rlim_max >= item->value.rlim_max) /* no limit is the largest number */
			continue;
		limit.rlim_max = item->value.rlim_max;
		if (prlimit(pid, (__rlimit_resource_t)item->resource, &limit, NULL) < 0)
			return describe(item, errno, err);
	}
	return 0;
}

int rlimits_apply(const struct rlimits_plan *plan, struct err *err)
{
	for (unsigned int i = 0; i < plan->count; i++) {
		const struct rlimit_item *item = &plan->items[i];

		if (setrlimit((__rlimit_resource_t)item->resource, &item->value) < 0)
			return describe(item, errno, err);
	}
	return 0;
}
