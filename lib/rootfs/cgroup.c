/* The guest's view of its cgroups, where that is not one cgroup v2 file system.
 *
 * With v1 hierarchies it looks as on the host: a tmpfs that has a directory for each in which the guest has a group of its
 * own, named after its controllers, and a symlink for each controller of several.  In a cgroup namespace each is mounted anew, which shows the guest's own group as
 * the root; without one the guest's own group is bound there, read-only. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sys.h"
#include "rootfs/bind.h"
#include "rootfs/setup.h"

#define OWN_ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* "7:cpu,cpuacct:/path" or "0::/path" in /proc/self/cgroup: the path, cut out in place, or NULL. */
static char *find_group(char *groups, const char *controllers)
{
	size_t size = strlen(controllers);

	for (char *line; (line = strsep(&groups, "\n"));) {
		char *names = strchr(line, ':');
		bool is_v2 = *line == '0' && names == line + 1;

		if (names && is_v2 == !size && strncmp(names + 1, controllers, size) == 0 && names[1 + size] == ':')
			return names + 2 + size;
	}
	return NULL;
}

/* A copy of the guest's own group below the mount point of a hierarchy.  The guest has no cgroup namespace: the path in
 * /proc/self/cgroup is the host's. */
static int copy_own(const char *mount_point, const char *controllers, int *ret_tree, struct err *err)
{
	struct mount_attr attr = { .attr_set = OWN_ATTRIBUTES };
	char groups[8192], path[PATH_MAX];
	const char *group;
	int tree;
	ssize_t size = file_read_short(AT_FDCWD, "/proc/self/cgroup", groups, sizeof(groups));

	if (size < 0)
		return err_sys(err, (int)-size, "read /proc/self/cgroup");
	group = find_group(groups, controllers);
	if (!group)
		return err_set(err, ENOENT, "the guest is in no cgroup of %s",
			       *controllers ? controllers : "version 2");
	if ((size_t)snprintf(path, sizeof(path), "%s%s", mount_point, group) >= sizeof(path))
		return err_sys(err, ENAMETOOLONG, "bind the guest's own cgroup");
	tree = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0)
		return err_sys(err, errno, "bind the guest's own cgroup %s", path);
	*ret_tree = tree;
	return 0;
}

static int bind_own(struct rootfs *rootfs, const struct mount_item *m, struct err *err)
{
	struct mount_target target;
	sweptfd tree = -1, fd = -1;
	int r = copy_own(m->source, "", &tree, err);

	if (r == 0)
		r = rootfs_open_target(rootfs, m, true, &target, err);
	if (r < 0)
		return r;
	r = rootfs_attach(tree, target.fd);
	if (r < 0)
		return rootfs_describe_bind(m, -r, err);
	if (!m->magic) /* below a sysfs, where nobody can move it away */
		return 0;
	r = rootfs_reopen_target(rootfs, m, &fd, err);
	return r < 0 ? r : path_verify_fs(fd, m->magic, m->ino, m->destination, err);
}

/* ---------------------------------------------------------------- a directory for each hierarchy */

/* Its name: "unified" for v2, "systemd" for "name=systemd". */
static const char *dir_name(const struct rootfs_hierarchy *hierarchy)
{
	const char *named = str_after(hierarchy->controllers, "name=");

	return !*hierarchy->controllers ? "unified" : named ? named : hierarchy->controllers;
}

/* The tmpfs is new and nobody else can reach it: a name in it is as good as a descriptor. */
static int make_links(const char *controllers, int dir)
{
	char name[256];

	for (const char *at = controllers; strchr(controllers, ',') && *at; at += strspn(at, ",")) {
		size_t size = strcspn(at, ",");

		(void)snprintf(name, sizeof(name), "%.*s", (int)size, at);
		if (symlinkat(controllers, dir, name) < 0 && errno != EEXIST)
			return -errno;
		at += size;
	}
	return 0;
}

/* With the tmpfs as the current directory. */
static int mount_anew(const struct rootfs_hierarchy *hierarchy, const char *name, unsigned long flags, struct err *err)
{
	const bool is_named = str_after(hierarchy->controllers, "name=");
	const char *type = *hierarchy->controllers ? "cgroup" : "cgroup2";
	char data[256];

	(void)snprintf(data, sizeof(data), "%s%s", is_named ? "none," : "", hierarchy->controllers);
	return mount(type, name, type, flags, data) < 0 ? err_sys(err, errno, "mount %s %s", type, name) : 0;
}

static int bind_group(const struct rootfs_hierarchy *hierarchy, const char *name, int dir, struct err *err)
{
	sweptfd tree = -1, place = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = place < 0 ? err_sys(err, errno, "open %s", name)
			  : copy_own(hierarchy->mount_point, hierarchy->controllers, &tree, err);

	if (r < 0)
		return r;
	r = rootfs_attach(tree, place);
	return r < 0 ? err_sys(err, -r, "bind the guest's own cgroup to %s", name) : 0;
}

static int put_hierarchy(const struct rootfs_plan *plan, const struct rootfs_hierarchy *hierarchy, unsigned long flags,
			 int dir, struct err *err)
{
	const char *name = dir_name(hierarchy);
	int r = mkdirat(dir, name, 0755) < 0 ? -errno : 0;

	if (r < 0)
		return err_sys(err, -r, "make %s", name);
	r = plan->context.has_cgroup_ns ? mount_anew(hierarchy, name, flags, err)
					: bind_group(hierarchy, name, dir, err);
	if (r < 0)
		return r;
	r = make_links(hierarchy->controllers, dir);
	return r < 0 ? err_sys(err, -r, "link to %s", name) : 0;
}

static int mount_tree(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m,
		      struct err *err)
{
	const unsigned long flags = mount_options_flags(&m->options);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	struct mount_target target;
	sweptfd dir = -1;
	autobuf data = { 0 };
	int r = rootfs_open_target(rootfs, m, true, &target, err);

	if (r < 0)
		return r;
	rootfs->in_dev = false;
	str_append_f(&data, "mode=755,size=64k%s%s", plan->label_option ? "," : "",
		     plan->label_option ? plan->label_option : "");
	if (data.failed)
		return err_memory(err);
	if (fchdir(target.fd) < 0 || mount("tmpfs", ".", "tmpfs", flags & ~(unsigned long)MS_RDONLY, data.data) < 0)
		return err_sys(err, errno, "mount tmpfs to %s", m->destination);
	r = rootfs_reopen_target(rootfs, m, &dir, err);
	if (r == 0)
		r = path_verify_fs(dir, SYS_TMPFS_MAGIC, 0, m->destination, err);
	if (r == 0 && fchdir(dir) < 0)
		r = err_sys(err, errno, "change to %s", m->destination);
	for (size_t i = 0; r == 0 && i < plan->context.hierarchy_count; i++)
		r = put_hierarchy(plan, &plan->context.hierarchies[i], flags, dir, err);
	if (r < 0)
		return err_in(err, "mount cgroup to %s", m->destination);
	if ((flags & MS_RDONLY || !plan->context.has_cgroup_ns) && sys_mount_setattr(dir, "", AT_EMPTY_PATH, &attr) < 0)
		return err_sys(err, errno, "make %s read-only", m->destination);
	return 0;
}

int rootfs_mount_cgroup(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m,
			struct err *err)
{
	return m->kind == MOUNT_OWN_CGROUP ? bind_own(rootfs, m, err) : mount_tree(plan, rootfs, m, err);
}
