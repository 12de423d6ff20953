/* Paths of the guest that it must not see, or must not write to. */
#pragma once

#include "rootfs/plan.h"

/* Cover each masked path that exists: a file by the null device, a directory by an empty one. */
int rootfs_mask(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err);

/* Make each read-only path that exists a read-only mount, with all that is mounted below it. */
int rootfs_make_readonly(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err);
