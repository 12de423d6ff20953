#include "seccomp/condition.h"

#include <linux/seccomp.h>
#include <seccomp.h>

void seccomp_condition_reduce(struct scmp_arg_cmp *condition, bool has_32_bits)
{
	uint64_t all = has_32_bits ? UINT32_MAX : UINT64_MAX;

	/* as in libseccomp: on a 32-bit architecture, bits that no argument has are not compared */
	condition->datum_a &= all;
	condition->datum_b &= condition->op == SCMP_CMP_MASKED_EQ ? condition->datum_a : 0;
	if (condition->op != SCMP_CMP_MASKED_EQ || condition->datum_a != all)
		return;
	condition->op = SCMP_CMP_EQ;
	condition->datum_a = condition->datum_b;
	condition->datum_b = 0;
}

bool seccomp_condition_holds(const struct scmp_arg_cmp *condition)
{
	return condition->op == SCMP_CMP_MASKED_EQ && !condition->datum_a;
}

/* ---------------------------------------------------------------- do two exclude each other? */

struct interval {
	uint64_t first, last; /* first > last: empty */
};

/* The values for which the condition holds; false if they are no interval. */
static bool interval_of(const struct scmp_arg_cmp *condition, struct interval *ret)
{
	const struct interval empty = { 1, 0 };
	const uint64_t v = condition->datum_a;

	switch (condition->op) {
	case SCMP_CMP_EQ:
		*ret = (struct interval){ v, v };
		return true;
	case SCMP_CMP_LT:
		*ret = v == 0 ? empty : (struct interval){ 0, v - 1 };
		return true;
	case SCMP_CMP_LE:
		*ret = (struct interval){ 0, v };
		return true;
	case SCMP_CMP_GT:
		*ret = v == UINT64_MAX ? empty : (struct interval){ v + 1, UINT64_MAX };
		return true;
	case SCMP_CMP_GE:
		*ret = (struct interval){ v, UINT64_MAX };
		return true;
	default:
		return false;
	}
}

/* Is there no value in the interval for which the condition holds?  False when that takes more than a look. */
static bool excludes_interval(const struct scmp_arg_cmp *condition, const struct interval *interval)
{
	struct interval own;

	if (interval->first > interval->last)
		return true;
	if (interval_of(condition, &own))
		return own.first > own.last || own.last < interval->first || interval->last < own.first;
	if (interval->first != interval->last)
		return false;
	if (condition->op == SCMP_CMP_NE)
		return interval->first == condition->datum_a;
	return (interval->first & condition->datum_a) != condition->datum_b;
}

static bool exclude(const struct scmp_arg_cmp *a, const struct scmp_arg_cmp *b)
{
	struct interval interval;

	if (interval_of(a, &interval))
		return excludes_interval(b, &interval);
	if (interval_of(b, &interval))
		return excludes_interval(a, &interval);
	if (a->op == SCMP_CMP_MASKED_EQ && b->op == SCMP_CMP_MASKED_EQ)
		return (a->datum_b ^ b->datum_b) & a->datum_a & b->datum_a;
	return false;
}

bool seccomp_conditions_exclude(const struct scmp_arg_cmp *a, size_t a_count, const struct scmp_arg_cmp *b,
				size_t b_count)
{
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			if (a[i].arg == b[j].arg && exclude(&a[i], &b[j]))
				return true;
	return false;
}

/* ---------------------------------------------------------------- the comparison */

/* Offsets of the halves of an argument in struct seccomp_data. */
static uint32_t low_half(unsigned int arg)
{
	return (uint32_t)(offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t) +
			  (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : sizeof(uint32_t)));
}

static uint32_t high_half(unsigned int arg)
{
	return low_half(arg) ^ sizeof(uint32_t);
}

/* Is the half at `offset` equal to `value`? */
static seccomp_label emit_equal(struct seccomp_emitter *e, uint32_t offset, uint32_t value, seccomp_label yes,
				seccomp_label no)
{
	seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, value), yes, no, offset);
	return seccomp_emit_load(e, offset);
}

/* Is the half, as far as in the mask, equal to `value`? */
static seccomp_label emit_masked(struct seccomp_emitter *e, uint32_t offset, uint32_t mask, uint32_t value,
				 const seccomp_label targets[2])
{
	const seccomp_label yes = targets[0], no = targets[1];

	if (mask == 0)
		return yes;
	if (mask == UINT32_MAX)
		return emit_equal(e, offset, value, yes, no);
	if (value == 0) {
		seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JSET, mask), no, yes, offset);
		return seccomp_emit_load(e, offset);
	}
	seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, value), yes, no, SECCOMP_NOTHING);
	seccomp_emit_and(e, mask);
	return seccomp_emit_load(e, offset);
}

/* Is the argument above `value`, or, with BPF_JGE, above or equal?  The high half decides unless it is equal. */
static seccomp_label emit_above(struct seccomp_emitter *e, const struct scmp_arg_cmp *condition, uint16_t operation,
				bool has_32_bits, const seccomp_label targets[2])
{
	const uint32_t low = (uint32_t)condition->datum_a, high = (uint32_t)(condition->datum_a >> 32);
	const uint32_t low_at = low_half(condition->arg), high_at = high_half(condition->arg);
	const seccomp_label yes = targets[0], no = targets[1];
	seccomp_label next;

	seccomp_emit_jump(e, SECCOMP_JUMP(operation, low), yes, no, low_at);
	next = seccomp_emit_load(e, low_at);
	if (has_32_bits)
		return next;
	/* no half is below 0 */
	next = seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, high), next, high ? no : yes, high_at);
	if (high)
		seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JGT, high), yes, next, high_at);
	return seccomp_emit_load(e, high_at);
}

seccomp_label seccomp_emit_condition(struct seccomp_emitter *e, const struct scmp_arg_cmp *condition, bool has_32_bits,
				     seccomp_label yes, seccomp_label no)
{
	const seccomp_label targets[2] = { yes, no }, inverted[2] = { no, yes };
	const uint32_t low = low_half(condition->arg), high = high_half(condition->arg);
	const uint64_t value = condition->datum_a;
	seccomp_label next;

	switch (condition->op) {
	case SCMP_CMP_EQ:
		next = has_32_bits ? yes : emit_equal(e, high, (uint32_t)(value >> 32), yes, no);
		return emit_equal(e, low, (uint32_t)value, next, no);
	case SCMP_CMP_NE:
		next = has_32_bits ? no : emit_equal(e, high, (uint32_t)(value >> 32), no, yes);
		return emit_equal(e, low, (uint32_t)value, next, yes);
	case SCMP_CMP_GT:
		return emit_above(e, condition, BPF_JGT, has_32_bits, targets);
	case SCMP_CMP_GE:
		return emit_above(e, condition, BPF_JGE, has_32_bits, targets);
	case SCMP_CMP_LE: /* not above */
		return emit_above(e, condition, BPF_JGT, has_32_bits, inverted);
	case SCMP_CMP_LT:
		return emit_above(e, condition, BPF_JGE, has_32_bits, inverted);
	default: /* SCMP_CMP_MASKED_EQ: the first value is the mask */
		next = emit_masked(e, high, (uint32_t)(value >> 32), (uint32_t)(condition->datum_b >> 32), targets);
		return emit_masked(e, low, (uint32_t)value, (uint32_t)condition->datum_b,
				   (const seccomp_label[2]){ next, no });
	}
}
