/* What systemd is asked for: the unit's name and slice, and the properties that limits, device rules and annotations become. */
#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "cgroups/plan.h"
#include "folder.h"
#include "layouts.h"
#include "spec_text.h"
#include "unit.h"

/* Plan with the systemd manager; `text` gets the printed plan or the message. */
static int plan(enum spec_frame frame, const char *fragment, const char *id, struct str_buf *text)
{
	struct cgroup_layout layout;
	struct cgroup_request request = { .id = id, .layout = &layout, .manager = CGROUP_MANAGER_SYSTEMD };
	struct spec_document *document = NULL;
	struct arena arena = { 0 };
	struct cgroup_plan *made;
	struct folder folder;
	struct err err = { 0 };
	int r;

	layout_v2_in(&folder, &layout, "cpuset cpu io memory hugetlb pids rdma");
	layout.is_root = true;
	r = spec_text_parse(frame, fragment, &document, &err);
	if (r == 0)
		r = cgroup_plan(spec_of(document), &request, &arena, &made, &err);
	if (r == 0)
		cgroup_plan_print(made, text);
	else
		str_append(text, err.text);
	spec_free(document);
	arena_free(&arena);
	folder_remove(&folder);
	return r;
}

static const struct {
	const char *linux_, *id, *printed[3];
} names[] = {
	{ "'resources': {}", "c1", { "system unit kavel-c1.scope in system.slice", "cgroup /system.slice/kavel-c1.scope/container at" } },
	{ "'cgroupsPath': ''", "c1", { "system unit kavel-c1.scope in system.slice" } },
	{ "'cgroupsPath': 'machine.slice:libpod:abc'", "c1",
	  { "system unit libpod-abc.scope in machine.slice", "cgroup /machine.slice/libpod-abc.scope/container at" } },
	{ "'cgroupsPath': ':p:n'", "c1", { "system unit p-n.scope in system.slice" } },
	{ "'cgroupsPath': '::n'", "c1", { "system unit n.scope in system.slice" } },
	{ "'cgroupsPath': 'a-b-c.slice:p:n'", "c1",
	  { "in a-b-c.slice", "cgroup /a.slice/a-b.slice/a-b-c.slice/p-n.scope/container at" } },
	{ "'cgroupsPath': '-.slice:p:n'", "c1", { "in -.slice", "cgroup /p-n.scope/container at" } },
	{ "'resources': {}", "a+b", { "unit kavel-a\\x2bb.scope" } },
};

static void names_the_unit_and_its_slice(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		autobuf text = { 0 };

		CHECK(plan(FRAME_LINUX, names[i].linux_, names[i].id, &text) == 0);
		for (size_t k = 0; k < ARRAY_SIZE(names[i].printed) && names[i].printed[k]; k++)
			CHECK_HAS(text.data, names[i].printed[k]);
	}
}

static const struct {
	const char *linux_, *message;
} bad_names[] = {
	{ "'cgroupsPath': '/a/b'", "slice:prefix:name" },
	{ "'cgroupsPath': 'a'", "slice:prefix:name" },
	{ "'cgroupsPath': 'a.slice:b'", "slice:prefix:name" },
	{ "'cgroupsPath': 'a.slice:b:c:d'", "slice:prefix:name" },
	{ "'cgroupsPath': 'a.slice:b/c:d'", "slice:prefix:name" },
	{ "'cgroupsPath': 'a:b:c'", "not the name of a slice" },
	{ "'cgroupsPath': '.slice:b:c'", "not the name of a slice" },
	{ "'cgroupsPath': '-a.slice:b:c'", "not the name of a slice" },
	{ "'cgroupsPath': 'a-.slice:b:c'", "not the name of a slice" },
	{ "'cgroupsPath': 'a--b.slice:b:c'", "not the name of a slice" },
	{ "'cgroupsPath': 'a b.slice:b:c'", "not the name of a slice" },
	{ "'cgroupsPath': 'a.slice:b:'", "has no name" },
	{ "'cgroupsPath': 'a.slice:b:c\\nd'", "control character" },
	{ "'cgroupsPath': 'a.slice:b:"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxx'",
	  "too long" },
};

static void refuses_other_forms_of_the_path(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_names); i++) {
		autobuf text = { 0 };

		CHECK(plan(FRAME_LINUX, bad_names[i].linux_, "c1", &text) < 0);
		CHECK_HAS(text.data, bad_names[i].message);
		CHECK_HAS(text.data, "linux.cgroupsPath");
	}
}

static const struct {
	const char *resources, *property;
} limits[] = {
	{ "'memory': {'limit': 1048576}", "unit property MemoryMax t 1048576\n" },
	{ "'memory': {'limit': -1}", "unit property MemoryMax t 18446744073709551615\n" },
	{ "'memory': {'reservation': 4096}", "unit property MemoryLow t 4096\n" },
	{ "'memory': {'limit': 100, 'swap': 150}", "unit property MemorySwapMax t 50\n" },
	{ "'unified': {'memory.high': '8192'}", "unit property MemoryHigh t 8192\n" },
	{ "'unified': {'memory.min': 'max'}", "unit property MemoryMin t 18446744073709551615\n" },
	{ "'cpu': {'shares': 1024}", "unit property CPUWeight t 100\n" },
	{ "'unified': {'cpu.weight': '7'}", "unit property CPUWeight t 7\n" },
	{ "'cpu': {'idle': 1}", "unit property CPUWeight t 0\n" },
	{ "'cpu': {'quota': 50000, 'period': 100000}",
	  "unit property CPUQuotaPerSecUSec t 500000\nunit property CPUQuotaPeriodUSec t 100000\n" },
	{ "'cpu': {'quota': 12345}", "unit property CPUQuotaPerSecUSec t 130000\n" }, /* 12.345 % becomes 13 % */
	{ "'cpu': {'quota': -1}", "unit property CPUQuotaPerSecUSec t 18446744073709551615\n" },
	{ "'cpu': {'cpus': '0-1,9'}", "unit property AllowedCPUs ay 2 3 2\n" },
	{ "'cpu': {'mems': '0'}", "unit property AllowedMemoryNodes ay 1 1\n" },
	{ "'pids': {'limit': 10}", "unit property TasksMax t 10\n" },
	{ "'pids': {'limit': -1}", "unit property TasksMax t 18446744073709551615\n" },
	{ "'blockIO': {'weight': 10}", "unit property IOWeight t 1\n" },
	{ "'blockIO': {'weightDevice': [{'major': 8, 'minor': 0, 'weight': 10}]}",
	  "unit property IODeviceWeight a(st) 1 /dev/block/8:0 1\n" },
	{ "'devices': [{'allow': false, 'access': 'rwm'},"
	  "{'allow': true, 'type': 'c', 'major': 10, 'minor': 229, 'access': 'rw'}]",
	  "/dev/char/10:229 rw" },
	{ "'devices': [{'allow': false, 'access': 'rwm'}, {'allow': true, 'type': 'b', 'major': 8, 'access': 'r'}]",
	  "block-8 r" },
	{ "'devices': [{'allow': false, 'access': 'rwm'}]", "unit property DevicePolicy s strict\n" },
	{ "'devices': [{'allow': true, 'access': 'rwm'}]", "unit property DevicePolicy s auto\n" },
	{ "", "unit property DevicePolicy s auto\n" },
};

static void limits_become_properties(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		autobuf text = { 0 };

		CHECK(plan(FRAME_RESOURCES, limits[i].resources, "c1", &text) == 0);
		CHECK_HAS(text.data, limits[i].property);
	}
}

static const struct {
	const char *annotations, *wanted;
	bool is_good;
} annotations[] = {
	{ "'org.systemd.property.TimeoutStopUSec': 'uint64 5'", "unit property TimeoutStopUSec t 5\n", true },
	{ "'org.systemd.property.TimeoutStopSec': '2'", "unit property TimeoutStopUSec t 2000000\n", true },
	{ "'org.systemd.property.TimeoutStopSec': '0.5'", "unit property TimeoutStopUSec t 500000\n", true },
	{ "'org.systemd.property.After': '[\\\"a.service\\\"]'", "unit property After as 1 a.service\n", true },
	{ "'org.systemd.property.Foo': 'true'", "unit property Foo b 1\n", true },
	{ "'run.oci.systemd.subgroup': 'init'", "/system.slice/kavel-c1.scope/init at", true },
	{ "'run.oci.systemd.subgroup': ''", "/system.slice/kavel-c1.scope at", true },
	{ "'org.systemd.property.TimeoutStopSec': '\\\"2\\\"'", "TimeoutStopSec\"]: a number of seconds", false },
	{ "'org.systemd.property.TimeoutStopSec': '-2'", "is not a number of seconds", false },
	{ "'org.systemd.property.Foo': 'bar'", "org.systemd.property.Foo\"]: \"bar\" is not a number", false },
	{ "'org.systemd.property.A-b': 'true'", "not the name of a property", false },
	{ "'org.systemd.property.Delegate': 'false'", "belongs to the runtime", false },
	{ "'org.systemd.property.Slice': '\\\"a.slice\\\"'", "belongs to the runtime", false },
	{ "'run.oci.systemd.subgroup': '../x'", "not the name of a group", false },
	{ "'run.oci.systemd.subgroup': '..'", "not the name of a group", false },
	{ "'run.oci.systemd.force_cgroup_v1': '/x'", "force_cgroup_v1", false },
};

static void annotations_add_to_them(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(annotations); i++) {
		autobuf text = { 0 }, fragment = { 0 };

		str_append_f(&fragment, "'annotations': {%s}", annotations[i].annotations);
		CHECK((plan(FRAME_DOCUMENT, fragment.data, "c1", &text) == 0) == annotations[i].is_good);
		CHECK_HAS(text.data, annotations[i].wanted);
	}
}

static void needs_a_hierarchy_of_systemd(void)
{
	struct cgroup_layout layout = { .mode = CGROUP_V1, .is_root = true };
	struct cgroup_request request = { .id = "c1", .layout = &layout, .manager = CGROUP_MANAGER_SYSTEMD };
	struct spec_document *document = NULL;
	struct arena arena = { 0 };
	struct cgroup_plan *made;
	struct err err = { 0 };

	layout_add_v1(&layout, "freezer");
	if (!CHECK(spec_text_parse(FRAME_RESOURCES, "", &document, &err) == 0))
		return;
	CHECK(cgroup_plan(spec_of(document), &request, &arena, &made, &err) == -ENOTSUP);
	CHECK_HAS(err.text, "name=systemd");
	layout.mode = CGROUP_NONE;
	layout.count = 0;
	CHECK(cgroup_plan(spec_of(document), &request, &arena, &made, &err) == -ENOTSUP);
	spec_free(document);
	arena_free(&arena);
}

static void tells_limits_of_v1(void)
{
	struct cgroup_layout layout = { .mode = CGROUP_V1, .is_root = true };
	struct cgroup_request request = {
		.id = "c1", .root = "/x", .layout = &layout, .manager = CGROUP_MANAGER_SYSTEMD
	};
	struct spec_document *document = NULL;
	struct arena arena = { 0 };
	struct cgroup_plan *made;
	struct err err = { 0 };
	autobuf text = { 0 };

	layout_add_v1(&layout, "freezer");
	layout_add_v1(&layout, "name=systemd");
	layout_add_v1(&layout, "memory");
	layout_add_v1(&layout, "cpu");
	if (!CHECK(spec_text_parse(
			   FRAME_RESOURCES,
			   "'memory': {'limit': 65536}, 'cpu': {'shares': 512, 'quota': 50000, 'period': 200000}",
			   &document, &err) == 0))
		return;
	if (CHECK(cgroup_plan(spec_of(document), &request, &arena, &made, &err) == 0)) {
		cgroup_plan_print(made, &text);
		CHECK_HAS(text.data, "system unit kavel-c1:");
		CHECK_HAS(text.data, "unit property MemoryLimit t 65536\n");
		CHECK_HAS(text.data, "unit property CPUShares t 512\n");
		CHECK_HAS(text.data, "unit property CPUQuotaPerSecUSec t 250000\n");
		CHECK_HAS(text.data, "unit property CPUQuotaPeriodUSec t 200000\n");
		CHECK(!strstr(text.data, "DevicePolicy"));
		for (unsigned int i = 0; i < layout.count; i++)
			CHECK(cgroup_plan_has(made, i));
	}
	spec_free(document);
	arena_free(&arena);
}

static const struct unit_test tests[] = {
	TEST(tells_limits_of_v1),
	TEST(names_the_unit_and_its_slice),
	TEST(refuses_other_forms_of_the_path),
	TEST(limits_become_properties),
	TEST(annotations_add_to_them),
	TEST(needs_a_hierarchy_of_systemd),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
