/* Any value of linux.seccomp: a program that the kernel takes, and that says of a call what the rules say one by one; or an
 * error in words. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "bpf.h"
#include "seccomp/compiler.h"
#include "seccomp_model.h"

#define CALLS_MAX 64 /* rules whose calls are tried */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

static void try_call(const struct seccomp_filter *filter, const struct model *model, const struct seccomp_data *data)
{
	struct model_answer answer = model_ask(model, data);

	expect(bpf_run(filter, data) == answer.action);
}

/* The rule's number and those beside it, with arguments that its conditions compare with, and some beside them. */
static void try_entry(const struct seccomp_filter *filter, const struct model *model, const struct model_entry *entry)
{
	struct seccomp_data data = { .arch = seccomp_targets[entry->target].kernel_arch };

	for (uint64_t beside = 0; beside < 3; beside++) {
		for (unsigned int i = 0; i < entry->rule->arg_count; i++) {
			const struct scmp_arg_cmp *condition = &entry->rule->args[i];

			data.args[condition->arg] =
				(condition->op == SCMP_CMP_MASKED_EQ ? condition->datum_b : condition->datum_a) +
				beside - 1;
		}
		if (entry->function)
			data.args[0] = entry->function;
		for (uint32_t i = 0; i < 3; i++) {
			data.nr = (int)(entry->number + i - 1);
			try_call(filter, model, &data);
		}
	}
}

static void compile(const struct spec_seccomp *profile)
{
	struct seccomp_numbers numbers = { .is_missing = true };
	struct seccomp_policy policy;
	struct seccomp_filter filter = { 0 };
	struct model model;
	struct arena arena = { 0 };
	struct err err = { 0 };
	int r = seccomp_policy_read(profile, &arena, &policy, &err);

	expect(r == 0 || (r < 0 && *err.text));
	if (r == 0)
		r = seccomp_compile_policy(&policy, &numbers, &arena, &filter, &err);
	expect(r == 0 || *err.text);
	if (r == 0) {
		expect(bpf_is_valid(&filter) && model_make(&policy, &numbers, &arena, &model));
		for (size_t i = 0; i < model.count && i < CALLS_MAX; i++)
			try_entry(&filter, &model, &model.entries[i]);
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char begin[] = "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"linux\":{\"seccomp\":",
			  end[] = "}}";
	struct spec_document *document = NULL;
	struct err err = { 0 };
	autofree char *text = NULL;
	int length = asprintf(&text, "%s%.*s%s", begin, (int)size, (const char *)data, end);

	if (length >= 0 && spec_parse(text, (size_t)length, "config.json", &document, &err) == 0 &&
	    spec_of(document)->linux_.seccomp.is_set)
		compile(&spec_of(document)->linux_.seccomp);
	spec_free(document);
	return 0;
}
