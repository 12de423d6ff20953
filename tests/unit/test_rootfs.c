/* Mount options and rootfs_plan(): what is decided, what is refused, and what `kavel plan` prints. */
#include <string.h>
#include <sys/mount.h>

#include "base/auto.h"
#include "base/sys.h"
#include "rootfs/plan.h"
#include "rootfs_text.h"
#include "unit.h"

/* ---------------------------------------------------------------- options */

static int parse(const char *const *list, bool is_bind, struct arena *arena, struct mount_options *ret, struct err *err)
{
	struct spec_strings options = { .items = (const char **)(uintptr_t)list };

	while (list[options.count])
		options.count++;
	return mount_options_parse(&options, "mounts[3]", is_bind, arena, ret, err);
}

static void knows_every_option_of_the_specification(void)
{
	static const char *const words[] = {
		"async",
		"atime",
		"bind",
		"defaults",
		"dev",
		"diratime",
		"dirsync",
		"exec",
		"iversion",
		"lazytime",
		"loud",
		"noatime",
		"nodev",
		"nodiratime",
		"noexec",
		"noiversion",
		"nolazytime",
		"norelatime",
		"nostrictatime",
		"nosuid",
		"private",
		"rbind",
		"relatime",
		"remount",
		"ro",
		"rprivate",
		"rshared",
		"rslave",
		"runbindable",
		"rw",
		"shared",
		"silent",
		"slave",
		"strictatime",
		"suid",
		"sync",
		"unbindable",
		"nosymfollow",
		"symfollow",
		"ratime",
		"rdev",
		"rdiratime",
		"rexec",
		"rnoatime",
		"rnodev",
		"rnodiratime",
		"rnoexec",
		"rnorelatime",
		"rnostrictatime",
		"rnosuid",
		"rnosymfollow",
		"rrelatime",
		"rro",
		"rrw",
		"rstrictatime",
		"rsuid",
		"rsymfollow",
		"mand",
		"nomand",
		"tmpcopyup",
		"copy-symlink",
		"src-nofollow",
		"dest-nofollow",
		"idmap",
		"ridmap",
		"rsync",
		"rasync",
		"rdirsync",
		"rmand",
		"rnomand",
	};
	const char *const *names = rootfs_option_names();
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *list[] = { words[i], NULL };
		struct arena arena = { 0 };
		struct mount_options options;
		struct err err = { 0 };

		CHECK(parse(list, true, &arena, &options, &err) == 0); /* on a bind mount, unknown ones are refused */
		arena_free(&arena);
	}
	for (; names[count]; count++)
		CHECK(!count || strcmp(names[count - 1], names[count]) < 0);
	CHECK(count == ARRAY_SIZE(words));
}

static void turns_options_into_flags(void)
{
	static const struct {
		const char *list[6];
		unsigned long flags;
		const char *data;
	} rows[] = {
		{ { NULL }, 0, "" },
		{ { "defaults", NULL }, 0, "" },
		{ { "nosuid", "noexec", "nodev", "ro", NULL }, MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, "" },
		{ { "ro", "rw", NULL }, 0, "" },
		{ { "rw", "ro", NULL }, MS_RDONLY, "" },
		{ { "noatime", "strictatime", NULL }, MS_STRICTATIME, "" },
		{ { "noatime", "relatime", NULL }, 0, "" },
		{ { "noatime", "nostrictatime", NULL }, MS_NOATIME, "" },
		{ { "strictatime", "nostrictatime", NULL }, 0, "" },
		{ { "noatime", "atime", NULL }, 0, "" },
		{ { "sync", "dirsync", "lazytime", "iversion", "silent", NULL },
		  MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME | MS_I_VERSION | MS_SILENT,
		  "" },
		{ { "sync", "async", "silent", "loud", NULL }, 0, "" },
		{ { "nosymfollow", "nodiratime", NULL }, MS_NOSYMFOLLOW | MS_NODIRATIME, "" },
		{ { "rro", "rnosuid", NULL }, MS_RDONLY | MS_NOSUID, "" },
		{ { "size=64k", "nosuid", "mode=755", NULL }, MS_NOSUID, "size=64k,mode=755" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena arena = { 0 };
		struct mount_options options;
		struct err err = { 0 };

		CHECK(parse(rows[i].list, false, &arena, &options, &err) == 0);
		CHECK(mount_options_flags(&options) == rows[i].flags);
		CHECK_STR(options.data, rows[i].data);
		arena_free(&arena);
	}
}

static void keeps_what_is_switched_off_apart_from_what_is_not_named(void)
{
	static const char *const list[] = { "rbind", "rw", "rnosuid", "rslave", NULL };
	static const char *const plain[] = { "rbind", "rprivate", NULL };
	struct arena arena = { 0 };
	struct mount_options o;
	struct err err;

	CHECK(parse(list, false, &arena, &o, &err) == 0);
	CHECK(o.bind && o.bind_below && o.has_flags);
	CHECK(o.top.set == 0 && o.top.clear == MOUNT_ATTR_RDONLY);
	CHECK(o.all.set == MOUNT_ATTR_NOSUID && o.all.clear == 0);
	CHECK(o.propagation == MS_SLAVE && o.propagation_below);
	CHECK_STR(o.text, "rbind,rw,rnosuid,rslave");
	CHECK(parse(plain, false, &arena, &o, &err) == 0);
	CHECK(!o.has_flags && o.propagation == MS_PRIVATE);
	arena_free(&arena);
}

static void clears_the_old_atime_mode_whenever_one_is_set(void)
{
	/* mount_setattr(2): EINVAL otherwise */
	static const char *const list[] = { "noatime", "rstrictatime", NULL };
	struct arena arena = { 0 };
	struct mount_options o;
	struct err err;

	CHECK(parse(list, true, &arena, &o, &err) == 0);
	CHECK(o.top.set == MOUNT_ATTR_NOATIME && o.top.clear == MOUNT_ATTR__ATIME);
	CHECK(o.all.set == MOUNT_ATTR_STRICTATIME && o.all.clear == MOUNT_ATTR__ATIME);
	arena_free(&arena);
}

static void keeps_options_of_idmapped_mounts_from_the_file_system(void)
{
	static const char *const lists[][3] = {
		{ "idmap", NULL },
		{ "ro", "ridmap", NULL },
		{ "ro", "ridmap=uids=0-1-2;gids=0-1-2", NULL },
		{ "idmap=", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct arena arena = { 0 };
		struct mount_options o;
		struct err err;

		CHECK(parse(lists[i], i & 1, &arena, &o, &err) == 0);
		CHECK_STR(o.data, "");
		CHECK(o.idmap && o.idmap_below == (i == 1 || i == 2) && o.idmap_index == (i == 1 || i == 2));
		CHECK(!o.idmap_ranges == (i != 2));
		if (i == 2)
			CHECK_STR(o.idmap_ranges, "uids=0-1-2;gids=0-1-2");
		arena_free(&arena);
	}
}

static void refuses_options_with_the_place(void)
{
	static const char *const unknown[] = { "ro", "frobnicate", NULL };
	char word[5000];
	const char *const longer[] = { word, NULL };
	struct arena arena = { 0 };
	struct mount_options o;
	struct err err;

	CHECK(parse(unknown, false, &arena, &o, &err) == 0);
	CHECK_STR(o.data, "frobnicate");
	CHECK(parse(unknown, true, &arena, &o, &err) == -EINVAL);
	CHECK_STR(err.text, "mounts[3].options[1]: unknown option \"frobnicate\" for a bind mount");
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	CHECK(parse(longer, false, &arena, &o, &err) == -EINVAL);
	CHECK_HAS(err.text, "mounts[3].options: longer than the 4095 bytes");
	arena_free(&arena);
}

/* ---------------------------------------------------------------- paths */

static void cleans_paths(void)
{
	static const struct {
		const char *path, *clean;
	} rows[] = {
		{ "/", "/" },		{ "", "/" },
		{ "a", "/a" },		{ "/a/b", "/a/b" },
		{ "//a///b/", "/a/b" }, { "/a/./b/.", "/a/b" },
		{ "/a/../b", "/b" },	{ "/../../x", "/x" },
		{ "/a/b/../..", "/" },	{ "/a/..b/...", "/a/..b/..." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena arena = { 0 };

		CHECK_STR(plan_clean_path(rows[i].path, &arena), rows[i].clean);
		arena_free(&arena);
	}
}

/* ---------------------------------------------------------------- the plan */

#define DEFAULT_DEVICES                                \
	"device: /dev/null c 1:3 mode 0666 owner 0:0\n"    \
	"device: /dev/zero c 1:5 mode 0666 owner 0:0\n"    \
	"device: /dev/full c 1:7 mode 0666 owner 0:0\n"    \
	"device: /dev/random c 1:8 mode 0666 owner 0:0\n"  \
	"device: /dev/urandom c 1:9 mode 0666 owner 0:0\n" \
	"device: /dev/tty c 5:0 mode 0666 owner 0:0\n"

static void prints_the_plan(void)
{
	autobuf out = { 0 };

	CHECK(plan_text(
		      "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
		      "{\"destination\":\"data/\",\"source\":\"vol\",\"options\":[\"rbind\",\"ro\"]}],"
		      "\"linux\":{\"maskedPaths\":[\"/proc/keys\",\"/proc//keys\",\"/a\"],\"readonlyPaths\":[\"/proc/"
		      "sys\"],"
		      "\"rootfsPropagation\":\"slave\",\"devices\":[{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,"
		      "\"minor\":3,\"fileMode\":8576,\"uid\":7,\"gid\":8},{\"path\":\"/var/p\",\"type\":\"p\"}]}",
		      &usual, &out) == 0);
	CHECK_STR(out.data, "rootfs: /bundle/rootfs by bind\n"
			    "mounts[0]: mount proc to /proc\n"
			    "mounts[1]: bind /bundle/vol to /data (rbind,ro)\n"
			    "device: /dev/null c 1:3 mode 0600 owner 7:8\n"
			    "device: /var/p p mode 0666 owner 0:0\n"
			    "device: /dev/zero c 1:5 mode 0666 owner 0:0\n"
			    "device: /dev/full c 1:7 mode 0666 owner 0:0\n"
			    "device: /dev/random c 1:8 mode 0666 owner 0:0\n"
			    "device: /dev/urandom c 1:9 mode 0666 owner 0:0\n"
			    "device: /dev/tty c 5:0 mode 0666 owner 0:0\n"
			    "switch: pivot_root\n"
			    "read-only: /proc/sys\n"
			    "masked: /a\n"
			    "masked: /proc/keys\n"
			    "root: writable, slave\n");
}

static void plans_overlays(void)
{
	static const struct {
		const char *annotations, *line;
	} rows[] = {
		{ "\"org.kavel.overlay.lowerdirs\":\"/\",\"org.kavel.overlay.upperdir\":\"tmpfs\"",
		  "rootfs: /bundle/rootfs by overlay of /, written to a tmpfs\n" },
		{ "\"org.kavel.overlay.lowerdirs\":\"a:/b\\\\:c\"",
		  "rootfs: /bundle/rootfs by overlay of /bundle/a /b:c, read-only\n" },
		{ "\"org.kavel.overlay.lowerdirs\":\"/a\",\"org.kavel.overlay.upperdir\":\"u\","
		  "\"org.kavel.overlay.workdir\":\"/w\"",
		  "rootfs: /bundle/rootfs by overlay of /a, written to /bundle/u (work directory /w)\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		autobuf members = { 0 }, out = { 0 };

		str_append_f(&members, "\"annotations\":{%s}", rows[i].annotations);
		CHECK(plan_text(members.data, &usual, &out) == 0);
		CHECK_HAS(out.data, rows[i].line);
	}
}

static void shows_the_guests_own_cgroup_only(void)
{
	static const char *const members = "\"mounts\":[{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\"}]";
	struct rootfs_context context = usual;
	autobuf with = { 0 }, without = { 0 }, hybrid = { 0 }, none = { 0 };

	CHECK(plan_text(members, &context, &with) == 0);
	CHECK_HAS(with.data, "mounts[0]: mount cgroup2 cgroup to /sys/fs/cgroup\n");
	context.has_cgroup_ns = false;
	CHECK(plan_text(members, &context, &without) == 0);
	CHECK_HAS(without.data, "mounts[0]: bind the guest's own cgroup below /sys/fs/cgroup to /sys/fs/cgroup\n");
	context.cgroup_layout = "hybrid";
	CHECK(plan_text(members, &context, &hybrid) == 0);
	CHECK_HAS(hybrid.data, "below /sys/fs/cgroup/unified to /sys/fs/cgroup\n");
	context.cgroup_layout = "v1";
	CHECK(plan_text(members, &context, &none) < 0);
	CHECK_HAS(none.data, "mounts[0].type: cgroup needs a cgroup namespace");
}

static void shows_each_hierarchy_beside_v1(void)
{
	static const char *const members = "\"mounts\":[{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\"}]";
	static const struct rootfs_hierarchy hierarchies[] = { { "cpu,cpuacct", "/c" }, { "", "/u" } };
	struct rootfs_context context = usual;
	autobuf out = { 0 };

	context.cgroup_layout = "hybrid";
	context.hierarchies = hierarchies;
	context.hierarchy_count = ARRAY_SIZE(hierarchies);
	CHECK(plan_text(members, &context, &out) == 0);
	CHECK_HAS(out.data, "mounts[0]: a tmpfs with the guest's cgroups of each hierarchy to /sys/fs/cgroup\n");
}

static void makes_nothing_in_a_dev_of_the_callers(void)
{
	autobuf out = { 0 };

	CHECK(plan_text("\"mounts\":[{\"destination\":\"/dev\",\"source\":\"/dev\",\"options\":[\"rbind\"]}]", &usual,
			&out) == 0);
	CHECK(!strstr(out.data, "device:"));
}

static void lists_the_default_devices(void)
{
	autobuf out = { 0 };

	CHECK(plan_text("\"annotations\":{}", &usual, &out) == 0);
	CHECK_STR(out.data, "rootfs: /bundle/rootfs by bind\n" DEFAULT_DEVICES "switch: pivot_root\n"
			    "root: writable, private\n");
}

static void refuses_with_the_place(void)
{
	static const struct {
		const char *members, *text;
	} rows[] = {
		{ "\"mounts\":[{\"destination\":\"/\",\"type\":\"tmpfs\"}]",
		  "mounts[0].destination: is the root itself" },
		{ "\"mounts\":[{\"destination\":\"/a\"}]", "mounts[0].type: is missing" },
		{ "\"mounts\":[{\"destination\":\"/a\",\"type\":\"bind\"}]", "mounts[0].source: " },
		{ "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"tmpfs\"}]",
		  "mounts[0]: /proc can only be a procfs, not tmpfs" },
		{ "\"mounts\":[{\"destination\":\"/a/../proc/\",\"type\":\"tmpfs\"}]",
		  "mounts[0]: /proc can only be a procfs" },
		{ "\"mounts\":[{\"destination\":\"/proc/self/attr\",\"type\":\"tmpfs\"}]",
		  "mounts[0].destination: /proc/self/attr lies inside procfs" },
		{ "\"mounts\":[{\"destination\":\"/proc/sys/kernel\",\"source\":\"/x\",\"options\":[\"bind\"]}]",
		  "lies inside procfs" },
		{ "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\",\"tmpcopyup\"]}]",
		  "mounts[0].options: tmpcopyup is for a tmpfs" },
		{ "\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"copy-symlink\"]}]",
		  "mounts[0].options: copy-symlink and src-nofollow are for bind mounts" },
		{ "\"linux\":{\"maskedPaths\":[\"a\"]}", "linux.maskedPaths[0]" },
		{ "\"linux\":{\"maskedPaths\":[\"\"]}", "linux.maskedPaths[0]" },
		{ "\"linux\":{\"readonlyPaths\":[\"/a\",\"/b/..\"]}", "linux.readonlyPaths[1]: is the root itself" },
		{ "\"linux\":{\"rootfsPropagation\":\"bogus\"}", "linux.rootfsPropagation" },
		{ "\"linux\":{\"mountLabel\":\"a\\\"b\"}", "linux.mountLabel: \"a\"b\" has a quote or a backslash" },
		{ "\"annotations\":{\"run.oci.mount_context_type\":\"label\"}",
		  "annotations[\"run.oci.mount_context_type\"]: expected context, fscontext, defcontext or "
		  "rootcontext" },
		{ "\"linux\":{\"devices\":[{\"path\":\"/dev/../etc/x\",\"type\":\"c\",\"major\":1,\"minor\":3}]}",
		  "linux.devices[0].path" },
		{ "\"linux\":{\"devices\":[{\"path\":\"dev/x\",\"type\":\"c\",\"major\":1,\"minor\":3}]}",
		  "linux.devices[0].path" },
		{ "\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":-1,\"minor\":3}]}",
		  "linux.devices[0].major" },
		{ "\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":1099511627776}]}",
		  "linux.devices[0].minor" },
		{ "\"annotations\":{\"org.kavel.overlay.upperdir\":\"/u\"}", "lowerdirs\"]: is missing" },
		{ "\"annotations\":{\"org.kavel.overlay.lowerdirs\":\"/a\",\"org.kavel.overlay.upperdir\":\"/u\"}",
		  "workdir\"]: is missing" },
		{ "\"annotations\":{\"org.kavel.overlay.lowerdirs\":\"/a::/b\"}",
		  "lowerdirs\"]: directory 1 is empty" },
		{ "\"annotations\":{\"org.kavel.overlay.lowerdirs\":\"/a\",\"org.kavel.overlay.workdir\":\"/w\"}",
		  "workdir\"]: is for an upper directory on disk" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		autobuf out = { 0 };

		CHECK(plan_text(rows[i].members, &usual, &out) == -EINVAL);
		CHECK_HAS(out.data, rows[i].text);
	}
}

static void mounts_nothing_without_a_mount_namespace(void)
{
	static const char *const members[] = {
		"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"}]",
		"\"linux\":{\"maskedPaths\":[\"/a\"]}",
		"\"linux\":{\"readonlyPaths\":[\"/a\"]}",
		"\"linux\":{\"rootfsPropagation\":\"slave\"}",
		"\"annotations\":{\"org.kavel.overlay.lowerdirs\":\"/a\"}",
	};
	struct rootfs_context context = usual;
	autobuf out = { 0 };

	context.has_mount_ns = false;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		autobuf refusal = { 0 };

		CHECK(plan_text(members[i], &context, &refusal) == -EINVAL);
		CHECK_HAS(refusal.data, "needs a new mount namespace");
	}
	CHECK(plan_text("\"annotations\":{}", &context, &out) == 0);
	CHECK_HAS(out.data, "rootfs: /bundle/rootfs as it is\n");
	CHECK_HAS(out.data, "switch: chroot\n");
}

static const struct unit_test tests[] = {
	TEST(knows_every_option_of_the_specification),
	TEST(turns_options_into_flags),
	TEST(keeps_what_is_switched_off_apart_from_what_is_not_named),
	TEST(clears_the_old_atime_mode_whenever_one_is_set),
	TEST(keeps_options_of_idmapped_mounts_from_the_file_system),
	TEST(refuses_options_with_the_place),
	TEST(cleans_paths),
	TEST(prints_the_plan),
	TEST(plans_overlays),
	TEST(shows_the_guests_own_cgroup_only),
	TEST(shows_each_hierarchy_beside_v1),
	TEST(makes_nothing_in_a_dev_of_the_callers),
	TEST(lists_the_default_devices),
	TEST(refuses_with_the_place),
	TEST(mounts_nothing_without_a_mount_namespace),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
