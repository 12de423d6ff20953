/* linux.resources: also given alone to `update`. */
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "spec/check.h"
#include "spec/forms.h"

#define IN "linux.resources."

static int check_device_rules(const struct spec_resources *resources, struct err *err)
{
	for (size_t i = 0; i < resources->devices.count; i++) {
		const char *access = resources->devices.items[i].access;

		if (access && access[strspn(access, "rwm")])
			return err_user(err, IN "devices[%zu].access: \"%.200s\" has other letters than r, w, m", i,
					access);
	}
	return 0;
}

static int check_memory(const struct spec_resources *resources, struct err *err)
{
	const struct spec_memory *memory = &resources->memory;

	/* swap counts memory and swap together; 0 and -1 are no sizes */
	if (memory->swap.value > 0 && memory->limit.value > memory->swap.value)
		return err_user(err, IN "memory.swap: %jd is less than the limit of %jd", (intmax_t)memory->swap.value,
				(intmax_t)memory->limit.value);
	return 0;
}

static int check_cpu(const struct spec_resources *resources, struct err *err)
{
	const struct spec_cpu *cpu = &resources->cpu;

	if (cpu->cpus && !form_is_number_list(cpu->cpus))
		return err_user(err, IN "cpu.cpus: invalid CPU list \"%.200s\"", cpu->cpus);
	if (cpu->mems && !form_is_number_list(cpu->mems))
		return err_user(err, IN "cpu.mems: invalid memory node list \"%.200s\"", cpu->mems);
	return 0;
}

static int check_hugepages(const struct spec_resources *resources, struct err *err)
{
	for (size_t i = 0; i < resources->hugepage_limits.count; i++) {
		const char *size = resources->hugepage_limits.items[i].page_size;

		if (!form_is_page_size(size))
			return err_user(
				err, IN "hugepageLimits[%zu].pageSize: \"%.200s\" is not a page size such as \"2MB\"",
				i, size);
	}
	return 0;
}

static int check_network(const struct spec_resources *resources, struct err *err)
{
	for (size_t i = 0; i < resources->network.priorities.count; i++) {
		const char *name = resources->network.priorities.items[i].name;

		if (!form_is_interface(name))
			return err_user(err,
					IN "network.priorities[%zu].name: \"%.200s\" is not a name of an interface", i,
					name);
	}
	return 0;
}

static int check_rdma(const struct spec_resources *resources, struct err *err)
{
	for (size_t i = 0; i < resources->rdma.count; i++) {
		const struct spec_rdma_limit *limit = &resources->rdma.items[i];

		if (strpbrk(limit->device, " \t\n/"))
			return err_user(err, IN "rdma[\"%.200s\"]: not a name of a device", limit->device);
		if (!limit->hca_handles.is_set && !limit->hca_objects.is_set)
			return err_user(err, IN "rdma[\"%.200s\"]: needs hcaHandles or hcaObjects", limit->device);
	}
	return 0;
}

/* Files of a cgroup that are not limits: writing them would move, freeze or kill processes, or change who controls
 * what.  cgroup.max.depth and cgroup.max.descendants are limits. */
static bool is_control_file(const char *key)
{
	return str_after(key, "cgroup.") && !str_after(key, "cgroup.max.");
}

static int check_unified(const struct spec_resources *resources, struct err *err)
{
	for (size_t i = 0; i < resources->unified.count; i++) {
		const struct spec_pair *pair = &resources->unified.items[i];
		const char *dot = strchr(pair->key, '.');

		/* "controller.file": in the group's directory, whatever the controller */
		if (!dot || dot == pair->key || !dot[1] || strpbrk(pair->key, "/ \t\n\r") || strstr(pair->key, ".."))
			return err_user(err, IN "unified: the specified key has not the form CONTROLLER.VALUE `%.200s`",
					pair->key);
		if (is_control_file(pair->key))
			return err_user(err, IN "unified[\"%.200s\"]: is not a limit", pair->key);
		if (!*pair->value)
			return err_user(err, IN "unified[\"%.200s\"]: must not be empty", pair->key);
	}
	return 0;
}

static int (*const checks[])(const struct spec_resources *resources, struct err *err) = {
	check_device_rules, check_memory, check_cpu, check_hugepages, check_network, check_rdma, check_unified,
};

int check_resources(const struct spec_resources *resources, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int r = checks[i](resources, err);

		if (r < 0)
			return r;
	}
	return 0;
}
