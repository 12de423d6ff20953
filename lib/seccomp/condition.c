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
