/* config-linux.md, without resources and seccomp. */
#include "spec/tables.h"

static const struct field_names namespace_types = {
	"namespace type",
	(const char *const[]){
		[SPEC_NS_CGROUP] = "cgroup",
		[SPEC_NS_IPC] = "ipc",
		[SPEC_NS_MOUNT] = "mount",
		[SPEC_NS_NETWORK] = "network",
		[SPEC_NS_PID] = "pid",
		[SPEC_NS_TIME] = "time",
		[SPEC_NS_USER] = "user",
		[SPEC_NS_UTS] = "uts",
		[SPEC_NS_COUNT] = NULL,
	},
};

FIELDS(namespace_fields, struct spec_namespace) {
	ENUM(struct spec_namespace, "type", type, namespace_types, F_REQUIRED),
	STR(struct spec_namespace, "path", path, F_ABSOLUTE),
	END
};

FIELDS_EXPORT(spec_id_mapping_fields) {
	U32(struct spec_id_mapping, "containerID", container_id, ID_MAX, F_REQUIRED),
	U32(struct spec_id_mapping, "hostID", host_id, ID_MAX, F_REQUIRED),
	U32(struct spec_id_mapping, "size", size, UINT32_MAX, F_REQUIRED),
	END
};

FIELDS(time_offset_fields, struct spec_time_offset) {
	I64(struct spec_time_offset, "secs", secs, INT64_MIN, INT64_MAX, 0),
	U32(struct spec_time_offset, "nanosecs", nanosecs, 999999999, 0),
	END
};

FIELDS(time_offsets_fields, struct spec_time_offsets) {
	OBJECT_SET(struct spec_time_offsets, "monotonic", monotonic, time_offset_fields, 0),
	OBJECT_SET(struct spec_time_offsets, "boottime", boottime, time_offset_fields, 0),
	END
};

static const struct field_names device_types = {
	"device type",
	(const char *const[]){
		"c",
		"u",
		"b",
		"p",
		NULL,
	},
};

/* The kernel's device numbers have 12 and 20 bits (MKDEV in linux/kdev_t.h); -1 tells the checks that one is missing.
 * fileMode: some engines leave the bits of the file type in it. */
FIELDS(device_fields, struct spec_device) {
	STR_OF(struct spec_device, "type", type, device_types, F_REQUIRED),
	STR(struct spec_device, "path", path, F_REQUIRED | F_ABSOLUTE),
	I64_OR(struct spec_device, "major", major, 0, 4095, -1, 0),
	I64_OR(struct spec_device, "minor", minor, 0, 1048575, -1, 0),
	OPT_U64(struct spec_device, "fileMode", file_mode, 0177777, 0),
	OPT_U64(struct spec_device, "uid", uid, ID_MAX, 0),
	OPT_U64(struct spec_device, "gid", gid, ID_MAX, 0),
	END
};

FIELDS(net_device_fields, struct spec_net_device) {
	STR(struct spec_net_device, "name", name, F_EMPTY_IS_ABSENT),
	END
};

FIELDS(intel_rdt_fields, struct spec_intel_rdt) {
	STR(struct spec_intel_rdt, "closID", clos_id, F_LINE | F_EMPTY_IS_ABSENT),
	STR(struct spec_intel_rdt, "l3CacheSchema", l3_cache_schema, F_EMPTY_IS_ABSENT),
	STR(struct spec_intel_rdt, "memBwSchema", mem_bw_schema, F_LINE | F_EMPTY_IS_ABSENT),
	STRINGS(struct spec_intel_rdt, "schemata", schemata, F_LINE),
	BOOL(struct spec_intel_rdt, "enableMonitoring", enable_monitoring, 0),
	END
};

static const struct field_names memory_policy_modes = {
	"memory policy mode",
	(const char *const[]){
		"MPOL_DEFAULT",
		"MPOL_BIND",
		"MPOL_INTERLEAVE",
		"MPOL_WEIGHTED_INTERLEAVE",
		"MPOL_PREFERRED",
		"MPOL_PREFERRED_MANY",
		"MPOL_LOCAL",
		NULL,
	},
};

static const struct field_names memory_policy_flags = {
	"memory policy flag",
	(const char *const[]){
		"MPOL_F_NUMA_BALANCING",
		"MPOL_F_RELATIVE_NODES",
		"MPOL_F_STATIC_NODES",
		NULL,
	},
};

FIELDS(memory_policy_fields, struct spec_memory_policy) {
	STR_OF(struct spec_memory_policy, "mode", mode, memory_policy_modes, F_REQUIRED),
	STR(struct spec_memory_policy, "nodes", nodes, F_EMPTY_IS_ABSENT),
	STRINGS_OF(struct spec_memory_policy, "flags", flags, memory_policy_flags, 0),
	END
};

static const struct field_names personality_domains = {
	"execution domain",
	(const char *const[]){
		"LINUX",
		"LINUX32",
		NULL,
	},
};

/* config-linux.md: "the additional flags to apply; currently no flag values are supported" */
static const struct field_names personality_flags = {
	"personality flag",
	(const char *const[]){
		NULL,
	},
};

FIELDS(personality_fields, struct spec_personality) {
	STR_OF(struct spec_personality, "domain", domain, personality_domains, F_REQUIRED),
	STRINGS_OF(struct spec_personality, "flags", flags, personality_flags, 0),
	END
};

/* The recursive forms are not in the specification, but what engines write. */
static const struct field_names propagations = {
	"propagation",
	(const char *const[]){
		"shared",
		"slave",
		"private",
		"unbindable",
		"rshared",
		"rslave",
		"rprivate",
		"runbindable",
		NULL,
	},
};

FIELDS_EXPORT(spec_linux_fields) {
	ARRAY(struct spec_linux, "namespaces", namespaces, namespace_fields, 0),
	ARRAY(struct spec_linux, "uidMappings", uid_mappings, spec_id_mapping_fields, 0),
	ARRAY(struct spec_linux, "gidMappings", gid_mappings, spec_id_mapping_fields, 0),
	OBJECT_SET(struct spec_linux, "timeOffsets", time_offsets, time_offsets_fields, F_CLOSED),
	ARRAY(struct spec_linux, "devices", devices, device_fields, 0),
	MAP(struct spec_linux, "netDevices", net_devices, net_device_fields, host_name, 0),
	STR(struct spec_linux, "cgroupsPath", cgroups_path, F_LINE | F_EMPTY_IS_ABSENT),
	OBJECT_SET(struct spec_linux, "resources", resources, spec_resources_fields, 0),
	OBJECT_SET(struct spec_linux, "intelRdt", intel_rdt, intel_rdt_fields, 0),
	OBJECT_SET(struct spec_linux, "memoryPolicy", memory_policy, memory_policy_fields, 0),
	PAIRS(struct spec_linux, "sysctl", sysctl, F_LINE),
	OBJECT_SET(struct spec_linux, "seccomp", seccomp, spec_seccomp_fields, 0),
	STR_OF(struct spec_linux, "rootfsPropagation", rootfs_propagation, propagations, F_EMPTY_IS_ABSENT),
	STRINGS(struct spec_linux, "maskedPaths", masked_paths, F_ABSOLUTE),
	STRINGS(struct spec_linux, "readonlyPaths", readonly_paths, F_ABSOLUTE),
	STR(struct spec_linux, "mountLabel", mount_label, F_LINE | F_EMPTY_IS_ABSENT),
	OBJECT_SET(struct spec_linux, "personality", personality, personality_fields, 0),
	END
};
