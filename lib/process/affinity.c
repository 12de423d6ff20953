#include <errno.h>
#include <sched.h>
#include <string.h>

#include "process/process.h"

int affinity_plan(const struct spec_cpu_affinity *spec, struct affinity_plan *ret, struct err *err)
{
	const char *lists[] = { spec->initial, spec->final };
	struct affinity_set *sets[] = { &ret->initial, &ret->final };
	static const char *const names[] = { "initial", "final" };

	*ret = (struct affinity_plan){ 0 };
	for (int i = 0; spec->is_set && i < 2; i++) {
		unsigned int end;

		if (lists[i] && *lists[i] &&
		    !str_number_list(lists[i], AFFINITY_CPUS, sets[i]->bits, &sets[i]->count, &end))
			return err_user(err, "process.execCPUAffinity.%s: invalid CPU list \"%.200s\"", names[i],
					lists[i]);
	}
	return 0;
}

int affinity_apply(const struct affinity_set *set, const char *name, struct err *err)
{
	if (!set->count || sched_setaffinity(0, sizeof(set->bits), (const cpu_set_t *)set->bits) == 0)
		return 0;
	(void)err_sys(err, errno, "process.execCPUAffinity.%s: sched_setaffinity", name);
	return err->number == EINVAL ? err_hint(err, "none of these processors is there and allowed") : -err->number;
}

void affinity_reset(void)
{
	struct affinity_set all;

	memset(all.bits, 0xff, sizeof(all.bits));
	/* the kernel takes what the cpuset allows; where it refuses, the guest keeps what it has */
	(void)sched_setaffinity(0, sizeof(all.bits), (const cpu_set_t *)all.bits);
}
