/* ns_plan(): which namespaces are made by clone3, which by unshare, which are joined, and in what order. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/sys.h"
#include "namespaces/ns.h"
#include "unit.h"

struct list {
	struct spec_namespace items[2 * SPEC_NS_COUNT];
	size_t count;
	struct spec spec;
};

static void add(struct list *list, enum spec_namespace_type type, const char *path)
{
	list->items[list->count++] = (struct spec_namespace){ .type = type, .path = path };
	list->spec.linux_.namespaces.items = list->items;
	list->spec.linux_.namespaces.count = list->count;
}

/* One row: what is listed, and what comes of it. */
static void plans_each_type(void)
{
	static const struct {
		enum spec_namespace_type type;
		int clone, unshare;
	} rows[] = {
		{ SPEC_NS_CGROUP, 0, CLONE_NEWCGROUP }, { SPEC_NS_IPC, CLONE_NEWIPC, 0 },
		{ SPEC_NS_MOUNT, CLONE_NEWNS, 0 },	{ SPEC_NS_NETWORK, CLONE_NEWNET, 0 },
		{ SPEC_NS_PID, CLONE_NEWPID, 0 },	{ SPEC_NS_UTS, CLONE_NEWUTS, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct list made = { 0 }, joined = { 0 };
		struct ns_plan plan;
		struct err err;

		add(&made, rows[i].type, NULL);
		CHECK(ns_plan(&made.spec, &plan, &err) == 0);
		CHECK(plan.clone_flags == rows[i].clone && plan.unshare_flags == rows[i].unshare && !plan.join_count);
		CHECK(ns_is_new(&plan, rows[i].type) && ns_is_private(&plan, rows[i].type));

		add(&joined, rows[i].type, "/run/netns/x");
		CHECK(ns_plan(&joined.spec, &plan, &err) == 0);
		CHECK(!plan.clone_flags && !plan.unshare_flags && plan.join_count == 1);
		CHECK(plan.joins[0].type == rows[i].type && plan.joins[0].fd == -1);
		CHECK(!ns_is_new(&plan, rows[i].type) && ns_is_private(&plan, rows[i].type));
	}
}

static void plans_nothing_without_a_list(void)
{
	struct list list = { 0 };
	struct ns_plan plan;
	struct err err;

	CHECK(ns_plan(&list.spec, &plan, &err) == 0);
	CHECK(!plan.clone_flags && !plan.unshare_flags && !plan.join_count);
	for (int type = 0; type < SPEC_NS_COUNT; type++)
		CHECK(!ns_is_private(&plan, (enum spec_namespace_type)type));
}

static void joins_the_mount_namespace_last(void)
{
	struct list list = { 0 };
	struct ns_plan plan;
	struct err err;

	add(&list, SPEC_NS_MOUNT, "/m");
	add(&list, SPEC_NS_UTS, "/u");
	add(&list, SPEC_NS_PID, "/p");
	add(&list, SPEC_NS_CGROUP, "/c");
	CHECK(ns_plan(&list.spec, &plan, &err) == 0);
	CHECK(plan.join_count == 4);
	CHECK(plan.joins[3].type == SPEC_NS_MOUNT && plan.joins[3].index == 0);
	CHECK_STR(plan.joins[0].path, "/p");
}

static void refuses_what_it_cannot_do(void)
{
	static const struct {
		enum spec_namespace_type first, second;
		const char *path, *text;
	} rows[] = {
		{ SPEC_NS_IPC, SPEC_NS_IPC, NULL, "linux.namespaces[1]: a second namespace of type ipc" },
		{ SPEC_NS_IPC, SPEC_NS_USER, NULL, "linux.namespaces[1]: user namespaces are not supported yet" },
		{ SPEC_NS_IPC, SPEC_NS_USER, "/x", "linux.namespaces[1]: user namespaces are not supported yet" },
		{ SPEC_NS_IPC, SPEC_NS_TIME, NULL, "linux.namespaces[1]: time namespaces are not supported yet" },
		{ SPEC_NS_IPC, SPEC_NS_UTS, "x", "linux.namespaces[1].path: \"x\" is not an absolute path" },
		{ SPEC_NS_IPC, SPEC_NS_UTS, "", "linux.namespaces[1].path: \"\" is not an absolute path" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct list list = { 0 };
		struct ns_plan plan;
		struct err err = { 0 };

		add(&list, rows[i].first, NULL);
		add(&list, rows[i].second, rows[i].path);
		CHECK(ns_plan(&list.spec, &plan, &err) == -EINVAL);
		CHECK_STR(err.text, rows[i].text);
	}
}

static void refuses_mappings_and_offsets(void)
{
	struct spec mapped = { .linux_.uid_mappings.count = 1 }, gids = { .linux_.gid_mappings.count = 1 };
	struct spec offset = { .linux_.time_offsets.is_set = true };
	struct ns_plan plan;
	struct err err;

	CHECK(ns_plan(&mapped, &plan, &err) == -EINVAL);
	CHECK_HAS(err.text, "linux.uidMappings");
	CHECK(ns_plan(&gids, &plan, &err) == -EINVAL);
	CHECK_HAS(err.text, "linux.gidMappings");
	CHECK(ns_plan(&offset, &plan, &err) == -EINVAL);
	CHECK_HAS(err.text, "linux.timeOffsets");
}

static void prints_one_line_for_each_type(void)
{
	struct list list = { 0 };
	struct ns_plan plan;
	struct err err;
	autobuf out = { 0 };

	add(&list, SPEC_NS_CGROUP, NULL);
	add(&list, SPEC_NS_PID, NULL);
	add(&list, SPEC_NS_NETWORK, "/run/netns/blue");
	CHECK(ns_plan(&list.spec, &plan, &err) == 0);
	ns_plan_print(&plan, &out);
	CHECK_STR(out.data, "namespace cgroup: new, by unshare\n"
			    "namespace ipc: the caller's\n"
			    "namespace mount: the caller's\n"
			    "namespace network: join /run/netns/blue\n"
			    "namespace pid: new, by clone3\n"
			    "namespace time: the caller's\n"
			    "namespace user: the caller's\n"
			    "namespace uts: the caller's\n");
}

/* Opening needs no privilege as long as nothing is joined. */
static int open_path(enum spec_namespace_type type, const char *path, struct err *err)
{
	struct list list = { 0 };
	struct ns_plan plan;
	int r;

	add(&list, type, path);
	CHECK(ns_plan(&list.spec, &plan, err) == 0);
	r = ns_open(&plan, err);
	CHECK((plan.joins[0].fd >= 0) == (r == 0));
	ns_close(&plan);
	CHECK(plan.joins[0].fd == -1);
	return r;
}

static void opens_only_namespaces_of_the_type(void)
{
	char fifo[] = "/tmp/kavel-test-ns-XXXXXX";
	struct err err;

	CHECK(open_path(SPEC_NS_UTS, "/proc/self/ns/uts", &err) == 0);
	CHECK(open_path(SPEC_NS_MOUNT, "/proc/self/ns/mnt", &err) == 0);
	CHECK(open_path(SPEC_NS_UTS, "/proc/self/ns/net", &err) < 0);
	CHECK_STR(err.text, "linux.namespaces[0].path: /proc/self/ns/net is a namespace of type network, not uts");
	CHECK(open_path(SPEC_NS_UTS, "/proc/self/stat", &err) < 0);
	CHECK_STR(err.text, "linux.namespaces[0].path: /proc/self/stat is not a namespace");
	CHECK(open_path(SPEC_NS_UTS, "/nowhere", &err) == -ENOENT);
	CHECK(mkdtemp(fifo) && rmdir(fifo) == 0 && mkfifo(fifo, 0600) == 0);
	CHECK(open_path(SPEC_NS_UTS, fifo, &err) < 0); /* and does not wait for a writer */
	(void)unlink(fifo);
}

static const struct unit_test tests[] = {
	TEST(plans_each_type),
	TEST(plans_nothing_without_a_list),
	TEST(joins_the_mount_namespace_last),
	TEST(refuses_what_it_cannot_do),
	TEST(refuses_mappings_and_offsets),
	TEST(prints_one_line_for_each_type),
	TEST(opens_only_namespaces_of_the_type),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
