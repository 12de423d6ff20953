/* The OCI runtime-spec 1.3 document for Linux as const C structs, in the order of the document.
 *
 * Strings and arrays live as long as the spec.  A string that is not there is NULL; a number whose absence
 * differs from 0 is an `opt_*`.  What the tables of this folder do not name is ignored, as the specification
 * asks (config.md, Extensibility).  Nothing here makes a system call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct opt_bool {
	bool is_set;
	bool value;
};

struct opt_i64 {
	bool is_set;
	int64_t value;
};

struct opt_u64 {
	bool is_set;
	uint64_t value;
};

struct spec_strings {
	const char **items; /* NULL-terminated; NULL when there are none */
	size_t count;
};

/* One member of a JSON object whose values are strings (annotations, sysctl, unified). */
struct spec_pair {
	const char *key;
	const char *value;
};

struct spec_pairs {
	struct spec_pair *items; /* in the order of the file */
	size_t count;
};

struct spec_u32s {
	uint32_t *items;
	size_t count;
};

/* ---------------------------------------------------------------- root, mounts (config.md) */

struct spec_root {
	const char *path;
	bool readonly;
};

struct spec_id_mapping {
	uint32_t container_id, host_id, size;
};

struct spec_id_mappings {
	struct spec_id_mapping *items;
	size_t count;
};

struct spec_mount {
	const char *destination;
	const char *type;   /* may be NULL */
	const char *source; /* may be NULL */
	struct spec_strings options;
	struct spec_id_mappings uid_mappings, gid_mappings;
};

struct spec_mounts {
	struct spec_mount *items;
	size_t count;
};

/* ---------------------------------------------------------------- process (config.md) */

struct spec_console_size {
	bool is_set;
	uint16_t height, width;
};

struct spec_user {
	uint32_t uid, gid;
	struct opt_u64 umask;
	struct spec_u32s additional_gids;
};

struct spec_rlimit {
	const char *type;
	uint64_t soft, hard;
};

struct spec_rlimits {
	struct spec_rlimit *items;
	size_t count;
};

struct spec_capabilities {
	bool is_set;
	struct spec_strings bounding, effective, inheritable, permitted, ambient;
};

struct spec_scheduler {
	bool is_set;
	const char *policy;
	int32_t nice, priority;
	struct spec_strings flags;
	uint64_t runtime, deadline, period;
};

struct spec_io_priority {
	bool is_set;
	const char *class;
	int32_t priority;
};

struct spec_cpu_affinity {
	bool is_set;
	const char *initial, *final;
};

struct spec_process {
	bool is_set; /* false: a container that can be created but not started */
	bool terminal;
	struct spec_console_size console_size;
	struct spec_user user;
	struct spec_strings args;
	struct spec_strings env;
	const char *cwd;
	struct spec_capabilities capabilities;
	struct spec_rlimits rlimits;
	bool no_new_privileges;
	const char *apparmor_profile;
	struct opt_i64 oom_score_adj;
	struct spec_scheduler scheduler;
	const char *selinux_label;
	struct spec_io_priority io_priority;
	struct spec_cpu_affinity exec_cpu_affinity;
};

/* ---------------------------------------------------------------- hooks (config.md, POSIX-platform Hooks) */

struct spec_hook {
	const char *path;
	struct spec_strings args;
	struct spec_strings env;
	bool has_env;		/* false: the hook gets the caller's environment */
	struct opt_i64 timeout; /* seconds */
};

struct spec_hook_list {
	struct spec_hook *items;
	size_t count;
};

struct spec_hooks {
	struct spec_hook_list prestart, create_runtime, create_container, start_container, poststart, poststop;
};

/* ---------------------------------------------------------------- linux (config-linux.md) */

/* The order is also the order in which they are listed in messages and `features`. */
enum spec_namespace_type {
	SPEC_NS_CGROUP,
	SPEC_NS_IPC,
	SPEC_NS_MOUNT,
	SPEC_NS_NETWORK,
	SPEC_NS_PID,
	SPEC_NS_TIME,
	SPEC_NS_USER,
	SPEC_NS_UTS,
	SPEC_NS_COUNT,
};

struct spec_namespace {
	enum spec_namespace_type type;
	const char *path; /* NULL: a new one */
};

struct spec_namespaces {
	struct spec_namespace *items;
	size_t count;
};

struct spec_device {
	const char *type; /* "c", "u", "b" or "p" */
	const char *path;
	int64_t major, minor;
	struct opt_u64 file_mode, uid, gid;
};

struct spec_devices {
	struct spec_device *items;
	size_t count;
};

struct spec_net_device {
	const char *host_name; /* the key */
	const char *name;      /* inside; NULL: the same */
};

struct spec_net_devices {
	struct spec_net_device *items;
	size_t count;
};

struct spec_time_offset {
	bool is_set;
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_time_offsets {
	bool is_set;
	struct spec_time_offset monotonic, boottime;
};

struct spec_device_rule {
	bool allow;
	const char *type;   /* NULL: "a" */
	struct opt_i64 major, minor; /* unset or -1: all */
	const char *access; /* of r, w, m; NULL: all */
};

struct spec_device_rules {
	struct spec_device_rule *items;
	size_t count;
};

struct spec_memory {
	bool is_set;
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp; /* bytes; -1: unlimited */
	struct opt_u64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	bool is_set;
	struct opt_u64 shares, burst, period; /* microseconds where they are times */
	struct opt_i64 quota, realtime_runtime, idle;
	struct opt_u64 realtime_period;
	const char *cpus, *mems;
};

struct spec_pids {
	bool is_set;
	struct opt_i64 limit; /* -1: unlimited */
};

struct spec_weight_device {
	int64_t major, minor;
	struct opt_u64 weight, leaf_weight;
};

struct spec_weight_devices {
	struct spec_weight_device *items;
	size_t count;
};

struct spec_throttle_device {
	int64_t major, minor;
	uint64_t rate; /* bytes or operations per second */
};

struct spec_throttle_devices {
	struct spec_throttle_device *items;
	size_t count;
};

struct spec_block_io {
	bool is_set;
	struct opt_u64 weight, leaf_weight;
	struct spec_weight_devices weight_device;
	struct spec_throttle_devices throttle_read_bps, throttle_write_bps, throttle_read_iops, throttle_write_iops;
};

struct spec_hugepage_limit {
	const char *page_size;
	uint64_t limit; /* bytes */
};

struct spec_hugepage_limits {
	struct spec_hugepage_limit *items;
	size_t count;
};

struct spec_net_priority {
	const char *name;
	uint32_t priority;
};

struct spec_net_priorities {
	struct spec_net_priority *items;
	size_t count;
};

struct spec_network {
	bool is_set;
	struct opt_u64 class_id;
	struct spec_net_priorities priorities;
};

struct spec_rdma_limit {
	const char *device; /* the key */
	struct opt_u64 hca_handles, hca_objects;
};

struct spec_rdma_limits {
	struct spec_rdma_limit *items;
	size_t count;
};

struct spec_resources {
	bool is_set;
	struct spec_device_rules devices;
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct spec_pids pids;
	struct spec_block_io block_io;
	struct spec_hugepage_limits hugepage_limits;
	struct spec_network network;
	struct spec_rdma_limits rdma;
	struct spec_pairs unified;
};

struct spec_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	const char *op; /* SCMP_CMP_... */
};

struct spec_seccomp_args {
	struct spec_seccomp_arg *items;
	size_t count;
};

struct spec_seccomp_rule {
	struct spec_strings names;
	const char *action; /* SCMP_ACT_... */
	struct opt_u64 errno_ret;
	struct spec_seccomp_args args;
};

struct spec_seccomp_rules {
	struct spec_seccomp_rule *items;
	size_t count;
};

struct spec_seccomp {
	bool is_set;
	const char *default_action;
	struct opt_u64 default_errno_ret;
	struct spec_strings architectures; /* SCMP_ARCH_... */
	struct spec_strings flags;	   /* SECCOMP_FILTER_FLAG_... */
	bool has_flags;
	const char *listener_path, *listener_metadata;
	struct spec_seccomp_rules syscalls;
};

struct spec_intel_rdt {
	bool is_set;
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct spec_strings schemata;
	bool enable_monitoring;
};

struct spec_memory_policy {
	bool is_set;
	const char *mode; /* MPOL_... */
	const char *nodes;
	struct spec_strings flags; /* MPOL_F_... */
};

struct spec_personality {
	bool is_set;
	const char *domain; /* "LINUX" or "LINUX32" */
	struct spec_strings flags;
};

struct spec_linux {
	bool is_set;
	struct spec_namespaces namespaces;
	struct spec_id_mappings uid_mappings, gid_mappings;
	struct spec_time_offsets time_offsets;
	struct spec_devices devices;
	struct spec_net_devices net_devices;
	const char *cgroups_path;
	struct spec_resources resources;
	struct spec_intel_rdt intel_rdt;
	struct spec_memory_policy memory_policy;
	struct spec_pairs sysctl;
	struct spec_seccomp seccomp;
	const char *rootfs_propagation;
	struct spec_strings masked_paths, readonly_paths;
	const char *mount_label;
	struct spec_personality personality;
};

/* ---------------------------------------------------------------- the document */

struct spec {
	const char *oci_version;
	struct spec_root root;
	struct spec_mounts mounts;
	struct spec_process process;
	const char *hostname, *domainname;
	struct spec_hooks hooks;
	struct spec_pairs annotations;
	struct spec_linux linux_;
};

/* A loaded document: the spec and the memory it lives in. */
struct spec_document;

/* Largest config.json that is read. */
#define SPEC_SIZE_MAX (16u << 20)

/* Decode and check a config.json text.  text: `size` bytes of UTF-8; not needed afterwards.  name: what to
 * call it in messages, such as its path.  *ret is freed by spec_free().
 * Errors: EINVAL, with the line and column for a syntax error, or the place in the document
 * ("process.rlimits[0].soft: ...") for a wrong type, range, value, a duplicate or a missing member. */
int spec_parse(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err);

/* Decode a lone `process` object, as `exec --process` takes it.  The document's spec has only `process`. */
int spec_parse_process(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err);

/* Decode a lone array `mounts`.  The document's spec has only that; spec_check_mounts() is for the caller. */
int spec_parse_mounts(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err);

/* Check spec->mounts, as it is done for a whole document. */
int spec_check_mounts(const struct spec *spec, struct err *err);

/* Decode a lone `linux.resources` object, as `update --resources` takes it.  The document's spec has only
 * `linux_.resources`. */
int spec_parse_resources(const char *text, size_t size, const char *name, struct spec_document **ret, struct err *err);

/* Call visit() with the path of each member of such a document that no property has the name of. */
void spec_visit_unknown_resources(const struct spec_document *document, void (*visit)(void *data, const char *path),
				  void *data);

/* The spec of a document: const, valid until spec_free(). */
const struct spec *spec_of(const struct spec_document *document);

/* Release a document; NULL is allowed. */
void spec_free(struct spec_document *document);

/* The value of an annotation, or NULL. */
const char *spec_annotation(const struct spec *spec, const char *key);

/* The namespace of that type in the spec, or NULL when the guest shares the caller's. */
const struct spec_namespace *spec_find_namespace(const struct spec *spec, enum spec_namespace_type type);

/* Refuse the IDs of a process that are not mapped in the user namespace that the document makes. */
int spec_check_user(const struct spec *spec, const struct spec_user *user, struct err *err);

/* The names that the property with that path may have as its value, or as one in its list, ended by NULL; NULL: any text. */
const char *const *spec_names(const char *path);

/* Call visit() for each property that the tables know, depth first, with its path in the document (such as
 * "process.rlimits[].soft") and whether it is required: what the lint and `features` compare with. */
void spec_visit_properties(void (*visit)(void *data, const char *path, bool required), void *data);
