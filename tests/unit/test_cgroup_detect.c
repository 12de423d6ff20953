/* Which cgroup hierarchies are found, and where a group lies in them. */
#include <stdio.h>
#include <string.h>

#include "cgroups/detect.h"
#include "cgroups/path.h"
#include "folder.h"
#include "layouts.h"
#include "unit.h"

/* ---------------------------------------------------------------- finding the hierarchies */

#define TMPFS_LINE "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"

static const char hybrid_mounts[] = TMPFS_LINE
	"23 1 8:1 / / rw - ext4 /dev/sda rw\n"
	"32 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
	"33 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	"34 31 0:32 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
	"35 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";

static const char hybrid_own[] = "4:cpu,cpuacct:/a\n3:memory:/a/b\n1:name=systemd:/s\n0::/u/v\n";

/* Detect from two texts. */
static void detect(const char *mounts, const char *own, struct cgroup_layout *layout)
{
	char mountinfo[100], own_path[100];
	struct cgroup_sources sources = { .usual = "/nowhere", .mountinfo = mountinfo, .own = own_path };
	struct folder folder;
	struct err err;

	folder_make(&folder);
	folder_write(&folder, "mountinfo", mounts);
	folder_write(&folder, "own", own);
	(void)snprintf(mountinfo, sizeof(mountinfo), "%s/mountinfo", folder.path);
	(void)snprintf(own_path, sizeof(own_path), "%s/own", folder.path);
	CHECK(cgroup_detect_in(&sources, layout, &err) == 0);
	folder_remove(&folder);
}

static const struct cgroup_hierarchy *find(const struct cgroup_layout *layout, const char *controllers)
{
	for (unsigned int i = 0; i < layout->count; i++)
		if (strcmp(layout->items[i].controllers, controllers) == 0)
			return &layout->items[i];
	return NULL;
}

static void finds_each_hierarchy_of_a_hybrid_host(void)
{
	struct cgroup_layout layout;
	const struct cgroup_hierarchy *cpu, *unified;

	detect(hybrid_mounts, hybrid_own, &layout);
	CHECK(layout.mode == CGROUP_HYBRID);
	CHECK(layout.count == 4);
	cpu = find(&layout, "cpu,cpuacct");
	unified = find(&layout, "");
	if (!CHECK(cpu && unified && find(&layout, "memory") && find(&layout, "name=systemd")))
		return;
	CHECK_STR(cpu->mount_point, "/sys/fs/cgroup/cpu,cpuacct");
	CHECK_STR(cpu->own, "/a");
	CHECK_STR(unified->mount_point, "/sys/fs/cgroup/unified");
	CHECK_STR(unified->own, "/u/v");
}

static void tells_v1_and_none_from_their_mounts(void)
{
	struct cgroup_layout layout;

	detect("32 31 0:30 / /cg/memory rw - cgroup cgroup rw,memory\n", "3:memory:/\n", &layout);
	CHECK(layout.mode == CGROUP_V1);
	detect("23 1 8:1 / / rw - ext4 /dev/sda rw\n", "", &layout);
	CHECK(layout.mode == CGROUP_NONE);
	CHECK(layout.count == 0);
	detect("32 31 0:30 / /cg rw - cgroup2 none rw\n", "0::/x\n", &layout);
	CHECK(layout.mode == CGROUP_V2);
	CHECK_STR(layout.items[0].own, "/x");
}

static void passes_over_mounts_that_are_hidden(void)
{
	struct cgroup_layout layout;

	/* a cgroup2 mount on top of the tmpfs that holds the others */
	detect(TMPFS_LINE "32 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
			  "40 31 0:40 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
	       "3:memory:/\n0::/\n", &layout);
	CHECK(layout.mode == CGROUP_V2);
	CHECK(layout.count == 1);
	CHECK_STR(layout.items[0].mount_point, "/sys/fs/cgroup");
}

static void prefers_the_mount_with_the_whole_tree(void)
{
	struct cgroup_layout layout;

	detect("32 31 0:30 /part /a rw - cgroup cgroup rw,memory\n32 31 0:30 / /b rw - cgroup cgroup rw,memory\n",
	       "3:memory:/part/own\n", &layout);
	CHECK(layout.count == 1);
	CHECK_STR(layout.items[0].mount_point, "/b");
	CHECK_STR(layout.items[0].own, "/part/own");
}

static void sees_the_own_group_through_the_root_of_the_mount(void)
{
	struct cgroup_layout layout;

	detect("32 31 0:30 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "3:memory:/docker/x/y\n",
	       &layout);
	CHECK_STR(layout.items[0].own, "/y");
	detect("32 31 0:30 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "3:memory:/docker/x\n",
	       &layout);
	CHECK_STR(layout.items[0].own, "/");
	/* mounted from outside of the cgroup namespace: where the caller is in it cannot be told */
	detect("32 31 0:30 /../.. /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "3:memory:/\n", &layout);
	CHECK_STR(layout.items[0].own, "");
}

static void decodes_blanks_in_mount_points(void)
{
	struct cgroup_layout layout;

	detect("32 31 0:30 / /cg\\040roups/v\\1342 rw - cgroup2 none rw\n", "0::/\n", &layout);
	CHECK_STR(layout.items[0].mount_point, "/cg roups/v\\2");
}

static void drops_v1_hierarchies_without_known_controllers(void)
{
	struct cgroup_layout layout;

	detect(hybrid_mounts, "3:memory:/a/b\n0::/u/v\n", &layout);
	CHECK(layout.mode == CGROUP_HYBRID);
	CHECK(layout.count == 2);
	CHECK(find(&layout, "memory") && find(&layout, ""));
	detect(hybrid_mounts, "", &layout);
	CHECK(layout.mode == CGROUP_V2);
	CHECK_STR(layout.items[0].mount_point, "/sys/fs/cgroup/unified");
}

static void survives_damaged_lines(void)
{
	struct cgroup_layout layout;

	detect("\n\n32\n32 31\n32 31 0:30 / /x rw - \n32 31 0:30 / /x rw -\nx y 0:30 / /x rw - cgroup2 none rw\n- - - "
	       "-\n",
	       "\n::\n0\n0:\n0::\n0::relative\n:::::\n", &layout);
	CHECK(layout.mode == CGROUP_NONE);
}

/* ---------------------------------------------------------------- where the group lies */

/* The path, or the message. */
static void path_is(const char *cgroups_path, const char *own, const char *wanted)
{
	struct cgroup_layout layout = layout_v2(own);
	struct arena arena = { 0 };
	const char *path = NULL;
	struct err err;

	if (cgroup_path(cgroups_path, "kavel-c1", &layout, &arena, &path, &err) == 0)
		CHECK_STR(path, wanted);
	else
		CHECK_HAS(err.text, wanted);
	arena_free(&arena);
}

static void puts_the_group_where_the_config_says(void)
{
	path_is("/a/b", "/own", "/a/b");
	path_is("//a/./b///c/.", "/own", "/a/b/c");
	path_is("a/b", "/own", "/own/a/b");
	path_is("a", "/", "/a");
	path_is(NULL, "/own", "/kavel-c1");
	path_is("", "/own", "/kavel-c1");
	path_is("/own/below", "/own", "/own/below");
	path_is("/ow", "/own", "/ow");
	path_is("/a:b/c:d:e", "/own", "/a:b/c:d:e");
}

static void refuses_paths_that_are_not_a_groups_own(void)
{
	char name[300], deep[2000];

	path_is("/", "/own", "linux.cgroupsPath: the root");
	path_is("///./", "/own", "linux.cgroupsPath: the root");
	path_is(".", "/", "the root");
	path_is("/a/../b", "/own", "`..` components are not allowed");
	path_is("..", "/own", "`..` components are not allowed");
	path_is("/a\nb", "/own", "control character");
	path_is("/own", "/own", "the caller's own group /own or above it");
	path_is("/own", "/own/a", "or above it");
	path_is("/own/a", "/own/a/b/c", "or above it");
	path_is(".", "/own", "or above it");
	path_is("a/b", "", "cannot be told");
	path_is("system.slice:kavel:c1", "/own", "slice:prefix:name");
	path_is(":kavel:c1", "/own", "slice:prefix:name");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	path_is(name, "/own", "too long");
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 ? 'x' : '/';
	deep[sizeof(deep) - 1] = '\0';
	path_is(deep, "/own", "too long");
}

static void starts_below_the_own_group_without_privilege(void)
{
	struct cgroup_layout layout = layout_v2("/user/app");
	struct arena arena = { 0 };
	const char *path = NULL;
	struct err err;

	layout.is_root = false;
	CHECK(cgroup_path(NULL, "kavel-c1", &layout, &arena, &path, &err) == 0);
	CHECK_STR(path, "/user/app/kavel-c1");
	arena_free(&arena);
}

static void names_groups_by_the_id_and_the_state_directory(void)
{
	struct arena arena = { .blocks = NULL };
	const char *here = cgroup_default_name("c1", "/run/here", &arena),
		   *there = cgroup_default_name("c1", "/run/there", &arena);
	const char *one, *other;
	char id[256];

	CHECK_STR(cgroup_default_name("c1", NULL, &arena), "kavel-c1");
	CHECK(strncmp(here, "kavel-c1@", 9) == 0 && strlen(here) == 17 && strcmp(here, there) != 0);
	memset(id, 'x', 255);
	id[243] = '\0';
	CHECK(strlen(cgroup_default_name(id, NULL, &arena)) == 249);
	id[243] = 'x';
	id[255] = '\0';
	one = cgroup_default_name(id, "/run/here", &arena);
	id[254] = 'y';
	other = cgroup_default_name(id, "/run/here", &arena);
	CHECK(strlen(one) <= 249 && strcmp(one, other) != 0);
	arena_free(&arena);
}

static const struct unit_test tests[] = {
	TEST(finds_each_hierarchy_of_a_hybrid_host),
	TEST(tells_v1_and_none_from_their_mounts),
	TEST(passes_over_mounts_that_are_hidden),
	TEST(prefers_the_mount_with_the_whole_tree),
	TEST(sees_the_own_group_through_the_root_of_the_mount),
	TEST(decodes_blanks_in_mount_points),
	TEST(drops_v1_hierarchies_without_known_controllers),
	TEST(survives_damaged_lines),
	TEST(puts_the_group_where_the_config_says),
	TEST(refuses_paths_that_are_not_a_groups_own),
	TEST(starts_below_the_own_group_without_privilege),
	TEST(names_groups_by_the_id_and_the_state_directory),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
