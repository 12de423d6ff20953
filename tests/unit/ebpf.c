#include "ebpf.h"

#include <stdint.h>
#include <string.h>

struct machine {
	uint64_t registers[11];
	bool is_set[11];
	const struct bpf_cgroup_dev_ctx *context;
};

static bool load(struct machine *machine, const struct bpf_insn *insn)
{
	size_t size = BPF_SIZE(insn->code) == BPF_W ? 4 : 2;
	uint32_t word;
	uint16_t half;

	/* the context is the only memory there is */
	if ((insn->code != (BPF_LDX | BPF_MEM | BPF_W) && insn->code != (BPF_LDX | BPF_MEM | BPF_H)) ||
	    insn->src_reg != 1 || insn->off < 0 || (size_t)insn->off + size > sizeof(*machine->context) ||
	    (size_t)insn->off % size)
		return false;
	memcpy(&half, (const char *)machine->context + insn->off, sizeof(half));
	word = half;
	if (size == 4)
		memcpy(&word, (const char *)machine->context + insn->off, sizeof(word));
	machine->registers[insn->dst_reg] = word;
	machine->is_set[insn->dst_reg] = true;
	return true;
}

/* 32-bit arithmetic. */
static bool compute(struct machine *machine, const struct bpf_insn *insn)
{
	bool by_register = BPF_SRC(insn->code) == BPF_X, is_move = BPF_OP(insn->code) == BPF_MOV;
	uint32_t to = (uint32_t)machine->registers[insn->dst_reg];
	uint32_t value = by_register ? (uint32_t)machine->registers[insn->src_reg] : (uint32_t)insn->imm;

	if ((by_register && !machine->is_set[insn->src_reg]) || (!is_move && !machine->is_set[insn->dst_reg]))
		return false;
	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		to = value;
		break;
	case BPF_AND:
		to &= value;
		break;
	case BPF_OR:
		to |= value;
		break;
	case BPF_LSH:
		to <<= value & 31;
		break;
	case BPF_RSH:
		to >>= value & 31;
		break;
	default:
		return false;
	}
	machine->registers[insn->dst_reg] = to;
	machine->is_set[insn->dst_reg] = true;
	return true;
}

/* A 32-bit comparison with a constant. */
static bool compare(const struct machine *machine, const struct bpf_insn *insn, bool *ret_taken)
{
	uint32_t to = (uint32_t)machine->registers[insn->dst_reg], value = (uint32_t)insn->imm;

	if (BPF_SRC(insn->code) != BPF_K || !machine->is_set[insn->dst_reg])
		return false;
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		*ret_taken = to == value;
		return true;
	case BPF_JNE:
		*ret_taken = to != value;
		return true;
	case BPF_JGE:
		*ret_taken = to >= value;
		return true;
	case BPF_JSET:
		*ret_taken = to & value;
		return true;
	default:
		return false;
	}
}

int ebpf_run(const struct bpf_insn *instructions, size_t count, const struct bpf_cgroup_dev_ctx *context)
{
	struct machine machine = { .context = context, .is_set[1] = true };

	for (size_t at = 0; at < count; at++) {
		const struct bpf_insn *insn = &instructions[at];
		bool taken = true, valid = insn->dst_reg < 10 && insn->src_reg < 10;

		if (insn->code == (BPF_JMP | BPF_EXIT))
			return machine.is_set[0] ? (int)machine.registers[0] : -1;
		if (BPF_CLASS(insn->code) == BPF_LDX)
			valid = valid && load(&machine, insn);
		else if (BPF_CLASS(insn->code) == BPF_ALU)
			valid = valid && compute(&machine, insn);
		else if (BPF_CLASS(insn->code) == BPF_JMP32)
			valid = valid && compare(&machine, insn, &taken);
		else
			valid = insn->code == (BPF_JMP | BPF_JA);
		if (!valid)
			return -1;
		if (BPF_CLASS(insn->code) == BPF_LDX || BPF_CLASS(insn->code) == BPF_ALU)
			continue;
		if (insn->off < 0)
			return -1;
		if (taken)
			at += (size_t)insn->off;
	}
	return -1;
}
