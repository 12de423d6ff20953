/* One architecture's part of the program: a search tree over ranges of numbers with the same outcome.
 *
 * First the ranges for numbers that no rule names:
 *
 *	0 to the largest of the profile		the default action
 *	to SECCOMP_COMMON_END			ENOSYS, or the default action: see seccomp_has_newer()
 *	from there				the default action
 *	the numbers of x32			the same once more, if x32 is in the filter; otherwise what an unknown
 *						architecture gets
 *	-1					the default action: a tracer has cancelled the call
 *
 * Then the calls of the rules cut these.  Of n ranges, halves are searched with BPF_JGE; a few single numbers amid one other
 * outcome are compared one after the other, which takes one instruction each instead of two. */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include "base/auto.h"
#include "seccomp/condition.h"
#include "seccomp/tree.h"

#define CHAIN_MAX  3  /* single numbers that are compared one by one */
#define FLOORS_MAX 16 /* ranges without rules */

struct range {
	uint32_t first, last;
	uint32_t action;		  /* unless there are calls */
	const struct seccomp_call *calls; /* whose conditions decide */
	size_t call_count;
};

struct ranges {
	struct range *items; /* by number, without gaps */
	size_t count;
};

static bool is_same_outcome(const struct range *a, const struct range *b)
{
	return !a->call_count && !b->call_count && a->action == b->action;
}

/* From `range->first` on, this holds: what began there already is replaced. */
static void put(struct ranges *ranges, struct range range)
{
	range.last = UINT32_MAX;
	if (ranges->count && ranges->items[ranges->count - 1].first == range.first)
		ranges->count--;
	if (ranges->count && is_same_outcome(&ranges->items[ranges->count - 1], &range)) {
		ranges->items[ranges->count - 1].last = UINT32_MAX;
		return;
	}
	if (ranges->count)
		ranges->items[ranges->count - 1].last = range.first - 1;
	ranges->items[ranges->count++] = range;
}

static void put_action(struct ranges *ranges, uint32_t first, uint32_t action)
{
	put(ranges, (struct range){ .first = first, .action = action });
}

static void put_floors(struct ranges *floors, const struct seccomp_policy *policy,
		       const struct seccomp_section *section)
{
	put_action(floors, 0, policy->default_action);
	for (size_t i = 0; i < SECCOMP_TARGETS; i++) {
		const struct seccomp_target *target = &seccomp_targets[i];

		if (target->kernel_arch != section->kernel_arch)
			continue;
		put_action(floors, target->base,
			   section->has_target[i] ? policy->default_action : SECCOMP_RET_KILL_THREAD);
		if (!section->has_target[i] || section->largest[i] < 0 || !seccomp_has_newer(policy))
			continue;
		put_action(floors, (uint32_t)section->largest[i] + 1, SECCOMP_RET_ERRNO | ENOSYS);
		put_action(floors, target->base + SECCOMP_COMMON_END, policy->default_action);
	}
	put_action(floors, UINT32_MAX, policy->default_action);
}

/* Put the calls with the number of the first, and what follows them.  Returns how many they are. */
static size_t put_calls(struct ranges *ranges, const struct seccomp_call *calls, size_t count, uint32_t floor)
{
	struct range range = { .first = calls->number, .action = calls->action };
	size_t n = 1;

	while (n < count && calls[n].number == calls->number)
		n++;
	if (calls->arg_count) {
		range.calls = calls;
		range.call_count = n;
	}
	put(ranges, range);
	if (calls->number != UINT32_MAX)
		put_action(ranges, calls->number + 1, floor);
	return n;
}

static void put_ranges(struct ranges *ranges, const struct ranges *floors, const struct seccomp_section *section)
{
	const struct seccomp_call *calls = section->calls;
	const size_t count = section->call_count;
	uint32_t floor = 0;

	for (size_t i = 0, j = 0; i < floors->count || j < count;) {
		if (i < floors->count && (j == count || floors->items[i].first <= calls[j].number)) {
			floor = floors->items[i].action;
			put_action(ranges, floors->items[i].first, floor);
			i++;
		} else {
			j += put_calls(ranges, &calls[j], count - j, floor);
		}
	}
}

/* ---------------------------------------------------------------- outcomes */

/* The calls one after the other; if none holds, the default action. */
static seccomp_label emit_calls(struct seccomp_emitter *e, const struct range *range, uint32_t default_action)
{
	seccomp_label next = seccomp_emit_return(e, default_action);

	for (size_t i = range->call_count; i-- > 0;) {
		const struct seccomp_call *call = &range->calls[i];
		seccomp_label at = seccomp_emit_return(e, call->action);

		for (unsigned int j = call->arg_count; j-- > 0;)
			at = seccomp_emit_condition(e, &call->args[j], call->has_32_bits, at, next);
		next = at;
	}
	return next;
}

static seccomp_label emit_outcome(struct seccomp_emitter *e, const struct range *range, uint32_t default_action)
{
	if (range->call_count)
		return emit_calls(e, range, default_action);
	return seccomp_emit_return(e, range->action);
}

/* ---------------------------------------------------------------- the search */

#define NUMBER_AT offsetof(struct seccomp_data, nr)

/* The range whose outcome the others are exceptions from, each a single number, and at most CHAIN_MAX; or NULL. */
static const struct range *find_common(const struct range *ranges, size_t count)
{
	const struct range *common = &ranges[count - 1];
	size_t exceptions = 0;

	for (size_t i = 0; i < count; i++)
		if (ranges[i].first != ranges[i].last)
			common = &ranges[i];
	for (size_t i = 0; i < count && exceptions <= CHAIN_MAX; i++) {
		if (&ranges[i] == common || is_same_outcome(&ranges[i], common))
			continue;
		if (ranges[i].first != ranges[i].last)
			return NULL;
		exceptions++;
	}
	return exceptions <= CHAIN_MAX ? common : NULL;
}

static seccomp_label emit_chain(struct seccomp_emitter *e, const struct range *ranges, size_t count,
				const struct range *common, uint32_t default_action)
{
	seccomp_label next = emit_outcome(e, common, default_action);

	for (size_t i = count; i-- > 0;) {
		const struct range *range = &ranges[i];

		if (range != common && !is_same_outcome(range, common))
			next = seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, range->first),
						 emit_outcome(e, range, default_action), next, NUMBER_AT);
	}
	return next;
}

static seccomp_label emit_search(struct seccomp_emitter *e, const struct range *ranges, size_t count,
				 uint32_t default_action)
{
	const struct range *common = find_common(ranges, count);
	seccomp_label lower, upper;
	size_t half = count / 2;

	if (common)
		return emit_chain(e, ranges, count, common, default_action);
	upper = emit_search(e, ranges + half, count - half, default_action);
	lower = emit_search(e, ranges, half, default_action);
	return seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JGE, ranges[half].first), upper, lower, NUMBER_AT);
}

int seccomp_emit_section(struct seccomp_emitter *e, const struct seccomp_policy *policy,
			 const struct seccomp_section *section, struct arena *arena, seccomp_label *ret)
{
	struct range floor_items[FLOORS_MAX];
	struct ranges floors = { .items = floor_items }, ranges = { .count = 0 };
	seccomp_label label;

	put_floors(&floors, policy, section);
	/* each call begins a range and ends one */
	ranges.items = ARENA_NEW(arena, struct range, floors.count + 2 * section->call_count + 1);
	if (!ranges.items)
		return -ENOMEM;
	put_ranges(&ranges, &floors, section);
	label = emit_search(e, ranges.items, ranges.count, policy->default_action);
	*ret = ranges.count > 1 ? seccomp_emit_load(e, NUMBER_AT) : label;
	return 0;
}
