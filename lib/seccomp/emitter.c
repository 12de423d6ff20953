#include "seccomp/emitter.h"

#include "base/auto.h"

#define REACH 255 /* instructions that a conditional jump can pass over */

#define IS_RETURN(code) ((code) == (BPF_RET | BPF_K))
#define IS_LOAD(code)	((code) == (BPF_LD | BPF_W | BPF_ABS))

static seccomp_label emit(struct seccomp_emitter *e, struct sock_filter instruction)
{
	if (e->count == ARRAY_SIZE(e->items)) {
		e->has_overflowed = true;
		return e->count;
	}
	e->items[e->count++] = instruction;
	return e->count;
}

/* Instructions between one that is written next and the target. */
static uint32_t distance(const struct seccomp_emitter *e, seccomp_label target)
{
	return e->count - target;
}

static const struct sock_filter *at(const struct seccomp_emitter *e, seccomp_label label)
{
	return &e->items[label - 1];
}

seccomp_label seccomp_emit_load(struct seccomp_emitter *e, uint32_t offset)
{
	return emit(e, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

seccomp_label seccomp_emit_and(struct seccomp_emitter *e, uint32_t mask)
{
	return emit(e, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
}

/* `slack` is for what is written before the jump that goes there. */
static seccomp_label return_within(struct seccomp_emitter *e, uint32_t value, uint32_t slack)
{
	uint32_t i = 0;
	seccomp_label label;

	while (i < e->return_count && e->returns[i].value != value)
		i++;
	if (i < e->return_count && distance(e, e->returns[i].label) + slack <= REACH)
		return e->returns[i].label;
	label = emit(e, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
	if (i < ARRAY_SIZE(e->returns)) {
		e->returns[i].value = value;
		e->returns[i].label = label;
	}
	if (i == e->return_count && i < ARRAY_SIZE(e->returns))
		e->return_count++;
	return label;
}

seccomp_label seccomp_emit_return(struct seccomp_emitter *e, uint32_t value)
{
	return return_within(e, value, 0);
}

/* The target, or something near that has the same effect. */
static seccomp_label bring_near(struct seccomp_emitter *e, seccomp_label target, uint32_t slack)
{
	if (distance(e, target) + slack <= REACH)
		return target;
	if (IS_RETURN(at(e, target)->code))
		return return_within(e, at(e, target)->k, slack);
	return emit(e, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, distance(e, target)));
}

static seccomp_label pass_over_load(const struct seccomp_emitter *e, seccomp_label target, uint32_t loaded)
{
	const struct sock_filter *first = at(e, target);

	return IS_LOAD(first->code) && first->k == loaded ? target - 1 : target;
}

seccomp_label seccomp_emit_jump(struct seccomp_emitter *e, struct sock_filter jump, seccomp_label yes, seccomp_label no,
				uint32_t loaded)
{
	/* the second may write one instruction before the jump is written */
	yes = bring_near(e, pass_over_load(e, yes, loaded), 1);
	no = bring_near(e, pass_over_load(e, no, loaded), 0);
	jump.jt = (__u8)distance(e, yes);
	jump.jf = (__u8)distance(e, no);
	return emit(e, jump);
}

void seccomp_emit_finish(struct seccomp_emitter *e)
{
	for (uint32_t i = 0; i < e->count / 2; i++) {
		struct sock_filter other = e->items[i];

		e->items[i] = e->items[e->count - 1 - i];
		e->items[e->count - 1 - i] = other;
	}
}
