#include "rootfs/rootfs.h"

#include <errno.h>
#include <fcntl.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"
#include "rootfs/masks.h"
#include "rootfs/setup.h"

/* What is set for all that is mounted below is not meant for those mounts that say how they propagate. */
static int restore_propagation(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	for (size_t i = 0; i < plan->mount_count; i++) {
		const struct mount_item *m = &plan->mounts[i];
		struct mount_attr attr = { .propagation = m->options.propagation };
		const unsigned int flags = AT_EMPTY_PATH | (m->options.propagation_below ? AT_RECURSIVE : 0);
		sweptfd fd = -1;
		int r;

		if (!attr.propagation || attr.propagation == plan->propagation)
			continue;
		rootfs_sweep(rootfs);
		r = rootfs_reopen_target(rootfs, m, &fd, err);
		if (r < 0)
			return r;
		rootfs->newest = fd;
		if (sys_mount_setattr(fd, "", flags, &attr) < 0)
			return err_sys(err, errno, "%s: set the propagation of %s", m->where, m->destination);
	}
	return 0;
}

/* A private mount that is asked to be a slave has no master, and stays private. */
static int protect_root(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	const int root = rootfs->fd;
	struct mount_attr attr = { .attr_set = plan->readonly ? MOUNT_ATTR_RDONLY : 0,
				   .propagation = plan->propagation };

	if (!(attr.attr_set | attr.propagation))
		return 0;
	/* one call for both, unless one of them is meant for all that is mounted below */
	if (plan->propagation_below) {
		struct mount_attr below = { .propagation = plan->propagation };

		attr.propagation = 0;
		if (sys_mount_setattr(root, "", AT_EMPTY_PATH | AT_RECURSIVE, &below) < 0)
			return err_sys(err, errno, "linux.rootfsPropagation");
		if (restore_propagation(plan, rootfs, err) < 0)
			return -err->number;
	}
	if (sys_mount_setattr(root, "", AT_EMPTY_PATH, &attr) < 0)
		return err_sys(err, errno, "make the root %s", plan->readonly ? "read-only" : "propagate");
	return 0;
}

static int protect_dev(const struct rootfs *rootfs, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	sweptfd dev = -1;
	int r = path_open(rootfs->fd, "dev", O_PATH | O_NOFOLLOW, &dev, err);

	if (r == 0 && sys_mount_setattr(dev, "", AT_EMPTY_PATH, &attr) < 0)
		r = err_sys(err, errno, "make /dev read-only");
	return r;
}

static void close_all(struct rootfs *rootfs)
{
	int *fds[] = { &rootfs->fd, &rootfs->null_fd, &rootfs->null_tree };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		auto_close(fds[i]);
	rootfs_release(rootfs);
	(void)sys_close_range((unsigned int)rootfs->sweep_from, ~0U, 0); /* cannot fail with these arguments */
	*rootfs = (struct rootfs)ROOTFS_CLOSED;
}

int rootfs_protect(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	int r = 0;

	if (plan->context.has_mount_ns) {
		if (rootfs->dev_readonly)
			r = protect_dev(rootfs, err);
		if (r == 0)
			r = rootfs_make_readonly(plan, rootfs, err);
		if (r == 0)
			r = rootfs_mask(plan, rootfs, err); /* last: a mask inside a read-only path lies on top of it */
		if (r == 0)
			r = protect_root(plan, rootfs, err);
	}
	close_all(rootfs);
	return r;
}
