#include "container/print.h"

#include <inttypes.h>

#include "container/step.h"
#include "spec/annotations.h"

static void heading(struct str_buf *out, const char *title)
{
	str_append_f(out, "%s:\n", title);
}

/* The rows of a stage table that apply to this plan, in their order. */
static void print_steps(const struct plan *plan, const struct step *table, struct str_buf *out)
{
	for (const struct step *step = table; step->is_row; step++) {
		if (step->when && !step->when(plan))
			continue;
		if (step->tell)
			str_append_f(out, "  tell %s\n", wire_message_name(step->tell));
		else if (step->hear)
			str_append_f(out, "  hear %s\n", wire_message_name(step->hear));
		else if (step->name)
			str_append_f(out, "  %s\n", step->name);
	}
}

static void print_set(struct str_buf *out, const char *name, uint64_t set)
{
	str_append_f(out, "  capabilities %s: 0x%016" PRIx64 "\n", name, set);
}

static void print_process(const struct plan *plan, struct str_buf *out)
{
	const struct spec_process *process = plan->process;

	str_append(out, "  run:");
	for (size_t i = 0; i < process->args.count; i++)
		str_append_f(out, " %s", process->args.items[i]);
	str_append_f(out, "\n  in %s as %u:%u\n", process->cwd, process->user.uid, process->user.gid);
	for (size_t i = 0; i < process->user.additional_gids.count; i++)
		str_append_f(out, "  group %u\n", process->user.additional_gids.items[i]);
	if (process->user.umask.is_set)
		str_append_f(out, "  umask %04" PRIo64 "\n", process->user.umask.value);
	for (size_t i = 0; i < plan->env.count; i++)
		str_append_f(out, "  environment %s\n", plan->env.items[i]);
	for (unsigned int i = 0; i < plan->rlimits.count; i++)
		str_append_f(out, "  %s %" PRIu64 " %" PRIu64 "\n", plan->rlimits.items[i].name,
			     (uint64_t)plan->rlimits.items[i].value.rlim_cur,
			     (uint64_t)plan->rlimits.items[i].value.rlim_max);
	print_set(out, "bounding", plan->caps.bounding);
	print_set(out, "effective", plan->caps.effective);
	print_set(out, "permitted", plan->caps.permitted);
	print_set(out, "inheritable", plan->caps.inheritable);
	print_set(out, "ambient", plan->caps.ambient);
	if (process->no_new_privileges)
		str_append(out, "  no new privileges\n");
	if (process->oom_score_adj.is_set)
		str_append_f(out, "  oom_score_adj %" PRId64 "\n", process->oom_score_adj.value);
}

static void print_identity(const struct plan *plan, struct str_buf *out)
{
	const struct spec *spec = plan->spec;

	if (spec->hostname)
		str_append_f(out, "  hostname %s\n", spec->hostname);
	if (spec->domainname)
		str_append_f(out, "  domainname %s\n", spec->domainname);
	for (size_t i = 0; i < spec->linux_.sysctl.count; i++)
		str_append_f(out, "  sysctl %s = %s\n", spec->linux_.sysctl.items[i].key,
			     spec->linux_.sysctl.items[i].value);
	for (size_t i = 0; i < spec->linux_.net_devices.count; i++) {
		const struct spec_net_device *device = &spec->linux_.net_devices.items[i];

		str_append_f(out, "  network device %s as %s\n", device->host_name,
			     device->name ? device->name : device->host_name);
	}
	if (spec_annotation(spec, ANNOTATION_SECCOMP_BPF_DATA))
		str_append(out, "  seccomp: the program of an annotation\n");
	else if (spec->linux_.seccomp.is_set)
		str_append_f(out, "  seccomp: default %s, %zu rules\n", spec->linux_.seccomp.default_action,
			     spec->linux_.seccomp.syscalls.count);
	if (plan->agent)
		str_append_f(out, "  seccomp agent: %s\n", plan->agent);
}

static void print_hooks(struct str_buf *out, const char *stage, const struct spec_hook_list *hooks)
{
	for (size_t i = 0; i < hooks->count; i++)
		str_append_f(out, "  %s %s\n", stage, hooks->items[i].path);
}

void plan_print(const struct plan *plan, struct str_buf *out)
{
	const struct spec_hooks *hooks = &plan->spec->hooks;

	str_append_f(out, "bundle %s\n", plan->bundle);
	heading(out, "namespaces");
	ns_plan_print(&plan->ns, out);
	heading(out, "cgroup");
	cgroup_plan_print(plan->cgroup, out);
	heading(out, "rootfs");
	rootfs_plan_print(plan->rootfs, out);
	resctrl_plan_print(&plan->resctrl, out);
	heading(out, "guest");
	print_identity(plan, out);
	if (plan_has_process(plan))
		print_process(plan, out);
	heading(out, "hooks");
	print_hooks(out, "prestart", &hooks->prestart);
	print_hooks(out, "createRuntime", &hooks->create_runtime);
	print_hooks(out, "createContainer", &hooks->create_container);
	print_hooks(out, "startContainer", &hooks->start_container);
	print_hooks(out, "poststart", &hooks->poststart);
	print_hooks(out, "poststop", &hooks->poststop);
	heading(out, "host side");
	print_steps(plan, host_create, out);
	heading(out, "guest side");
	print_steps(plan, guest_create, out);
}
