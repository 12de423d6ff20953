/* Any bytes as linux.cgroupsPath, as mountinfo and /proc/self/cgroup, and as linux.resources: what is planned names only
 * files of the group, and a group that is not the caller's own.
 *
 * The first byte of an input says which of the three it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "cgroups/detect.h"
#include "cgroups/path.h"
#include "cgroups/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

static void expect_line(const char *text)
{
	for (; *text; text++)
		expect((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void expect_path(const char *path, const char *own)
{
	size_t size = strlen(path);

	expect(path[0] == '/' && size > 1 && size < 1024 && path[size - 1] != '/');
	expect(!strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../"));
	expect(!str_eq(path + size - 2, "/.") && !(size > 2 && str_eq(path + size - 3, "/..")));
	expect_line(path);
	expect(strncmp(own, path, size) != 0 || (own[size] != '\0' && own[size] != '/'));
}

static void try_path(const char *text)
{
	static const char *const own[] = { "/", "/a", "/a/b/c", "" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		struct cgroup_layout layout = { .mode = CGROUP_V2, .is_root = true, .count = 1 };
		struct arena arena = { 0 };
		const char *path;
		struct err err;

		(void)snprintf(layout.items[0].own, sizeof(layout.items[0].own), "%s", own[i]);
		if (cgroup_path(text, "id", &layout, &arena, &path, &err) == 0)
			expect_path(path, own[i]);
		else
			expect_line(err.text);
		arena_free(&arena);
	}
}

/* A file that holds these bytes, by a path in `path`. */
static int make_file(const void *data, size_t size, char path[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	expect(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void try_layout(const char *text, size_t size)
{
	size_t first = strlen(text), rest = first < size ? first + 1 : size;
	char mountinfo[32], own[32];
	struct cgroup_sources sources = { .usual = "/nowhere", .mountinfo = mountinfo, .own = own };
	struct cgroup_layout layout;
	struct err err;
	int files[] = { make_file(text, first, mountinfo), make_file(text + rest, size - rest, own) };

	expect(cgroup_detect_in(&sources, &layout, &err) == 0);
	expect(layout.count <= CGROUP_HIERARCHIES_MAX && (layout.mode == CGROUP_NONE) == (layout.count == 0));
	for (unsigned int i = 0; i < layout.count; i++) {
		const struct cgroup_hierarchy *item = &layout.items[i];

		expect(memchr(item->mount_point, '\0', sizeof(item->mount_point)));
		expect(memchr(item->controllers, '\0', sizeof(item->controllers)));
		expect(memchr(item->own, '\0', sizeof(item->own)));
		expect(!item->own[0] || item->own[0] == '/');
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)close(files[i]);
}

static void expect_plan(const struct cgroup_plan *plan)
{
	for (const struct cgroup_write *item = plan->writes; item; item = item->next) {
		expect(item->hierarchy < plan->layout->count);
		expect(plan->hierarchies & 1u << item->hierarchy);
		expect(*item->file && !strchr(item->file, '/') && !strchr(item->value, '\n'));
		expect_line(item->file);
	}
}

static void try_resources(const char *text, size_t size)
{
	static const char *const controllers[] = {
		"cpu,cpuacct", "cpuset", "memory", "pids", "blkio", "hugetlb", "rdma", "net_cls,net_prio", "devices",
	};
	struct cgroup_layout layout = { .mode = CGROUP_V1, .is_root = true, .count = ARRAY_SIZE(controllers) };
	struct cgroup_request request = { .id = "id", .layout = &layout };
	struct spec_document *document = NULL;
	struct arena arena = { 0 };
	struct cgroup_plan *plan;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		(void)snprintf(layout.items[i].controllers, sizeof(layout.items[i].controllers), "%s", controllers[i]);
	if (spec_parse_resources(text, size, "resources", &document, &err) == 0) {
		if (cgroup_plan(spec_of(document), &request, &arena, &plan, &err) == 0)
			expect_plan(plan);
		else
			expect_line(err.text);
	}
	spec_free(document);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = NULL;

	if (size < 1)
		return 0;
	text = calloc(1, size); /* one byte less, and a final NUL */
	expect(text);
	memcpy(text, data + 1, size - 1);
	if (data[0] == 'p')
		try_path(text);
	else if (data[0] == 'm')
		try_layout(text, size - 1);
	else if (data[0] == 'r')
		try_resources(text, size - 1);
	return 0;
}
