/* Any list of device rules: the program compiled from it answers a request as the rules do one by one, whether there are
 * few rules or thousands; and what they are reduced to for v1 says the same.
 *
 * An input is a list of rules, each of 12 bytes, and the requests are made from the same numbers and those beside them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "cgroups/devices.h"
#include "cgroups/program.h"
#include "ebpf.h"

#define RULE_SIZE    12
#define REQUESTS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

static uint32_t number(const uint8_t *data)
{
	return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

static struct device_rule make_rule(const uint8_t *data)
{
	struct device_rule rule = {
		.allow = data[0] & 1,
		.type = "abca"[data[0] >> 1 & 3],
		.access = data[1] & DEVICE_ALL ? data[1] & DEVICE_ALL : DEVICE_READ,
		.major = data[2] & 1 ? -1 : (int64_t)number(data + 4) % 5000,
		.minor = data[2] & 2 ? -1 : (int64_t)number(data + 8) % 0x100010,
	};

	return rule;
}

static bool covers(const struct device_rule *rule, char type, uint32_t major, uint32_t minor)
{
	return (rule->type == 'a' || rule->type == type) && (rule->major < 0 || rule->major == major) &&
	       (rule->minor < 0 || rule->minor == minor);
}

/* What the last rule per kind of access says. */
static unsigned int allowed(const struct device_rules *rules, char type, uint32_t major, uint32_t minor)
{
	unsigned int access = 0;

	for (size_t i = 0; i < rules->count; i++) {
		if (!covers(&rules->items[i], type, major, minor))
			continue;
		if (rules->items[i].allow)
			access |= rules->items[i].access;
		else
			access &= ~rules->items[i].access;
	}
	return access;
}

static void try_request(const struct device_rules *rules, const struct device_program *program, char type,
			uint32_t major, uint32_t minor)
{
	unsigned int wanted = allowed(rules, type, major, minor);

	for (unsigned int access = 0; access <= DEVICE_ALL; access++) {
		struct bpf_cgroup_dev_ctx context = {
			.access_type = access << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
			.major = major,
			.minor = minor,
		};

		expect(ebpf_run(program->instructions, program->count, &context) == ((access & ~wanted) == 0));
	}
}

static void try_reduced(const struct device_rules *rules, const struct device_rules *reduced, bool allow,
			uint32_t major, uint32_t minor)
{
	for (const char *type = "bc"; *type; type++) {
		unsigned int access = allow ? DEVICE_ALL : 0;

		for (size_t i = 0; i < reduced->count; i++)
			if (covers(&reduced->items[i], *type, major, minor))
				access = allow ? access & ~reduced->items[i].access : access | reduced->items[i].access;
		expect(access == allowed(rules, *type, major, minor));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct device_rules rules = { .count = size / RULE_SIZE }, reduced;
	struct device_program program = { 0 };
	struct arena arena = { 0 };
	struct err err = { 0 };
	bool compiled, is_reduced, allow;

	if (!rules.count || rules.count > 1000)
		return 0;
	rules.items = ARENA_NEW(&arena, struct device_rule, rules.count);
	for (size_t i = 0; rules.items && i < rules.count; i++)
		rules.items[i] = make_rule(data + i * RULE_SIZE);
	compiled = device_program_compile(&rules, &arena, &program, &err) == 0;
	expect(compiled || *err.text);
	is_reduced = devices_reduce(&rules, &arena, &allow, &reduced, &err) == 0;
	for (size_t i = 0; i < rules.count && i < REQUESTS_MAX; i++) {
		uint32_t major = number(data + i * RULE_SIZE + 4) % 4096,
			 minor = number(data + i * RULE_SIZE + 8) % 0x100000;

		for (uint32_t beside = 0; compiled && beside < 3; beside++) {
			try_request(&rules, &program, 'c', major, (minor + beside - 1) & 0xfffff);
			try_request(&rules, &program, 'b', (major + beside - 1) & 0xfff, minor);
		}
		if (is_reduced)
			try_reduced(&rules, &reduced, allow, major, minor);
	}
	arena_free(&arena);
	return 0;
}
