#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/sys.h"
#include "rootfs/plan.h"

static void print_idmap(const struct rootfs_plan *plan, const struct idmap_item *idmap, struct str_buf *out)
{
	const char *how = idmap->is_below ? "idmapped with all below" : "idmapped";

	if (!idmap->is_set)
		return;
	if (plan->mappings[idmap->mapping].is_guests)
		str_append_f(out, ", %s to the guest's user namespace", how);
	else
		str_append_f(out, ", %s by mapping %zu", how, idmap->mapping);
}

static void print_ids(const struct spec_id_mappings *ids, const char *what, struct str_buf *out)
{
	str_append_f(out, " %s", what);
	for (size_t i = 0; i < ids->count; i++)
		str_append_f(out, " %u-%u-%u", ids->items[i].container_id, ids->items[i].host_id, ids->items[i].size);
}

static void print_mapping(const struct rootfs_plan *plan, size_t index, struct str_buf *out)
{
	if (plan->mappings[index].is_guests)
		return;
	str_append_f(out, "mapping %zu:", index);
	print_ids(&plan->mappings[index].uids, "uids", out);
	print_ids(&plan->mappings[index].gids, "gids", out);
	str_append(out, "\n");
}

static void print_root(const struct rootfs_plan *plan, struct str_buf *out)
{
	const struct overlay_item *overlay = &plan->overlay;

	str_append_f(out, "rootfs: %s", plan->path);
	if (!overlay->is_set) {
		str_append(out, plan->context.has_mount_ns ? " by bind" : " as it is");
		print_idmap(plan, &plan->root_idmap, out);
		str_append(out, "\n");
		return;
	}
	str_append(out, " by overlay of");
	for (size_t i = 0; i < overlay->lower_count; i++)
		str_append_f(out, " %s", overlay->lowers[i]);
	if (overlay->tmpfs)
		str_append(out, ", written to a tmpfs");
	else if (overlay->upper)
		str_append_f(out, ", written to %s (work directory %s)", overlay->upper, overlay->work);
	else
		str_append(out, ", read-only");
	print_idmap(plan, &plan->root_idmap, out);
	str_append(out, "\n");
}

static void print_mount(const struct rootfs_plan *plan, const struct mount_item *m, struct str_buf *out)
{
	static const char *const kinds[] = {
		[MOUNT_FILE_SYSTEM] = "mount",
		[MOUNT_BIND] = "bind",
		[MOUNT_CGROUP_TREE] = "a tmpfs with the guest's cgroups of each hierarchy",
		[MOUNT_OWN_CGROUP] = "bind the guest's own cgroup below",
		[MOUNT_CHANGE] = "change",
	};

	str_append_f(out, "%s: %s", m->where, kinds[m->kind]);
	if (m->kind == MOUNT_FILE_SYSTEM)
		str_append_f(out, " %s", m->type);
	if (m->kind != MOUNT_CHANGE && !(m->type && str_eq(m->type, m->source)))
		str_append_f(out, " %s", m->source);
	str_append_f(out, "%s %s", m->kind == MOUNT_CHANGE ? "" : " to", m->destination);
	str_append_f(out, "%s%s%s", *m->options.text ? " (" : "", m->options.text, *m->options.text ? ")" : "");
	print_idmap(plan, &m->idmap, out);
	str_append(out, "\n");
}

static void print_device(const struct device_item *device, struct str_buf *out)
{
	const char *type = S_ISFIFO(device->mode) ? "p" : S_ISBLK(device->mode) ? "b" : "c";

	str_append_f(out, "device: %s %s", device->path, type);
	if (!S_ISFIFO(device->mode))
		str_append_f(out, " %u:%u", major(device->number), minor(device->number));
	str_append_f(out, " mode %04o owner %u:%u\n", (unsigned int)(device->mode & 07777), device->uid, device->gid);
}

static void print_paths(const struct spec_strings *paths, const char *what, struct str_buf *out)
{
	for (size_t i = 0; i < paths->count; i++)
		str_append_f(out, "%s: /%s\n", what, paths->items[i]);
}

static const char *propagation_name(unsigned long propagation)
{
	static const struct str_name names[] = {
		{ "private", MS_PRIVATE },	 { "slave", MS_SLAVE }, { "shared", MS_SHARED },
		{ "unbindable", MS_UNBINDABLE }, { NULL, 0 },
	};
	const char *name = str_name_of(names, (int64_t)propagation);

	return name ? name : "private";
}

void rootfs_plan_print(const struct rootfs_plan *plan, struct str_buf *out)
{
	const char *how = !plan->context.has_mount_ns ? "chroot" : plan->context.no_pivot ? "MS_MOVE" : "pivot_root";

	print_root(plan, out);
	if (plan->label)
		str_append_f(out, "mount label: %s\n",
			     plan->label_option ? plan->label_option : "without effect, as the host has no SELinux");
	for (size_t i = 0; i < plan->mount_count; i++)
		print_mount(plan, &plan->mounts[i], out);
	for (size_t i = 0; i < plan->mapping_count; i++)
		print_mapping(plan, i, out);
	for (size_t i = 0; i < plan->device_count; i++)
		print_device(&plan->devices[i], out);
	str_append_f(out, "switch: %s\n", how);
	print_paths(&plan->readonly_paths, "read-only", out);
	print_paths(&plan->masked, "masked", out);
	str_append_f(out, "root: %s, %s\n", plan->readonly ? "read-only" : "writable",
		     propagation_name(plan->propagation));
}
