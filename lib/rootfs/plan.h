/* What rootfs_plan() decides, for the files of this folder. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "rootfs/options.h"
#include "rootfs/rootfs.h"

enum mount_kind {
	MOUNT_FILE_SYSTEM,
	MOUNT_BIND,
	MOUNT_OWN_CGROUP, /* the guest's v2 cgroup by bind, read-only */
	MOUNT_CGROUP_TREE, /* a tmpfs with a directory for each hierarchy */
	MOUNT_CHANGE,	  /* remount */
};

/* A mapping of IDs that idmapped mounts have: IDs of the file system to IDs of the host. */
struct mapping_item {
	bool is_guests; /* the one of the guest's user namespace; its IDs are not known where that is joined */
	struct spec_id_mappings uids, gids;
};

struct idmap_item {
	bool is_set;
	bool is_below;	/* what is mounted below is mapped too */
	size_t mapping; /* which one of the plan's */
};

struct mount_item {
	const char *where; /* for messages: "mounts[3]" */
	enum mount_kind kind;
	const char *destination; /* absolute, without "." , ".." or double slashes */
	const char *source;	 /* of a bind: an absolute path of the host; NULL: none */
	const char *type;	 /* NULL for a bind */
	struct mount_options options;
	struct idmap_item idmap;
	bool literal;		 /* no symlink may be on the way to the destination */
	bool may_be_in_proc;	 /* one of the few files of procfs that may be covered */
	uint64_t magic;		 /* file system that must be there afterwards; 0: not checked */
	uint64_t ino;		 /* and its inode; 0: not checked */
	bool bind_if_refused;	 /* sysfs without its network namespace: the host's, read-only */
};

struct overlay_item {
	bool is_set;
	const char **lowers; /* absolute paths, the uppermost first */
	size_t lower_count;
	const char *upper, *work; /* absolute paths; NULL with `tmpfs`, or for a read-only overlay */
	bool tmpfs;		  /* upper and work are made in a new tmpfs */
};

struct device_item {
	const char *where; /* for messages: "linux.devices[2]" or "default device" */
	const char *path;  /* absolute, without "." , ".." or double slashes */
	const char *name;  /* in /dev; NULL: the device lies elsewhere */
	mode_t mode;	   /* type and permissions */
	dev_t number;
	uid_t uid;
	gid_t gid;
	bool is_listed;			/* in linux.devices */
	bool has_mode, has_uid, has_gid; /* and what of it */
};

struct rootfs_plan {
	struct rootfs_context context;
	const char *path;
	bool readonly;
	unsigned long propagation; /* MS_...; 0: unset */
	bool propagation_below;
	struct overlay_item overlay;
	const char *label; /* linux.mountLabel; NULL: none */
	const char *label_option; /* it as an option of a file system; NULL: none, or without SELinux */
	struct idmap_item root_idmap; /* of the rootfs, or of the lower layers of its overlay */
	struct mapping_item *mappings; /* each once */
	size_t mapping_count;
	struct mount_item *mounts;
	size_t mount_count;
	bool sys_is_sysfs; /* nobody can move what is mounted below */
	bool dev_is_bind; /* /dev is the caller's business: nothing is made there that was not asked for */
	struct device_item *devices;
	size_t device_count;
	struct spec_strings masked, readonly_paths; /* each once; relative to the root, without a leading slash */
};

/* Whether mounts made before the guest's options keep what they inherit: with a private "/" everything is private. */
bool rootfs_is_private(const struct rootfs_plan *plan);

/* An absolute path without "." , ".." , double or trailing slashes; "/" stays.  NULL: memory ran out. */
const char *plan_clean_path(const char *path, struct arena *arena);

/* `path` itself if it is absolute, otherwise below the bundle.  NULL: memory ran out. */
const char *plan_host_path(const struct rootfs_context *context, const char *path, struct arena *arena);

/* Decide which IDs the mount `m` of the plan, whose kind is known, is mapped to. */
int rootfs_plan_idmap(const struct spec_mount *mount, struct arena *arena, struct rootfs_plan *plan, struct mount_item *m,
		      struct err *err);

/* Add the label to the options of the mount `m`, if its file system takes one. */
int rootfs_label_mount(const struct rootfs_plan *plan, struct arena *arena, struct mount_item *m, struct err *err);

/* The sections of rootfs_plan(). */
int rootfs_plan_label(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err);
int rootfs_plan_mounts(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err);
int rootfs_plan_root_idmap(const struct spec *spec, struct rootfs_plan *plan, struct err *err);
int rootfs_plan_overlay(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err);
int rootfs_plan_devices(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err);
int rootfs_plan_masks(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err);
