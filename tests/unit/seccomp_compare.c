#include "seccomp_compare.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "bpf.h"
#include "child.h"
#include "seccomp_by_library.h"
#include "seccomp_profiles.h"
#include "unit.h"

#define NUMBERS	     600 /* on every architecture, from its base */
#define VECTORS	     24	 /* of arguments, where they matter */
#define VALUES_MAX   96	 /* of interest for one argument */
#define X32	     0x40000000U

/* ---------------------------------------------------------------- one profile, three answers */

bool comparison_make(struct comparison *c, const struct spec_seccomp *profile, bool with_library)
{
	struct err err = { 0 };
	int r;

	if (!CHECK(seccomp_policy_read(profile, &c->arena, &c->policy, &err) == 0) ||
	    !CHECK(model_make(&c->policy, &c->numbers, &c->arena, &c->model)))
		return false;
	r = seccomp_compile_policy(&c->policy, &c->numbers, &c->arena, &c->tree, &err);
	if (r == 0 && !CHECK(bpf_is_valid(&c->tree)))
		return false;
	/* some of the generated ones have rules for every call there is */
	if (r < 0 && !with_library && strstr(err.text, "too long"))
		return false;
	if (r == 0 && with_library)
		r = seccomp_compile_by_library(&c->policy, &c->arena, &c->library, &err);
	/* its word for two actions under the same conditions */
	if (r == -EEXIST)
		return true;
	if (!CHECK(r >= 0))
		printf("# seed %" PRIu64 ": %s\n", c->seed, err.text);
	return r >= 0;
}

void comparison_free(struct comparison *c)
{
	arena_free(&c->arena);
	seccomp_numbers_close(&c->numbers);
}

static bool ask(const struct comparison *c, const struct seccomp_data *data)
{
	const uint32_t tree = bpf_run(&c->tree, data);
	const struct model_answer model = model_ask(&c->model, data);
	const bool by_library = c->library.count && !model.is_newer && (model.is_safe || model.is_contradictory);
	const uint32_t library = by_library ? bpf_run(&c->library, data) : tree;
	/* of what contradicts itself, libseccomp's program may say any of the actions, but none that stops more than ours */
	const bool is_right = model.is_contradictory ? model_rank(tree) >= model_rank(library) : tree == library;

	if (CHECK(tree == model.action) && CHECK(is_right))
		return true;
	printf("# seed %" PRIu64 ", arch %#x, number %#x, args", c->seed, data->arch, (unsigned int)data->nr);
	for (int i = 0; i < 6; i++)
		printf(" %#" PRIx64, (uint64_t)data->args[i]);
	printf(": tree %#x, model %#x, libseccomp %#x\n", tree, model.action, library);
	return false;
}

/* ---------------------------------------------------------------- the calls to ask for */

struct values {
	uint64_t items[VALUES_MAX];
	size_t count;
};

static void add_value(struct values *values, uint64_t value)
{
	if (values->count < VALUES_MAX)
		values->items[values->count++] = value;
}

/* What a comparison may take for the value, and what it may not. */
static void add_around(struct values *values, uint64_t value)
{
	add_value(values, value);
	add_value(values, value - 1);
	add_value(values, value + 1);
	add_value(values, value ^ (uint64_t)1 << 32);
	add_value(values, (uint32_t)value);
	add_value(values, value | 0xffffffff00000000);
}

static void gather_values(const struct model *model, uint32_t number, struct values values[6])
{
	for (size_t i = 0; i < model->count; i++) {
		const struct model_entry *entry = &model->entries[i];

		if (entry->number != number)
			continue;
		if (entry->function)
			add_value(&values[0], entry->function);
		for (unsigned int j = 0; j < entry->rule->arg_count; j++) {
			const struct scmp_arg_cmp *condition = &entry->rule->args[j];

			add_around(&values[condition->arg], condition->datum_a);
			if (condition->op == SCMP_CMP_MASKED_EQ)
				add_around(&values[condition->arg], condition->datum_b);
		}
	}
	for (int i = 0; i < 6; i++)
		add_value(&values[i], 0);
}

static bool ask_with_args(const struct comparison *c, struct seccomp_data *data, uint64_t *state)
{
	struct values values[6] = { 0 };
	bool is_right = true;

	gather_values(&c->model, (uint32_t)data->nr, values);
	for (int i = 0; i < VECTORS && is_right; i++) {
		for (int j = 0; j < 6; j++)
			data->args[j] = values[j].items[random_below(state, values[j].count)];
		is_right = ask(c, data);
	}
	return is_right;
}

static bool ask_number(const struct comparison *c, uint32_t arch, uint32_t number, uint64_t *state)
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };

	if (model_ask(&c->model, &data).has_args)
		return ask_with_args(c, &data, state);
	return ask(c, &data);
}

void comparison_ask(const struct comparison *c)
{
	static const uint32_t others[] = {
		0xeffff,    0xf0000,	0xf0001, 0xf0005,	0x7fffffff,    0x80000000,
		0xfffffffe, 0xffffffff, X32 - 1, X32 + 0xeffff, X32 + 0xf0000,
	};
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386,	 AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_ARM,    AUDIT_ARCH_RISCV64, 0 };
	uint64_t state = c->seed;
	bool is_right = true;

	for (size_t i = 0; i < SECCOMP_TARGETS; i++)
		for (uint32_t j = 0; j < NUMBERS && is_right; j++)
			is_right = ask_number(c, seccomp_targets[i].kernel_arch, seccomp_targets[i].base + j, &state);
	for (size_t i = 0; i < COUNT(archs); i++) {
		for (uint32_t j = 0; j < 3 && is_right; j++)
			is_right = ask_number(c, archs[i], j, &state);
		for (size_t j = 0; j < COUNT(others) && is_right; j++)
			is_right = ask_number(c, archs[i], others[j], &state);
	}
}
