#include "seccomp_profiles.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "child.h"
#include "seccomp/numbers.h"

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

size_t random_below(uint64_t *state, size_t count)
{
	return random_next(state) % count;
}

static void *make(struct arena *arena, size_t count, size_t size)
{
	void *items = arena_alloc(arena, count, size);

	if (!items)
		abort();
	return items;
}

/* ---------------------------------------------------------------- words */

/* The last cannot be the default. */
static const char *const actions[] = {
	"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO",	   "SCMP_ACT_TRACE", "SCMP_ACT_KILL",	     "SCMP_ACT_LOG",
	"SCMP_ACT_TRAP",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRACE", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_NOTIFY",
};
#define ACTIONS COUNT(actions)

static const char *const operators[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GT", "SCMP_CMP_GE",
};

#define EQUALITIES 2 /* of the operators, the first */

static const char *const archs[] = {
	"SCMP_ARCH_X86_64", "SCMP_ARCH_X86",	 "SCMP_ARCH_X32",   "SCMP_ARCH_S390X",
	"SCMP_ARCH_ARM",    "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS64", "SCMP_ARCH_RISCV64",
};

static const uint64_t small_values[] = {
	0, 1, 2, 3, 5, 8, 0x10, 0xff, 0x100, 0x20000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
};

static const uint64_t large_values[] = {
	0x100000000, 0x100000001, 0x500000007, 0x7fffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff,
};

static uint64_t small_value(uint64_t *state)
{
	return small_values[random_below(state, COUNT(small_values))];
}

static uint64_t any_value(uint64_t *state)
{
	switch (random_below(state, 4)) {
	case 0:
		return large_values[random_below(state, COUNT(large_values))];
	case 1:
		return random_next(state);
	default:
		return small_value(state);
	}
}

/* ---------------------------------------------------------------- rules */

/* Everything about a name that must be the same in all its rules. */
static uint64_t name_hash(uint64_t seed, const char *name)
{
	for (; *name; name++)
		seed = (seed ^ (unsigned char)*name) * 0x100000001b3;
	return random_next(&seed);
}

static void set_action_of(struct spec_seccomp_rule *rule, uint64_t hash, size_t count)
{
	rule->action = actions[hash % count];
	rule->errno_ret.is_set = false;
	if (!(hash >> 8 & 1))
		return;
	if (str_eq(rule->action, "SCMP_ACT_ERRNO"))
		rule->errno_ret = (struct opt_u64){ true, (hash >> 9) % 4095 }; /* libseccomp refuses 4095 */
	if (str_eq(rule->action, "SCMP_ACT_TRACE"))
		rule->errno_ret = (struct opt_u64){ true, hash >> 9 & 0xffff };
}

static void set_action(struct spec_seccomp_rule *rule, uint64_t hash)
{
	set_action_of(rule, hash, ACTIONS);
}

/* Up to `count` conditions on different arguments; with two in a row on one argument if they may be apart. */
static void set_args(struct spec_seccomp_rule *rule, uint64_t *state, size_t count, size_t operator_count,
		     bool is_small)
{
	unsigned int first = (unsigned int)random_below(state, 6), step = random_below(state, 8) == 0 ? 0 : 1;

	rule->args.count = count;
	for (size_t i = 0; i < count; i++)
		rule->args.items[i] = (struct spec_seccomp_arg){
			.index = (first + step * (unsigned int)i) % 6,
			.op = operators[random_below(state, operator_count)],
			.value = is_small ? small_value(state) : any_value(state),
			.value_two = is_small ? small_value(state) : any_value(state),
		};
}

/* One of the two multiplexers has these functions: what is a rule with one condition elsewhere has two there. */
static bool is_multiplexed(const char *name)
{
	struct seccomp_numbers numbers = { 0 };
	struct seccomp_number found[SECCOMP_TARGETS];
	bool is_function = false;

	if (seccomp_numbers_find(&numbers, name, found))
		for (size_t i = 0; i < SECCOMP_TARGETS; i++)
			is_function |= found[i].multiplexer >= 0;
	seccomp_numbers_close(&numbers);
	return is_function;
}

static bool is_multiplexer(const char *name)
{
	return str_eq(name, "socketcall") || str_eq(name, "ipc");
}

/* Actions that differ, but for values that do: by the value of the first argument. */
static void set_distinct(struct spec_seccomp_rule *rule, uint64_t *state, uint64_t hash)
{
	uint64_t value = small_value(state);

	rule->args.count = 1;
	rule->args.items[0] = (struct spec_seccomp_arg){ .index = 0, .op = "SCMP_CMP_EQ", .value = value };
	set_action(rule, hash ^ (value * 0x9e3779b97f4a7c15) >> 17);
}

/* Has one of the rules before this one the same name? */
static bool has_earlier(const struct spec_seccomp_rule *first, const struct spec_seccomp_rule *rule)
{
	for (; first < rule; first++)
		for (size_t i = 0; i < first->names.count; i++)
			if (str_eq(first->names.items[i], rule->names.items[0]))
				return true;
	return false;
}

static void set_tame(const struct spec_seccomp_rule *first, struct spec_seccomp_rule *rule, uint64_t *state,
		     uint64_t hash)
{
	bool must_be_equal = is_multiplexed(rule->names.items[0]);

	/* conditions on a multiplexer are for all of its functions, which may have other actions */
	switch (is_multiplexer(rule->names.items[0]) ? 7 : hash >> 32 & 7) {
	case 0:
		set_args(rule, state, 1 + random_below(state, 3), EQUALITIES, false);
		break;
	case 1:
		set_args(rule, state, 1, must_be_equal ? EQUALITIES : COUNT(operators), true);
		break;
	case 2:
		if (!must_be_equal)
			set_distinct(rule, state, hash);
		break;
	case 3:
		if (!must_be_equal && !has_earlier(first, rule))
			set_args(rule, state, 1 + random_below(state, 5), COUNT(operators), false);
		break;
	default: /* without conditions: the first counts */
		set_action(rule, must_be_equal ? hash : random_next(state));
		break;
	}
}

static void set_wild(struct spec_seccomp_rule *rule, uint64_t *state)
{
	if (random_below(state, 8) == 0)
		set_action(rule, random_next(state));
	if (random_below(state, 4) != 0)
		set_args(rule, state, 1 + random_below(state, 4), COUNT(operators), random_below(state, 2));
}

static void make_rule(const struct spec_seccomp *profile, size_t index, uint64_t seed, uint64_t *state,
		      const struct spec_strings *names, bool is_tame)
{
	struct spec_seccomp_rule *rule = &profile->syscalls.items[index];
	uint64_t hash;

	rule->names.items[0] = names->items[random_below(state, names->count)];
	rule->names.count = 1;
	hash = name_hash(seed, rule->names.items[0]);
	set_action(rule, hash);
	if (is_tame)
		set_tame(profile->syscalls.items, rule, state, hash);
	else
		set_wild(rule, state);
	/* further names, where all is the same for them */
	for (size_t i = random_below(state, 4); !rule->args.count && i > 0; i--) {
		const char *name = names->items[random_below(state, names->count)];

		if (!is_tame || !is_multiplexed(name))
			rule->names.items[rule->names.count++] = name;
	}
}

/* ---------------------------------------------------------------- the profile */

static void make_archs(uint64_t *state, struct arena *arena, struct spec_seccomp *profile)
{
	const char **items = make(arena, COUNT(archs), sizeof(*items));

	for (size_t i = 0; i < COUNT(archs); i++)
		if (random_below(state, 3) != 0)
			items[profile->architectures.count++] = archs[i];
	profile->architectures.items = items;
}

/* With x32, libseccomp forgets to load the number when no call that exists on x86-64 has a rule without conditions. */
static struct spec_seccomp_rule plain_rule(const struct spec_seccomp *profile, struct arena *arena)
{
	const char **names = make(arena, 1, sizeof(*names));

	names[0] = "read";
	return (struct spec_seccomp_rule){
		.names = { names, 1 },
		.action = str_eq(profile->default_action, "SCMP_ACT_ALLOW") ? "SCMP_ACT_LOG" : "SCMP_ACT_ALLOW",
	};
}

/* One of the names in three, few, or all. */
static size_t rule_count(uint64_t *state, const struct spec_strings *names)
{
	switch (random_below(state, 16)) {
	case 0:
		return names->count;
	case 1:
		return names->count / 3;
	default:
		return 1 + random_below(state, 30);
	}
}

struct spec_strings profile_names(struct arena *arena)
{
	struct spec_strings names = { 0 };
	size_t count = 0;

	while (seccomp_numbers_name(count))
		count++;
	names.items = make(arena, count + 1, sizeof(*names.items));
	for (size_t i = 0; i < count; i++)
		if (seccomp_syscall_resolve_name(seccomp_numbers_name(i)) != __NR_SCMP_ERROR)
			names.items[names.count++] = seccomp_numbers_name(i);
	return names;
}

void profile_make(uint64_t seed, bool is_tame, const struct spec_strings *names, struct arena *arena,
		  struct spec_seccomp *ret)
{
	uint64_t state = seed;
	struct spec_strings some = { .count = names->count };
	struct spec_seccomp profile = { .is_set = true };
	struct spec_seccomp_rule base = { .action = NULL };

	set_action_of(&base, random_next(&state), ACTIONS - 1);
	profile.default_action = base.action;
	profile.default_errno_ret = base.errno_ret;
	make_archs(&state, arena, &profile);
	profile.syscalls.count = rule_count(&state, names);
	/* few names, so that several rules are for the same; for libseccomp, whose time doubles with each, not too many */
	if (random_below(&state, 3) == 0) {
		some.count = 1 + random_below(&state, 8);
		if (is_tame)
			profile.syscalls.count = 1 + random_below(&state, 4 + some.count);
	}
	profile.syscalls.items = make(arena, profile.syscalls.count + 1, sizeof(*profile.syscalls.items));
	some.items = names->items + random_below(&state, names->count - some.count + 1);
	for (size_t i = 0; i < profile.syscalls.count; i++) {
		struct spec_seccomp_rule *rule = &profile.syscalls.items[i];

		rule->names.items = make(arena, 4, sizeof(*rule->names.items));
		rule->args.items = make(arena, 6, sizeof(*rule->args.items));
		make_rule(&profile, i, seed, &state, &some, is_tame);
	}
	if (is_tame)
		profile.syscalls.items[profile.syscalls.count++] = plain_rule(&profile, arena);
	*ret = profile;
}
