#include "rootfs/bind.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/user.h"

/* Attributes that a bind mount does not keep from its source when the options name any, as mount(8) does it. */
#define NOT_KEPT                                                                                                \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODIRATIME | \
	 MOUNT_ATTR_NOSYMFOLLOW)

int rootfs_attach(int tree, int target)
{
	if (sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

int rootfs_copy_with(int fd, unsigned int flags, struct mount_attr *attr)
{
	const unsigned int clone = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | flags;
	int tree = sys_open_tree_attr(fd, "", clone, attr);

	if (tree >= 0 || (errno != ENOSYS && errno != EPERM))
		return tree < 0 ? -errno : tree;
	/* before Linux 6.15, or behind a filter that does not know the call */
	tree = sys_open_tree(fd, "", clone);
	if (tree >= 0 && sys_mount_setattr(tree, "", AT_EMPTY_PATH | flags, attr) < 0) {
		int r = -errno;

		(void)close(tree);
		return r;
	}
	return tree < 0 ? -errno : tree;
}

int rootfs_copy_mount(const struct rootfs_plan *plan, int fd)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	autofd tree = sys_open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (tree < 0 || (!rootfs_is_private(plan) && sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0))
		return -errno;
	return take_fd(&tree);
}

static int set_top(const struct mount_options *o, uint64_t propagation, int fd)
{
	struct mount_attr attr = { .attr_set = o->top.set, .attr_clr = o->top.clear, .propagation = propagation };

	if (!o->has_flags && !propagation)
		return 0;
	if (o->has_flags)
		attr.attr_clr |= NOT_KEPT & ~o->top.set;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) == 0)
		return 0;
	if (errno != EPERM || attr.attr_clr == o->top.clear)
		return -errno;
	/* attributes that are locked by a user namespace stay, unless the options switch them off by name */
	attr.attr_clr = o->top.clear;
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) < 0 ? -errno : 0;
}

int rootfs_set_attributes(const struct rootfs_plan *plan, const struct mount_options *o, int fd)
{
	/* in a private tree every copy is private already */
	bool skip = o->propagation == MS_PRIVATE && rootfs_is_private(plan);
	uint64_t propagation = skip ? 0 : o->propagation;
	struct mount_attr all = {
		.attr_set = o->all.set,
		.attr_clr = o->all.clear,
		.propagation = o->propagation_below ? propagation : 0,
	};
	int r = set_top(o, o->propagation_below ? 0 : propagation, fd);

	if (r < 0 || !(all.attr_set | all.attr_clr | all.propagation))
		return r;
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &all) < 0 ? -errno : 0;
}

int rootfs_bind_sys(int target)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	autofd tree = sys_open_tree(AT_FDCWD, "/sys", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
		return -errno;
	return rootfs_attach(tree, target);
}

int rootfs_describe_bind(const struct mount_item *m, int number, struct err *err)
{
	const char *options = m->options.text;

	return err_sys(err, number, "bind %s to %s%s%s%s", m->source, m->destination, *options ? " (" : "", options,
		       *options ? ")" : "");
}

/* The text of the source as a symlink; prepared: the source as it was taken by the host side, or -1.  Returns its length, 0 when
 * it is no symlink, or -errno. */
static ssize_t read_source(const struct mount_item *m, int prepared, char *text, size_t room)
{
	struct stat st;
	ssize_t size;

	if (prepared >= 0 && fstat(prepared, &st) == 0 && !S_ISLNK(st.st_mode))
		return 0;
	size = prepared >= 0 ? readlinkat(prepared, "", text, room - 1) : readlink(m->source, text, room - 1);
	if (size < 0)
		return errno == EINVAL ? 0 : -errno;
	text[size] = '\0';
	return size;
}

/* Make the destination the same symlink as the source.  Returns 0, 1 when the source is not a symlink, or an error. */
static int copy_symlink(const struct rootfs *rootfs, const struct mount_item *m, int prepared, struct err *err)
{
	char text[PATH_MAX], there[PATH_MAX], name[256];
	ssize_t size = read_source(m, prepared, text, sizeof(text));
	autofd dir = -1;
	int r;

	if (size <= 0)
		return size ? rootfs_describe_bind(m, (int)-size, err) : 1;
	r = path_make_parent(rootfs->fd, m->destination, name, &dir, err);
	if (r < 0)
		return r;
	if (symlinkat(text, dir, name) == 0)
		return 0;
	if (errno != EEXIST)
		return rootfs_describe_bind(m, errno, err);
	size = readlinkat(dir, name, there, sizeof(there) - 1);
	if (size >= 0) {
		there[size] = '\0';
		if (str_eq(text, there))
			return 0;
	}
	return rootfs_describe_bind(m, EEXIST, err);
}

static int verify(const struct rootfs *rootfs, const struct mount_item *m, struct err *err)
{
	sweptfd fd = -1;
	int r;

	if (!m->magic)
		return 0;
	r = rootfs_reopen_target(rootfs, m, &fd, err);
	return r < 0 ? r : path_verify_fs(fd, m->magic, m->ino, m->destination, err);
}

/* The kernel lets a user namespace copy a mount without those below it only if nothing is hidden by them (mount_namespaces(7)). */
static int describe_copy(const struct rootfs_plan *plan, const struct mount_item *m, int number, struct err *err)
{
	int r = rootfs_describe_bind(m, number, err);

	if (number == EINVAL && !m->options.bind_below && (plan->context.has_user_ns || !user_ns_is_initial()))
		return err_hint(err,
				"are there mounts below the source? A user namespace cannot leave them out: use rbind");
	return r;
}

int rootfs_bind(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *m, struct err *err)
{
	const struct mount_options *o = &m->options;
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (o->bind_below ? AT_RECURSIVE : 0) |
			     (o->src_nofollow ? AT_SYMLINK_NOFOLLOW : 0);
	const int prepared = rootfs_tree(plan, rootfs, m);
	sweptfd tree = prepared, place = -1;
	struct mount_target target;
	struct stat st;
	int r = o->copy_symlink ? copy_symlink(rootfs, m, prepared, err) : 1;

	if (r <= 0)
		return r;
	if (tree < 0)
		tree = sys_open_tree(AT_FDCWD, m->source, flags);
	if (tree < 0)
		return describe_copy(plan, m, errno, err);
	if (fstat(tree, &st) < 0)
		return rootfs_describe_bind(m, errno, err);
	r = rootfs_open_target(rootfs, m, S_ISDIR(st.st_mode), &target, err);
	if (r < 0)
		return r;
	place = target.fd;
	r = rootfs_set_attributes(plan, o, tree);
	if (r == 0)
		r = rootfs_attach(tree, place);
	if (r < 0)
		return rootfs_describe_bind(m, -r, err);
	return verify(rootfs, m, err);
}
