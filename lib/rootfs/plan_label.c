/* linux.mountLabel: the SELinux label of file systems that are mounted for the guest (mount(8), "context").
 *
 * It goes to all that are mounted anew, but for those whose files the policy labels itself; never to bind mounts, whose files
 * have labels of their own.  On a host without SELinux there is nobody who would look at it, and it is left out. */
#include "rootfs/plan.h"

#include "base/auto.h"
#include "spec/annotations.h"

/* Labelled by the policy (genfscon), or by who makes the files. */
static const char *const without_label[] = { "proc", "sysfs", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs",
					     "tracefs", "bpf", "binfmt_misc", "pstore", "fusectl", "configfs",
					     "efivarfs", "selinuxfs" };

static const char *const context_types[] = { "context", "fscontext", "defcontext", "rootcontext" };

static bool takes_label(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(without_label); i++)
		if (str_eq(type, without_label[i]))
			return false;
	return true;
}

/* The options name a label of their own. */
static bool has_label(const char *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(context_types); i++) {
		const char *at = strstr(data, context_types[i]);

		if (at && at[strlen(context_types[i])] == '=' && (at == data || at[-1] == ','))
			return true;
	}
	return false;
}

static const char *find_type(const struct spec *spec, struct err *err)
{
	const char *value = spec_annotation(spec, ANNOTATION_MOUNT_CONTEXT);

	if (!value)
		return context_types[0];
	for (size_t i = 0; i < ARRAY_SIZE(context_types); i++)
		if (str_eq(value, context_types[i]))
			return context_types[i];
	(void)err_user(err,
		       "annotations[\"" ANNOTATION_MOUNT_CONTEXT "\"]: expected context, fscontext, defcontext or "
		       "rootcontext, got \"%s\"",
		       value);
	return NULL;
}

int rootfs_plan_label(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err)
{
	const char *label = spec->linux_.mount_label, *type = find_type(spec, err);

	if (!type)
		return -err->number;
	if (!label || !*label)
		return 0;
	/* it stands in quotes, as there are commas in a label */
	if (strpbrk(label, "\"\\"))
		return err_user(err, "linux.mountLabel: \"%s\" has a quote or a backslash", label);
	plan->label = label;
	if (!plan->context.has_selinux)
		return 0;
	plan->label_option = arena_printf(arena, "%s=\"%s\"", type, label);
	return plan->label_option ? 0 : err_memory(err);
}

int rootfs_label_mount(const struct rootfs_plan *plan, struct arena *arena, struct mount_item *m, struct err *err)
{
	const char *data = m->options.data;

	if (!plan->label_option || m->kind != MOUNT_FILE_SYSTEM || !takes_label(m->type) || has_label(data))
		return 0;
	m->options.data = arena_printf(arena, "%s%s%s", data, *data ? "," : "", plan->label_option);
	if (!m->options.data)
		return err_memory(err);
	if (strlen(m->options.data) > MOUNT_DATA_MAX)
		return err_user(err, "%s.options: with linux.mountLabel longer than the %d bytes that the kernel takes",
				m->where, MOUNT_DATA_MAX);
	return 0;
}
