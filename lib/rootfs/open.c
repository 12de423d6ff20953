#include "rootfs/setup.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"

static int open_null(struct rootfs *rootfs, struct err *err)
{
	autofd fd = open("/dev/null", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "open the host's /dev/null");
	if (!path_is_char_device(fd, 1, 3))
		return err_set(err, ENODEV, "the host's /dev/null is not the null device");
	rootfs->null_fd = take_fd(&fd);
	return 0;
}

/* The mount that holds the rootfs' path must not be shared, or what is mounted below would appear on the host: only a
 * path where something is mounted can be changed, so try each directory upwards. */
static int detach_parent(const char *path, struct err *err)
{
	autofree char *at = strdup(path);

	if (!at)
		return err_memory(err);
	while (mount(NULL, at, NULL, MS_PRIVATE, NULL) < 0) {
		char *slash = strrchr(at, '/');

		if (errno != EINVAL || str_eq(at, "/"))
			return err_sys(err, errno, "root.path: make the mount that holds %s private", path);
		slash[slash == at] = '\0'; /* the parent directory; "/" stays */
	}
	return 0;
}

/* Nothing that is mounted from now on may reach the host, except below a bind mount that is shared with it. */
static int set_propagation(const struct rootfs_plan *plan, const struct rootfs *rootfs, struct err *err)
{
	unsigned long propagation = rootfs_is_private(plan) ? MS_PRIVATE : plan->propagation;

	if (mount(NULL, "/", NULL, propagation | MS_REC, NULL) < 0)
		return err_sys(err, errno, "set the propagation of the mount namespace");
	return propagation == MS_SHARED ? detach_parent(rootfs->is_stacked ? "/" : plan->path, err) : 0;
}

/* The host side prepared the rootfs, as nobody here gets to its path: it goes on top of "/", where it covers nothing that a
 * path of this process leads to. */
static int stack(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	if (sys_move_mount(rootfs->fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, errno, "root.path: attach %s", plan->path);
	return 0;
}

static int place(const struct rootfs_plan *plan, struct err *err)
{
	if (plan->overlay.is_set) {
		int r = rootfs_mount_overlay(plan, err);

		if (r < 0)
			return r;
	} else if (mount(plan->path, plan->path, NULL, MS_BIND | MS_REC, NULL) < 0) {
		return err_sys(err, errno, "root.path: bind %s", plan->path);
	}
	/* a copy of a shared mount is shared too */
	if (plan->propagation == MS_SHARED && mount(NULL, plan->path, NULL, MS_PRIVATE | MS_REC, NULL) < 0)
		return err_sys(err, errno, "root.path: make %s private", plan->path);
	return 0;
}

int rootfs_check_access(const struct rootfs_plan *plan, const struct rootfs *rootfs, struct err *err)
{
	if (faccessat(rootfs->fd, ".", X_OK, 0) == 0)
		return 0;
	(void)err_sys(err, errno, "root.path: enter %s", plan->path);
	return err_hint(err, "its owner and mode must let in what the user namespace's root is on the host; or see "
			     "org.kavel.rootfs.idmap");
}

int rootfs_open(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	int r = open_null(rootfs, err);

	rootfs->fd = rootfs_take_root(plan, rootfs);
	rootfs->is_stacked = rootfs->fd >= 0;
	if (r == 0 && plan->context.has_mount_ns) {
		r = set_propagation(plan, rootfs, err);
		if (r == 0)
			r = rootfs->is_stacked ? stack(plan, rootfs, err) : place(plan, err);
	}
	if (r < 0)
		return r;
	if (!rootfs->is_stacked)
		rootfs->fd = open(plan->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfs->fd < 0)
		return err_sys(err, errno, "root.path: open %s", plan->path);
	rootfs_keep(rootfs, rootfs->null_fd);
	rootfs_keep(rootfs, rootfs->fd);
	return 0;
}
