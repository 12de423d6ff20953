/* What the host side prepares.
 *
 * A guest with a user namespace of its own has, on the way to a bind mount's source, only the rights of the ID that its root
 * is on the host, and over the host's mounts none that would let it idmap them.  So the host side copies such sources with
 * open_tree(2) and idmaps the copies; the guest inherits them as descriptors and attaches them with move_mount(2).  For a user
 * namespace they are locked in between (workshop.c), where an overlay of such layers is made too.
 *
 * Only what needs that is prepared: the guest's own copy is made when its turn comes, after the mounts before it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/resource.h>

#include "base/auto.h"
#include "base/sys.h"
#include "rootfs/bind.h"
#include "rootfs/setup.h"

/* ---------------------------------------------------------------- the descriptors */

void rootfs_release(struct rootfs *rootfs)
{
	for (size_t i = 0; i < rootfs->tree_count; i++)
		auto_close(&rootfs->trees[i]);
	free(rootfs->trees);
	rootfs->trees = NULL;
	rootfs->tree_count = 0;
	if (rootfs->file_limit) {
		struct rlimit limit;

		/* fails only where it could not be raised either */
		if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
			limit.rlim_cur = rootfs->file_limit;
			(void)setrlimit(RLIMIT_NOFILE, &limit);
		}
		rootfs->file_limit = 0;
	}
}

int rootfs_highest(const struct rootfs *rootfs)
{
	int highest = -1;

	for (size_t i = 0; i < rootfs->tree_count; i++)
		if (rootfs->trees[i] > highest)
			highest = rootfs->trees[i];
	return highest;
}

int rootfs_tree(const struct rootfs_plan *plan, const struct rootfs *rootfs, const struct mount_item *item)
{
	return rootfs->trees ? rootfs->trees[item - plan->mounts] : -1;
}

int rootfs_take_root(const struct rootfs_plan *plan, struct rootfs *rootfs)
{
	return rootfs->trees ? take_fd(&rootfs->trees[plan->mount_count]) : -1;
}

static int make_room(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	rootfs_release(rootfs); /* of a guest that died at its birth */
	rootfs->trees = calloc(ROOTFS_TREE_COUNT(plan), sizeof(*rootfs->trees));
	if (!rootfs->trees)
		return err_memory(err);
	rootfs->tree_count = ROOTFS_TREE_COUNT(plan);
	for (size_t i = 0; i < rootfs->tree_count; i++)
		rootfs->trees[i] = -1;
	return 0;
}

bool rootfs_raise_limit(struct rootfs *rootfs)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return false;
	rootfs->file_limit = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* ---------------------------------------------------------------- who needs it */

/* The host's IDs of the guest's root.  Returns false where there are none, or they are not known. */
static bool find_id(const struct spec_id_mappings *mappings, uint32_t *ret)
{
	for (size_t i = 0; mappings && i < mappings->count; i++)
		if (mappings->items[i].container_id == 0) {
			*ret = mappings->items[i].host_id;
			return true;
		}
	return false;
}

/* Only the way there counts: what the place itself allows is the guest's own business. */
static bool is_unreachable(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) < 0 && errno == EACCES;
}

static bool is_overlay_unreachable(const struct overlay_item *o)
{
	bool found = (o->upper && is_unreachable(o->upper)) || (o->work && is_unreachable(o->work));

	for (size_t i = 0; !found && i < o->lower_count; i++)
		found = is_unreachable(o->lowers[i]);
	return found;
}

/* The last is the rootfs: at its path, or its overlay. */
static void ask_for_each(const struct rootfs_plan *plan, bool *needed)
{
	for (size_t i = 0; i < plan->mount_count; i++)
		if (plan->mounts[i].kind == MOUNT_BIND)
			needed[i] = is_unreachable(plan->mounts[i].source);
	needed[plan->mount_count] =
		is_unreachable(plan->path) || (plan->overlay.is_set && is_overlay_unreachable(&plan->overlay));
}

/* Who is there already sees nothing of the host any more. */
static void need_binds(const struct rootfs_plan *plan, bool *needed)
{
	for (size_t i = 0; i < plan->mount_count; i++)
		needed[i] = plan->mounts[i].kind == MOUNT_BIND;
}

/* Ask the kernel with the rights that the guest's root will have: setfsuid(2) takes away those of the host's root. */
static void find_unreachable(const struct rootfs_plan *plan, bool *needed)
{
	uint32_t uid, gid;
	int own_uid, own_gid;

	if (!find_id(plan->context.uids, &uid) || !find_id(plan->context.gids, &gid)) {
		need_binds(plan, needed);
		needed[plan->mount_count] = !plan->overlay.is_set;
		return;
	}
	own_gid = setfsgid(gid);
	own_uid = setfsuid(uid);
	if (setfsuid((uid_t)-1) == (int)uid) /* a caller that may not do this may not copy a mount either */
		ask_for_each(plan, needed);
	(void)setfsuid((uid_t)own_uid);
	(void)setfsgid((gid_t)own_gid);
}

/* ---------------------------------------------------------------- copies */

/* What is mounted on a copy must not reach the host, nor get there from it unless the guest's propagation says so.  In a user
 * namespace a copy of a shared mount becomes its slave, as the kernel does it to whole mount namespaces. */
static int detach_propagation(const struct rootfs_plan *plan, int tree)
{
	struct mount_attr attr = { .propagation = MS_SLAVE };

	if (rootfs_is_private(plan))
		attr.propagation = MS_PRIVATE;
	else if (!plan->context.has_user_ns && plan->propagation == MS_SHARED)
		return 0;
	return sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0 ? -errno : 0;
}

/* Returns a detached mount or -errno. */
static int copy_source(const struct rootfs_plan *plan, const char *path, unsigned int flags, struct rootfs *rootfs)
{
	autofd tree = -1;
	int r;

	flags |= OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	tree = sys_open_tree(AT_FDCWD, path, flags);
	if (tree < 0 && errno == EMFILE && rootfs_raise_limit(rootfs))
		tree = sys_open_tree(AT_FDCWD, path, flags);
	if (tree < 0)
		return -errno;
	r = detach_propagation(plan, tree);
	return r < 0 ? r : take_fd(&tree);
}

static int prepare_bind(const struct rootfs_plan *plan, const struct mount_item *m, const int *users,
			struct rootfs *rootfs, struct err *err)
{
	const struct mount_options *o = &m->options;
	unsigned int flags =
		(o->bind_below ? AT_RECURSIVE : 0) | (o->src_nofollow || o->copy_symlink ? AT_SYMLINK_NOFOLLOW : 0);
	int tree = copy_source(plan, m->source, flags, rootfs);

	if (tree == -EPERM && !m->idmap.is_set && !plan->context.is_late)
		return 0; /* the guest side may, in its own namespace */
	if (tree < 0) {
		(void)rootfs_describe_bind(m, -tree, err);
		return tree == -EPERM ? err_hint(err, "%s takes the rights of the host's root",
						 m->idmap.is_set ? "an idmapped mount" : "a mount of the host's")
				      : tree;
	}
	rootfs->trees[m - plan->mounts] = tree;
	if (plan->context.is_late) { /* here, so that a user namespace cannot take them away */
		int r = rootfs_set_attributes(plan, o, tree);

		if (r < 0)
			return rootfs_describe_bind(m, -r, err);
	}
	return m->idmap.is_set ? rootfs_idmap(tree, &m->idmap, users, m->source, NULL, err) : 0;
}

static int prepare_root(const struct rootfs_plan *plan, const int *users, struct rootfs *rootfs, struct err *err)
{
	int tree = copy_source(plan, plan->path, AT_RECURSIVE, rootfs);
	int r = 0;

	if (tree == -EPERM && !plan->root_idmap.is_set)
		return 0;
	if (tree < 0)
		return err_sys(err, -tree, "root.path: bind %s", plan->path);
	rootfs->trees[plan->mount_count] = tree;
	if (plan->root_idmap.is_set)
		r = rootfs_idmap(tree, &plan->root_idmap, users, plan->path, NULL, err);
	return r < 0 ? err_in(err, "root.path") : 0;
}

static int prepare_mount(const struct rootfs_plan *plan, const struct mount_item *m, const int *users,
			 struct rootfs *rootfs, struct err *err)
{
	int r = m->kind == MOUNT_BIND ? prepare_bind(plan, m, users, rootfs, err)
				      : rootfs_prepare_fs(m, users, &rootfs->trees[m - plan->mounts], err);

	return r < 0 ? err_in(err, "%s", m->where) : 0;
}

int rootfs_prepare(const struct rootfs_plan *plan, const int *users, struct rootfs *rootfs, struct err *err)
{
	autofree bool *needed = calloc(plan->mount_count + 1, sizeof(*needed));
	bool has_root, has_overlay;
	int r = needed ? make_room(plan, rootfs, err) : err_memory(err);

	if (r < 0)
		return r;
	if (plan->context.is_late)
		need_binds(plan, needed);
	else if (plan->context.has_user_ns)
		find_unreachable(plan, needed);
	for (size_t i = 0; r == 0 && i < plan->mount_count; i++)
		if (needed[i] || plan->mounts[i].idmap.is_set)
			r = prepare_mount(plan, &plan->mounts[i], users, rootfs, err);
	has_root = !plan->context.is_late && (needed[plan->mount_count] || plan->root_idmap.is_set);
	has_overlay = has_root && plan->overlay.is_set;
	if (r == 0 && has_root && !has_overlay)
		r = prepare_root(plan, users, rootfs, err);
	if (r == 0 && plan->context.has_user_ns && !plan->context.is_late)
		r = rootfs_prepare_devices(plan, rootfs, err);
	if (r == 0 && plan->context.has_user_ns && (has_overlay || rootfs_highest(rootfs) >= 0))
		r = rootfs_use_workshop(plan, users, has_overlay, rootfs, err);
	return r;
}
