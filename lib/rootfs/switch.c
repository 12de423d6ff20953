#include "rootfs/rootfs.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/sys.h"
#include "rootfs/bind.h"
#include "rootfs/setup.h"

/* With both arguments ".", the old root lands on top of the new one, without a directory for it in the rootfs: one
 * unmount, and it is gone (pivot_root(2), "pivot_root(".", ".")"). */
static int pivot(const struct rootfs_plan *plan, struct err *err)
{
	struct mount_attr slave = { .propagation = MS_SLAVE };
	bool is_shared = plan->propagation == MS_SHARED;
	autofd old = is_shared ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (is_shared && old < 0)
		return err_sys(err, errno, "open the old root");
	if (sys_pivot_root(".", ".") < 0) {
		(void)err_sys(err, errno, "pivot_root to %s", plan->path);
		if (err->number == EINVAL)
			return err_hint(err, "the host's root is an initramfs: use --no-pivot");
		return -err->number;
	}
	/* what is unmounted here must stay mounted on the host */
	if (is_shared && sys_mount_setattr(old, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave) < 0)
		return err_sys(err, errno, "detach the old root's propagation");
	if (umount2(".", MNT_DETACH) < 0)
		return err_sys(err, errno, "unmount the old root");
	return 0;
}

static int move(const struct rootfs_plan *plan, const struct rootfs *rootfs, struct err *err)
{
	int r = rootfs_hide_kernel_mounts(plan, err);

	if (r < 0)
		return r;
	if (!rootfs->is_stacked && mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return err_sys(err, errno, "move %s to /", plan->path);
	if (chroot(".") < 0)
		return err_sys(err, errno, "chroot to %s", plan->path);
	return 0;
}

/* Masks are copies of the null device's mount, which is the host's. */
static int copy_null(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	/* it stays open for long: with a low number */
	rootfs->newest = INT_MAX;
	rootfs_sweep(rootfs);
	rootfs->null_tree = rootfs_copy_mount(plan, rootfs->null_fd);
	if (rootfs->null_tree < 0)
		return err_sys(err, -rootfs->null_tree, "copy the mount of /dev/null");
	rootfs_keep(rootfs, rootfs->null_tree);
	return 0;
}

int rootfs_switch(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	if (plan->masked.count && copy_null(plan, rootfs, err) < 0)
		return -err->number;
	if (fchdir(rootfs->fd) < 0)
		return err_sys(err, errno, "change to %s", plan->path);
	if (!plan->context.has_mount_ns)
		return chroot(".") < 0 ? err_sys(err, errno, "chroot to %s", plan->path) : 0;
	return plan->context.no_pivot ? move(plan, rootfs, err) : pivot(plan, err);
}
