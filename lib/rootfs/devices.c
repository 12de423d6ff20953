/* Device nodes and links.  /dev is opened once, and is a directory of the rootfs itself, not behind a symlink
 * (CVE-2026-41579, CVE-2026-47766); everything is made through that descriptor by name, and nothing follows symlinks. */
#include "rootfs/setup.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/path.h"
#include "base/sys.h"
#include "rootfs/bind.h"

/* What links to procfs is only made where there is one.  kcore: some kernels have none. */
static const struct {
	const char *name, *target;
	bool is_in_proc;
	const char *only_if; /* exists on the host; NULL: always */
} links[] = {
	{ "fd", "/proc/self/fd", true, NULL },		{ "stdin", "/proc/self/fd/0", true, NULL },
	{ "stdout", "/proc/self/fd/1", true, NULL },	{ "stderr", "/proc/self/fd/2", true, NULL },
	{ "core", "/proc/kcore", true, "/proc/kcore" }, { "ptmx", "pts/ptmx", false, NULL },
};

/* Who owns what this process makes, found at the first node: most nodes then need no chown. */
struct maker {
	bool is_known;
	uid_t uid;
	gid_t gid;
};

static int open_dev(const struct rootfs *rootfs, int *ret_fd, struct err *err)
{
	int r = path_open_literal(rootfs->fd, "/dev", O_PATH | O_DIRECTORY, ret_fd, err);

	if (r == PATH_MISSING)
		return path_make_dir(rootfs->fd, "/dev", 0755, ret_fd, NULL, err);
	if (r == PATH_SYMLINK)
		return err_user(err, "/dev is a symlink in the rootfs: devices cannot be made there");
	return r;
}

/* A node that is there already must be the one that is asked for. */
static int check_existing(const struct device_item *device, const struct stat *st, struct err *err)
{
	if ((st->st_mode & S_IFMT) != (device->mode & S_IFMT))
		return err_sys(err, EEXIST, "%s: %s is another kind of file", device->where, device->path);
	if (!S_ISFIFO(st->st_mode) && st->st_rdev != device->number)
		return err_sys(err, EEXIST, "%s: %s is another device", device->where, device->path);
	return 0;
}

/* The link to the multiplexer of the guest's own devpts is better than the host's, whose terminals are not the guest's. */
static bool is_replaced_by_link(const struct device_item *device)
{
	return str_eq(device->path, "/dev/ptmx") && device->number == makedev(5, 2);
}

/* The kernel tells the host's owners as the guest's IDs, or as "nobody". */
static void warn_of_difference(const struct device_item *device, const struct stat *st)
{
	bool mode = device->has_mode && ((st->st_mode ^ device->mode) & ~(mode_t)S_IFMT);
	bool owner = (device->has_uid && st->st_uid != device->uid) || (device->has_gid && st->st_gid != device->gid);

	if (mode || owner)
		log_warning(
			"%s: %s is the host's, with mode %04o and owner %u:%u as the guest sees it: its %s cannot be "
			"changed by a caller that may not make device nodes",
			device->where, device->path, st->st_mode & ~(mode_t)S_IFMT, st->st_uid, st->st_gid,
			mode && owner ? "fileMode, uid and gid"
			: mode	      ? "fileMode"
				      : "uid and gid");
}

static int copy_host_node(const struct device_item *device, int *ret_tree, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, .propagation = MS_PRIVATE };
	autofd source = open(device->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (source < 0 || fstat(source, &st) < 0)
		return err_sys(err, errno, "%s: open the host's %s", device->where, device->path);
	r = check_existing(device, &st, err);
	if (r < 0)
		return err_in(err, "on the host");
	warn_of_difference(device, &st);
	*ret_tree = rootfs_copy_with(source, 0, &attr);
	return *ret_tree < 0 ? err_sys(err, -*ret_tree, "%s: copy the host's %s", device->where, device->path) : 0;
}

/* Where nodes may not be made (a user namespace), the one that the host side made is mounted, or else the host's. */
static int bind_device(const struct rootfs_plan *plan, const struct rootfs *rootfs, const struct device_item *device,
		       int dir, const char *name, struct err *err)
{
	int prepared = rootfs_device_tree(plan, rootfs, device);
	autofd copy = -1, place = -1;
	int r = 0;

	if (is_replaced_by_link(device))
		return 0;
	if (prepared < 0)
		r = copy_host_node(device, &copy, err);
	if (r < 0)
		return r;
	if (mknodat(dir, name, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return err_sys(err, errno, "%s: make %s", device->where, device->path);
	place = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		return err_sys(err, errno, "%s: open %s", device->where, device->path);
	r = rootfs_attach(prepared < 0 ? copy : prepared, place);
	return r < 0 ? err_sys(err, -r, "%s: mount %s", device->where, device->path) : 0;
}

static int own(const struct device_item *device, int dir, const char *name, struct maker *maker, struct err *err)
{
	struct stat st;

	if (!maker->is_known) {
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(err, errno, "%s: stat %s", device->where, device->path);
		*maker = (struct maker){ .is_known = true, .uid = st.st_uid, .gid = st.st_gid };
	}
	if ((device->uid != maker->uid || device->gid != maker->gid) &&
	    fchownat(dir, name, device->uid, device->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "%s: chown %s to %u:%u", device->where, device->path, device->uid,
			       device->gid);
	return 0;
}

static int make_device(const struct rootfs_plan *plan, const struct rootfs *rootfs, const struct device_item *device,
		       int dir, const char *name, struct maker *maker, struct err *err)
{
	struct stat st;

	if (mknodat(dir, name, device->mode, device->number) == 0)
		return own(device, dir, name, maker, err);
	if (errno == EPERM && !S_ISFIFO(device->mode) && plan->context.has_mount_ns)
		return bind_device(plan, rootfs, device, dir, name, err);
	if (errno != EEXIST)
		return err_sys(err, errno, "%s: make %s", device->where, device->path);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "%s: stat %s", device->where, device->path);
	/* what an earlier guest's device was bound to is still there in a root that outlives it */
	if (plan->context.has_user_ns && plan->context.has_mount_ns && S_ISREG(st.st_mode) && !st.st_size)
		return bind_device(plan, rootfs, device, dir, name, err);
	return check_existing(device, &st, err);
}

/* A device that does not lie in /dev itself; its directory may be on another file system, with its own owner. */
static int make_elsewhere(const struct rootfs_plan *plan, const struct rootfs *rootfs, const struct device_item *device,
			  struct err *err)
{
	struct maker maker = { 0 };
	char name[256];
	autofd dir = -1;
	int r = path_make_parent(rootfs->fd, device->path, name, &dir, err);

	if (r < 0)
		return err_in(err, "%s", device->where);
	return make_device(plan, rootfs, device, dir, name, &maker, err);
}

static bool has_proc(const struct rootfs_plan *plan, const struct rootfs *rootfs)
{
	struct err ignored;
	autofd fd = -1;

	for (size_t i = 0; i < plan->mount_count; i++)
		if (str_eq(plan->mounts[i].destination, "/proc"))
			return true;
	return path_open_if_exists(rootfs->fd, "/proc/self/fd", O_PATH, &fd, &ignored) == 0;
}

static int make_links(const struct rootfs_plan *plan, const struct rootfs *rootfs, int dev, struct err *err)
{
	bool proc = has_proc(plan, rootfs);

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if ((links[i].is_in_proc && !proc) || (links[i].only_if && access(links[i].only_if, F_OK) < 0))
			continue;
		/* an image's own stays: it is inside the guest, and nothing here follows it */
		if (symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST)
			return err_sys(err, errno, "make the link /dev/%s", links[i].name);
	}
	return 0;
}

static int make_all(const struct rootfs_plan *plan, const struct rootfs *rootfs, int dev, struct err *err)
{
	struct maker maker = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->device_count; i++) {
		const struct device_item *device = &plan->devices[i];

		if (device->name)
			r = make_device(plan, rootfs, device, dev, device->name, &maker, err);
		else
			r = make_elsewhere(plan, rootfs, device, err);
	}
	return r < 0 || plan->dev_is_bind ? r : make_links(plan, rootfs, dev, err);
}

int rootfs_devices(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	sweptfd dev = take_fd(&rootfs->dev_fd);
	int r = 0;

	if (dev < 0)
		r = open_dev(rootfs, &dev, err);
	if (r == 0)
		r = make_all(plan, rootfs, dev, err);
	return r;
}
