/* spec.mounts, in their order.
 *
 * A file system is mounted by mount(2) on ".", with the destination as the current directory: one system call where the
 * new mount API takes four.  A bind mount is a copy made by open_tree(2), which gets its attributes before anybody can
 * see it and is attached by move_mount(2). */
#include "rootfs/setup.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"
#include "rootfs/bind.h"

/* These take no paths, neither as source nor in their options: they may be mounted with the guest's directory as the
 * current one.  A relative path given to others must mean the bundle. */
static const char *const pathless[] = { "proc", "tmpfs", "sysfs", "devpts", "mqueue", "cgroup2", "ramfs", "securityfs",
					"debugfs", "tracefs", "bpf", "binfmt_misc", "hugetlbfs", "pstore", "fusectl",
					"configfs", "efivarfs", "selinuxfs" };

bool rootfs_takes_paths(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(pathless); i++)
		if (str_eq(type, pathless[i]))
			return false;
	return true;
}

/* What a user namespace has to do with the refusal; NULL: nothing that is known. */
static const char *explain_in_user_ns(const struct mount_item *m, int number)
{
	const bool has_ids = strstr(m->options.data, "gid=") || strstr(m->options.data, "uid=");

	if (number == EINVAL && has_ids)
		return "is each uid= and gid= of its options mapped in the user namespace?";
	if (number != EPERM)
		return NULL;
	if (str_eq(m->type, "proc"))
		return "in a user namespace it takes a pid namespace of the guest's own, and a /proc of the caller of "
		       "which "
		       "nothing is covered";
	if (str_eq(m->type, "sysfs") || str_eq(m->type, "cgroup2") || str_eq(m->type, "mqueue"))
		return "in a user namespace it takes a network, cgroup or ipc namespace of the guest's own";
	return "the kernel lets no user namespace mount this file system";
}

static int describe(const struct rootfs_plan *plan, const struct mount_item *m, int number, struct err *err)
{
	const char *why = plan->context.has_user_ns ? explain_in_user_ns(m, number) : NULL;
	const char *source = str_eq(m->source, m->type) ? "" : m->source;
	const char *options = m->options.text;

	(void)err_sys(err, number, "mount %s%s%s to %s%s%s%s", m->type, *source ? " " : "", source, m->destination,
		      *options ? " (" : "", options, *options ? ")" : "");
	if (why)
		return err_hint(err, "%s", why);
	return number == ENODEV ? err_hint(err, "the kernel has no such file system") : -number;
}

static bool has_mode(const char *data)
{
	const char *at = strstr(data, "mode=");

	return at && (at == data || at[-1] == ',');
}

/* A tmpfs over an existing directory has that directory's mode, unless the options say another. */
static int add_mode(const struct mount_item *m, const struct mount_target *target, struct str_buf *data,
		    struct err *err)
{
	struct stat st;

	if (fstat(target->fd, &st) < 0)
		return err_sys(err, errno, "stat %s in the rootfs", m->destination);
	str_append_f(data, "%s%smode=%04o", m->options.data, *m->options.data ? "," : "",
		     (unsigned int)(st.st_mode & 07777));
	return data->failed ? err_memory(err) : 0;
}

/* Returns 0 or -errno. */
static int mount_on(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m, int target,
		    unsigned long flags, const char *data)
{
	char place[40];

	rootfs->in_dev = false;
	if (!rootfs_takes_paths(m->type)) {
		if (fchdir(target) < 0 || mount(m->source, ".", m->type, flags, data) < 0)
			return -errno;
		return 0;
	}
	(void)snprintf(place, sizeof(place), "/proc/self/fd/%d", target);
	if (chdir(plan->context.bundle) < 0 || mount(m->source, place, m->type, flags, data) < 0)
		return -errno;
	return 0;
}

/* Most of what is mounted goes to a directory of a /dev that was just mounted, which is empty and which nobody else can
 * reach: a name in it is as good as a descriptor.  Returns 0, 1 when the mount is not of this kind, or -errno. */
static int mount_in_dev(struct rootfs *rootfs, const struct mount_item *m)
{
	const char *name = str_after(m->destination, "/dev/");

	if (rootfs->dev_fd < 0 || !name || strchr(name, '/') || rootfs_takes_paths(m->type) ||
	    m->magic == SYS_PROC_MAGIC || m->options.tmpcopyup || mkdirat(rootfs->dev_fd, name, 0755) < 0)
		return 1;
	if (!rootfs->in_dev && fchdir(rootfs->dev_fd) < 0)
		return -errno;
	rootfs->in_dev = true;
	return mount(m->source, name, m->type, mount_options_flags(&m->options), m->options.data) < 0 ? -errno : 0;
}

static int copy_up(const struct mount_item *m, int from, int mounted, struct err *err)
{
	autofd to = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mount_attr attr = { .attr_set = m->options.top.set & MOUNT_ATTR_RDONLY };
	int r = to < 0 ? err_sys(err, errno, "open %s in the rootfs", m->destination)
		       : path_verify_fs(to, SYS_TMPFS_MAGIC, 0, m->destination, err);

	if (r == 0)
		r = rootfs_copy_up(from, to, err);
	if (r == 0 && attr.attr_set && sys_mount_setattr(mounted, "", AT_EMPTY_PATH, &attr) < 0)
		r = err_sys(err, errno, "make %s read-only", m->destination);
	return r;
}

/* What remains once it is mounted. */
static int finish(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m, bool is_safe,
		  struct err *err)
{
	struct mount_attr attr = { .propagation = m->options.propagation };
	bool keep_dev = str_eq(m->destination, "/dev") && str_eq(m->type, "tmpfs");
	bool propagate = attr.propagation && !(attr.propagation == MS_PRIVATE && rootfs_is_private(plan));
	sweptfd fd = -1;
	int r;

	if ((!m->magic || is_safe) && !propagate && !keep_dev)
		return 0;
	r = rootfs_reopen_target(rootfs, m, &fd, err);
	if (r == 0 && m->magic)
		r = path_verify_fs(fd, m->magic, m->ino, m->destination, err);
	if (r < 0)
		return r;
	if (propagate && sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) < 0)
		return err_sys(err, errno, "set the propagation of %s", m->destination);
	if (keep_dev)
		rootfs->dev_fd = fd;
	return 0;
}

/* A read-only /dev stays writable until its devices, directories and console are made. */
static unsigned long first_flags(struct rootfs *rootfs, const struct mount_item *m)
{
	unsigned long flags = mount_options_flags(&m->options);

	if (!str_eq(m->destination, "/dev") || !(flags & MS_RDONLY))
		return flags;
	rootfs->dev_readonly = true;
	return flags & ~(unsigned long)MS_RDONLY;
}

/* What the host side made: it has all its options, but for the mode of the directory that it covers. */
static int attach_prepared(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m, int tree,
			   struct err *err)
{
	struct mount_target target;
	sweptfd place = -1, from = -1;
	struct stat st;
	int r = rootfs_open_target(rootfs, m, true, &target, err);

	if (r < 0)
		return r;
	place = target.fd;
	if (fstat(place, &st) < 0)
		return err_sys(err, errno, "stat %s in the rootfs", m->destination);
	if (m->options.tmpcopyup) {
		from = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (from < 0)
			return err_sys(err, errno, "open %s in the rootfs", m->destination);
	}
	r = rootfs_attach(tree, place);
	if (r < 0)
		return describe(plan, m, -r, err);
	/* a mapping may leave the root of the file system to nobody: then its mode matters to nobody either */
	if (str_eq(m->type, "tmpfs") && !target.made && !has_mode(m->options.data))
		(void)!fchmodat(tree, ".", st.st_mode & 07777, 0);
	if (from >= 0)
		r = copy_up(m, from, tree, err);
	return r < 0 ? r : finish(plan, rootfs, m, false, err);
}

static int mount_tmpfs(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m,
		       struct err *err)
{
	unsigned long flags = first_flags(rootfs, m);
	struct mount_target target;
	sweptfd place = -1, from = -1, mounted = -1;
	autobuf data = { 0 };
	int r = rootfs_open_target(rootfs, m, true, &target, err);

	if (r < 0)
		return r;
	place = target.fd;
	if (!target.made && !has_mode(m->options.data))
		r = add_mode(m, &target, &data, err);
	if (r < 0)
		return r;
	if (m->options.tmpcopyup) {
		from = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		flags &= ~(unsigned long)MS_RDONLY; /* until the copy is there */
		if (from < 0)
			return err_sys(err, errno, "open %s in the rootfs", m->destination);
	}
	r = mount_on(plan, rootfs, m, place, flags, data.data ? data.data : m->options.data);
	if (r < 0)
		return describe(plan, m, -r, err);
	if (m->options.tmpcopyup) {
		r = rootfs_reopen_target(rootfs, m, &mounted, err);
		if (r == 0)
			r = copy_up(m, from, mounted, err);
	}
	return r < 0 ? r : finish(plan, rootfs, m, false, err);
}

/* What is done instead of a mount that the kernel refuses with that errno (negative) for where it is, not for what it is.  Returns
 * 0 or -errno. */
static int mount_otherwise(const struct mount_item *m, int refusal, int place)
{
	sweptfd tree = -1;
	struct err ignored;

	if (refusal == -EPERM && m->bind_if_refused)
		return rootfs_bind_sys(place);
	/* mount(2) puts no second cgroup2 right on top of one, such as the host's in a /sys that was bound; move_mount(2) does */
	if (refusal == -EBUSY && str_eq(m->type, "cgroup2") && rootfs_make_fs(m, &tree, &ignored) == 0)
		return rootfs_attach(tree, place);
	return refusal;
}

static int mount_file_system(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m,
			     struct err *err)
{
	const int prepared = rootfs_tree(plan, rootfs, m);
	struct mount_target target;
	sweptfd place = -1;
	int r;

	if (prepared >= 0)
		return attach_prepared(plan, rootfs, m, prepared, err);
	r = mount_in_dev(rootfs, m);
	if (r <= 0)
		return r < 0 ? describe(plan, m, -r, err) : finish(plan, rootfs, m, true, err);
	if (str_eq(m->type, "tmpfs"))
		return mount_tmpfs(plan, rootfs, m, err);
	r = rootfs_open_target(rootfs, m, true, &target, err);
	if (r < 0)
		return r;
	place = target.fd;
	r = mount_on(plan, rootfs, m, place, first_flags(rootfs, m), m->options.data);
	if (r < 0)
		r = mount_otherwise(m, r, place);
	if (r < 0)
		return describe(plan, m, -r, err);
	return finish(plan, rootfs, m, false, err);
}

static int change_mount(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m,
			struct err *err)
{
	unsigned long flags = MS_REMOUNT | mount_options_flags(&m->options);
	sweptfd place = -1;
	int r = path_open(rootfs->fd, m->destination, O_PATH, &place, err);

	if (r < 0)
		return r;
	rootfs->in_dev = false;
	if (m->options.bind)
		r = rootfs_set_attributes(plan, &m->options, place);
	else if (fchdir(place) < 0 || mount("none", ".", NULL, flags, m->options.data) < 0)
		r = -errno;
	return r < 0 ? err_sys(err, -r, "remount %s (%s)", m->destination, m->options.text) : 0;
}

static int mount_one(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m, struct err *err)
{
	if (str_eq(m->destination, "/dev")) { /* covered, or changed */
		rootfs->dev_fd = -1;
		rootfs->in_dev = false;
		rootfs->dev_readonly &= m->kind == MOUNT_CHANGE;
	}
	switch (m->kind) {
	case MOUNT_FILE_SYSTEM:
		return mount_file_system(plan, rootfs, m, err);
	case MOUNT_BIND:
		return rootfs_bind(plan, rootfs, m, err);
	case MOUNT_OWN_CGROUP:
	case MOUNT_CGROUP_TREE:
		return rootfs_mount_cgroup(plan, rootfs, m, err);
	case MOUNT_CHANGE:
		return change_mount(plan, rootfs, m, err);
	}
	return err_user(err, "unknown kind of mount");
}

static int explain(const struct rootfs_plan *plan, size_t index, struct err *err)
{
	int r = err_in(err, "%s", plan->mounts[index].where);

	if (r == -EACCES && plan->context.has_user_ns)
		return err_hint(err, "the guest's root is not the owner of its rootfs: annotation "
				     "org.kavel.rootfs.idmap=true, or make the destination beforehand");
	return r;
}

int rootfs_mount_one(const struct rootfs_plan *plan, struct rootfs *rootfs, size_t index, struct err *err)
{
	return mount_one(plan, rootfs, &plan->mounts[index], err) < 0 ? explain(plan, index, err) : 0;
}

int rootfs_mount(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->mount_count; i++) {
		rootfs_sweep(rootfs);
		r = rootfs_mount_one(plan, rootfs, i, err);
	}
	return r;
}
