/* From the document to a policy, and from there to a program. */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include "base/auto.h"
#include "base/log.h"
#include "seccomp/compiler.h"
#include "seccomp/names.h"
#include "seccomp/raw.h"
#include "seccomp/seccomp.h"
#include "spec/annotations.h"

#define ARG_INDEX_MAX 5

/* ---------------------------------------------------------------- actions and flags */

/* What an action is to the filter.  place: of the object that has `action` and `errnoRet` (or, for the default action, the
 * members with these prefixes). */
static int action_value(const char *name, const struct opt_u64 *errno_ret, uint32_t *ret, const char **ret_member,
			const char **ret_why)
{
	const struct seccomp_action *action = name ? seccomp_find_action(name) : NULL;
	uint64_t number = errno_ret->is_set ? errno_ret->value : EPERM;

	*ret_member = "action";
	*ret_why = "unknown action";
	if (!action)
		return -EINVAL;
	*ret_member = "errnoRet";
	*ret_why = "there is no errno in";
	if (errno_ret->is_set && !action->data_max)
		return -EINVAL;
	*ret_why = "too large for";
	if (action->data_max && number > action->data_max)
		return -EINVAL;
	*ret = action->value | (action->data_max ? (uint32_t)number : 0);
	return 0;
}

static int read_default_action(const struct spec_seccomp *profile, struct seccomp_policy *policy, struct err *err)
{
	const char *name = profile->default_action, *member, *why;
	int r = action_value(name, &profile->default_errno_ret, &policy->default_action, &member, &why);

	/* the agent would be asked for each call of everything, its own start among them: refused by the other runtimes, too */
	if (r == 0 && policy->default_action == SCMP_ACT_NOTIFY)
		return err_user(err, "%s.defaultAction: SCMP_ACT_NOTIFY cannot be the default", PLACE);
	if (r == 0)
		return 0;
	return err_set(err, -r, "%s.%s: %s %s", PLACE, str_eq(member, "action") ? "defaultAction" : "defaultErrnoRet",
		       why, name ? name : "(none)");
}

static bool notifies(const struct spec_seccomp *profile)
{
	for (size_t i = 0; i < profile->syscalls.count; i++) {
		const char *action = profile->syscalls.items[i].action;

		if (action && str_eq(action, "SCMP_ACT_NOTIFY"))
			return true;
	}
	return false;
}

static int read_flags(const struct spec_seccomp *profile, bool has_listener, unsigned int *ret, struct err *err)
{
	unsigned int flags = profile->has_flags ? 0 : SECCOMP_FILTER_FLAG_SPEC_ALLOW;

	if (has_listener)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;

	for (size_t i = 0; i < profile->flags.count; i++) {
		const struct seccomp_flag *flag = seccomp_find_flag(profile->flags.items[i]);

		if (!flag)
			return err_user(err, "%s.flags[%zu]: unknown flag \"%s\"", PLACE, i, profile->flags.items[i]);
		if (flag->needs_listener && !has_listener)
			return err_user(err, "%s.flags[%zu]: %s needs a rule with SCMP_ACT_NOTIFY", PLACE, i,
					flag->name);
		if (!flag->is_pointless)
			flags |= flag->value;
	}
	log_debug("seccomp filter flags: %u", flags);
	*ret = flags;
	return 0;
}

/* ---------------------------------------------------------------- architectures */

static int add_arch(const struct spec_seccomp *profile, size_t index, struct seccomp_policy *policy, struct err *err)
{
	const char *name = profile->architectures.items[index];
	const struct seccomp_arch *arch = seccomp_find_arch(name);

	if (!arch)
		return err_user(err, "%s.architectures[%zu]: unknown architecture \"%s\"", PLACE, index, name);
	if (!arch->token)
		return 0;
	for (size_t i = 0; i < policy->arch_count; i++)
		if (policy->archs[i] == arch->token)
			return 0;
	/* no more than there are rows with a token for one machine */
	if (policy->arch_count < ARRAY_SIZE(policy->archs))
		policy->archs[policy->arch_count++] = arch->token;
	return 0;
}

/* ---------------------------------------------------------------- rules */

static int read_args(const struct spec_seccomp_rule *rule, size_t index, struct scmp_arg_cmp *ret, bool *ret_apart,
		     struct err *err)
{
	unsigned int seen = 0;

	*ret_apart = false;
	for (size_t i = 0; i < rule->args.count; i++) {
		const struct spec_seccomp_arg *arg = &rule->args.items[i];
		const struct seccomp_operator *op = arg->op ? seccomp_find_operator(arg->op) : NULL;

		if (arg->index > ARG_INDEX_MAX)
			return err_user(err, "%s.syscalls[%zu].args[%zu].index: %u exceeds %d", PLACE, index, i,
					arg->index, ARG_INDEX_MAX);
		if (!op)
			return err_user(err, "%s.syscalls[%zu].args[%zu].op: unknown operator \"%s\"", PLACE, index, i,
					arg->op ? arg->op : "");
		*ret_apart |= seen >> arg->index & 1;
		seen |= 1U << arg->index;
		/* for SCMP_CMP_MASKED_EQ the first is the mask, as in the document; the others have no second */
		ret[i] = (struct scmp_arg_cmp){
			.arg = arg->index,
			.op = (enum scmp_compare)op->value,
			.datum_a = arg->value,
			.datum_b = arg->value_two,
		};
	}
	return 0;
}

static int read_rule(const struct spec_seccomp *profile, size_t index, struct arena *arena, struct seccomp_rule *ret,
		     struct err *err)
{
	const struct spec_seccomp_rule *rule = &profile->syscalls.items[index];
	const char *member, *why;
	struct scmp_arg_cmp *args;
	int r = action_value(rule->action, &rule->errno_ret, &ret->action, &member, &why);

	if (r < 0)
		return err_set(err, -r, "%s.syscalls[%zu].%s: %s %s", PLACE, index, member, why,
			       rule->action ? rule->action : "(none)");
	args = ARENA_NEW(arena, struct scmp_arg_cmp, rule->args.count);
	if (!args)
		return err_memory(err);
	ret->index = index;
	ret->names = &rule->names;
	ret->args = args;
	ret->arg_count = (unsigned int)rule->args.count;
	return read_args(rule, index, args, &ret->apart, err);
}

int seccomp_policy_read(const struct spec_seccomp *profile, struct arena *arena, struct seccomp_policy *ret,
			struct err *err)
{
	struct seccomp_policy policy = { .rule_count = profile->syscalls.count };
	int r = read_default_action(profile, &policy, err);

	/* as with libseccomp, the native architecture is in every filter */
	policy.archs[policy.arch_count++] = seccomp_targets[0].token;
	for (size_t i = 0; i < profile->architectures.count && r == 0; i++)
		r = add_arch(profile, i, &policy, err);
	policy.rules = ARENA_NEW(arena, struct seccomp_rule, policy.rule_count);
	if (r == 0 && !policy.rules)
		r = err_memory(err);
	for (size_t i = 0; i < policy.rule_count && r == 0; i++)
		r = read_rule(profile, i, arena, &policy.rules[i], err);
	if (r == 0)
		*ret = policy;
	return r;
}

bool seccomp_has_newer(const struct seccomp_policy *policy)
{
	return (policy->default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	       (policy->default_action & SECCOMP_RET_DATA) != ENOSYS;
}

/* ---------------------------------------------------------------- the program */

int seccomp_compile(const struct spec_seccomp *profile, enum seccomp_unknown unknown, struct arena *arena,
		    struct seccomp_filter *ret, struct err *err)
{
	__attribute__((cleanup(seccomp_numbers_close))) struct seccomp_numbers numbers = { 0 };
	struct seccomp_filter filter = { 0 };
	struct seccomp_policy policy;
	int r = read_flags(profile, notifies(profile), &filter.flags, err);

	if (r == 0)
		r = seccomp_policy_read(profile, arena, &policy, err);
	if (r == 0) {
		policy.unknown = unknown;
		r = seccomp_compile_policy(&policy, &numbers, arena, &filter, err);
	}
	if (r == 0)
		*ret = filter;
	return r;
}

/* ---------------------------------------------------------------- the configuration */

#define RAW_PLACE "annotations[\"" ANNOTATION_SECCOMP_BPF_DATA "\"]"

/* Anything but "0": as with the runtime whose annotation it is. */
static enum seccomp_unknown unknown_names(const struct spec *spec)
{
	const char *value = spec_annotation(spec, ANNOTATION_SECCOMP_FAIL_UNKNOWN);

	return value && !str_eq(value, "0") ? SECCOMP_REFUSE_UNKNOWN : SECCOMP_SKIP_UNKNOWN;
}

bool seccomp_is_asked(const struct spec *spec)
{
	return spec->linux_.seccomp.is_set || spec_annotation(spec, ANNOTATION_SECCOMP_BPF_DATA);
}

int seccomp_notifies(const struct spec *spec, struct arena *arena, bool *ret, struct err *err)
{
	const char *raw = spec_annotation(spec, ANNOTATION_SECCOMP_BPF_DATA);
	struct seccomp_filter unused;

	if (raw)
		return seccomp_raw_read(raw, RAW_PLACE, arena, &unused, ret, err);
	*ret = notifies(&spec->linux_.seccomp);
	return 0;
}

int seccomp_make(const struct spec *spec, struct arena *arena, struct seccomp_filter *ret, struct err *err)
{
	const char *raw = spec_annotation(spec, ANNOTATION_SECCOMP_BPF_DATA);
	struct seccomp_filter filter = { 0 };
	bool has_listener;
	int r;

	if (!raw)
		return seccomp_compile(&spec->linux_.seccomp, unknown_names(spec), arena, ret, err);
	r = seccomp_raw_read(raw, RAW_PLACE, arena, &filter, &has_listener, err);
	if (r == 0)
		r = read_flags(&spec->linux_.seccomp, has_listener, &filter.flags, err);
	if (r == 0)
		*ret = filter;
	return r;
}
