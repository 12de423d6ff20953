/* Masked and read-only paths, put in place inside the new root: whatever a symlink says, what can be mounted on is in
 * the guest's own mount namespace, where nothing of the host is left.
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

#define EMPTY_ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* An empty directory on a file system of its own: one inode, and read-only. */
static int make_empty(int *ret_fd)
{
	autofd fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "1", 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0555", 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, EMPTY_ATTRIBUTES);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* The path is given as it stands: it is resolved once more, by the kernel, and what it leads to is masked. */
static int attach_at(int tree, int root, const char *path)
{
	if (sys_move_mount(tree, "", root, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return -errno;
	return 0;
}

/* A mount to cover paths with: the first gets the mount itself, the others copies of it (only a mount that is attached
 * in the own namespace may be copied). */
struct cover {
	int fd;
	bool is_attached;
};

static int cover_path(struct cover *cover, int root, const char *path)
{
	autofd copy = -1;
	int r;

	if (!cover->is_attached) {
		r = attach_at(cover->fd, root, path);
		cover->is_attached = r == 0;
		return r;
	}
	copy = sys_open_tree(cover->fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	return copy < 0 ? -errno : attach_at(copy, root, path);
}

static int mask(const struct rootfs *rootfs, const char *path, struct cover *null, struct cover *empty)
{
	struct stat st;
	int r = 0;

	if (fstatat(rootfs->fd, path, &st, 0) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		return cover_path(null, rootfs->fd, path);
	if (empty->fd < 0)
		r = make_empty(&empty->fd);
	return r < 0 ? r : cover_path(empty, rootfs->fd, path);
}

int rootfs_mask(const struct rootfs_plan *plan, const struct rootfs *rootfs, struct err *err)
{
	struct cover null = { .fd = rootfs->null_tree }, empty = { .fd = -1 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->masked.count; i++) {
		r = mask(rootfs, plan->masked.items[i], &null, &empty);
		if (r < 0)
			r = err_sys(err, -r, "linux.maskedPaths: mask /%s", plan->masked.items[i]);
	}
	auto_close(&empty.fd);
	return r;
}

static int make_readonly(const struct rootfs *rootfs, const char *path, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	autofd place = -1, tree = -1;
	int r = path_open_if_exists(rootfs->fd, path, O_PATH, &place, err);

	if (r != 0)
		return r;
	tree = sys_open_tree(place, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
		return err_sys(err, errno, "/%s", path);
	r = rootfs_attach(tree, place);
	return r < 0 ? err_sys(err, -r, "/%s", path) : 0;
}

int rootfs_make_readonly(const struct rootfs_plan *plan, const struct rootfs *rootfs, struct err *err)
{
	for (size_t i = 0; i < plan->readonly_paths.count; i++)
		if (make_readonly(rootfs, plan->readonly_paths.items[i], err) < 0)
			return err_in(err, "linux.readonlyPaths");
	return 0;
}
