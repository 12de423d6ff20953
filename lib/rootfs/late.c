/* Mounts that come to, or go from, a guest that is there already.
 *
 * All of it happens in the guest's mount namespace, where every path is the guest's: destinations are resolved below its root to
 * descriptors, and what is taken away is taken by descriptor too.  umount2(2) knows names only; the name is a link in the
 * directory /proc/self/fd that the caller opened before it came here, so that no procfs of the guest's is trusted. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"
#include "rootfs/setup.h"

/* ---------------------------------------------------------------- what may come */

/* Made at create alone: parts of them are masked afterwards, and what is mounted below is to be seen. */
static bool is_basic(const char *destination)
{
	return str_eq(destination, "/") || str_eq(destination, "/dev") || str_eq(destination, "/proc") ||
	       str_eq(destination, "/sys");
}

static bool shows_the_kernel(const struct mount_item *m)
{
	static const char *const types[] = { "proc", "sysfs", "cgroup", "cgroup2" };

	if (m->kind == MOUNT_OWN_CGROUP || m->kind == MOUNT_CGROUP_TREE)
		return true;
	for (size_t i = 0; m->kind == MOUNT_FILE_SYSTEM && i < ARRAY_SIZE(types); i++)
		if (str_eq(m->type, types[i]))
			return true;
	return false;
}

static int check_one(const struct mount_item *m, struct err *err)
{
	if (is_basic(m->destination))
		return err_user(err, "%s.destination: %s can be mounted at create alone", m->where, m->destination);
	if (m->kind == MOUNT_CHANGE)
		return err_user(err, "%s.options: a mount that is there cannot be changed", m->where);
	if (shows_the_kernel(m))
		return err_user(
			err,
			"%s.type: procfs, sysfs and cgroups can be mounted at create alone: they would lack the "
			"container's masks",
			m->where);
	if (m->kind == MOUNT_FILE_SYSTEM && rootfs_takes_paths(m->type)) {
		(void)err_user(err, "%s.type: %s cannot be mounted in a container that is there", m->where, m->type);
		return err_hint(err, "mount it on the host and bind it");
	}
	return 0;
}

int rootfs_check_late(const struct rootfs_plan *plan, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->mount_count; i++)
		r = check_one(&plan->mounts[i], err);
	return r;
}

/* ---------------------------------------------------------------- by descriptor */

static int open_root(struct err *err)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys(err, errno, "open the container's root") : fd;
}

/* The number of the mount that a descriptor is in; 0: not known.  *ret_is_root (may be NULL): it is what is mounted. */
static uint64_t mount_of(int fd, bool *ret_is_root)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return 0;
	if (ret_is_root)
		*ret_is_root = st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	return st.stx_mnt_id;
}

/* Returns 0 or -errno. */
static int unmount(int fds, int fd)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", fd);
	return fchdir(fds) < 0 || umount2(name, MNT_DETACH) < 0 ? -errno : 0;
}

/* ---------------------------------------------------------------- add */

/* The mount at a destination, 0: none, or the path leads nowhere yet. */
static uint64_t mount_at(const struct rootfs *rootfs, const struct mount_item *m)
{
	autofd fd = -1;
	struct err ignored;

	return rootfs_reopen_target(rootfs, m, &fd, &ignored) < 0 ? 0 : mount_of(fd, NULL);
}

/* Only if it is still the one that was made. */
static void undo(const struct rootfs *rootfs, const struct mount_item *m, uint64_t made, int fds)
{
	autofd fd = -1;
	struct err ignored;

	if (made && rootfs_reopen_target(rootfs, m, &fd, &ignored) == 0 && mount_of(fd, NULL) == made)
		(void)unmount(fds, fd); /* the first failure is the one to tell */
}

int rootfs_add(const struct rootfs_plan *plan, struct rootfs *rootfs, int fds, struct err *err)
{
	autofree uint64_t *made = calloc(plan->mount_count + 1, sizeof(*made));
	size_t done = 0;
	int r = 0;

	if (!made)
		return err_memory(err);
	rootfs->sweep_from = INT_MAX / 2; /* nothing is: this process ends soon */
	rootfs->fd = open_root(err);
	if (rootfs->fd < 0)
		return rootfs->fd;
	while (r == 0 && done < plan->mount_count) {
		const struct mount_item *m = &plan->mounts[done];
		uint64_t before = mount_at(rootfs, m), after;

		r = rootfs_mount_one(plan, rootfs, done, err);
		after = mount_at(rootfs, m);
		made[done++] = after == before ? 0 : after;
	}
	while (r < 0 && done--)
		undo(rootfs, &plan->mounts[done], made[done], fds);
	return r;
}

/* ---------------------------------------------------------------- take away */

static bool has_path(const struct spec_strings *list, const char *path, struct arena *arena)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *item = plan_clean_path(list->items[i], arena);

		if (item && str_eq(item, path))
			return true;
	}
	return false;
}

/* A mask is a mount as well, and nobody's who asks for a mount to go. */
static int check_destination(const struct spec *spec, const char *path, struct arena *arena, struct err *err)
{
	if (!path)
		return err_memory(err);
	if (is_basic(path) || str_after(path, "/proc/"))
		return err_user(err, "%s cannot be taken away", path);
	if (has_path(&spec->linux_.masked_paths, path, arena) || has_path(&spec->linux_.readonly_paths, path, arena))
		return err_user(err, "%s is protected by linux.maskedPaths or linux.readonlyPaths", path);
	return 0;
}

static int open_mount(int root, const char *path, int *ret_fd, struct err *err)
{
	autofd fd = -1;
	bool is_root = false;
	int r = path_open(root, path, O_PATH, &fd, err);

	if (r < 0)
		return r;
	if (!mount_of(fd, &is_root) || !is_root)
		return err_user(err, "nothing is mounted at %s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int detach_all(const struct spec_mounts *mounts, const int *opened, int fds, struct err *err)
{
	for (size_t i = mounts->count; i--;) {
		int r = unmount(fds, opened[i]);

		if (r < 0)
			return err_sys(err, -r, "mounts[%zu]: unmount %s", i, mounts->items[i].destination);
	}
	return 0;
}

int rootfs_take_away(const struct spec *spec, const struct spec_mounts *mounts, int fds, struct err *err)
{
	autofree int *opened = calloc(mounts->count + 1, sizeof(*opened));
	struct arena arena = { 0 };
	autofd root = open_root(err);
	size_t count = 0;
	int r = root < 0 ? root : opened ? 0 : err_memory(err);

	while (r == 0 && count < mounts->count) {
		const char *path = plan_clean_path(mounts->items[count].destination, &arena);

		r = check_destination(spec, path, &arena, err);
		if (r == 0)
			r = open_mount(root, path, &opened[count], err);
		if (r < 0)
			(void)err_in(err, "mounts[%zu].destination", count);
		count += r == 0;
	}
	if (r == 0)
		r = detach_all(mounts, opened, fds, err);
	while (count)
		auto_close(&opened[--count]);
	arena_free(&arena);
	return r;
}
