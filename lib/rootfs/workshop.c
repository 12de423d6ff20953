/* A mount namespace for a moment, where the host side makes what a guest with a user namespace is going to get.
 *
 * A process that shares this one's descriptors lives there, on a tmpfs of its own.  It
 *
 *   - mounts the overlay of the rootfs, whose layers must be mounts of the own namespace (overlayfs takes detached ones only
 *     from Linux 6.15 on), idmapped before they are attached
 *   - attaches all mounts that were prepared, enters a new user and mount namespace, and copies them from there.  A mount
 *     that crosses into a less privileged mount namespace is locked by the kernel: its flags (ro, nosuid, nodev, noexec) stay, and
 *     what is mounted on it cannot be taken away to see what it covers.  A detached mount alone would arrive unlocked, and a
 *     guest with CAP_SYS_ADMIN could write to what the host mounted read-only.
 *
 * The copies take the place of the originals, under the same descriptor numbers; those of device nodes that of the open nodes. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/sys.h"
#include "rootfs/setup.h"

struct workshop {
	const struct rootfs_plan *plan;
	struct rootfs *rootfs;
	const int *users;
	bool has_overlay; /* the rootfs is to be made here */
};

/* What the process leaves, in memory that it shares. */
struct result {
	int r;
	int root; /* the rootfs that was made; -1: none */
	struct err err;
};

#define NAME_ROOM 24

/* ---------------------------------------------------------------- the overlay */

/* A copy of a directory of the host at `name` in the workshop.  A lower layer is read-only, and idmapped if the rootfs is.  What
 * is written is not: the overlay writes as the host's root, who has no ID in a mount that is mapped to the guest. */
static int put_layer(const struct workshop *w, const char *path, const char *name, bool is_lower, struct err *err)
{
	struct mount_attr attr = { .attr_set = is_lower ? MOUNT_ATTR_RDONLY : 0, .propagation = MS_PRIVATE };
	autofd tree = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int r = 0;

	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0)
		return err_sys(err, errno, "root.path: copy the mount of the layer %s", path);
	if (is_lower && w->plan->root_idmap.is_set)
		r = rootfs_idmap(tree, &w->plan->root_idmap, w->users, path, NULL, err);
	if (r < 0)
		return r;
	if ((mkdir(name, 0755) < 0 && errno != EEXIST) ||
	    sys_move_mount(tree, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, errno, "root.path: attach the layer %s", path);
	return 0;
}

/* The upper directory becomes "/": one that the host's root has just made goes to whom the image's belongs. */
static int own_upper(const char *upper, struct err *err)
{
	struct stat lower, st;

	if (stat("l0", &lower) < 0 || stat(upper, &st) < 0)
		return err_sys(err, errno, "stat the overlay's upper directory");
	if (st.st_uid != 0 || lower.st_uid == 0)
		return 0;
	if (chown(upper, lower.st_uid, lower.st_gid) < 0)
		return err_sys(err, errno, "give the overlay's upper directory to %u:%u", lower.st_uid, lower.st_gid);
	return 0;
}

static int make_upper(struct err *err)
{
	if (mkdir("w", 0755) < 0 || mount("tmpfs", "w", "tmpfs", 0, "mode=0700") < 0)
		return err_sys(err, errno, "mount the overlay's tmpfs");
	if (mkdir("w/upper", 0755) < 0 || mkdir("w/work", 0700) < 0)
		return err_sys(err, errno, "make the overlay's upper directory");
	return own_upper("w/upper", err);
}

/* Upper and work directory have to be on one mount: a copy of the directory that holds both.  Returns the length of its path. */
static size_t common_dir(const char *a, const char *b)
{
	size_t at = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			at = i;
	return at;
}

static bool is_same_dir(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static int put_upper(const struct workshop *w, struct str_buf *data, struct err *err)
{
	const struct overlay_item *o = &w->plan->overlay;
	size_t size = common_dir(o->upper, o->work);
	autobuf dir = { 0 }, upper = { 0 }, work = { 0 };
	int r;

	str_append_n(&dir, o->upper, size ? size : 1);
	str_append_f(&upper, "w%s", o->upper + size);
	str_append_f(&work, "w%s", o->work + size);
	if (dir.failed || upper.failed || work.failed)
		return err_memory(err);
	r = put_layer(w, dir.data, "w", false, err);
	if (r < 0)
		return r;
	if (!is_same_dir(upper.data, o->upper) || !is_same_dir(work.data, o->work))
		return err_user(err,
				"root.path: the overlay's upper and work directory must be on the mount of %s, which "
				"holds both",
				dir.data);
	str_append(data, ",upperdir=");
	rootfs_append_overlay_dir(data, upper.data);
	str_append(data, ",workdir=");
	rootfs_append_overlay_dir(data, work.data);
	return own_upper(upper.data, err);
}

/* Of layers by their names here, which are short. */
static int mount_overlay(const struct workshop *w, const char *name, struct err *err)
{
	const struct overlay_item *o = &w->plan->overlay;
	bool is_written = o->upper || o->tmpfs;
	autobuf data = { 0 };
	char layer[NAME_ROOM];
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->lower_count; i++) {
		(void)snprintf(layer, sizeof(layer), "l%zu", i);
		str_append_f(&data, "%s%s", i ? ":" : "lowerdir=", layer);
		r = put_layer(w, o->lowers[i], layer, true, err);
	}
	if (r == 0 && o->tmpfs) {
		r = make_upper(err);
		str_append(&data, ",upperdir=w/upper,workdir=w/work");
	} else if (r == 0 && o->upper) {
		r = put_upper(w, &data, err);
	}
	if (r < 0)
		return r;
	if (w->plan->label_option)
		str_append_f(&data, ",%s", w->plan->label_option);
	if (data.failed)
		return err_memory(err);
	if (mkdir(name, 0755) < 0 || mount("overlay", name, "overlay", is_written ? 0 : MS_RDONLY, data.data) < 0)
		return rootfs_explain_overlay(w->plan, errno, err);
	return 0;
}

static int make_root(const struct workshop *w, const char *name, struct err *err)
{
	const struct overlay_item *o = &w->plan->overlay;

	/* one layer that is not written to needs no overlay, which would want two */
	if (o->lower_count == 1 && !o->upper && !o->tmpfs)
		return put_layer(w, o->lowers[0], name, true, err);
	return mount_overlay(w, name, err);
}

/* ---------------------------------------------------------------- the locks */

static int attach(int tree, const char *name, struct err *err)
{
	struct stat st;

	if (fstat(tree, &st) < 0 ||
	    (S_ISDIR(st.st_mode) ? mkdir(name, 0755) : mknodat(AT_FDCWD, name, S_IFREG | 0644, 0)) < 0 ||
	    sys_move_mount(tree, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, errno, "attach a prepared mount");
	return 0;
}

/* In the place of the original, whose number is *fd; -1: a new number. */
static int copy_locked(const char *name, int *fd, struct err *err)
{
	autofd tree =
		sys_open_tree(AT_FDCWD, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);

	if (tree < 0 || (*fd >= 0 && dup3(tree, *fd, O_CLOEXEC) < 0))
		return err_sys(err, errno, "copy a prepared mount");
	if (*fd < 0)
		*fd = take_fd(&tree);
	return 0;
}

/* The last: this leaves the directory that the other names are in. */
static int copy_nodes(const struct workshop *w, struct err *err)
{
	char name[NAME_ROOM];
	int r = 0;

	(void)snprintf(name, sizeof(name), "%zu", ROOTFS_PLACE_OF_NODES(w->plan));
	if (chdir(name) < 0)
		return err_sys(err, errno, "enter the directory of device nodes");
	for (size_t i = 0; r == 0 && i < w->plan->device_count; i++) {
		int *node = &w->rootfs->trees[ROOTFS_NODE(w->plan, i)];

		rootfs_node_name(i, name);
		if (*node >= 0)
			r = copy_locked(name, node, err);
	}
	return r;
}

static int work(const struct workshop *w, int *ret_root, struct err *err)
{
	const struct rootfs *rootfs = w->rootfs;
	char name[NAME_ROOM];
	int r = 0;

	for (size_t i = 0; r == 0 && i <= ROOTFS_PLACE_OF_NODES(w->plan); i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		if (rootfs->trees[i] >= 0)
			r = attach(rootfs->trees[i], name, err);
	}
	(void)snprintf(name, sizeof(name), "%zu", w->plan->mount_count);
	if (r == 0 && w->has_overlay)
		r = make_root(w, name, err);
	if (r < 0)
		return r;
	/* what is chrooted may make no user namespace, and that is what a root below another mount counts as */
	if (chroot(".") < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys(err, errno, "make a user namespace for the locks of prepared mounts");
	if (w->has_overlay)
		r = copy_locked(name, ret_root, err);
	for (size_t i = 0; r == 0 && i < ROOTFS_PLACE_OF_NODES(w->plan); i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		if (rootfs->trees[i] >= 0)
			r = copy_locked(name, &rootfs->trees[i], err);
	}
	return r == 0 && rootfs->trees[ROOTFS_PLACE_OF_NODES(w->plan)] >= 0 ? copy_nodes(w, err) : r;
}

/* The tmpfs goes on top of "/", where no path but "." leads to it. */
static int enter(struct err *err)
{
	autofd fs = -1, tree = -1;

	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
		return err_sys(err, errno, "make a mount namespace private");
	fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(err, errno, "make a tmpfs");
	tree = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (tree < 0 || sys_move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(tree) < 0)
		return err_sys(err, errno, "mount a tmpfs");
	return 0;
}

static _Noreturn void labour(const struct workshop *w, struct result *result)
{
	(void)umask(0);
	result->r = enter(&result->err);
	if (result->r == 0)
		result->r = work(w, &result->root, &result->err);
	_exit(0);
}

static int run(const struct workshop *w, struct result *result, struct err *err)
{
	/* no signal at its end: a library's caller may wait for children of its own */
	struct clone_args args = { .flags = CLONE_FILES | CLONE_NEWNS | CLONE_CLEAR_SIGHAND };
	pid_t pid = sys_clone3(&args);

	if (pid == 0)
		labour(w, result);
	if (pid < 0 && errno == EPERM && !w->plan->root_idmap.is_set) {
		rootfs_forget_nodes(w->plan, w->rootfs);
		return 0; /* the guest side may */
	}
	if (pid < 0)
		return err_sys(err, errno, "make a mount namespace for what is prepared");
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	if (result->r == 1)
		return err_set(err, ECONNRESET, "the process that prepares mounts ended without a word");
	*err = result->err;
	return result->r;
}

int rootfs_use_workshop(const struct rootfs_plan *plan, const int *users, bool has_overlay, struct rootfs *rootfs,
			struct err *err)
{
	struct workshop w = { .plan = plan, .rootfs = rootfs, .users = users, .has_overlay = has_overlay };
	struct result *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (result == MAP_FAILED)
		return err_sys(err, errno, "map shared memory");
	*result = (struct result){ .r = 1, .root = -1 };
	r = run(&w, result, err);
	rootfs_forget_place(plan, rootfs);
	if (result->root >= 0)
		rootfs->trees[plan->mount_count] = result->root;
	(void)munmap(result, sizeof(*result));
	return r;
}
