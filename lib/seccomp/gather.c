#include <errno.h>
#include <seccomp.h>

#include "base/auto.h"
#include "base/log.h"
#include "seccomp/condition.h"
#include "seccomp/tree.h"

/* ---------------------------------------------------------------- architectures */

static struct seccomp_section *find_section(struct seccomp_tree *tree, uint32_t kernel_arch)
{
	for (size_t i = 0; i < tree->section_count; i++)
		if (tree->sections[i].kernel_arch == kernel_arch)
			return &tree->sections[i];
	return NULL;
}

/* Calls that there can be in one section, if every name is in it, and twice. */
static size_t most_calls(const struct seccomp_policy *policy)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->rule_count; i++)
		count += policy->rules[i].names->count * (policy->rules[i].apart ? policy->rules[i].arg_count : 1);
	return 2 * count;
}

static int add_section(struct seccomp_tree *tree, size_t target, size_t capacity, struct err *err)
{
	uint32_t kernel_arch = seccomp_targets[target].kernel_arch;
	struct seccomp_section *section = find_section(tree, kernel_arch);

	if (!section) {
		section = &tree->sections[tree->section_count++];
		section->kernel_arch = kernel_arch;
		section->calls = ARENA_NEW(tree->arena, struct seccomp_call, capacity);
		if (!section->calls)
			return err_memory(err);
	}
	section->has_target[target] = true;
	section->largest[target] = -1;
	return 0;
}

static int add_sections(struct seccomp_tree *tree, struct err *err)
{
	size_t capacity = most_calls(tree->policy);
	int r = 0;

	for (size_t i = 0; i < tree->policy->arch_count && r == 0; i++)
		for (size_t j = 0; j < SECCOMP_TARGETS && r == 0; j++)
			if (seccomp_targets[j].token == tree->policy->archs[i])
				r = add_section(tree, j, capacity, err);
	return r;
}

/* ---------------------------------------------------------------- rules become calls */

/* What a rule is on one target. */
struct variant {
	const struct seccomp_rule *rule;
	struct scmp_arg_cmp *args; /* the rule's, reduced, without those that always hold, unless they are apart */
	unsigned int arg_count;
	bool has_32_bits;
};

static void add_call(struct seccomp_section *section, uint32_t number, const struct variant *variant,
		     const struct scmp_arg_cmp *args, unsigned int arg_count)
{
	section->calls[section->call_count] = (struct seccomp_call){
		.number = number,
		.order = (uint32_t)section->call_count,
		.action = variant->rule->action,
		.arg_count = (uint16_t)arg_count,
		.has_32_bits = variant->has_32_bits,
		.args = args,
	};
	section->call_count++;
}

static void add_direct(struct seccomp_section *section, uint32_t number, const struct variant *variant)
{
	if (!variant->rule->apart) {
		add_call(section, number, variant, variant->args, variant->arg_count);
		return;
	}
	for (unsigned int i = 0; i < variant->arg_count; i++)
		add_call(section, number, variant, &variant->args[i], !seccomp_condition_holds(&variant->args[i]));
}

/* The first argument of a multiplexer is the function; as in libseccomp, a condition on it is lost, and the others are taken
 * for what they say, though the function's arguments are elsewhere. */
static int add_function(struct seccomp_tree *tree, struct seccomp_section *section, const struct seccomp_number *number,
			const struct scmp_arg_cmp *args, const struct variant *variant, unsigned int arg_count)
{
	struct scmp_arg_cmp *all = ARENA_NEW(tree->arena, struct scmp_arg_cmp, arg_count + 1);
	unsigned int count = 0;

	if (!all)
		return -ENOMEM;
	all[count++] = (struct scmp_arg_cmp){
		.arg = 0,
		.op = SCMP_CMP_EQ,
		.datum_a = number->function,
	};
	for (unsigned int i = 0; i < arg_count; i++)
		if (args[i].arg != 0 && !seccomp_condition_holds(&args[i]))
			all[count++] = args[i];
	add_call(section, (uint32_t)number->multiplexer, variant, all, count);
	return 0;
}

static int add_multiplexed(struct seccomp_tree *tree, struct seccomp_section *section,
			   const struct seccomp_number *number, const struct variant *variant)
{
	int r = 0;

	if (!variant->rule->apart)
		return add_function(tree, section, number, variant->args, variant, variant->arg_count);
	for (unsigned int i = 0; i < variant->arg_count && r == 0; i++)
		r = add_function(tree, section, number, &variant->args[i], variant, 1);
	return r;
}

static int make_variant(struct seccomp_tree *tree, const struct seccomp_rule *rule, bool has_32_bits,
			struct variant *ret)
{
	*ret = (struct variant){ .rule = rule, .has_32_bits = has_32_bits };
	if (!rule->arg_count)
		return 0;
	ret->args = ARENA_NEW(tree->arena, struct scmp_arg_cmp, rule->arg_count);
	if (!ret->args)
		return -ENOMEM;
	for (unsigned int i = 0; i < rule->arg_count; i++) {
		struct scmp_arg_cmp *arg = &ret->args[ret->arg_count];

		*arg = rule->args[i];
		seccomp_condition_reduce(arg, has_32_bits);
		ret->arg_count += rule->apart || !seccomp_condition_holds(arg);
	}
	return 0;
}

static int add_name(struct seccomp_tree *tree, const struct seccomp_number numbers[SECCOMP_TARGETS],
		    const struct variant variants[2])
{
	bool is_default = variants[0].rule->action == tree->policy->default_action;
	int r = 0;

	for (size_t i = 0; i < SECCOMP_TARGETS && r == 0; i++) {
		const struct seccomp_target *target = &seccomp_targets[i];
		const struct variant *variant = &variants[target->has_32_bits];
		struct seccomp_section *section = find_section(tree, target->kernel_arch);

		if (!section || !section->has_target[i])
			continue;
		section->largest[i] = seccomp_number_largest(target, &numbers[i], section->largest[i]);
		/* as with libseccomp, saying what holds anyway says nothing */
		if (is_default)
			continue;
		if (numbers[i].direct >= 0)
			add_direct(section, (uint32_t)numbers[i].direct, variant);
		if (numbers[i].multiplexer >= 0)
			r = add_multiplexed(tree, section, &numbers[i], variant);
	}
	return r;
}

static int add_rule(struct seccomp_tree *tree, const struct seccomp_rule *rule, struct err *err)
{
	struct seccomp_number numbers[SECCOMP_TARGETS];
	struct variant variants[2];
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++)
		r = make_variant(tree, rule, i, &variants[i]);
	for (size_t i = 0; i < rule->names->count && r == 0; i++) {
		const char *name = rule->names->items[i];

		if (seccomp_numbers_find(tree->numbers, name, numbers))
			r = add_name(tree, numbers, variants);
		else if (tree->policy->unknown == SECCOMP_REFUSE_UNKNOWN)
			return err_user(err, "%s.syscalls[%zu].names[%zu]: unknown system call %s", PLACE, rule->index,
					i, name);
		else
			log_debug("%s.syscalls[%zu].names[%zu]: unknown system call %s is skipped", PLACE, rule->index,
				  i, name);
	}
	return r < 0 ? err_memory(err) : 0;
}

int seccomp_tree_gather(struct seccomp_tree *tree, struct err *err)
{
	int r = add_sections(tree, err);

	for (size_t i = 0; i < tree->policy->rule_count && r == 0; i++)
		r = add_rule(tree, &tree->policy->rules[i], err);
	return r;
}
