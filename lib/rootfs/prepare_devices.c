/* Device nodes for a guest with a user namespace, which may not make any itself.
 *
 * A caller that may (CAP_MKNOD in the initial user namespace) makes those of linux.devices with their modes and owners on a
 * tmpfs that no path leads to; the guest gets each node alone, as a mount that workshop.c copies from there.  Without that right
 * the guest side binds the host's nodes. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/sys.h"
#include "rootfs/setup.h"

static bool is_wanted(const struct device_item *device)
{
	return device->is_listed && !S_ISFIFO(device->mode);
}

/* The host's ID of one of the guest's: *ret.  A root that nobody asked for and the guest does not have is the host's. */
static bool map_id(const struct spec_id_mappings *mappings, uint32_t id, bool is_set, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *m = &mappings->items[i];

		if (id >= m->container_id && id - m->container_id < m->size) {
			*ret = m->host_id + (id - m->container_id);
			return true;
		}
	}
	return !is_set;
}

/* lib/spec has checked against the mappings of the configuration, but a runtime may have chosen those itself. */
static int find_owner(const struct rootfs_plan *plan, const struct device_item *device, uid_t *uid, gid_t *gid,
		      struct err *err)
{
	if (!map_id(plan->context.uids, device->uid, device->has_uid, uid))
		return err_user(err, "%s.uid: %u is not mapped by the guest's user namespace", device->where,
				device->uid);
	if (!map_id(plan->context.gids, device->gid, device->has_gid, gid))
		return err_user(err, "%s.gid: %u is not mapped by the guest's user namespace", device->where,
				device->gid);
	return 0;
}

void rootfs_node_name(size_t index, char name[ROOTFS_NODE_NAME_ROOM])
{
	(void)snprintf(name, ROOTFS_NODE_NAME_ROOM, "%zu", index);
}

int rootfs_device_tree(const struct rootfs_plan *plan, const struct rootfs *rootfs, const struct device_item *device)
{
	return rootfs->trees ? rootfs->trees[ROOTFS_NODE(plan, (size_t)(device - plan->devices))] : -1;
}

/* nosuid, noexec: as the nodes that are bound have it.  *ret_tree is -1 where the caller may not. */
static int make_place(const struct rootfs_plan *plan, int *ret_tree, struct err *err)
{
	autofd fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	autofd tree = -1;

	if (fs >= 0 && plan->label_option && sys_fsconfig(fs, FSCONFIG_SET_STRING, "context", plan->label, 0) < 0)
		return err_sys(err, errno, "linux.mountLabel: give it to device nodes");
	if (fs >= 0 && sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		tree = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (tree < 0 && errno != EPERM)
		return err_sys(err, errno, "make a tmpfs for device nodes");
	*ret_tree = take_fd(&tree);
	return 0;
}

static int open_node(struct rootfs *rootfs, int place, const char *name)
{
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(place, name, flags);

	return fd < 0 && errno == EMFILE && rootfs_raise_limit(rootfs) ? openat(place, name, flags) : fd;
}

/* Leaves it out where the caller may not make it.  The umask is the caller's, so the mode is set once more. */
static int make_node(const struct rootfs_plan *plan, struct rootfs *rootfs, size_t index, struct err *err)
{
	const struct device_item *device = &plan->devices[index];
	int place = rootfs->trees[ROOTFS_PLACE_OF_NODES(plan)];
	int *node = &rootfs->trees[ROOTFS_NODE(plan, index)];
	char name[ROOTFS_NODE_NAME_ROOM];
	uid_t uid;
	gid_t gid;
	int r = find_owner(plan, device, &uid, &gid, err);

	if (r < 0)
		return r;
	rootfs_node_name(index, name);
	if (mknodat(place, name, device->mode, device->number) < 0)
		return errno == EPERM ? 0 : err_sys(err, errno, "%s: make %s", device->where, device->path);
	if (fchownat(place, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(place, name, device->mode & ~(mode_t)S_IFMT, 0) < 0)
		return err_sys(err, errno, "%s: give %s its mode and owner", device->where, device->path);
	*node = open_node(rootfs, place, name);
	return *node < 0 ? err_sys(err, errno, "%s: open %s", device->where, device->path) : 0;
}

static void close_tree(int *tree)
{
	auto_close(tree);
	*tree = -1;
}

void rootfs_forget_place(const struct rootfs_plan *plan, struct rootfs *rootfs)
{
	close_tree(&rootfs->trees[ROOTFS_PLACE_OF_NODES(plan)]);
}

void rootfs_forget_nodes(const struct rootfs_plan *plan, struct rootfs *rootfs)
{
	for (size_t i = ROOTFS_PLACE_OF_NODES(plan); i < rootfs->tree_count; i++)
		close_tree(&rootfs->trees[i]);
}

int rootfs_prepare_devices(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err)
{
	int *place = &rootfs->trees[ROOTFS_PLACE_OF_NODES(plan)];
	bool is_used = false;
	int r = 0;

	/* the IDs of a user namespace that is joined are not known */
	if (!plan->context.uids || !plan->context.gids)
		return 0;
	for (size_t i = 0; r == 0 && i < plan->device_count; i++) {
		if (!is_wanted(&plan->devices[i]))
			continue;
		if (*place < 0)
			r = make_place(plan, place, err);
		if (r < 0 || *place < 0)
			return r;
		r = make_node(plan, rootfs, i, err);
		is_used |= rootfs->trees[ROOTFS_NODE(plan, i)] >= 0;
	}
	if (!is_used)
		rootfs_forget_nodes(plan, rootfs);
	return r;
}
