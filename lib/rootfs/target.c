/* Where a mount goes: a descriptor, so that the path is resolved once (CVE-2021-30465). */
#include "rootfs/setup.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"

#define TARGET_DIR_MODE	 0755
#define TARGET_FILE_MODE 0644

/* Numbers that may pile up. */
#define SWEEP_AFTER 5

/* In a /dev that was just mounted nobody else can have made anything: the name is new, or we made it ourselves. */
static bool make_in_dev(const struct rootfs *rootfs, const char *destination, bool want_dir, struct mount_target *ret)
{
	const char *name = str_after(destination, "/dev/");
	int fd;

	if (rootfs->dev_fd < 0 || !name || strchr(name, '/'))
		return false;
	if (want_dir ? mkdirat(rootfs->dev_fd, name, TARGET_DIR_MODE) < 0
		     : mknodat(rootfs->dev_fd, name, S_IFREG | TARGET_FILE_MODE, 0) < 0)
		return false;
	fd = openat(rootfs->dev_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (want_dir ? O_DIRECTORY : 0));
	if (fd < 0)
		return false;
	*ret = (struct mount_target){ .fd = fd, .made = true };
	return true;
}

static int make(const struct rootfs *rootfs, const char *path, bool want_dir, struct mount_target *ret, struct err *err)
{
	if (want_dir)
		return path_make_dir(rootfs->fd, path, TARGET_DIR_MODE, &ret->fd, &ret->made, err);
	return path_make_file(rootfs->fd, path, TARGET_FILE_MODE, &ret->fd, err);
}

/* A symlink of the image may have led into procfs, which the plan could not see. */
static int check_not_in_proc(const struct mount_item *item, int fd, struct err *err)
{
	struct statfs fs;

	if (item->may_be_in_proc)
		return 0;
	if (fstatfs(fd, &fs) < 0)
		return err_sys(err, errno, "check %s", item->destination);
	if ((uint64_t)(unsigned long)fs.f_type == SYS_PROC_MAGIC)
		return err_user(err, "%s leads into procfs, which may not be covered", item->destination);
	return 0;
}

/* The last component as it is, also when it is a symlink. */
static int open_nofollow(const struct rootfs *rootfs, const char *path, bool want_dir, struct mount_target *ret,
			 struct err *err)
{
	int r = path_open_if_exists(rootfs->fd, path, O_PATH | O_NOFOLLOW, &ret->fd, err);

	return r == 1 ? make(rootfs, path, want_dir, ret, err) : r;
}

int rootfs_open_target(struct rootfs *rootfs, const struct mount_item *item, bool want_dir, struct mount_target *ret,
		       struct err *err)
{
	autofd fd = -1;
	struct mount_target target = { .fd = -1 };
	int r;

	if (make_in_dev(rootfs, item->destination, want_dir, ret))
		return 0;
	r = path_open_literal(rootfs->fd, item->destination, O_PATH | (want_dir ? O_DIRECTORY : 0), &fd, err);
	if (r < 0)
		return r;
	if (r == 0) {
		rootfs->newest = fd;
		*ret = (struct mount_target){ .fd = take_fd(&fd) };
		return 0;
	}
	if (r == PATH_SYMLINK && item->literal)
		return err_user(err, "%s must be mounted on ordinary directory, and in the rootfs it is a symlink",
				item->destination);
	if (item->options.dest_nofollow)
		r = open_nofollow(rootfs, item->destination, want_dir, &target, err);
	else
		r = make(rootfs, item->destination, want_dir, &target, err);
	if (r < 0)
		return r;
	fd = target.fd;
	r = check_not_in_proc(item, fd, err);
	if (r < 0)
		return r;
	*ret = target;
	rootfs->newest = fd;
	ret->fd = take_fd(&fd);
	return 0;
}

int rootfs_reopen_target(const struct rootfs *rootfs, const struct mount_item *item, int *ret_fd, struct err *err)
{
	bool follow = !item->literal && !item->options.dest_nofollow;

	return path_open(rootfs->fd, item->destination, O_PATH | (follow ? 0 : O_NOFOLLOW), ret_fd, err);
}

void rootfs_keep(struct rootfs *rootfs, int fd)
{
	if (rootfs->sweep_from <= fd)
		rootfs->sweep_from = fd + 1;
}

void rootfs_sweep(struct rootfs *rootfs)
{
	const int spared = rootfs->dev_fd >= 0 ? rootfs->dev_fd : rootfs->empty_fd;
	unsigned int from = (unsigned int)rootfs->sweep_from, last = (unsigned int)spared;

	if (rootfs->newest < rootfs->sweep_from + SWEEP_AFTER)
		return;
	/* neither fails with these arguments */
	if (spared > rootfs->sweep_from)
		(void)sys_close_range(from, last - 1, 0);
	if (spared >= rootfs->sweep_from)
		from = last + 1;
	(void)sys_close_range(from, ~0U, 0);
	rootfs->newest = -1;
}
