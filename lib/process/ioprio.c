#include "process/process.h"

#include <errno.h>
#include <linux/ioprio.h>

#include "base/sys.h"

static const struct str_name classes[] = {
	{ "IOPRIO_CLASS_RT", IOPRIO_CLASS_RT },
	{ "IOPRIO_CLASS_BE", IOPRIO_CLASS_BE },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
	{ NULL, 0 },
};

int ioprio_plan(const struct spec_process *process, struct ioprio_plan *ret, struct err *err)
{
	const struct spec_io_priority *spec = &process->io_priority;
	const struct str_name *class;
	struct ioprio_plan plan = { .is_set = spec->is_set };

	if (!spec->is_set) {
		*ret = plan;
		return 0;
	}
	class = spec->class ? str_lookup(classes, spec->class) : NULL;
	if (!class)
		return err_user(err, "process.ioPriority.class: unknown class \"%s\"", spec->class ? spec->class : "");
	if (spec->priority < 0 || spec->priority > 7)
		return err_user(err, "process.ioPriority.priority: %d is not between 0 and 7", spec->priority);
	/* the idle class has no levels */
	plan.value = IOPRIO_PRIO_VALUE((int)class->value, class->value == IOPRIO_CLASS_IDLE ? 0 : spec->priority);
	*ret = plan;
	return 0;
}

int ioprio_apply(const struct ioprio_plan *plan, pid_t pid, struct err *err)
{
	int number;

	if (!plan->is_set || sys_ioprio_set(IOPRIO_WHO_PROCESS, pid, plan->value) == 0)
		return 0;
	number = errno;
	err_sys(err, number, "process.ioPriority: ioprio_set: %s",
		str_name_of(classes, IOPRIO_PRIO_CLASS(plan->value)));
	return number == EPERM ? err_hint(err, "it needs CAP_SYS_NICE or CAP_SYS_ADMIN on the host") : -number;
}
