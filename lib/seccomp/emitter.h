/* BPF programs, written from their end: jumps only go forward, so where one leads to is known when it is written.
 *
 * A jump reaches 255 instructions, an unconditional one any distance; a target too far away is reached by way of one of
 * these, or copied if it is a return.  The writer need not know. */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An instruction, as the count of those from it to the end. */
typedef uint32_t seccomp_label;

struct seccomp_emitter {
	struct sock_filter items[BPF_MAXINSNS]; /* the last first */
	uint32_t count;
	bool has_overflowed; /* the program is of no use */
	/* where the latest return of each value is; further values are not shared */
	struct {
		uint32_t value;
		seccomp_label label;
	} returns[16];
	uint32_t return_count;
};

/* Nothing is loaded, for seccomp_emit_jump(). */
#define SECCOMP_NOTHING UINT32_MAX

/* Write the load of a 32-bit word of struct seccomp_data, to go on with the instruction written last. */
seccomp_label seccomp_emit_load(struct seccomp_emitter *e, uint32_t offset);

/* Write accumulator &= mask, to go on with the instruction written last. */
seccomp_label seccomp_emit_and(struct seccomp_emitter *e, uint32_t mask);

/* Where the program returns `value`: near, or written for that. */
seccomp_label seccomp_emit_return(struct seccomp_emitter *e, uint32_t value);

/* Write a jump: operation BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET with k; on to `yes` if it holds, else to `no`.
 * loaded: the offset of the word in the accumulator, or SECCOMP_NOTHING: a load of it at the target is passed over. */
seccomp_label seccomp_emit_jump(struct seccomp_emitter *e, struct sock_filter jump, seccomp_label yes, seccomp_label no,
				uint32_t loaded);

#define SECCOMP_JUMP(operation, k) ((struct sock_filter)BPF_JUMP(BPF_JMP | (operation) | BPF_K, (k), 0, 0))

/* Turn the items round, when all is written. */
void seccomp_emit_finish(struct seccomp_emitter *e);
