/* The program of a policy, made here.
 *
 * Of the rules for one system call, one without conditions decides alone, the first if there are several; that is
 * libseccomp's order.  Otherwise a rule decides if all its conditions hold.  If two with different actions can hold for the
 * same call, there is no order to go by: libseccomp then has a result that follows from its data structures, or refuses,
 * and it is left to it.  (Where actions are equal it has wrong results too: of "a0 <= 5 and a1 <= 3" and "a0 >= 3 and
 * a1 >= 5" version 2.5.4 makes a filter that takes a0 = 0, a1 = 5 for a hit, and "a1 > 0 and a0 < 3" with
 * "(a1 & 2) == 2 and a0 < 3" never ends.  These are compiled here, to what they say.) */
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>

#include "base/auto.h"
#include "seccomp/condition.h"
#include "seccomp/tree.h"

/* Rules for one call that are compared with each other; no profile that somebody wrote has more. */
#define RIVALS_MAX 256

/* ---------------------------------------------------------------- calls with one number */

static int compare_calls(const void *a, const void *b)
{
	const struct seccomp_call *one = a, *other = b;

	if (one->number != other->number)
		return one->number < other->number ? -1 : 1;
	return one->order < other->order ? -1 : 1;
}

static bool is_same_call(const struct seccomp_call *a, const struct seccomp_call *b)
{
	if (a->action != b->action || a->arg_count != b->arg_count)
		return false;
	for (unsigned int i = 0; i < a->arg_count; i++)
		if (a->args[i].arg != b->args[i].arg || a->args[i].op != b->args[i].op ||
		    a->args[i].datum_a != b->args[i].datum_a || a->args[i].datum_b != b->args[i].datum_b)
			return false;
	return true;
}

/* Keep the calls that count, among `count` with one number.  Returns how many. */
static size_t settle(struct seccomp_tree *tree, const struct seccomp_call *calls, size_t count,
		     struct seccomp_call *ret)
{
	size_t kept = 0, j;

	for (size_t i = 0; i < count; i++) {
		if (calls[i].arg_count == 0) {
			*ret = calls[i];
			return 1;
		}
	}
	tree->is_contradictory |= count > RIVALS_MAX;
	for (size_t i = 0; i < count && !tree->is_contradictory; i++) {
		for (j = 0; j < kept && !is_same_call(&ret[j], &calls[i]); j++)
			if (ret[j].action != calls[i].action &&
			    !seccomp_conditions_exclude(ret[j].args, ret[j].arg_count, calls[i].args,
							calls[i].arg_count))
				tree->is_contradictory = true;
		if (j == kept)
			ret[kept++] = calls[i];
	}
	return kept;
}

static void settle_section(struct seccomp_tree *tree, struct seccomp_section *section)
{
	size_t kept = 0;

	qsort(section->calls, section->call_count, sizeof(*section->calls), compare_calls);
	for (size_t i = 0, end; i < section->call_count; i = end) {
		for (end = i + 1; end < section->call_count; end++)
			if (section->calls[end].number != section->calls[i].number)
				break;
		/* in place: what is kept never overtakes what is read */
		kept += settle(tree, &section->calls[i], end - i, &section->calls[kept]);
	}
	section->call_count = kept;
}

/* Is all known that the program depends on?  Not without a table of numbers; not for x32 without x86-64, which libseccomp
 * alone can have; and not if rules contradict each other. */
static bool tree_can_compile(const struct seccomp_tree *tree)
{
	if (tree->is_contradictory || !tree->section_count || !seccomp_numbers_name(0))
		return false;
	for (size_t i = 0; i < tree->section_count; i++) {
		bool has_base = false;

		for (size_t j = 0; j < SECCOMP_TARGETS; j++)
			has_base |= tree->sections[i].has_target[j] && !seccomp_targets[j].base;
		if (!has_base)
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- the program */

/* Go to the part of the call's architecture.  Without one the call is not made, and the thread ends: libseccomp's default for
 * that case. */
static int emit_program(struct seccomp_emitter *e, const struct seccomp_tree *tree, struct err *err)
{
	const uint32_t offset = offsetof(struct seccomp_data, arch);
	seccomp_label labels[SECCOMP_TARGETS], next;
	int r = 0;

	for (size_t i = tree->section_count; i-- > 0 && r == 0;)
		r = seccomp_emit_section(e, tree->policy, &tree->sections[i], tree->arena, &labels[i]);
	if (r < 0)
		return err_memory(err);
	next = seccomp_emit_return(e, SECCOMP_RET_KILL_THREAD);
	for (size_t i = tree->section_count; i-- > 0;)
		next = seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, tree->sections[i].kernel_arch), labels[i], next,
					 offset);
	seccomp_emit_load(e, offset);
	seccomp_emit_finish(e);
	return 0;
}

int seccomp_compile_by_tree(const struct seccomp_policy *policy, struct seccomp_numbers *numbers, struct arena *arena,
			    struct seccomp_filter *ret, struct err *err)
{
	struct seccomp_tree tree = { .policy = policy, .numbers = numbers, .arena = arena };
	struct seccomp_emitter *e;
	int r = seccomp_tree_gather(&tree, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < tree.section_count; i++)
		settle_section(&tree, &tree.sections[i]);
	if (!tree_can_compile(&tree))
		return 1;
	e = ARENA_NEW(arena, struct seccomp_emitter, 1);
	if (!e)
		return err_memory(err);
	r = emit_program(e, &tree, err);
	if (r == 0 && e->has_overflowed)
		return 1;
	if (r == 0) {
		ret->instructions = e->items;
		ret->count = (unsigned short)e->count;
	}
	return r;
}
