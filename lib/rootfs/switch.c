#include "rootfs/rootfs.h"

#include <errno.h>
#include <unistd.h>

#include "base/sys.h"
#include "rootfs/plan.h"

/* With both arguments ".", the old root lands on top of the new one, without a directory for it in the rootfs: one
 * unmount, and it is gone (pivot_root(2), "pivot_root(".", ".")"). */
static int pivot(const struct rootfs_plan *plan, struct err *err)
{
	if (sys_pivot_root(".", ".") < 0) {
		(void)err_sys(err, errno, "pivot_root to %s", plan->path);
		if (err->number == EINVAL)
			return err_hint(err, "the host's root is an initramfs: use --no-pivot");
		return -err->number;
	}
	/* what is unmounted here must stay mounted on the host */
	if (plan->propagation == MS_SHARED && mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return err_sys(err, errno, "detach the old root's propagation");
	if (umount2(".", MNT_DETACH) < 0)
		return err_sys(err, errno, "unmount the old root");
	return 0;
}

static int move(const struct rootfs_plan *plan, struct err *err)
{
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return err_sys(err, errno, "move %s to /", plan->path);
	if (chroot(".") < 0)
		return err_sys(err, errno, "chroot to %s", plan->path);
	return 0;
}

int rootfs_switch(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	if (plan->masked.count) {
		rootfs->null_tree =
			sys_open_tree(rootfs->null_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (rootfs->null_tree < 0)
			return err_sys(err, errno, "copy the mount of /dev/null");
	}
	if (fchdir(rootfs->fd) < 0)
		return err_sys(err, errno, "change to %s", plan->path);
	if (!plan->context.has_mount_ns)
		return chroot(".") < 0 ? err_sys(err, errno, "chroot to %s", plan->path) : 0;
	return plan->context.no_pivot ? move(plan, err) : pivot(plan, err);
}
