/* Any bytes as config.json: what is planned for the rootfs names clean paths, covers nothing of procfs that must stay the
 * kernel's, and hands the kernel no more than it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/sys.h"
#include "rootfs/plan.h"
#include "spec/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

/* Absolute, without "." , ".." , double or trailing slashes. */
static void expect_clean(const char *path)
{
	size_t size = strlen(path);

	expect(path[0] == '/' && (size == 1 || path[size - 1] != '/'));
	expect(!strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../"));
	expect(size < 2 || !str_eq(path + size - 2, "/."));
	expect(size < 3 || !str_eq(path + size - 3, "/.."));
}

static void expect_change(const struct mount_change *change)
{
	uint64_t atime = change->set & MOUNT_ATTR__ATIME;

	/* mount_setattr(2) refuses anything else */
	expect(!atime || (change->clear & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME);
	expect(!(change->clear & MOUNT_ATTR__ATIME) || (change->clear & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME);
	expect(!(change->set & change->clear & ~(uint64_t)MOUNT_ATTR__ATIME));
}

static void expect_mount(const struct mount_item *m)
{
	const char *in_proc = str_after(m->destination, "/proc/");

	expect_clean(m->destination);
	expect(!str_eq(m->destination, "/") && m->where && m->options.text);
	expect(!in_proc || m->may_be_in_proc);
	expect(strlen(m->options.data) < 4096);
	expect_change(&m->options.top);
	expect_change(&m->options.all);
	if (m->kind == MOUNT_FILE_SYSTEM)
		expect(m->type && *m->type && m->source);
	if (m->kind == MOUNT_BIND)
		expect(m->source && m->source[0] == '/' && (m->options.remount || !*m->options.data));
	if (m->idmap.is_set)
		expect(m->kind == MOUNT_BIND || m->kind == MOUNT_FILE_SYSTEM);
	if (str_eq(m->destination, "/proc") && m->kind != MOUNT_CHANGE)
		expect(m->magic == SYS_PROC_MAGIC && m->literal);
}

static void expect_paths(const struct spec_strings *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		expect(*paths->items[i] && paths->items[i][0] != '/' && paths->items[i][-1] == '/');
		expect_clean(paths->items[i] - 1);
		expect(!i || strcmp(paths->items[i - 1], paths->items[i]) < 0);
	}
}

/* What the kernel takes as a mapping: no range empty, none over another. */
static void expect_ids(const struct spec_id_mappings *ids)
{
	struct err err;

	expect(check_mappings(ids, "mapping", &err) == 0);
}

static void expect_mappings(const struct rootfs_plan *plan)
{
	for (size_t i = 0; i < plan->mapping_count; i++) {
		expect(plan->mappings[i].is_guests || plan->mappings[i].uids.count);
		expect_ids(&plan->mappings[i].uids);
		expect_ids(&plan->mappings[i].gids);
	}
	for (size_t i = 0; i < plan->mount_count; i++)
		expect(!plan->mounts[i].idmap.is_set || plan->mounts[i].idmap.mapping < plan->mapping_count);
}

static void expect_plan(const struct rootfs_plan *plan)
{
	autobuf text = { 0 };

	expect_clean(rootfs_path(plan));
	for (size_t i = 0; i < plan->mount_count; i++)
		expect_mount(&plan->mounts[i]);
	expect_mappings(plan);
	for (size_t i = 0; i < plan->device_count; i++) {
		const struct device_item *device = &plan->devices[i];

		expect_clean(device->path);
		expect(!device->name || (*device->name && !strchr(device->name, '/')));
		expect(S_ISCHR(device->mode) || S_ISBLK(device->mode) || S_ISFIFO(device->mode));
	}
	for (size_t i = 0; i < plan->overlay.lower_count; i++)
		expect(plan->overlay.lowers[i][0] == '/');
	expect(!plan->overlay.upper == !plan->overlay.work);
	expect_paths(&plan->masked);
	expect_paths(&plan->readonly_paths);
	if (!plan->context.has_mount_ns)
		expect(!plan->mount_count && !plan->masked.count && !plan->overlay.is_set && !plan->readonly);
	rootfs_plan_print(plan, &text);
	expect(!text.failed && text.data);
}

static void try_context(const struct spec *spec, const struct rootfs_context *context)
{
	struct arena arena = { 0 };
	struct rootfs_plan *plan;
	struct err err = { 0 };

	if (rootfs_plan(spec, context, &arena, &plan, &err) == 0)
		expect_plan(plan);
	else
		expect(err.number > 0 && *err.text && !strchr(err.text, '\n'));
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rootfs_hierarchy hierarchies[] = { { "memory", "/c/memory" }, { "", "/c/unified" } };
	static struct spec_id_mapping ranges[] = { { 0, 100000, 10 }, { 10, 5, 1 } };
	static const struct spec_id_mappings guest_ids = { .items = ranges, .count = ARRAY_SIZE(ranges) };
	static const struct rootfs_context contexts[] = {
		{ .bundle = "/b",
		  .has_mount_ns = true,
		  .has_cgroup_ns = true,
		  .has_network_ns = true,
		  .cgroup_layout = "v2" },
		{ .bundle = "/b", .has_mount_ns = true, .cgroup_layout = "hybrid" },
		{ .bundle = "/b",
		  .has_mount_ns = true,
		  .has_user_ns = true,
		  .has_selinux = true,
		  .uids = &guest_ids,
		  .gids = &guest_ids,
		  .cgroup_layout = "hybrid",
		  .hierarchies = hierarchies,
		  .hierarchy_count = ARRAY_SIZE(hierarchies) },
		{ .bundle = "/b", .has_mount_ns = true, .has_user_ns = true, .cgroup_layout = "v1" },
		{ .bundle = "/b", .cgroup_layout = "none" },
	};
	struct spec_document *document = NULL;
	struct err err;

	if (spec_parse((const char *)data, size, "config.json", &document, &err) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(contexts); i++)
			try_context(spec_of(document), &contexts[i]);
	spec_free(document);
	return 0;
}
