/* Ranges to instructions.
 *
 *	w2 = access, w3 = type, w4 = major, w5 = minor of the request
 *	for each minor number that a rule names for all majors: if w5 is it, its own tree over w4
 *	w4 = w4 << 20 | w5
 *	the tree of the request's type over w4; one tree for both types where they agree
 *
 * A tree leads to chunks of a few comparisons, from the highest range down.  Each ends at an exit, of which there is one
 * per set of allowed access; they are laid down after the code, and again before a jump's 16 bits run out.  The verifier
 * takes some 2 us per instruction, so each one counts. */
#include "cgroups/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"

#define CHUNK		 33	/* ranges that are compared one after the other */
#define EXIT_DISTANCE	 16000	/* instructions after which exits are laid down again */
#define JUMP_MAX	 INT16_MAX
#define STAR_MINORS_MAX	 16
#define ACCESS_SETS	 (DEVICE_ALL + 1)

enum { REG_RESULT, REG_CONTEXT, REG_ACCESS, REG_TYPE, REG_MAJOR, REG_MINOR };
#define REG_KEY REG_MAJOR /* the major number in the higher bits */

/* Offsets of the halves of access_type. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TYPE_OFFSET   0
#define ACCESS_OFFSET 2
#else
#define TYPE_OFFSET   2
#define ACCESS_OFFSET 0
#endif

struct emitter {
	struct bpf_insn *items;
	size_t count, room;
	int failed; /* errno; checked at the end */
	struct {
		uint32_t *items; /* jumps that wait for this exit */
		size_t count, room;
	} waiting[ACCESS_SETS];
	size_t first_waiting; /* instruction of the oldest waiting jump */
};

static void emitter_free(struct emitter *out)
{
	free(out->items);
	for (unsigned int i = 0; i < ACCESS_SETS; i++)
		free(out->waiting[i].items);
}

/* Make room for one more of `size` bytes. */
static bool grow(void **items, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *larger;

	if (count < *room)
		return true;
	larger = realloc(*items, more * size);
	if (!larger)
		return false;
	*items = larger;
	*room = more;
	return true;
}

static size_t emit(struct emitter *out, uint8_t code, uint8_t to, uint8_t from, size_t offset, uint32_t value)
{
	if (!grow((void **)&out->items, out->count, &out->room, sizeof(*out->items)))
		out->failed = ENOMEM;
	if (out->failed)
		return 0;
	out->items[out->count] = (struct bpf_insn){
		.code = code,
		.dst_reg = to & 0xfu,
		.src_reg = from & 0xfu,
		.off = (int16_t)offset,
		.imm = (int32_t)value,
	};
	return out->count++;
}

/* Let the jump at `index` lead to the next instruction. */
static void land(struct emitter *out, size_t index)
{
	size_t distance = out->count - index - 1;

	if (out->failed)
		return;
	if (distance > JUMP_MAX)
		out->failed = E2BIG;
	out->items[index].off = (int16_t)distance;
}

/* A jump to the exit of an access set. */
static void emit_exit_jump(struct emitter *out, uint8_t code, uint8_t reg, uint32_t value, unsigned int access)
{
	size_t index = emit(out, code, reg, 0, 0, value);

	if (!grow((void **)&out->waiting[access].items, out->waiting[access].count, &out->waiting[access].room,
		  sizeof(uint32_t)))
		out->failed = ENOMEM;
	if (out->failed)
		return;
	if (out->first_waiting == SIZE_MAX)
		out->first_waiting = index;
	out->waiting[access].items[out->waiting[access].count++] = (uint32_t)index;
}

static void land_waiting(struct emitter *out, unsigned int access)
{
	for (size_t i = 0; i < out->waiting[access].count; i++)
		land(out, out->waiting[access].items[i]);
	out->waiting[access].count = 0;
}

/* The exit that may follow without the jump to it which would be the last instruction: taken back, it is not needed.
 * Returns the access set of that exit. */
static unsigned int take_back_jump(struct emitter *out)
{
	for (unsigned int access = 0; access < DEVICE_ALL; access++) {
		size_t last = out->waiting[access].count;

		if (!last || out->waiting[access].items[last - 1] != out->count - 1 ||
		    out->items[out->count - 1].code != (BPF_JMP | BPF_JA))
			continue;
		out->waiting[access].count--;
		out->count--;
		return access;
	}
	return DEVICE_ALL;
}

/* Lay down the exits that are waited for: first, in reach of the code before them, the one that this code ends at. */
static void emit_exits(struct emitter *out)
{
	size_t allow[ACCESS_SETS], deny[ACCESS_SETS];
	unsigned int first, partial = 0;

	if (out->failed || out->first_waiting == SIZE_MAX)
		return; /* the kernel refuses code that nothing leads to */
	first = take_back_jump(out);
	for (unsigned int i = 0; i < ACCESS_SETS; i++) {
		unsigned int access = (first + i) % ACCESS_SETS;

		if (access == DEVICE_ALL || (access != first && !out->waiting[access].count))
			continue;
		if (partial)
			allow[partial - 1] = emit(out, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land_waiting(out, access);
		deny[partial++] = emit(out, BPF_JMP32 | BPF_JSET | BPF_K, REG_ACCESS, 0, 0, DEVICE_ALL & ~access);
	}
	/* the last one falls through */
	for (unsigned int i = 1; i < partial; i++)
		land(out, allow[i - 1]);
	land_waiting(out, DEVICE_ALL);
	(void)emit(out, BPF_ALU | BPF_MOV | BPF_K, REG_RESULT, 0, 0, 1);
	(void)emit(out, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (unsigned int i = 0; i < partial; i++)
		land(out, deny[i]);
	if (partial) {
		(void)emit(out, BPF_ALU | BPF_MOV | BPF_K, REG_RESULT, 0, 0, 0);
		(void)emit(out, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	out->first_waiting = SIZE_MAX;
}

/* From the highest range down.  A single key between ranges that allow the same is compared for itself, and what is left
 * of the two is one range. */
static void emit_chunk(struct emitter *out, uint8_t reg, const struct device_range *ranges, size_t count)
{
	for (size_t i = count - 1; i > 0;) {
		const struct device_range *range = &ranges[i];

		if (i >= 2 && range->start - range[-1].start == 1 && range->access == range[-2].access) {
			emit_exit_jump(out, BPF_JMP32 | BPF_JEQ | BPF_K, reg, range[-1].start, range[-1].access);
			i -= 2;
		} else {
			emit_exit_jump(out, BPF_JMP32 | BPF_JGE | BPF_K, reg, range->start, range->access);
			i--;
		}
	}
	emit_exit_jump(out, BPF_JMP | BPF_JA, 0, 0, ranges[0].access);
	if (out->count - out->first_waiting > EXIT_DISTANCE)
		emit_exits(out);
}

static void emit_tree(struct emitter *out, uint8_t reg, const struct device_range *ranges, size_t count)
{
	size_t half = count / 2, right;

	if (count <= CHUNK) {
		emit_chunk(out, reg, ranges, count);
		return;
	}
	right = emit(out, BPF_JMP32 | BPF_JGE | BPF_K, reg, 0, 0, ranges[half].start);
	emit_tree(out, reg, ranges, half);
	land(out, right);
	emit_tree(out, reg, ranges + half, count - half);
}

struct cuts {
	struct device_ranges block, character;
};

static int make_cuts(const struct device_rules *rules, int64_t minor, struct arena *arena, struct cuts *cuts,
		     struct err *err)
{
	int r = device_ranges(rules, 'b', minor, arena, &cuts->block, err);

	return r < 0 ? r : device_ranges(rules, 'c', minor, arena, &cuts->character, err);
}

static bool are_same(const struct device_ranges *a, const struct device_ranges *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].start != b->items[i].start || a->items[i].access != b->items[i].access)
			return false;
	return true;
}

static void emit_ranges(struct emitter *out, uint8_t reg, const struct device_ranges *ranges)
{
	emit_tree(out, reg, ranges->items, ranges->count);
}

static void emit_cuts(struct emitter *out, uint8_t reg, const struct cuts *cuts)
{
	const struct device_ranges *block = &cuts->block, *character = &cuts->character;
	bool block_first = block->count < character->count; /* the smaller tree, as it is what is jumped over */
	size_t other;

	if (are_same(block, character)) {
		emit_ranges(out, reg, block);
	} else if (block->count == 1) {
		emit_exit_jump(out, BPF_JMP32 | BPF_JNE | BPF_K, REG_TYPE, BPF_DEVCG_DEV_CHAR, block->items[0].access);
		emit_ranges(out, reg, character);
	} else {
		other = emit(out, BPF_JMP32 | BPF_JEQ | BPF_K, REG_TYPE, 0, 0,
			     block_first ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
		emit_ranges(out, reg, block_first ? block : character);
		land(out, other);
		emit_ranges(out, reg, block_first ? character : block);
	}
}

static void emit_prologue(struct emitter *out)
{
	const size_t access_type = offsetof(struct bpf_cgroup_dev_ctx, access_type);
	const uint8_t load = BPF_LDX | BPF_MEM;

	(void)emit(out, load | BPF_H, REG_ACCESS, REG_CONTEXT, access_type + ACCESS_OFFSET, 0);
	(void)emit(out, load | BPF_H, REG_TYPE, REG_CONTEXT, access_type + TYPE_OFFSET, 0);
	(void)emit(out, load | BPF_W, REG_MAJOR, REG_CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	(void)emit(out, load | BPF_W, REG_MINOR, REG_CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
}

/* The minor numbers that rules name for all majors. */
static int find_star_minors(const struct device_rules *rules, int64_t minors[STAR_MINORS_MAX], size_t *ret_count,
			    struct err *err)
{
	size_t found = 0;

	for (size_t i = 0; i < rules->count; i++) {
		const struct device_rule *rule = &rules->items[i];
		size_t known = 0;

		if (rule->major >= 0 || rule->minor < 0 || rule->minor > DEVICE_MINOR_MAX)
			continue;
		while (known < found && minors[known] != rule->minor)
			known++;
		if (known < found)
			continue;
		if (found == STAR_MINORS_MAX)
			return err_user(err,
					"linux.resources.devices: more than %d different minor numbers for all major "
					"numbers",
					STAR_MINORS_MAX);
		minors[found++] = rule->minor;
	}
	*ret_count = found;
	return 0;
}

static int emit_all(struct emitter *out, const struct device_rules *rules, struct arena *arena, struct err *err)
{
	int64_t minors[STAR_MINORS_MAX];
	size_t minor_count = 0;
	struct cuts cuts;
	int r = find_star_minors(rules, minors, &minor_count, err);

	if (r < 0)
		return r;
	emit_prologue(out);
	for (size_t i = 0; i < minor_count; i++) {
		size_t next;

		r = make_cuts(rules, minors[i], arena, &cuts, err);
		if (r < 0)
			return r;
		next = emit(out, BPF_JMP32 | BPF_JNE | BPF_K, REG_MINOR, 0, 0, (uint32_t)minors[i]);
		emit_cuts(out, REG_MAJOR, &cuts);
		land(out, next);
	}
	r = make_cuts(rules, -1, arena, &cuts, err);
	if (r < 0)
		return r;
	(void)emit(out, BPF_ALU | BPF_LSH | BPF_K, REG_KEY, 0, 0, DEVICE_MINOR_BITS);
	(void)emit(out, BPF_ALU | BPF_OR | BPF_X, REG_KEY, REG_MINOR, 0, 0);
	emit_cuts(out, REG_KEY, &cuts);
	emit_exits(out);
	return 0;
}

int device_program_compile(const struct device_rules *rules, struct arena *arena, struct device_program *ret,
			   struct err *err)
{
	__attribute__((cleanup(emitter_free))) struct emitter out = { .first_waiting = SIZE_MAX };
	int r = emit_all(&out, rules, arena, err);

	if (r < 0)
		return r;
	if (out.failed == E2BIG)
		return err_set(err, E2BIG,
			       "linux.resources.devices: more separate devices than one program can tell apart");
	if (out.failed)
		return err_memory(err);
	ret->instructions = ARENA_NEW(arena, struct bpf_insn, out.count);
	if (!ret->instructions)
		return err_memory(err);
	memcpy(ret->instructions, out.items, out.count * sizeof(*out.items));
	ret->count = (uint32_t)out.count;
	return 0;
}
