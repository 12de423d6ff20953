/* libseccomp 2.5.4 was compared with this model over some 100,000 profiles.  It is right for a call with one rule; with rules
 * that have one condition each and values below 2^32; and with conditions that are all equalities, masked or not; on 64-bit
 * architectures if the actions are the same.  In other mixtures each profile may be one that it gets wrong, or does not
 * finish: it merges the conditions of all rules into one tree, and a comparison can end up under one that belongs to another
 * rule. */
#include "seccomp_model.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- entries */

static void add(struct model *model, struct model_entry entry)
{
	model->entries[model->count++] = entry;
}

static void add_name(struct model *model, const struct seccomp_rule *rule, const struct seccomp_number *numbers)
{
	for (size_t i = 0; i < SECCOMP_TARGETS; i++) {
		const struct seccomp_number *number = &numbers[i];

		if (number->direct >= 0)
			add(model, (struct model_entry){ rule, i, (uint32_t)number->direct, 0 });
		if (number->multiplexer >= 0)
			add(model, (struct model_entry){ rule, i, (uint32_t)number->multiplexer, number->function });
		model->largest[i] = seccomp_number_largest(&seccomp_targets[i], number, model->largest[i]);
	}
}

bool model_make(const struct seccomp_policy *policy, struct seccomp_numbers *numbers, struct arena *arena,
		struct model *ret)
{
	struct seccomp_number found[SECCOMP_TARGETS];
	size_t names = 0;

	*ret = (struct model){ .policy = policy };
	for (size_t i = 0; i < SECCOMP_TARGETS; i++)
		ret->largest[i] = -1;
	for (size_t i = 0; i < policy->rule_count; i++)
		names += policy->rules[i].names->count;
	ret->entries = ARENA_NEW(arena, struct model_entry, names * SECCOMP_TARGETS * 2);
	if (!ret->entries)
		return false;
	for (size_t i = 0; i < policy->rule_count; i++)
		for (size_t j = 0; j < policy->rules[i].names->count; j++)
			if (seccomp_numbers_find(numbers, policy->rules[i].names->items[j], found))
				add_name(ret, &policy->rules[i], found);
	return true;
}

/* ---------------------------------------------------------------- rules */

static bool holds(const struct scmp_arg_cmp *condition, uint64_t value, bool has_32_bits)
{
	const uint64_t all = has_32_bits ? UINT32_MAX : UINT64_MAX;
	const uint64_t a = condition->datum_a & all, b = condition->datum_b & all;

	value &= all;
	switch (condition->op) {
	case SCMP_CMP_NE:
		return value != a;
	case SCMP_CMP_LT:
		return value < a;
	case SCMP_CMP_LE:
		return value <= a;
	case SCMP_CMP_EQ:
		return value == a;
	case SCMP_CMP_GE:
		return value >= a;
	case SCMP_CMP_GT:
		return value > a;
	case SCMP_CMP_MASKED_EQ:
		return (value & a) == (b & a);
	default:
		abort();
	}
}

static bool entry_holds(const struct model_entry *entry, const struct seccomp_data *data)
{
	const bool has_32_bits = seccomp_targets[entry->target].has_32_bits;
	const struct seccomp_rule *rule = entry->rule;
	bool any = false, all = true;

	if (entry->function && (uint32_t)data->args[0] != entry->function)
		return false;
	for (unsigned int i = 0; i < rule->arg_count; i++) {
		/* the multiplexer's function is where that argument was */
		const bool is_lost = entry->function && rule->args[i].arg == 0;
		const bool one = is_lost || holds(&rule->args[i], data->args[rule->args[i].arg], has_32_bits);

		any |= one;
		all &= one;
	}
	return rule->apart ? any : all;
}

/* Is nothing compared?  An empty mask does not. */
static bool is_plain(const struct model_entry *entry)
{
	const uint64_t all = seccomp_targets[entry->target].has_32_bits ? UINT32_MAX : UINT64_MAX;
	const struct seccomp_rule *rule = entry->rule;
	unsigned int empty = 0;

	for (unsigned int i = 0; i < rule->arg_count; i++)
		empty += rule->args[i].op == SCMP_CMP_MASKED_EQ && !(rule->args[i].datum_a & all);
	return !entry->function && (empty == rule->arg_count || (empty && rule->apart));
}

static bool is_equality(const struct scmp_arg_cmp *condition)
{
	return condition->op == SCMP_CMP_EQ || condition->op == SCMP_CMP_MASKED_EQ;
}

/* Over the rules with conditions for a number, `count` of them. */
struct mixture {
	unsigned int count;
	bool has_inequality, has_large, has_several, has_actions;
	uint32_t action; /* of the last */
};

static void mix(struct mixture *mixture, const struct model_entry *entry)
{
	const struct seccomp_rule *rule = entry->rule;

	mixture->has_actions |= mixture->count && mixture->action != rule->action;
	mixture->action = rule->action;
	mixture->count += rule->apart ? rule->arg_count : 1;
	mixture->has_several |= entry->function || (!rule->apart && rule->arg_count > 1);
	for (unsigned int i = 0; i < rule->arg_count; i++) {
		mixture->has_inequality |= !is_equality(&rule->args[i]);
		mixture->has_large |= rule->args[i].datum_a > UINT32_MAX;
	}
}

static bool is_safe(const struct mixture *mixture, bool has_32_bits)
{
	if (mixture->has_actions && !has_32_bits)
		return false;
	if (mixture->count <= 1 || !mixture->has_inequality)
		return true;
	return !mixture->has_several && (has_32_bits || !mixture->has_large);
}

int model_rank(uint32_t action)
{
	static const uint32_t order[] = { SECCOMP_RET_ALLOW,	   SECCOMP_RET_LOG,	    SECCOMP_RET_TRACE,
					  SECCOMP_RET_USER_NOTIF,  SECCOMP_RET_ERRNO,	    SECCOMP_RET_TRAP,
					  SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS };
	int i = 0;

	while (order[i] != (action & SECCOMP_RET_ACTION_FULL))
		i++;
	return i;
}

static struct model_answer ask_rules(const struct model *model, size_t target, const struct seccomp_data *data)
{
	const uint32_t default_action = model->policy->default_action;
	struct model_answer answer = { .action = default_action, .is_safe = true };
	struct mixture mixture = { 0 };
	bool has_hit = false;

	for (size_t i = 0; i < model->count; i++) {
		const struct model_entry *entry = &model->entries[i];
		const uint32_t action = entry->rule->action;

		if (entry->target != target || entry->number != (uint32_t)data->nr || action == default_action)
			continue;
		/* the first that holds always decides alone */
		if (is_plain(entry))
			return (struct model_answer){ .action = action, .is_safe = true };
		mix(&mixture, entry);
		answer.has_args = true;
		if (!entry_holds(entry, data))
			continue;
		answer.is_contradictory |= has_hit && action != answer.action;
		if (!has_hit || model_rank(action) > model_rank(answer.action))
			answer.action = action;
		has_hit = true;
	}
	answer.is_safe = is_safe(&mixture, seccomp_targets[target].has_32_bits);
	return answer;
}

/* ---------------------------------------------------------------- architectures */

static bool has_target(const struct seccomp_policy *policy, size_t target)
{
	for (size_t i = 0; i < policy->arch_count; i++)
		if (policy->archs[i] == seccomp_targets[target].token)
			return true;
	return false;
}

/* The target with the largest base that the number reaches. */
static size_t find_target(const struct seccomp_data *data)
{
	size_t found = SECCOMP_TARGETS;

	for (size_t i = 0; i < SECCOMP_TARGETS; i++)
		if (seccomp_targets[i].kernel_arch == data->arch && (uint32_t)data->nr >= seccomp_targets[i].base &&
		    (found == SECCOMP_TARGETS || seccomp_targets[i].base > seccomp_targets[found].base))
			found = i;
	return found;
}

struct model_answer model_ask(const struct model *model, const struct seccomp_data *data)
{
	const size_t target = find_target(data);
	bool is_known = false;

	for (size_t i = 0; i < SECCOMP_TARGETS; i++)
		is_known |= has_target(model->policy, i) && seccomp_targets[i].kernel_arch == data->arch;
	/* a call that its tracer cancelled has the number -1 */
	if (is_known && data->nr == -1)
		return (struct model_answer){ .action = model->policy->default_action, .is_safe = true };
	if (target == SECCOMP_TARGETS || !has_target(model->policy, target))
		return (struct model_answer){ .action = SECCOMP_RET_KILL_THREAD, .is_safe = true };
	if (seccomp_has_newer(model->policy) && model->largest[target] >= 0 && data->nr > model->largest[target] &&
	    seccomp_is_common(&seccomp_targets[target], data->nr))
		return (struct model_answer){ .action = SECCOMP_RET_ERRNO | ENOSYS, .is_newer = true };
	return ask_rules(model, target, data);
}
