#include "process/process.h"

#include <errno.h>
#include <sys/personality.h>

static const struct str_name domains[] = {
	{ "LINUX", PER_LINUX },
	{ "LINUX32", PER_LINUX32 },
	{ NULL, 0 },
};

int personality_plan(const struct spec_linux *spec, struct personality_plan *ret, struct err *err)
{
	const struct spec_personality *p = &spec->personality;
	const struct str_name *domain;
	struct personality_plan plan = { .is_set = p->is_set };

	if (p->is_set) {
		domain = p->domain ? str_lookup(domains, p->domain) : NULL;
		if (!domain)
			return err_user(err, "linux.personality.domain: unknown domain \"%s\"",
					p->domain ? p->domain : "");
		if (p->flags.count)
			return err_user(err, "linux.personality.flags[0]: unknown flag \"%s\"", p->flags.items[0]);
		plan.value = (unsigned long)domain->value;
	}
	*ret = plan;
	return 0;
}

int personality_apply(const struct personality_plan *plan, struct err *err)
{
	if (!plan->is_set)
		return 0;
	if (personality(plan->value) < 0)
		return err_sys(err, errno, "linux.personality: set %s", str_name_of(domains, (int64_t)plan->value));
	/* read back: a kernel may take the number and ignore it */
	if (personality(0xffffffff) != (int)plan->value)
		return err_set(err, EINVAL, "linux.personality: this kernel has no %s",
			       str_name_of(domains, (int64_t)plan->value));
	return 0;
}
