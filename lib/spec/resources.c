/* config-linux.md, Control groups. */
#include "spec/tables.h"

static const struct field_names device_rule_types = {
	"device type",
	(const char *const[]){
		"a",
		"c",
		"b",
		NULL,
	},
};

FIELDS(device_rule_fields, struct spec_device_rule) {
	BOOL(struct spec_device_rule, "allow", allow, F_REQUIRED),
	STR_OF(struct spec_device_rule, "type", type, device_rule_types, F_EMPTY_IS_ABSENT),
	OPT_I64(struct spec_device_rule, "major", major, -1, UINT32_MAX, 0),
	OPT_I64(struct spec_device_rule, "minor", minor, -1, UINT32_MAX, 0),
	STR(struct spec_device_rule, "access", access, F_EMPTY_IS_ABSENT),
	END
};

/* Limits: -1 is unlimited.  swappiness: the kernel takes up to 200 since Linux 5.8 */
FIELDS(memory_fields, struct spec_memory) {
	OPT_I64(struct spec_memory, "limit", limit, -1, INT64_MAX, 0),
	OPT_I64(struct spec_memory, "reservation", reservation, -1, INT64_MAX, 0),
	OPT_I64(struct spec_memory, "swap", swap, -1, INT64_MAX, 0),
	OPT_I64(struct spec_memory, "kernel", kernel, -1, INT64_MAX, 0),
	OPT_I64(struct spec_memory, "kernelTCP", kernel_tcp, -1, INT64_MAX, 0),
	OPT_U64(struct spec_memory, "swappiness", swappiness, 200, 0),
	OPT_BOOL(struct spec_memory, "disableOOMKiller", disable_oom_killer, 0),
	OPT_BOOL(struct spec_memory, "useHierarchy", use_hierarchy, 0),
	OPT_BOOL(struct spec_memory, "checkBeforeUpdate", check_before_update, 0),
	END
};

FIELDS(cpu_fields, struct spec_cpu) {
	OPT_U64(struct spec_cpu, "shares", shares, UINT64_MAX, 0),
	OPT_I64(struct spec_cpu, "quota", quota, -1, INT64_MAX, 0),
	OPT_U64(struct spec_cpu, "burst", burst, UINT64_MAX, 0),
	OPT_U64(struct spec_cpu, "period", period, UINT64_MAX, 0),
	OPT_I64(struct spec_cpu, "realtimeRuntime", realtime_runtime, -1, INT64_MAX, 0),
	OPT_U64(struct spec_cpu, "realtimePeriod", realtime_period, UINT64_MAX, 0),
	STR(struct spec_cpu, "cpus", cpus, F_EMPTY_IS_ABSENT),
	STR(struct spec_cpu, "mems", mems, F_EMPTY_IS_ABSENT),
	OPT_I64(struct spec_cpu, "idle", idle, 0, 1, 0),
	END
};

FIELDS(pids_fields, struct spec_pids) {
	OPT_I64(struct spec_pids, "limit", limit, -1, INT64_MAX, 0),
	END
};

FIELDS(weight_device_fields, struct spec_weight_device) {
	I64(struct spec_weight_device, "major", major, 0, UINT32_MAX, F_REQUIRED),
	I64(struct spec_weight_device, "minor", minor, 0, UINT32_MAX, F_REQUIRED),
	OPT_U64(struct spec_weight_device, "weight", weight, 1000, 0),
	OPT_U64(struct spec_weight_device, "leafWeight", leaf_weight, 1000, 0),
	END
};

FIELDS(throttle_device_fields, struct spec_throttle_device) {
	I64(struct spec_throttle_device, "major", major, 0, UINT32_MAX, F_REQUIRED),
	I64(struct spec_throttle_device, "minor", minor, 0, UINT32_MAX, F_REQUIRED),
	U64(struct spec_throttle_device, "rate", rate, UINT64_MAX, F_REQUIRED),
	END
};

/* Weights go up to 1000 in the scale of cgroup v1, in which the specification counts. */
FIELDS(block_io_fields, struct spec_block_io) {
	OPT_U64(struct spec_block_io, "weight", weight, 1000, 0),
	OPT_U64(struct spec_block_io, "leafWeight", leaf_weight, 1000, 0),
	ARRAY(struct spec_block_io, "weightDevice", weight_device, weight_device_fields, 0),
	ARRAY(struct spec_block_io, "throttleReadBpsDevice", throttle_read_bps, throttle_device_fields, 0),
	ARRAY(struct spec_block_io, "throttleWriteBpsDevice", throttle_write_bps, throttle_device_fields, 0),
	ARRAY(struct spec_block_io, "throttleReadIOPSDevice", throttle_read_iops, throttle_device_fields, 0),
	ARRAY(struct spec_block_io, "throttleWriteIOPSDevice", throttle_write_iops, throttle_device_fields, 0),
	END
};

FIELDS(hugepage_fields, struct spec_hugepage_limit) {
	STR(struct spec_hugepage_limit, "pageSize", page_size, F_REQUIRED),
	U64(struct spec_hugepage_limit, "limit", limit, UINT64_MAX, F_REQUIRED),
	END
};

FIELDS(net_priority_fields, struct spec_net_priority) {
	STR(struct spec_net_priority, "name", name, F_REQUIRED),
	U32(struct spec_net_priority, "priority", priority, UINT32_MAX, F_REQUIRED),
	END
};

FIELDS(network_fields, struct spec_network) {
	OPT_U64(struct spec_network, "classID", class_id, UINT32_MAX, 0),
	ARRAY(struct spec_network, "priorities", priorities, net_priority_fields, 0),
	END
};

FIELDS(rdma_fields, struct spec_rdma_limit) {
	OPT_U64(struct spec_rdma_limit, "hcaHandles", hca_handles, UINT32_MAX, 0),
	OPT_U64(struct spec_rdma_limit, "hcaObjects", hca_objects, UINT32_MAX, 0),
	END
};

FIELDS_EXPORT(spec_resources_fields) {
	ARRAY(struct spec_resources, "devices", devices, device_rule_fields, 0),
	OBJECT_SET(struct spec_resources, "memory", memory, memory_fields, 0),
	OBJECT_SET(struct spec_resources, "cpu", cpu, cpu_fields, 0),
	OBJECT_SET(struct spec_resources, "pids", pids, pids_fields, 0),
	OBJECT_SET(struct spec_resources, "blockIO", block_io, block_io_fields, 0),
	ARRAY(struct spec_resources, "hugepageLimits", hugepage_limits, hugepage_fields, 0),
	OBJECT_SET(struct spec_resources, "network", network, network_fields, 0),
	MAP(struct spec_resources, "rdma", rdma, rdma_fields, device, 0),
	PAIRS(struct spec_resources, "unified", unified, 0),
	END
};
