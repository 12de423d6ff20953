/* Any bytes as config.json, as a lone process and as lone resources: either a spec that holds what its users rely on, or an
 * error in one printable line.
 *
 * With libFuzzer: fuzz_spec tests/fuzz/corpus/spec.  tests/unit/test_corpus.c replays the corpus without it. */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

/* Every byte of a string can be read; NULL is allowed. */
static void expect_text(const char *text)
{
	expect(!text || strlen(text) <= SPEC_SIZE_MAX);
}

static void expect_strings(const struct spec_strings *strings)
{
	expect(!strings->count == !strings->items);
	for (size_t i = 0; i < strings->count; i++) {
		expect(strings->items[i]);
		expect_text(strings->items[i]);
	}
}

static void expect_pairs(const struct spec_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		expect(pairs->items[i].value);
		expect(*pairs->items[i].key);
		expect_text(pairs->items[i].value);
	}
}

static void expect_process(const struct spec_process *process)
{
	expect(process->args.count && *process->args.items[0]);
	expect(process->cwd[0] == '/');
	expect(process->user.uid != UINT32_MAX && process->user.gid != UINT32_MAX);
	expect(process->user.umask.value <= 07777);
	expect_strings(&process->args);
	expect_strings(&process->env);
	expect_strings(&process->capabilities.bounding);
	for (size_t i = 0; i < process->env.count; i++)
		expect(strchr(process->env.items[i], '='));
	for (size_t i = 0; i < process->rlimits.count; i++)
		expect(process->rlimits.items[i].soft <= process->rlimits.items[i].hard);
	expect(process->rlimits.count <= 16);
}

static void expect_hooks(const struct spec_hook_list *hooks)
{
	for (size_t i = 0; i < hooks->count; i++) {
		expect(hooks->items[i].path[0] == '/');
		expect(!hooks->items[i].timeout.is_set || hooks->items[i].timeout.value > 0);
		expect_strings(&hooks->items[i].args);
		expect_strings(&hooks->items[i].env);
	}
}

static void expect_resources(const struct spec_resources *resources)
{
	expect_pairs(&resources->unified);
	for (size_t i = 0; i < resources->unified.count; i++)
		expect(!strchr(resources->unified.items[i].key, '/'));
	for (size_t i = 0; i < resources->hugepage_limits.count; i++)
		expect(!strchr(resources->hugepage_limits.items[i].page_size, '/'));
	for (size_t i = 0; i < resources->rdma.count; i++)
		expect(resources->rdma.items[i].hca_handles.is_set || resources->rdma.items[i].hca_objects.is_set);
	for (size_t i = 0; i < resources->devices.count; i++)
		expect_text(resources->devices.items[i].access);
}

static void expect_seccomp(const struct spec_seccomp *seccomp)
{
	expect_text(seccomp->default_action);
	expect_strings(&seccomp->architectures);
	for (size_t i = 0; i < seccomp->syscalls.count; i++) {
		const struct spec_seccomp_rule *rule = &seccomp->syscalls.items[i];

		expect(rule->names.count && rule->action);
		expect_strings(&rule->names);
		expect(rule->args.count <= 6);
		for (size_t j = 0; j < rule->args.count; j++)
			expect(rule->args.items[j].index <= 5 && rule->args.items[j].op);
	}
}

static void expect_linux(const struct spec_linux *linux_)
{
	expect(linux_->namespaces.count <= SPEC_NS_COUNT);
	expect(!linux_->uid_mappings.count == !linux_->gid_mappings.count);
	expect_pairs(&linux_->sysctl);
	expect_strings(&linux_->masked_paths);
	for (size_t i = 0; i < linux_->masked_paths.count; i++)
		expect(linux_->masked_paths.items[i][0] == '/');
	for (size_t i = 0; i < linux_->devices.count; i++) {
		const struct spec_device *device = &linux_->devices.items[i];

		expect(device->path[0] == '/' && !strstr(device->path, "/../"));
		expect(device->major >= 0 && device->minor >= 0 && device->file_mode.value <= 07777);
	}
	expect_resources(&linux_->resources);
	expect_seccomp(&linux_->seccomp);
}

static void expect_document(const struct spec *spec)
{
	expect(spec->oci_version && spec->oci_version[0] == '1' && *spec->root.path);
	expect_pairs(&spec->annotations);
	for (size_t i = 0; i < spec->mounts.count; i++) {
		expect(*spec->mounts.items[i].destination);
		expect_strings(&spec->mounts.items[i].options);
	}
	if (spec->process.is_set)
		expect_process(&spec->process);
	expect_hooks(&spec->hooks.prestart);
	expect_hooks(&spec->hooks.poststop);
	expect_linux(&spec->linux_);
}

static void expect_process_alone(const struct spec *spec)
{
	expect(spec->process.is_set);
	expect_process(&spec->process);
}

static void expect_resources_alone(const struct spec *spec)
{
	expect(spec->linux_.resources.is_set);
	expect_resources(&spec->linux_.resources);
}

static void expect_message(const struct err *err, int r)
{
	expect(r < 0 && err->number == -r && *err->text);
	for (const char *p = err->text; *p; p++)
		expect((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static const struct {
	int (*parse)(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err);
	void (*expect)(const struct spec *spec);
} forms[] = {
	{ spec_parse, expect_document },
	{ spec_parse_process, expect_process_alone },
	{ spec_parse_resources, expect_resources_alone },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct spec_document *document = NULL;
		struct err err = { 0 };
		int r = forms[i].parse((const char *)data, size, "config.json", &document, &err);

		if (r == 0) {
			expect(!memchr(data, '\0', size)); /* nothing is cut off silently */
			forms[i].expect(spec_of(document));
		} else {
			expect(!document);
			expect_message(&err, r);
		}
		spec_free(document);
	}
	return 0;
}
