/* linux.seccomp */
#include <stdio.h>

#include "base/str.h"
#include "spec/check.h"

#define IN "linux.seccomp."

/* A system call has six arguments, and the kernel's filter sees each. */
#define ARGS_MAX 6

/* The kernel cuts what is larger (MAX_ERRNO). */
#define ERRNO_MAX 4095

static int check_errno(const char *action, const struct opt_u64 *number, const char *place, struct err *err)
{
	bool is_errno = str_eq(action, "SCMP_ACT_ERRNO");

	if (!number->is_set)
		return 0;
	if (!is_errno && !str_eq(action, "SCMP_ACT_TRACE"))
		return err_user(err, "%s: %s does not return a number", place, action);
	if (is_errno && number->value > ERRNO_MAX)
		return err_user(err, "%s: %ju is out of range 0 to %d", place, (uintmax_t)number->value, ERRNO_MAX);
	return 0;
}

static int check_rule(const struct spec_seccomp_rule *rule, size_t index, struct err *err)
{
	char place[64];

	if (rule->args.count > ARGS_MAX)
		return err_user(err, IN "syscalls[%zu].args: more than %d", index, ARGS_MAX);
	(void)snprintf(place, sizeof(place), IN "syscalls[%zu].errnoRet", index);
	return check_errno(rule->action, &rule->errno_ret, place, err);
}

int check_seccomp(const struct spec *spec, struct err *err)
{
	const struct spec_seccomp *seccomp = &spec->linux_.seccomp;
	int r;

	if (!seccomp->is_set)
		return 0;
	r = check_errno(seccomp->default_action, &seccomp->default_errno_ret, IN "defaultErrnoRet", err);
	if (r < 0)
		return r;
	if (str_eq(seccomp->default_action, "SCMP_ACT_NOTIFY"))
		return err_user(err, IN "defaultAction: SCMP_ACT_NOTIFY cannot be the default");
	for (size_t i = 0; i < seccomp->syscalls.count; i++) {
		r = check_rule(&seccomp->syscalls.items[i], i, err);
		if (r < 0)
			return r;
	}
	return 0;
}
