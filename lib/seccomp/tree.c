/* The program of a policy.
 *
 * Of the rules for one system call, one without conditions decides alone, the first if there are several; that is
 * libseccomp's order.  Otherwise a rule decides if all its conditions hold.  If rules with different actions hold for the
 * same call, they contradict each other, and the most restrictive action is taken: the kernel's own order, when a process has
 * several filters.  The specification has no order.  libseccomp's result follows from its data structures, is the action of one
 * of these rules at best, and for some profiles it takes for ever; so a call is never let through here that it would stop.
 * (Where actions are equal it has wrong results too: of "a0 <= 5 and a1 <= 3" and "a0 >= 3 and a1 >= 5" version 2.5.4
 * makes a filter that takes a0 = 0, a1 = 5 for a hit, and "a1 > 0 and a0 < 3" with "(a1 & 2) == 2 and a0 < 3" never ends.) */
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>

#include "base/auto.h"
#include "seccomp/condition.h"
#include "seccomp/tree.h"

/* ---------------------------------------------------------------- calls with one number */

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* What the kernel prefers comes first: seccomp(2), "If multiple filters exist". */
static int compare_restriction(uint32_t a, uint32_t b)
{
	const int32_t one = (int32_t)(a & SECCOMP_RET_ACTION_FULL), other = (int32_t)(b & SECCOMP_RET_ACTION_FULL);

	return one < other ? -1 : one > other;
}

/* By number, then what decides first. */
static int compare_precedence(const void *a, const void *b)
{
	const struct seccomp_call *one = a, *other = b;
	int order = compare(one->number, other->number);

	if (order == 0)
		order = compare(one->arg_count != 0, other->arg_count != 0);
	if (order == 0 && one->arg_count)
		order = compare_restriction(one->action, other->action);
	return order ? order : compare(one->order, other->order);
}

static int compare_args(const struct seccomp_call *a, const struct seccomp_call *b)
{
	int order = 0;

	for (unsigned int i = 0; i < a->arg_count && order == 0; i++) {
		const struct scmp_arg_cmp *one = &a->args[i], *other = &b->args[i];

		order = compare(one->arg, other->arg);
		if (order == 0)
			order = compare(one->op, other->op);
		if (order == 0)
			order = compare(one->datum_a, other->datum_a);
		if (order == 0)
			order = compare(one->datum_b, other->datum_b);
	}
	return order;
}

/* By all but the order in which they were added: 0 for two that say the same. */
static int compare_content(const struct seccomp_call *a, const struct seccomp_call *b)
{
	int order = compare(a->number, b->number);

	if (order == 0)
		order = compare(a->action, b->action);
	if (order == 0)
		order = compare(a->arg_count, b->arg_count);
	return order ? order : compare_args(a, b);
}

static int compare_calls(const void *a, const void *b)
{
	const struct seccomp_call *one = a, *other = b;
	int order = compare_content(one, other);

	return order ? order : compare(one->order, other->order);
}

/* Drop what is said a second time. */
static void drop_repeated(struct seccomp_section *section)
{
	size_t kept = 0;

	qsort(section->calls, section->call_count, sizeof(*section->calls), compare_calls);
	for (size_t i = 0; i < section->call_count; i++)
		if (i == 0 || compare_content(&section->calls[kept - 1], &section->calls[i]))
			section->calls[kept++] = section->calls[i];
	section->call_count = kept;
}

/* Put them in order, without what comes after one that always holds. */
static void settle(struct seccomp_section *section)
{
	size_t kept = 0;

	drop_repeated(section);
	qsort(section->calls, section->call_count, sizeof(*section->calls), compare_precedence);
	for (size_t i = 0; i < section->call_count; i++) {
		const struct seccomp_call *last = kept ? &section->calls[kept - 1] : NULL;

		if (!last || last->arg_count || last->number != section->calls[i].number)
			section->calls[kept++] = section->calls[i];
	}
	section->call_count = kept;
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

int seccomp_compile_policy(const struct seccomp_policy *policy, struct seccomp_numbers *numbers, struct arena *arena,
			   struct seccomp_filter *ret, struct err *err)
{
	const unsigned int most =
		BPF_MAXINSNS - (ret->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? FILTER_LISTENER_ROOM : 0);
	struct seccomp_tree tree = { .policy = policy, .numbers = numbers, .arena = arena };
	struct seccomp_emitter *e;
	int r = seccomp_tree_gather(&tree, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < tree.section_count; i++)
		settle(&tree.sections[i]);
	e = ARENA_NEW(arena, struct seccomp_emitter, 1);
	if (!e)
		return err_memory(err);
	r = emit_program(e, &tree, err);
	if (r < 0)
		return r;
	if (e->has_overflowed || e->count > most)
		return err_user(err, "%s: too long: the filter would have more than %u instructions", PLACE, most);
	ret->instructions = e->items;
	ret->count = (unsigned short)e->count;
	return 0;
}
