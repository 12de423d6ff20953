/* The guest's root file system: mounts, devices, masks and the switch of the root.
 *
 * rootfs_plan() is pure: it turns root, mounts, devices, masked and read-only paths, propagation and the
 * overlay annotations into a list of operations with all options parsed.  What only the host side may do is
 * done there by rootfs_prepare(), before there is a guest.  Everything else runs on the guest side, in a mount
 * namespace made for the guest, in this order:
 *
 * The caller's umask must be 0, so that the modes of what is made are exact.
 *
 *   rootfs_open      propagation of "/", then the rootfs by bind or overlay; its descriptor
 *   rootfs_mount     spec.mounts in their order
 *   rootfs_devices   default and listed devices, /dev links
 *   rootfs_switch    pivot_root(2) (MS_MOVE with no_pivot; chroot(2) without a mount namespace of its own)
 *   rootfs_protect   masked and read-only paths, read-only root, final propagation
 *
 * Every path inside the rootfs is resolved by base/path.h and mounted onto by descriptor. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"

/* A hierarchy of cgroups that the host has, as lib/cgroups found it. */
struct rootfs_hierarchy {
	const char *controllers; /* "cpu,cpuacct", "name=systemd"; "" for v2 */
	const char *mount_point; /* on the host */
};

/* What the rootfs must know of decisions taken elsewhere. */
struct rootfs_context {
	const char *bundle;	  /* absolute path of the bundle: relative paths start there */
	bool no_pivot;		  /* --no-pivot */
	bool is_late;		  /* the guest is there already: of the plan its mounts alone are made, by rootfs_add() */
	bool has_mount_ns;	  /* the guest has a mount namespace made for it */
	bool has_selinux;	  /* a policy is loaded: linux.mountLabel means something */
	bool has_user_ns;	  /* and a user namespace */
	bool has_cgroup_ns;	  /* and a cgroup namespace */
	const struct spec_id_mappings *uids, *gids; /* of its user namespace; NULL: none, or not known as it is joined */
	bool has_network_ns;	  /* sysfs can be mounted only by the owner of the network namespace */
	const struct spec_mounts *own_mounts; /* made after those of the spec; NULL: none */
	const char *cgroup_layout; /* "v2", "hybrid", "v1" or "none": what a mount of type cgroup becomes */
	const struct rootfs_hierarchy *hierarchies; /* with "hybrid" and "v1": those where the guest has a group of its own */
	size_t hierarchy_count;
};

struct rootfs_plan;

/* Decide.  Memory comes from the arena.  Errors name the place in the document ("mounts[3].options"). */
int rootfs_plan(const struct spec *spec, const struct rootfs_context *context, struct arena *arena,
		struct rootfs_plan **ret, struct err *err);

/* Absolute path of the rootfs on the host. */
const char *rootfs_path(const struct rootfs_plan *plan);

/* Describe the plan for `kavel plan`: one line per operation. */
void rootfs_plan_print(const struct rootfs_plan *plan, struct str_buf *out);

/* True if rootfs_prepare() has something to do. */
bool rootfs_wants_prepare(const struct rootfs_plan *plan);

/* How many mappings of IDs the plan's idmapped mounts have. */
size_t rootfs_mapping_count(const struct rootfs_plan *plan);

/* One of them.  Returns false where it is that of a user namespace that the guest joins, whose IDs are not known. */
bool rootfs_mapping(const struct rootfs_plan *plan, size_t index, const struct spec_id_mappings **ret_uids,
		    const struct spec_id_mappings **ret_gids);

/* What is open while the rootfs is set up, on the guest side.  Start with ROOTFS_CLOSED. */
struct rootfs {
	int fd;	      /* O_PATH of the rootfs */
	int null_fd;  /* the host's /dev/null, checked: masks files, and is stdio where asked for */
	/* for this folder alone */
	int dev_fd;    /* O_PATH of /dev, when a new tmpfs is mounted there */
	bool in_dev;   /* it is the current directory */
	bool dev_readonly; /* /dev is to become read-only once everything in it is made */
	int null_tree; /* a copy of null_fd's mount: once the host's tree is gone it could not be made */
	int empty_fd;  /* the mount that masks directories */
	int newest;    /* one of the latest descriptors that can be swept */
	int *trees;    /* what was prepared: detached mounts for what the plan has, see setup.h; -1: none */
	size_t tree_count;
	bool is_stacked; /* the rootfs lies on top of "/", not at its path */
	uint64_t file_limit; /* RLIMIT_NOFILE before it was raised for `trees`; 0: it was not */

	/* Set by the caller: no descriptor from this number on is in use, or will be before rootfs_protect() returns.  The set-up
	 * closes what it opens there in one call. */
	int sweep_from;
};
#define ROOTFS_CLOSED { .fd = -1, .null_fd = -1, .dev_fd = -1, .null_tree = -1, .empty_fd = -1 }

/* Host side: make the mounts that the guest side could not: idmapped ones, and in a guest with a user namespace those of
 * sources that its root, as an ID of the host, has no way to, and of new device nodes.  The guest inherits them, detached, by the fork; without the
 * right to make any, the guest side is left to try.  users: a descriptor of a user namespace with each of the plan's mappings. */
int rootfs_prepare(const struct rootfs_plan *plan, const int *users, struct rootfs *rootfs, struct err *err);

/* Close what rootfs_prepare() made; for the host side, once the guest has it. */
void rootfs_release(struct rootfs *rootfs);

/* The highest descriptor that rootfs_prepare() made; -1: none. */
int rootfs_highest(const struct rootfs *rootfs);

/* As the root of the guest's user namespace: refuse a rootfs that it may not enter, with the reason. */
int rootfs_check_access(const struct rootfs_plan *plan, const struct rootfs *rootfs, struct err *err);

/* Make "/" of this mount namespace not propagate to the host, put the rootfs in place and open it.  From here to the end of
 * rootfs_devices() the umask is 0, so that everything has the mode that it is made with. */
int rootfs_open(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err);

/* Perform spec.mounts in order; proc, sysfs, cgroup and devpts are verified after mounting. */
int rootfs_mount(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err);

/* Make the default devices, those of linux.devices, and the links in /dev. */
int rootfs_devices(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err);

/* Make the rootfs the root and the current directory of this process.  Afterwards nothing of the host's tree is
 * reachable by a path. */
int rootfs_switch(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err);

/* Masked paths, read-only paths, read-only root, rootfsPropagation; closes what is open. */
int rootfs_protect(const struct rootfs_plan *plan, struct rootfs *rootfs, struct err *err);

/* ---------------------------------------------------------------- mounts of a guest that is there
 *
 * The host side plans with is_late, checks, prepares all binds (their paths are its own), and has a process in the guest's
 * user and mount namespace, with the guest's root and a umask of 0, do the rest. */

/* Refuse what can be made at create alone: what lacks the masks that came after it, and what needs paths of the host. */
int rootfs_check_late(const struct rootfs_plan *plan, struct err *err);

/* Make the plan's mounts, all or none.  fds: /proc/self/fd of this process, open, of a procfs that is not the guest's. */
int rootfs_add(const struct rootfs_plan *plan, struct rootfs *rootfs, int fds, struct err *err);

/* Take away what is mounted at the destinations, the last first; nothing unless something is mounted at each. */
int rootfs_take_away(const struct spec *spec, const struct spec_mounts *mounts, int fds, struct err *err);

/* Names of all mount options that are understood, for `features`; the list ends with NULL. */
const char *const *rootfs_option_names(void);
