/* Which file of which hierarchy gets which text for linux.resources, and what is refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "cgroups/plan.h"
#include "folder.h"
#include "layouts.h"
#include "spec_text.h"
#include "unit.h"

static const char *const v1_controllers[] = {
	"cpu,cpuacct", "cpuset", "memory", "pids", "blkio", "hugetlb", "rdma", "net_cls,net_prio", "devices", "freezer",
};

static struct cgroup_layout v1_layout(void)
{
	struct cgroup_layout layout = { .mode = CGROUP_V1, .is_root = true };

	for (size_t i = 0; i < ARRAY_SIZE(v1_controllers); i++)
		layout_add_v1(&layout, v1_controllers[i]);
	return layout;
}

/* Plan the resources; `text` gets the printed plan or the message. */
static int plan(const char *resources, const struct cgroup_layout *layout, struct str_buf *text)
{
	struct cgroup_request request = { .id = "c1", .layout = layout, .manager = CGROUP_MANAGER_CGROUPFS };
	struct spec_document *document = NULL;
	struct arena arena = { 0 };
	struct cgroup_plan *made;
	struct err err = { 0 };
	int r = spec_text_parse(FRAME_RESOURCES, resources, &document, &err);

	if (r == 0)
		r = cgroup_plan(spec_of(document), &request, &arena, &made, &err);
	if (r == 0)
		cgroup_plan_print(made, text);
	else
		str_append(text, err.text);
	spec_free(document);
	arena_free(&arena);
	return r;
}

struct knob_row {
	const char *resources;
	const char *unified, *legacy; /* parts of the printed plan, or of the message */
};

static const struct knob_row knob_rows[] = {
	{ "'memory': {'limit': 1048576}", "write memory.max = 1048576 (memory.limit)",
	  "write memory.limit_in_bytes = 1048576 (memory.limit)" },
	{ "'memory': {'limit': -1}", "memory.max = max", "memory.limit_in_bytes = -1" },
	{ "'memory': {'limit': -2}", "memory.limit: -2", "memory.limit: -2" },
	{ "'memory': {'limit': 100, 'swap': 150}", "memory.swap.max = 50", "memory.memsw.limit_in_bytes = 150" },
	{ "'memory': {'limit': 100, 'swap': 100}", "memory.swap.max = 0", "memory.memsw.limit_in_bytes = 100" },
	{ "'memory': {'limit': 100, 'swap': -1}", "memory.swap.max = max", "memory.memsw.limit_in_bytes = -1" },
	{ "'memory': {'limit': 100, 'swap': 99}", "memory.swap: 99 is less than",
	  "memory.swap: 99 is less than" },
	{ "'memory': {'swap': 99}", "needs memory.limit", "needs memory.limit" },
	{ "'memory': {'reservation': 7}", "memory.low = 7", "memory.soft_limit_in_bytes = 7" },
	{ "'memory': {'kernel': 7}", "memory.kernel: cgroup v2 has no such setting", "memory.kmem.limit_in_bytes = 7" },
	{ "'memory': {'kernelTCP': 7}", "memory.kernelTCP: cgroup v2 has no", "memory.kmem.tcp.limit_in_bytes = 7" },
	{ "'memory': {'kernel': -1}", "cgroup /kavel-c1", "memory.kmem.limit_in_bytes = -1" },
	{ "'memory': {'swappiness': 60}", "memory.swappiness: cgroup v2 has no", "memory.swappiness = 60" },
	{ "'memory': {'disableOOMKiller': true}", "memory.disableOOMKiller: cgroup v2 has no", "memory.oom_control = 1" },
	{ "'memory': {'disableOOMKiller': false}", "cgroup /kavel-c1", "memory.oom_control = 0" },
	{ "'memory': {'useHierarchy': true}", "cgroup /kavel-c1", "memory.use_hierarchy = 1" },
	{ "'memory': {'useHierarchy': false}", "memory.useHierarchy: cgroup v2 has no", "memory.use_hierarchy = 0" },
	{ "'cpu': {'shares': 1024}", "cpu.weight = 100", "cpu.shares = 1024" },
	{ "'cpu': {'shares': 2}", "cpu.weight = 1 ", "cpu.shares = 2" },
	{ "'cpu': {'quota': 50000}", "cpu.max = 50000 (", "cpu.cfs_quota_us = 50000" },
	{ "'cpu': {'quota': -1}", "cpu.max = max (", "cpu.cfs_quota_us = -1" },
	{ "'cpu': {'quota': 50000, 'period': 200000}", "cpu.max = 50000 200000", "cpu.cfs_period_us = 200000" },
	{ "'cpu': {'period': 200000}", "cpu.max = max 200000", "cpu.cfs_period_us = 200000" },
	{ "'cpu': {'burst': 1000}", "cpu.max.burst = 1000", "cpu.cfs_burst_us = 1000" },
	{ "'cpu': {'idle': 1}", "cpu.idle = 1", "cpu.idle = 1" },
	{ "'cpu': {'idle': 2}", "cpu.idle: 2", "cpu.idle: 2" },
	{ "'cpu': {'realtimeRuntime': 5}", "cpu.realtimeRuntime: cgroup v2 has no", "cpu.rt_runtime_us = 5" },
	{ "'cpu': {'realtimePeriod': 5}", "cpu.realtimePeriod: cgroup v2 has no", "cpu.rt_period_us = 5" },
	{ "'cpu': {'cpus': '0-1', 'mems': '0'}", "cpuset.cpus = 0-1", "cpuset.mems = 0" },
	{ "'cpu': {'shares': 0, 'quota': 0, 'period': 0}", "cgroup /kavel-c1", "cgroup /kavel-c1" },
	{ "'pids': {'limit': 10}", "pids.max = 10", "pids.max = 10" },
	{ "'pids': {'limit': -1}", "pids.max = max", "pids.max = max" },
	{ "'pids': {'limit': 0}", "pids.max = 1 ", "pids.max = 1 " },
	{ "'pids': {'limit': -5}", "pids.limit: -5", "pids.limit: -5" },
	{ "'blockIO': {'weight': 10}", "io.weight = 1 ", "blkio.weight = 10" },
	{ "'blockIO': {'weight': 1000}", "io.weight = 10000", "blkio.bfq.weight = 1000" },
	{ "'blockIO': {'weight': 9}", "blockIO.weight: 9 is not between", "blockIO.weight: 9 is not between" },
	{ "'blockIO': {'leafWeight': 10}", "blockIO.leafWeight: cgroup v2 has no", "blkio.leaf_weight = 10" },
	{ "'blockIO': {'weightDevice': [{'major': 8, 'minor': 1, 'weight': 500}]}", "io.weight = 8:1 4950",
	  "blkio.weight_device = 8:1 500" },
	{ "'blockIO': {'weightDevice': [{'major': 8, 'minor': 1, 'leafWeight': 500}]}", "leafWeight: cgroup v2 has no",
	  "blkio.leaf_weight_device = 8:1 500" },
	{ "'blockIO': {'throttleReadBpsDevice': [{'major': 8, 'minor': 0, 'rate': 9}]}", "io.max = 8:0 rbps=9",
	  "blkio.throttle.read_bps_device = 8:0 9" },
	{ "'blockIO': {'throttleWriteBpsDevice': [{'major': 8, 'minor': 0, 'rate': 9}]}", "io.max = 8:0 wbps=9",
	  "blkio.throttle.write_bps_device = 8:0 9" },
	{ "'blockIO': {'throttleReadIOPSDevice': [{'major': 8, 'minor': 0, 'rate': 9}]}", "io.max = 8:0 riops=9",
	  "blkio.throttle.read_iops_device = 8:0 9" },
	{ "'blockIO': {'throttleWriteIOPSDevice': [{'major': 8, 'minor': 0, 'rate': 0}]}", "io.max = 8:0 wiops=max",
	  "blkio.throttle.write_iops_device = 8:0 0" },
	{ "'hugepageLimits': [{'pageSize': '2MB', 'limit': 4}]", "hugetlb.2MB.rsvd.max = 4",
	  "hugetlb.2MB.rsvd.limit_in_bytes = 4" },
	{ "'hugepageLimits': [{'pageSize': '1GB', 'limit': 4}]", "hugetlb.1GB.max = 4", "hugetlb.1GB.limit_in_bytes = 4" },
	{ "'network': {'classID': 7}", "network.classID: cgroup v2 has no", "net_cls.classid = 7" },
	{ "'network': {'priorities': [{'name': 'lo', 'priority': 3}]}", "network.priorities[0]: cgroup v2 has no",
	  "net_prio.ifpriomap = lo 3" },
	{ "'rdma': {'mlx': {'hcaHandles': 3, 'hcaObjects': 4}}", "rdma.max = mlx hca_handle=3 hca_object=4",
	  "rdma.max = mlx hca_handle=3 hca_object=4" },
	{ "'rdma': {'mlx': {'hcaObjects': 4}}", "rdma.max = mlx hca_object=4", "rdma.max = mlx hca_object=4" },
	{ "'rdma': {'a b': {'hcaObjects': 4}}", "rdma", "rdma" },
	{ "'unified': {'memory.high': '5'}", "enable controller memory", "this host has no cgroup v2" },
	{ "'unified': {'memory.high': '5'}", "write memory.high = 5 (unified[\"memory.high\"])", "no cgroup v2" },
	{ "'unified': {'io.max': '8:0 riops=3\\n8:1 riops=5\\n'}", "write io.max = 8:0 riops=3 (unified[\"io.max\"])\nwrite io.max = 8:1 riops=5 (unified", "no cgroup v2" },
	{ "'unified': {'cgroup.max.depth': '5'}", "cgroup.max.depth = 5", "no cgroup v2" },
	{ "'unified': {'cgroup.procs': '1'}", "unified[\"cgroup.procs\"]", "unified" },
	{ "'unified': {'cgroup.kill': '1'}", "unified[\"cgroup.kill\"]", "unified" },
	{ "'unified': {'nosuch.file': '1'}", "the requested cgroup controller `nosuch` is not available", "no cgroup v2" },
};

static void writes_each_resource_to_its_file(void)
{
	struct cgroup_layout unified, legacy = v1_layout();
	struct folder folder;

	layout_v2_in(&folder, &unified, "cpuset cpu io memory hugetlb pids rdma misc\n");
	for (size_t i = 0; i < ARRAY_SIZE(knob_rows); i++) {
		autobuf on_v2 = { 0 }, on_v1 = { 0 };

		(void)plan(knob_rows[i].resources, &unified, &on_v2);
		CHECK_HAS(on_v2.data, knob_rows[i].unified);
		(void)plan(knob_rows[i].resources, &legacy, &on_v1);
		CHECK_HAS(on_v1.data, knob_rows[i].legacy);
	}
	folder_remove(&folder);
}

static void refuses_unified_keys_that_are_no_file_names(void)
{
	static const char *const keys[] = {
		"../x",	   "/abs",     "memory", "memory/../x.y", ".max",
		"memory.", "memory..", "a b.c",	 "memory.\\nx",	  "m.x/y",
	};
	struct cgroup_layout layout;
	struct folder folder;

	layout_v2_in(&folder, &layout, "memory\n");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		autobuf text = { 0 };
		char resources[64];

		(void)snprintf(resources, sizeof(resources), "'unified': {'%s': '1'}", keys[i]);
		CHECK(plan(resources, &layout, &text) < 0);
		CHECK_HAS(text.data, "unified");
	}
	folder_remove(&folder);
}

static void refuses_page_sizes_that_are_no_file_names(void)
{
	static const char *const sizes[] = {
		"", "3XB", "../../x", "MB", "2M", "02MB", "2MBB", "2MB/", "99999999999MB"
	};
	struct cgroup_layout layout = v1_layout();

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		autobuf text = { 0 };
		char resources[80];

		(void)snprintf(resources, sizeof(resources), "'hugepageLimits': [{'pageSize': '%s', 'limit': 1}]",
			       sizes[i]);
		CHECK(plan(resources, &layout, &text) < 0);
		CHECK_HAS(text.data, "hugepageLimits[0]");
	}
}

static void names_the_missing_controller(void)
{
	struct cgroup_layout layout, none = { .mode = CGROUP_NONE };
	struct folder folder;
	autobuf v2 = { 0 }, hybrid = { 0 }, v1 = { 0 }, without = { 0 }, unlimited = { 0 };

	layout_v2_in(&folder, &layout, "hugetlb\n");
	CHECK(plan("'memory': {'limit': 100}", &layout, &v2) < 0);
	CHECK_HAS(v2.data, "linux.resources.memory.limit: this host has no memory controller on cgroup v2");
	CHECK_HAS(v2.data, "v2 has: hugetlb");
	/* what asks for no limit has it */
	CHECK(plan("'memory': {'limit': -1, 'disableOOMKiller': false}, 'pids': {'limit': -1}", &layout, &unlimited) ==
	      0);
	layout.mode = CGROUP_HYBRID;
	layout_add_v1(&layout, "cpu");
	CHECK(plan("'memory': {'limit': 100}", &layout, &hybrid) < 0);
	CHECK_HAS(hybrid.data, "no memory controller, neither on cgroup v1 nor on v2");
	layout = v1_layout();
	layout.count = 1;
	CHECK(plan("'memory': {'limit': 100}", &layout, &v1) < 0);
	CHECK_HAS(v1.data, "no memory controller on cgroup v1");
	CHECK(plan("'memory': {'limit': 100}", &none, &without) < 0);
	CHECK_HAS(without.data, "there are no cgroups here");
	folder_remove(&folder);
}

static void uses_each_controller_where_it_is_mounted(void)
{
	struct cgroup_layout layout;
	struct folder folder;
	autobuf text = { 0 };

	layout_v2_in(&folder, &layout, "hugetlb\n");
	layout.mode = CGROUP_HYBRID;
	layout_add_v1(&layout, "memory");
	layout_add_v1(&layout, "pids");
	CHECK(plan("'memory': {'limit': 100}, 'hugepageLimits': [{'pageSize': '2MB', 'limit': 4}]", &layout, &text) ==
	      0);
	CHECK_HAS(text.data, "memory.limit_in_bytes = 100");
	CHECK_HAS(text.data, "hugetlb.2MB.max = 4");
	CHECK_HAS(text.data, "cgroup /kavel-c1 at /nowhere/memory\n");
	CHECK(!strstr(text.data, "/nowhere/pids"));
	folder_remove(&folder);
}

static void plans_nothing_when_nothing_can_or_may_be_made(void)
{
	struct cgroup_layout none = { .mode = CGROUP_NONE }, layout = layout_v2("/");
	struct cgroup_request request = { .id = "c1", .layout = &layout, .manager = CGROUP_MANAGER_DISABLED };
	struct spec_document *document = NULL;
	struct arena arena = { 0 };
	struct cgroup_made made;
	struct cgroup_plan *made_plan;
	autobuf text = { 0 };
	struct err err;
	int fd;

	CHECK(plan("'memory': {}", &none, &text) == 0);
	CHECK_STR(text.data, "no cgroup\n");
	if (!CHECK(spec_text_parse(FRAME_RESOURCES, "'memory': {'limit': 100}", &document, &err) == 0))
		return;
	CHECK(cgroup_plan(spec_of(document), &request, &arena, &made_plan, &err) < 0);
	CHECK_HAS(err.text, "cannot set limits without cgroups: linux.resources.memory.limit");
	spec_free(document);
	if (!CHECK(spec_text_parse(FRAME_RESOURCES, "'memory': {'limit': -1}, 'devices': [{'allow': false}]", &document,
				   &err) == 0))
		return;
	CHECK(cgroup_plan(spec_of(document), &request, &arena, &made_plan, &err) == 0);
	CHECK_STR(cgroup_plan_path(made_plan), "");
	CHECK(cgroup_make(made_plan, &made, &fd, &err) == 0);
	CHECK(fd == -1 && !made.path[0]);
	CHECK(cgroup_limit(made_plan, &made, fd, &err) == 0);
	CHECK(cgroup_join(made_plan, &made, false, &err) == 0);
	CHECK(cgroup_remove(&layout, &made, 0, &err) == 0);
	spec_free(document);
	arena_free(&arena);
}

static void converts_cpu_shares_by_the_curve_of_the_peers(void)
{
	/* ceil(10 ** ((log2(x) ** 2 + 125 * log2(x)) / 612 - 7 / 34)), by another program */
	static const struct {
		uint64_t shares, weight;
	} rows[] = {
		{ 0, 1 },
		{ 2, 1 },
		{ 3, 2 },
		{ 4, 2 },
		{ 10, 4 },
		{ 52, 11 },
		{ 100, 17 },
		{ 256, 35 },
		{ 500, 58 },
		{ 512, 59 },
		{ 1000, 99 },
		{ 1023, 100 },
		{ 1024, 100 },
		{ 1025, 101 },
		{ 2048, 174 },
		{ 4096, 303 },
		{ 10240, 639 },
		{ 65536, 3023 },
		{ 100000, 4340 },
		{ 262143, 10000 },
		{ 262144, 10000 },
		{ 262145, 10000 },
		{ UINT64_MAX, 10000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK(cpu_weight_of_shares(rows[i].shares) == rows[i].weight);
	for (uint64_t shares = 1; shares <= 262144; shares++)
		if (!CHECK(cpu_weight_of_shares(shares) <= cpu_weight_of_shares(shares + 1)))
			return;
}

static void converts_io_weights_to_the_whole_range(void)
{
	CHECK(io_weight_of_weight(10) == 1);
	CHECK(io_weight_of_weight(1000) == 10000);
	CHECK(io_weight_of_weight(500) == 4950);
}

static const struct unit_test tests[] = {
	TEST(writes_each_resource_to_its_file),
	TEST(refuses_unified_keys_that_are_no_file_names),
	TEST(refuses_page_sizes_that_are_no_file_names),
	TEST(names_the_missing_controller),
	TEST(uses_each_controller_where_it_is_mounted),
	TEST(plans_nothing_when_nothing_can_or_may_be_made),
	TEST(converts_cpu_shares_by_the_curve_of_the_peers),
	TEST(converts_io_weights_to_the_whole_range),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
