/* Bind mounts: copies of a mount, or of a part of it, at another place. */
#pragma once

#include "base/sys.h"
#include "rootfs/setup.h"

/* Bind a source of the host to its destination. */
int rootfs_bind(const struct rootfs_plan *plan, struct rootfs *rootfs, const struct mount_item *item, struct err *err);

/* Say that binding failed: its source, destination and options.  Returns -number. */
int rootfs_describe_bind(const struct mount_item *item, int number, struct err *err);

/* Give the mount of the descriptor the attributes and the propagation that the options name.  Returns 0 or -errno. */
int rootfs_set_attributes(const struct rootfs_plan *plan, const struct mount_options *options, int fd);

/* Copy the mount of `fd` (flags: AT_RECURSIVE or 0) with attributes set: open_tree_attr(2), or the two calls that it joins
 * where the kernel has none.  Returns a detached mount, or -errno. */
int rootfs_copy_with(int fd, unsigned int flags, struct mount_attr *attr);

/* Attach the detached mount `tree` to what `target` refers to.  Returns 0 or -errno. */
int rootfs_attach(int tree, int target);

/* Copy the mount of a file of the host, private: what the guest mounts on it must not reach the host.  Returns a detached
 * mount, or -errno. */
int rootfs_copy_mount(const struct rootfs_plan *plan, int fd);

/* Bind the host's /sys, with all below it, read-only to `target`: where the guest may not mount a sysfs of its own.
 * Returns 0 or -errno. */
int rootfs_bind_sys(int target);
