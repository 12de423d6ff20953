/* spec.mounts -> operations: which kind each is, what may stand where, and what is checked afterwards. */
#include "rootfs/plan.h"

#include "base/auto.h"
#include "base/sys.h"

/* Files of procfs that lxcfs and its like may cover; everything else there stays the kernel's, as label and sysctl
 * writes must reach it (CVE-2019-16884, CVE-2025-52881). */
static const char *const proc_files[] = {
	"cpuinfo", "diskstats", "loadavg", "meminfo", "slabinfo", "stat", "swaps", "uptime",
	"sys/kernel/ns_last_pid", "sys/crypto/fips_enabled",
};

/* What a file system of that type must be afterwards. */
static const struct {
	const char *type;
	uint64_t magic;
} magics[] = {
	{ "proc", SYS_PROC_MAGIC },
	{ "sysfs", SYS_SYSFS_MAGIC },
	{ "devpts", SYS_DEVPTS_MAGIC },
	{ "cgroup2", SYS_CGROUP2_MAGIC },
};

static int check_destination(const struct mount_item *m, struct err *err)
{
	const char *below = str_after(m->destination, "/proc/");

	if (str_eq(m->destination, "/"))
		return err_user(err, "%s.destination: is the root itself", m->where);
	if (str_eq(m->destination, "/proc") && m->kind == MOUNT_FILE_SYSTEM && !str_eq(m->type, "proc"))
		return err_user(err, "%s: /proc can only be a procfs, not %s", m->where, m->type);
	if (below && !m->may_be_in_proc)
		return err_user(err, "%s.destination: %s lies inside procfs, which may not be covered", m->where,
				m->destination);
	return 0;
}

static bool is_proc_file(const char *destination)
{
	const char *below = str_after(destination, "/proc/");

	for (size_t i = 0; below && i < ARRAY_SIZE(proc_files); i++)
		if (str_eq(below, proc_files[i]))
			return true;
	return false;
}

/* What the guest sees is the host's view of cgroups, cut down to the guest's own groups: by its cgroup namespace, or else by
 * bind mounts of them, read-only (CVE-2023-25809).  Where the host has v1 hierarchies, a mount of type cgroup is a tmpfs with a
 * directory for each; cgroup2 is always v2 alone. */
static int plan_cgroup(const struct rootfs_context *context, struct mount_item *m, struct err *err)
{
	bool is_v2 = str_eq(context->cgroup_layout, "v2"), is_hybrid = str_eq(context->cgroup_layout, "hybrid");

	if (str_eq(m->type, "cgroup") && context->hierarchy_count) {
		m->kind = MOUNT_CGROUP_TREE;
		return 0;
	}
	if (context->has_cgroup_ns) {
		m->type = "cgroup2";
		return 0;
	}
	if (!is_v2 && !is_hybrid)
		return err_user(err, "%s.type: %s needs a cgroup namespace where the host has no cgroup v2", m->where,
				m->type);
	m->kind = MOUNT_OWN_CGROUP;
	m->type = NULL;
	m->source = is_v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
	m->magic = SYS_CGROUP2_MAGIC;
	return 0;
}

static int plan_source(const struct rootfs_context *context, const struct spec_mount *mount, struct arena *arena,
		       struct mount_item *m, struct err *err)
{
	if (m->kind != MOUNT_BIND) {
		m->source = mount->source && *mount->source ? mount->source : m->type;
		return 0;
	}
	m->source = plan_host_path(context, mount->source, arena);
	return m->source ? 0 : err_memory(err);
}

static int check_options(const struct mount_item *m, struct err *err)
{
	const struct mount_options *o = &m->options;

	if ((o->copy_symlink || o->src_nofollow) && m->kind != MOUNT_BIND)
		return err_user(err, "%s.options: copy-symlink and src-nofollow are for bind mounts", m->where);
	if (o->tmpcopyup && (m->kind != MOUNT_FILE_SYSTEM || !str_eq(m->type, "tmpfs")))
		return err_user(err, "%s.options: tmpcopyup is for a tmpfs", m->where);
	return 0;
}

static void plan_checks(struct rootfs_plan *plan, struct mount_item *m)
{
	for (size_t i = 0; m->kind == MOUNT_FILE_SYSTEM && i < ARRAY_SIZE(magics); i++)
		if (str_eq(m->type, magics[i].type))
			m->magic = magics[i].magic;
	if (str_eq(m->destination, "/proc")) {
		m->magic = SYS_PROC_MAGIC;
		m->ino = m->kind == MOUNT_BIND ? 1 : 0; /* not some directory of a procfs */
	}
	/* "ordinary directory": what is written to /proc and /sys later must reach them; nothing but /dev is /dev */
	m->literal = m->magic == SYS_PROC_MAGIC || m->magic == SYS_SYSFS_MAGIC || str_eq(m->destination, "/dev");
	m->bind_if_refused = m->magic == SYS_SYSFS_MAGIC && !plan->context.has_network_ns;
	if (str_eq(m->destination, "/sys"))
		plan->sys_is_sysfs = m->magic == SYS_SYSFS_MAGIC;
	else if (plan->sys_is_sysfs && str_after(m->destination, "/sys/"))
		m->magic = 0;
}

static int plan_mount(const struct spec_mount *mount, struct arena *arena, struct rootfs_plan *plan,
		      struct mount_item *m, struct err *err)
{
	bool is_bind = mount->type && str_eq(mount->type, "bind");
	int r;

	r = mount_options_parse(&mount->options, m->where, is_bind, arena, &m->options, err);
	if (r < 0)
		return r;
	m->destination = plan_clean_path(mount->destination, arena);
	if (!m->destination)
		return err_memory(err);
	m->type = mount->type;
	m->may_be_in_proc = is_proc_file(m->destination);
	m->kind = m->options.remount ? MOUNT_CHANGE : m->options.bind ? MOUNT_BIND : MOUNT_FILE_SYSTEM;
	if (m->kind == MOUNT_FILE_SYSTEM && (!m->type || !*m->type))
		return err_user(err, "%s.type: is missing, and it is not a bind mount", m->where);
	r = plan_source(&plan->context, mount, arena, m, err);
	if (r == 0)
		r = check_destination(m, err);
	if (r == 0)
		r = check_options(m, err);
	if (r == 0 && m->kind == MOUNT_FILE_SYSTEM && (str_eq(m->type, "cgroup") || str_eq(m->type, "cgroup2")))
		r = plan_cgroup(&plan->context, m, err);
	if (r == 0)
		r = rootfs_plan_idmap(mount, arena, plan, m, err);
	if (r == 0)
		r = rootfs_label_mount(plan, arena, m, err);
	if (r < 0)
		return r;
	plan_checks(plan, m);
	if (str_eq(m->destination, "/dev"))
		plan->dev_is_bind = m->kind == MOUNT_BIND;
	return 0;
}

static int plan_list(const struct spec_mounts *list, const char *name, struct arena *arena, struct rootfs_plan *plan,
		     struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++) {
		struct mount_item *m = &plan->mounts[plan->mount_count++];

		m->where = arena_printf(arena, "%s[%zu]", name, i);
		r = m->where ? plan_mount(&list->items[i], arena, plan, m, err) : err_memory(err);
	}
	return r;
}

int rootfs_plan_mounts(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err)
{
	static const struct spec_mounts none;
	const struct spec_mounts *own = plan->context.own_mounts ? plan->context.own_mounts : &none;
	int r;

	plan->mounts = ARENA_NEW(arena, struct mount_item, spec->mounts.count + own->count);
	plan->mappings = ARENA_NEW(arena, struct mapping_item, spec->mounts.count + 1); /* and the rootfs' own */
	if (!plan->mounts || !plan->mappings)
		return err_memory(err);
	r = rootfs_plan_root_idmap(spec, plan, err);
	if (r == 0)
		r = plan_list(&spec->mounts, "mounts", arena, plan, err);
	return r < 0 ? r : plan_list(own, "kavel's own mount", arena, plan, err);
}
