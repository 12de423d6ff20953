#include "bpf.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/sys.h"

static bool is_valid_at(const struct sock_filter *at, size_t following)
{
	switch (at->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return at->k < sizeof(struct seccomp_data) && at->k % sizeof(uint32_t) == 0;
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_RET | BPF_K:
		return true;
	case BPF_LDX | BPF_W | BPF_MEM:
	case BPF_ST:
		return at->k < BPF_MEMWORDS;
	case BPF_JMP | BPF_JA:
		return at->k < following;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
		return at->jt < following && at->jf < following;
	default:
		return false;
	}
}

bool bpf_is_valid(const struct seccomp_filter *filter)
{
	if (!filter->count || filter->count > BPF_MAXINSNS)
		return false;
	for (size_t i = 0; i < filter->count; i++)
		if (!is_valid_at(&filter->instructions[i], filter->count - i - 1U))
			return false;
	return filter->instructions[filter->count - 1].code == (BPF_RET | BPF_K);
}

static bool jumps(const struct sock_filter *at, uint32_t accumulator)
{
	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		return accumulator == at->k;
	case BPF_JGT:
		return accumulator > at->k;
	case BPF_JGE:
		return accumulator >= at->k;
	default: /* BPF_JSET */
		return accumulator & at->k;
	}
}

int bpf_load(const struct seccomp_filter *filter)
{
	struct sock_fprog program = { .len = filter->count, .filter = filter->instructions };

	return sys_seccomp(SECCOMP_SET_MODE_FILTER, filter->flags, &program) < 0 ? -errno : 0;
}

static uint32_t calculate(const struct sock_filter *at, uint32_t accumulator, uint32_t index)
{
	switch (BPF_OP(at->code)) {
	case BPF_AND:
		return accumulator & at->k;
	case BPF_XOR:
		return accumulator ^ at->k;
	default: /* BPF_OR, with the index register */
		return accumulator | index;
	}
}

uint32_t bpf_run(const struct seccomp_filter *filter, const struct seccomp_data *data)
{
	const struct sock_filter *at = filter->instructions;
	uint32_t accumulator = 0, index = 0, cells[BPF_MEMWORDS] = { 0 };

	for (;; at++) {
		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			memcpy(&accumulator, (const char *)data + at->k, sizeof(accumulator));
			break;
		case BPF_LDX:
			index = cells[at->k];
			break;
		case BPF_ST:
			cells[at->k] = accumulator;
			break;
		case BPF_ALU:
			accumulator = calculate(at, accumulator, index);
			break;
		case BPF_RET:
			return at->k;
		default: /* BPF_JMP */
			at += BPF_OP(at->code) == BPF_JA ? at->k : jumps(at, accumulator) ? at->jt : at->jf;
			break;
		}
	}
}
