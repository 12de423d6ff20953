#include "seccomp/raw.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"

#define ITEM sizeof(struct sock_filter)

/* ---------------------------------------------------------------- base64 */

static int digit_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Decode `size` characters without padding into bytes.  Returns how many bytes, or -1. */
static ssize_t decode(const char *text, size_t size, uint8_t *ret)
{
	uint32_t bits = 0;
	size_t count = 0;
	int have = 0;

	for (size_t i = 0; i < size; i++) {
		int digit = digit_of(text[i]);

		if (digit < 0)
			return -1;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have >= 8) {
			have -= 8;
			ret[count++] = (uint8_t)(bits >> have);
			bits &= (1U << have) - 1;
		}
	}
	/* no digit that adds nothing, and no bit that is lost */
	return have < 6 && bits == 0 ? (ssize_t)count : -1;
}

static int decode_text(const char *text, const char *place, struct arena *arena, struct seccomp_filter *ret,
		       struct err *err)
{
	size_t size = strlen(text), padding = 0;
	uint8_t *bytes;
	ssize_t count;

	if (size > BPF_MAXINSNS * ITEM * 4 / 3 + 4)
		return err_user(err, "%s: more than %d instructions", place, BPF_MAXINSNS);
	while (padding < 2 && padding < size && text[size - padding - 1] == '=')
		padding++;
	bytes = arena_alloc(arena, size, 1);
	if (!bytes)
		return err_memory(err);
	count = size % 4 == 0 ? decode(text, size - padding, bytes) : -1;
	if (count < 0)
		return err_user(err, "%s: not base64", place);
	if (count == 0 || (size_t)count % ITEM)
		return err_user(err, "%s: %zd bytes are not a program of instructions with %zu each", place, count,
				ITEM);
	ret->instructions = ARENA_NEW(arena, struct sock_filter, (size_t)count / ITEM);
	if (!ret->instructions)
		return err_memory(err);
	memcpy(ret->instructions, bytes, (size_t)count);
	ret->count = (unsigned short)((size_t)count / ITEM);
	return 0;
}

/* ---------------------------------------------------------------- what the kernel takes */

/* Operations on the accumulator: which, and what their constant has to be. */
static bool is_valid_alu(const struct sock_filter *at)
{
	const bool has_constant = BPF_SRC(at->code) == BPF_K;

	switch (BPF_OP(at->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return true;
	case BPF_DIV:
		return !has_constant || at->k != 0;
	case BPF_LSH:
	case BPF_RSH:
		return !has_constant || at->k < 32;
	case BPF_NEG:
		return has_constant;
	default:
		return false;
	}
}

static bool is_valid_jump(const struct sock_filter *at, size_t following)
{
	switch (BPF_OP(at->code)) {
	case BPF_JA:
		return BPF_SRC(at->code) == BPF_K && at->k < following;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return at->jt < following && at->jf < following;
	default:
		return false;
	}
}

static bool is_valid_load(const struct sock_filter *at)
{
	switch (at->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return at->k < sizeof(struct seccomp_data) && at->k % sizeof(uint32_t) == 0;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		return at->k < BPF_MEMWORDS;
	default: /* the length is that of struct seccomp_data */
		return at->code == (BPF_LD | BPF_IMM) || at->code == (BPF_LDX | BPF_IMM) ||
		       at->code == (BPF_LD | BPF_W | BPF_LEN) || at->code == (BPF_LDX | BPF_W | BPF_LEN);
	}
}

/* The list of seccomp_check_filter() and bpf_check_classic() in the kernel. */
static bool is_valid(const struct sock_filter *at, size_t following)
{
	switch (BPF_CLASS(at->code)) {
	case BPF_LD:
	case BPF_LDX:
		return is_valid_load(at);
	case BPF_ST:
	case BPF_STX:
		return at->code == BPF_CLASS(at->code) && at->k < BPF_MEMWORDS;
	case BPF_ALU:
		return !(at->code & ~0xffU) && is_valid_alu(at);
	case BPF_JMP:
		return !(at->code & ~0xffU) && is_valid_jump(at, following);
	case BPF_RET:
		return at->code == (BPF_RET | BPF_K) || at->code == (BPF_RET | BPF_A);
	default:
		return at->code == (BPF_MISC | BPF_TAX) || at->code == (BPF_MISC | BPF_TXA);
	}
}

static int check(const struct seccomp_filter *filter, const char *place, struct err *err)
{
	const struct sock_filter *items = filter->instructions;

	for (size_t i = 0; i < filter->count; i++)
		if (!is_valid(&items[i], filter->count - i - 1U))
			return err_user(err, "%s: instruction %zu (code %#x, k %#x) is not one that seccomp(2) takes",
					place, i, items[i].code, items[i].k);
	if (BPF_CLASS(items[filter->count - 1].code) != BPF_RET)
		return err_user(err, "%s: the last instruction does not return", place);
	return 0;
}

static bool notifies(const struct seccomp_filter *filter)
{
	for (size_t i = 0; i < filter->count; i++)
		if (filter->instructions[i].code == (BPF_RET | BPF_K) &&
		    (filter->instructions[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

int seccomp_raw_read(const char *text, const char *place, struct arena *arena, struct seccomp_filter *ret,
		     bool *ret_notifies, struct err *err)
{
	struct seccomp_filter filter = { 0 };
	int r = decode_text(text, place, arena, &filter, err);

	if (r == 0)
		r = check(&filter, place, err);
	if (r < 0)
		return r;
	*ret_notifies = notifies(&filter);
	if (filter.count > FILTER_MAX - (*ret_notifies ? FILTER_LISTENER_ROOM : 0))
		return err_user(err, "%s: more than %d instructions", place, FILTER_MAX - FILTER_LISTENER_ROOM);
	ret->instructions = filter.instructions;
	ret->count = filter.count;
	return 0;
}
