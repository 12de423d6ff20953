/* Jumps that are too long for their instruction. */
#include "seccomp/emitter.h"

#include <string.h>

#include "base/arena.h"
#include "bpf.h"
#include "unit.h"

/* The program: a jump, `near` loads, one end, `between` loads, the other end. */
static void try_jump(struct seccomp_emitter *e, unsigned int near, unsigned int between, bool with_loads)
{
	const struct seccomp_data seven = { .arch = 7 }, eight = { .arch = 8 };
	struct seccomp_filter filter = { .instructions = e->items };
	seccomp_label far, nearer;

	for (uint32_t k = 7; k < 9; k++) {
		memset(e, 0, sizeof(*e));
		far = seccomp_emit_return(e, 70);
		/* a return can be copied, what begins with something else cannot */
		if (with_loads)
			far = seccomp_emit_load(e, 8);
		for (unsigned int i = 0; i < between; i++)
			seccomp_emit_load(e, 8);
		nearer = seccomp_emit_return(e, 80);
		if (with_loads)
			nearer = seccomp_emit_load(e, 8);
		for (unsigned int i = 0; i < near; i++)
			seccomp_emit_load(e, 8);
		seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, k), k == 7 ? far : nearer, k == 7 ? nearer : far, 4);
		seccomp_emit_load(e, 4);
		seccomp_emit_finish(e);
		filter.count = (unsigned short)e->count;
		CHECK(!e->has_overflowed && bpf_is_valid(&filter));
		CHECK(bpf_run(&filter, &seven) == 70 && bpf_run(&filter, &eight) == 80);
	}
}

static void jumps_reach_any_distance(void)
{
	struct arena arena = { 0 };
	struct seccomp_emitter *e = ARENA_NEW(&arena, struct seccomp_emitter, 1);

	for (unsigned int near = 248; e && near < 262 && !unit_has_failed(); near++) {
		for (unsigned int between = 0; between < 10; between++)
			try_jump(e, near, between, between % 2);
		try_jump(e, 2, near, true);
		try_jump(e, near, 1000, true);
	}
	arena_free(&arena);
}

static void a_program_that_is_too_long_is_known(void)
{
	struct arena arena = { 0 };
	struct seccomp_emitter *e = ARENA_NEW(&arena, struct seccomp_emitter, 1);
	seccomp_label end, near = 0;

	if (!CHECK(e))
		return;
	end = seccomp_emit_return(e, 1);
	for (int i = 1; i < BPF_MAXINSNS; i++)
		near = seccomp_emit_load(e, 0);
	CHECK(!e->has_overflowed);
	(void)seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, 1), end, near, SECCOMP_NOTHING);
	CHECK(e->has_overflowed && e->count == BPF_MAXINSNS);
	arena_free(&arena);
}

static void a_load_of_what_is_loaded_is_passed_over(void)
{
	struct arena arena = { 0 };
	struct seccomp_emitter *e = ARENA_NEW(&arena, struct seccomp_emitter, 1);
	seccomp_label end, load;

	if (!CHECK(e))
		return;
	end = seccomp_emit_return(e, 1);
	load = seccomp_emit_load(e, 16);
	seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, 1), load, end, 16);
	CHECK(e->items[2].jt == 1 && e->items[2].jf == 1);
	seccomp_emit_jump(e, SECCOMP_JUMP(BPF_JEQ, 1), load, end, 20);
	CHECK(e->items[3].jt == 1 && e->items[3].jf == 2);
	arena_free(&arena);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(jumps_reach_any_distance),
		TEST(a_program_that_is_too_long_is_known),
		TEST(a_load_of_what_is_loaded_is_passed_over),
		TEST_END,
	};

	return unit_run(tests);
}
