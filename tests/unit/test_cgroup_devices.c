/* Device rules: the program compiled from them is run by an interpreter and held against the rules themselves, applied one
 * by one; as root the kernel's verifier sees it too. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "cgroups/devices.h"
#include "cgroups/program.h"
#include "child.h"
#include "ebpf.h"
#include "unit.h"

/* ---------------------------------------------------------------- the reference */

struct request {
	char type;
	uint32_t major, minor;
	unsigned int access;
};

static bool covers(const struct device_rule *rule, const struct request *request, unsigned int kind)
{
	return (rule->type == 'a' || rule->type == request->type) && rule->access & kind &&
	       (rule->major < 0 || rule->major == request->major) && (rule->minor < 0 || rule->minor == request->minor);
}

/* The last rule that covers a kind of access says whether it is allowed. */
static bool is_allowed(const struct device_rules *rules, const struct request *request)
{
	for (unsigned int kind = 1; kind <= DEVICE_WRITE; kind <<= 1) {
		bool allow = false;

		if (!(request->access & kind))
			continue;
		for (size_t i = 0; i < rules->count; i++)
			if (covers(&rules->items[i], request, kind))
				allow = rules->items[i].allow;
		if (!allow)
			return false;
	}
	return true;
}

static int run(const struct device_program *program, const struct request *request)
{
	struct bpf_cgroup_dev_ctx context = {
		.access_type = request->access << 16 |
			       (uint32_t)(request->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		.major = request->major,
		.minor = request->minor,
	};

	return ebpf_run(program->instructions, program->count, &context);
}

/* Check one request of every kind of access. */
static bool agrees(const struct device_rules *rules, const struct device_program *program, struct request request)
{
	for (request.access = 0; request.access <= DEVICE_ALL; request.access++) {
		int got = run(program, &request);

		if (CHECK(got == is_allowed(rules, &request)))
			continue;
		printf("# %c %u:%u access %u: the program says %d\n", request.type, request.major, request.minor,
		       request.access, got);
		return false;
	}
	return true;
}

/* ---------------------------------------------------------------- rules */

static uint32_t seed = 1;

static uint32_t random_below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % limit;
}

/* Few numbers, so that rules meet; and the ends of what a device number can be. */
static int64_t random_number(int64_t last, bool may_be_star)
{
	switch (random_below(may_be_star ? 8 : 6)) {
	case 0:
		return last;
	case 1:
		return last - 1;
	case 2:
		return 0;
	case 6:
	case 7:
		return -1;
	default:
		return random_below(6);
	}
}

static struct device_rule random_rule(void)
{
	return (struct device_rule){
		.allow = random_below(2),
		.type = "abc"[random_below(3)],
		.major = random_number(4095, true),
		.minor = random_number(0xfffff, true),
		.access = 1 + random_below(7),
	};
}

static struct request random_request(void)
{
	return (struct request){
		.type = "bc"[random_below(2)],
		.major = (uint32_t)random_number(4095, false),
		.minor = (uint32_t)random_number(0xfffff, false),
	};
}

static void agrees_with_the_rules_one_by_one(void)
{
	for (int list = 0; list < 3000 && !unit_has_failed(); list++) {
		struct device_rule items[12];
		struct device_rules rules = { .items = items, .count = 1 + random_below(ARRAY_SIZE(items)) };
		struct device_program program = { 0 };
		struct arena arena = { 0 };
		struct err err;

		for (size_t i = 0; i < rules.count; i++)
			items[i] = random_rule();
		if (CHECK(device_program_compile(&rules, &arena, &program, &err) == 0))
			for (int i = 0; i < 60; i++)
				if (!agrees(&rules, &program, random_request()))
					break;
		arena_free(&arena);
	}
}

/* Spread so that no two are neighbours: each is a range of its own. */
static struct device_rules separate_devices(size_t count, struct arena *arena)
{
	struct device_rules rules = { .items = ARENA_NEW(arena, struct device_rule, count + 1), .count = count + 1 };

	CHECK(rules.items != NULL);
	rules.items[0] = (struct device_rule){ .type = 'a', .major = -1, .minor = -1, .access = DEVICE_ALL };
	for (size_t i = 1; i <= count; i++)
		rules.items[i] = (struct device_rule){
			.allow = true,
			.type = i % 5 ? 'c' : 'b',
			.major = (int64_t)(i * 7 % 4096),
			.minor = (int64_t)(3 * i),
			.access = 1 + (unsigned int)(i % 7),
		};
	return rules;
}

static void tells_many_devices_apart(void)
{
	static const size_t counts[] = { 1, 8, 9, 100, 5000, 20000 };

	for (size_t c = 0; c < ARRAY_SIZE(counts) && !unit_has_failed(); c++) {
		struct device_program program = { 0 };
		struct arena arena = { 0 };
		struct device_rules rules = separate_devices(counts[c], &arena);
		struct err err;

		if (CHECK(device_program_compile(&rules, &arena, &program, &err) == 0))
			for (size_t i = 1; i <= counts[c]; i += 1 + counts[c] / 50) {
				const struct device_rule *rule = &rules.items[i];

				for (uint32_t beside = 0; beside < 3; beside++)
					agrees(&rules, &program,
					       (struct request){ .type = rule->type,
								 .major = (uint32_t)rule->major,
								 .minor = (uint32_t)rule->minor + beside - 1 });
			}
		arena_free(&arena);
	}
}

static void refuses_more_devices_than_a_program_can_tell_apart(void)
{
	struct device_program program = { 0 };
	struct arena arena = { 0 };
	struct device_rules rules = separate_devices(200000, &arena);
	struct err err;

	CHECK(device_program_compile(&rules, &arena, &program, &err) == -E2BIG);
	CHECK_HAS(err.text, "linux.resources.devices");
	arena_free(&arena);
}

static void compares_once_per_device(void)
{
	struct spec_device_rule deny = { .access = "rwm" };
	struct spec_device_rules config = { .items = &deny, .count = 1 };
	struct device_program program = { 0 };
	struct device_rules rules;
	struct arena arena = { 0 };
	struct err err;

	CHECK(devices_read(&config, &arena, &rules, &err) == 0);
	CHECK(device_program_compile(&rules, &arena, &program, &err) == 0);
	/* 6 for the key, 1 for the type, 8 between the 11 ranges, 5 for the two exits */
	CHECK(program.count == 20);
	arena_free(&arena);
}

static void takes_numbers_that_no_device_has_for_nothing(void)
{
	struct device_rule items[] = {
		{ .allow = true, .type = 'c', .major = 4096, .minor = 3, .access = DEVICE_ALL },
		{ .allow = true, .type = 'c', .major = 1, .minor = 0x100000, .access = DEVICE_ALL },
		{ .allow = true, .type = 'c', .major = INT64_MAX, .minor = -1, .access = DEVICE_ALL },
		{ .allow = true, .type = 'c', .major = -1, .minor = INT64_MAX, .access = DEVICE_ALL },
		{ .allow = true, .type = 'c', .major = -1, .minor = (INT64_C(1) << 32) + 4, .access = DEVICE_ALL },
		{ .allow = true, .type = 'c', .major = 7, .minor = 4, .access = DEVICE_ALL },
	};
	struct device_rules rules = { .items = items, .count = ARRAY_SIZE(items) };
	struct request request = { .type = 'c', .major = 0, .minor = 3, .access = DEVICE_READ };
	struct device_program program = { 0 };
	struct arena arena = { 0 };
	struct err err;

	CHECK(device_program_compile(&rules, &arena, &program, &err) == 0);
	CHECK(run(&program, &request) == 0);
	request.minor = 4;
	CHECK(run(&program, &request) == 0);
	request.major = 7;
	CHECK(run(&program, &request) == 1);
	request.major = 2; /* 1:0x100000, were it not cut off */
	request.minor = 0;
	CHECK(run(&program, &request) == 0);
	arena_free(&arena);
}

/* ---------------------------------------------------------------- reading */

static void supplies_the_default_devices(void)
{
	static const struct request allowed[] = {
		{ 'c', 1, 3, DEVICE_ALL },
		{ 'c', 1, 5, DEVICE_ALL },
		{ 'c', 1, 7, DEVICE_ALL },
		{ 'c', 1, 8, DEVICE_ALL },
		{ 'c', 1, 9, DEVICE_ALL },
		{ 'c', 5, 0, DEVICE_ALL },
		{ 'c', 5, 1, DEVICE_ALL },
		{ 'c', 5, 2, DEVICE_ALL },
		{ 'c', 136, 0, DEVICE_ALL },
		{ 'c', 136, 99, DEVICE_ALL },
		{ 'b', 8, 0, DEVICE_MKNOD },
		{ 'c', 1, 1, DEVICE_MKNOD },
		{ 'c', 10, 200, DEVICE_READ | DEVICE_WRITE },
	};
	static const struct request denied[] = {
		{ 'c', 1, 1, DEVICE_READ },   { 'c', 1, 11, DEVICE_WRITE },
		{ 'b', 8, 0, DEVICE_READ },   { 'c', 135, 0, DEVICE_READ },
		{ 'c', 137, 0, DEVICE_READ }, { 'c', 1, 4, DEVICE_READ },
		{ 'c', 1, 6, DEVICE_WRITE },  { 'c', 5, 3, DEVICE_READ },
		{ 'b', 1, 3, DEVICE_READ },   { 'c', 1, 1, DEVICE_MKNOD | DEVICE_READ },
	};
	struct spec_device_rule items[] = {
		{ .access = "rwm" },
		{ .allow = true, .type = "c", .major = { true, 10 }, .minor = { true, 200 }, .access = "wr" },
	};
	struct spec_device_rules config = { .items = items, .count = ARRAY_SIZE(items) };
	struct device_program program = { 0 };
	struct device_rules rules;
	struct arena arena = { 0 };
	struct err err;

	CHECK(devices_read(&config, &arena, &rules, &err) == 0);
	CHECK(device_program_compile(&rules, &arena, &program, &err) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		CHECK(run(&program, &allowed[i]) == 1);
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
		CHECK(run(&program, &denied[i]) == 0);
	arena_free(&arena);
}

static void says_nothing_without_rules(void)
{
	struct spec_device_rules config = { 0 };
	struct device_rules rules;
	struct arena arena = { 0 };
	struct err err;

	CHECK(devices_read(&config, &arena, &rules, &err) == 0);
	CHECK(rules.count == 0);
}

static void refuses_rules_that_mean_nothing(void)
{
	static const struct {
		struct spec_device_rule rule;
		const char *message;
	} rows[] = {
		{ { .type = "z" }, "linux.resources.devices[0].type" },
		{ { .type = "cc" }, "linux.resources.devices[0].type" },
		{ { .type = "" }, "linux.resources.devices[0].type" },
		{ { .access = "xyz" }, "linux.resources.devices[0].access" },
		{ { .access = "" }, "linux.resources.devices[0].access" },
		{ { .major = { true, -2 } }, "linux.resources.devices[0].major" },
		{ { .minor = { true, INT64_MIN } }, "linux.resources.devices[0].minor" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec_device_rule item = rows[i].rule;
		struct spec_device_rules config = { .items = &item, .count = 1 };
		struct device_rules rules;
		struct arena arena = { 0 };
		struct err err;

		CHECK(devices_read(&config, &arena, &rules, &err) == -EINVAL);
		CHECK_HAS(err.text, rows[i].message);
		arena_free(&arena);
	}
}

/* ---------------------------------------------------------------- v1 */

/* What v1's devices controller makes of a default and exceptions: an exception allows what it has in full, and denies what
 * it has any of. */
static bool v1_allows(bool allow_by_default, const struct device_rules *exceptions, const struct request *request)
{
	for (size_t i = 0; i < exceptions->count; i++) {
		const struct device_rule *item = &exceptions->items[i];
		bool all = (request->access & ~item->access) == 0, any = request->access & item->access;

		if (covers(item, request, DEVICE_ALL) && (allow_by_default ? any : all))
			return !allow_by_default;
	}
	return allow_by_default;
}

static void reduces_rules_to_what_v1_understands(void)
{
	int understood = 0;

	for (int list = 0; list < 3000 && !unit_has_failed(); list++) {
		struct device_rule items[6];
		struct device_rules rules = { .items = items, .count = 1 + random_below(ARRAY_SIZE(items)) }, reduced;
		struct arena arena = { 0 };
		struct err err;
		bool allow;

		for (size_t i = 0; i < rules.count; i++)
			items[i] = random_rule();
		if (devices_reduce(&rules, &arena, &allow, &reduced, &err) == 0) {
			understood++;
			for (int i = 0; i < 60; i++) {
				struct request request = random_request();

				/* one kind at a time: v1 does not put exceptions together */
				request.access = 1u << random_below(3);
				if (!CHECK(v1_allows(allow, &reduced, &request) == is_allowed(&rules, &request)))
					break;
			}
		} else {
			CHECK_HAS(err.text, "cgroup v1 cannot take back");
		}
		arena_free(&arena);
	}
	CHECK(understood > 1000);
}

/* ---------------------------------------------------------------- the kernel */

/* Load the program, and tell how long it took.  Returns microseconds, or -1. */
static int64_t load(const struct device_program *program)
{
	struct timespec before, after;
	struct err err;
	autofd fd = -1;
	int r;

	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	r = device_program_load(program, &fd, &err);
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	if (r == -EPERM || r == -ENOSYS) {
		unit_skip("this process may not load programs");
		return -1;
	}
	if (!CHECK(r == 0)) {
		printf("# %s\n", err.text);
		return -1;
	}
	return (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
}

static void passes_the_verifier(void)
{
	static const size_t counts[] = { 0, 1, 100, 20000 };

	if (!is_root())
		return;
	for (size_t c = 0; c < ARRAY_SIZE(counts) && !unit_has_failed(); c++) {
		struct device_program program = { 0 };
		struct arena arena = { 0 };
		struct device_rules rules = separate_devices(counts[c], &arena);
		struct err err;

		CHECK(device_program_compile(&rules, &arena, &program, &err) == 0);
		printf("# %zu devices: %u instructions, %lld us\n", counts[c], program.count,
		       (long long)load(&program));
		arena_free(&arena);
	}
	for (int list = 0; list < 100 && !unit_has_failed(); list++) {
		struct device_rule items[12];
		struct device_rules rules = { .items = items, .count = 1 + random_below(ARRAY_SIZE(items)) };
		struct device_program program = { 0 };
		struct arena arena = { 0 };
		struct err err;

		for (size_t i = 0; i < rules.count; i++)
			items[i] = random_rule();
		CHECK(device_program_compile(&rules, &arena, &program, &err) == 0);
		(void)load(&program);
		arena_free(&arena);
	}
}

static const struct unit_test tests[] = {
	TEST(agrees_with_the_rules_one_by_one),
	TEST(tells_many_devices_apart),
	TEST(refuses_more_devices_than_a_program_can_tell_apart),
	TEST(compares_once_per_device),
	TEST(takes_numbers_that_no_device_has_for_nothing),
	TEST(supplies_the_default_devices),
	TEST(says_nothing_without_rules),
	TEST(refuses_rules_that_mean_nothing),
	TEST(reduces_rules_to_what_v1_understands),
	TEST(passes_the_verifier),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
