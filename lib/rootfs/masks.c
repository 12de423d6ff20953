/* Masked and read-only paths, put in place inside the new root: what can be mounted on is in the guest's own mount
 * namespace, where nothing of the host is left.  Each path is resolved once, to a descriptor (GHSA-3q8j-pf29-vwv8).
 *
 * The order is: look first, then copy the mount, then attach it.  A copy that is never attached would wait for a grace
 * period of the kernel when it is closed. */
#include "rootfs/masks.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"
#include "rootfs/bind.h"
#include "rootfs/setup.h"

#define EMPTY_ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* An empty directory on a file system of its own. */
static int make_empty(int *ret_fd)
{
	sweptfd fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, EMPTY_ATTRIBUTES);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* A mount to cover paths with: the first gets the mount itself, the others copies of it (only a mount that is attached
 * in the own namespace may be copied). */
struct cover {
	int fd;
	bool is_attached;
};

static int cover_place(struct cover *cover, int place)
{
	sweptfd copy = -1;
	int r;

	if (!cover->is_attached) {
		r = rootfs_attach(cover->fd, place);
		cover->is_attached = r == 0;
		return r;
	}
	copy = sys_open_tree(cover->fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	return copy < 0 ? -errno : rootfs_attach(copy, place);
}

static int mask(struct rootfs *rootfs, const char *path, struct cover *null, struct cover *empty, struct err *err)
{
	sweptfd place = -1;
	struct stat st;
	int r = path_open_if_exists(rootfs->fd, path, O_PATH, &place, err);

	if (r != 0)
		return r < 0 ? r : 0;
	rootfs->newest = place;
	if (fstat(place, &st) < 0)
		return err_sys(err, errno, "stat /%s", path);
	if (S_ISDIR(st.st_mode) && empty->fd < 0) {
		r = make_empty(&rootfs->empty_fd);
		empty->fd = rootfs->empty_fd;
	}
	if (r == 0)
		r = cover_place(S_ISDIR(st.st_mode) ? empty : null, place);
	return r < 0 ? err_sys(err, -r, "mask /%s", path) : 0;
}

int rootfs_mask(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	struct cover null = { .fd = rootfs->null_tree }, empty = { .fd = -1 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->masked.count; i++) {
		rootfs_sweep(rootfs);
		r = mask(rootfs, plan->masked.items[i], &null, &empty, err);
	}
	return r < 0 ? err_in(err, "linux.maskedPaths") : 0;
}

static int make_readonly(struct rootfs *rootfs, const char *path, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	sweptfd place = -1, tree = -1;
	int r = path_open_if_exists(rootfs->fd, path, O_PATH, &place, err);

	if (r != 0)
		return r;
	rootfs->newest = place;
	tree = rootfs_copy_with(place, AT_RECURSIVE, &attr);
	if (tree < 0)
		return err_sys(err, -tree, "make /%s read-only", path);
	r = rootfs_attach(tree, place);
	return r < 0 ? err_sys(err, -r, "make /%s read-only", path) : 0;
}

int rootfs_make_readonly(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	for (size_t i = 0; i < plan->readonly_paths.count; i++) {
		rootfs_sweep(rootfs);
		if (make_readonly(rootfs, plan->readonly_paths.items[i], err) < 0)
			return err_in(err, "linux.readonlyPaths");
	}
	return 0;
}
