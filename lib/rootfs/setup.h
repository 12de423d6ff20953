/* Steps of the guest side that the files of this folder share. */
#pragma once

#include "rootfs/plan.h"

/* The set-up opens very many descriptors for a moment each.  All are close-on-exec, and this process does nothing else with
 * numbers as high, so a `sweptfd` is not closed where it was used: rootfs_sweep() closes them in one call. */
#define sweptfd int

/* This descriptor is not to be swept. */
void rootfs_keep(struct rootfs *rootfs, int fd);

/* Between two paths: if many have piled up, which a low RLIMIT_NOFILE may not allow, close them, but for rootfs->dev_fd and
 * rootfs->empty_fd (which are never there both). */
void rootfs_sweep(struct rootfs *rootfs);

/* The detached mount that was prepared for a mount of the plan; -1: none was.  It stays open until the end, as the set-up counts
 * on lower numbers than its own being taken. */
int rootfs_tree(const struct rootfs_plan *plan, const struct rootfs *rootfs, const struct mount_item *item);

/* Take the one that was prepared for the rootfs itself; -1: none was. */
int rootfs_take_root(const struct rootfs_plan *plan, struct rootfs *rootfs);

/* Give the detached mount `fd` its mapping.  name: the source, for messages; type: of its file system, NULL: find out from
 * the path `name`. */
int rootfs_idmap(int fd, const struct idmap_item *idmap, const int *users, const char *name, const char *type,
		 struct err *err);

/* Make one mount of the plan.  Errors name its place in the document. */
int rootfs_mount_one(const struct rootfs_plan *plan, struct rootfs *rootfs, size_t index, struct err *err);

/* True if the source or the options of that file system may name files. */
bool rootfs_takes_paths(const char *type);

/* Make a file system of the plan by fsopen(2), detached. */
int rootfs_make_fs(const struct mount_item *item, int *ret_tree, struct err *err);

/* The same on the host side, idmapped. */
int rootfs_prepare_fs(const struct mount_item *item, const int *users, int *ret_tree, struct err *err);

/* Raise the soft limit of descriptors, which exists for select(2), used by nothing here; the guest gets it back.  Returns
 * whether it was raised. */
bool rootfs_raise_limit(struct rootfs *rootfs);

/* What was prepared stands in rootfs->trees in this order: the plan's mounts, the rootfs, the place where device nodes are made,
 * and a node for each of the plan's devices: one that is only open, until the workshop puts a mount there. */
#define ROOTFS_PLACE_OF_NODES(plan) ((plan)->mount_count + 1)
#define ROOTFS_NODE(plan, index)    ((plan)->mount_count + 2 + (index))
#define ROOTFS_TREE_COUNT(plan)	    ROOTFS_NODE(plan, (plan)->device_count)

/* The name of a device's node at that place. */
#define ROOTFS_NODE_NAME_ROOM 24
void rootfs_node_name(size_t index, char name[ROOTFS_NODE_NAME_ROOM]);

/* On the host side, make the nodes of linux.devices for a guest with a user namespace, where the caller may. */
int rootfs_prepare_devices(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err);

/* The guest is not to inherit the place; leave all nodes to the guest side. */
void rootfs_forget_place(const struct rootfs_plan *plan, struct rootfs *rootfs);
void rootfs_forget_nodes(const struct rootfs_plan *plan, struct rootfs *rootfs);

/* The detached mount that was prepared for a device; -1: none was. */
int rootfs_device_tree(const struct rootfs_plan *plan, const struct rootfs *rootfs, const struct device_item *device);

/* Have the kernel lock what was prepared, and with has_overlay make the rootfs' overlay, see workshop.c. */
int rootfs_use_workshop(const struct rootfs_plan *plan, const int *users, bool has_overlay, struct rootfs *rootfs,
			struct err *err);

/* Append a directory to the overlay file system's data, which has special characters; say why it could not be mounted. */
void rootfs_append_overlay_dir(struct str_buf *data, const char *path);
int rootfs_explain_overlay(const struct rootfs_plan *plan, int number, struct err *err);

/* Mount the overlay that the annotations declare on the rootfs' path. */
int rootfs_mount_overlay(const struct rootfs_plan *plan, struct err *err);

/* The place a mount goes to, opened; `fd` is O_PATH and will be swept. */
struct mount_target {
	int fd;
	bool made; /* it did not exist before */
};

/* Open the destination of a mount, making it when it is missing.  want_dir: a directory, otherwise a file. */
int rootfs_open_target(struct rootfs *rootfs, const struct mount_item *item, bool want_dir,
		       struct mount_target *ret, struct err *err);

/* Open what the destination's path leads to after the mount, O_PATH: what was mounted there, unless somebody moved the
 * path away meanwhile, so it is checked. */
int rootfs_reopen_target(const struct rootfs *rootfs, const struct mount_item *item, int *ret_fd, struct err *err);

/* MOUNT_OWN_CGROUP and MOUNT_CGROUP_TREE. */
int rootfs_mount_cgroup(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *item,
			struct err *err);

/* Take the host's procfs and sysfs mounts out of this mount namespace, see reveal.c.  The root is still the host's. */
int rootfs_hide_kernel_mounts(const struct rootfs_plan *plan, struct err *err);

/* Copy what is in the directory `from` to the directory `to`, both open for reading: tmpcopyup. */
int rootfs_copy_up(int from, int to, struct err *err);
