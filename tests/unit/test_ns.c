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
		{ SPEC_NS_TIME, CLONE_NEWTIME, 0 },	{ SPEC_NS_USER, CLONE_NEWUSER, 0 },
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

/* ---------------------------------------------------------------- user namespaces and the others */

enum how { NONE, NEW, JOIN, JOIN_OWNED /* by the joined user namespace */ };

static const enum spec_namespace_type others[] = {
	SPEC_NS_CGROUP, SPEC_NS_IPC, SPEC_NS_MOUNT, SPEC_NS_NETWORK, SPEC_NS_PID, SPEC_NS_TIME, SPEC_NS_UTS,
};

/* Each way of the user namespace with each way of any other type: who makes or joins that, and when. */
static const struct {
	enum how user, other;
	bool has_middle;
	int flags_of_others; /* how many of the seven are cloned: all but cgroup, when they are new */
	enum ns_when when;   /* joined: of types that are not listed below, */
	enum ns_when pid, late; /* of pid; of cgroup and mount */
} combinations[] = {
	/* user	other	    middle new	when		 pid		  cgroup, mount */
	{ NONE, NONE,	    false, 0,	NS_BY_GUEST,	 NS_BY_GUEST,	  NS_BY_GUEST },
	{ NONE, NEW,	    false, 1,	NS_BY_GUEST,	 NS_BY_GUEST,	  NS_BY_GUEST },
	{ NONE, JOIN,	    false, 0,	NS_BY_GUEST,	 NS_AROUND_CLONE, NS_BY_GUEST },
	{ NEW,	NONE,	    false, 0,	NS_BY_GUEST,	 NS_BY_GUEST,	  NS_BY_GUEST },
	{ NEW,	NEW,	    false, 1,	NS_BY_GUEST,	 NS_BY_GUEST,	  NS_BY_GUEST },
	{ NEW,	JOIN,	    true,  0,	NS_BEFORE_USER,	 NS_BEFORE_USER,  NS_BEFORE_USER },
	{ JOIN, NONE,	    true,  0,	NS_BY_GUEST,	 NS_BY_GUEST,	  NS_BY_GUEST },
	{ JOIN, NEW,	    true,  1,	NS_BY_GUEST,	 NS_BY_GUEST,	  NS_BY_GUEST },
	{ JOIN, JOIN,	    true,  0,	NS_BEFORE_USER,	 NS_BEFORE_USER,  NS_BEFORE_USER },
	{ JOIN, JOIN_OWNED, true,  0,	NS_AFTER_USER,	 NS_AFTER_USER,	  NS_BY_GUEST },
};

static void add_as(struct list *list, enum spec_namespace_type type, enum how how)
{
	if (how != NONE)
		add(list, type, how == NEW ? NULL : "/some/path");
}

static void check_join(size_t row, const struct ns_plan *plan, const struct ns_join *join)
{
	const bool is_late = join->type == SPEC_NS_CGROUP || join->type == SPEC_NS_MOUNT;

	if (join->type == SPEC_NS_USER)
		CHECK(ns_when(plan, join) == NS_AS_USER);
	else
		CHECK(ns_when(plan, join) == (join->type == SPEC_NS_PID ? combinations[row].pid
					      : is_late			? combinations[row].late
									: combinations[row].when));
}

static void check_combination(size_t row, enum spec_namespace_type type)
{
	const enum how user = combinations[row].user, other = combinations[row].other;
	struct list list = { 0 };
	struct ns_plan plan;
	struct err err;
	int clone = user == NEW ? CLONE_NEWUSER : 0;

	add_as(&list, type, other);
	add_as(&list, SPEC_NS_USER, user);
	if (!CHECK(ns_plan(&list.spec, &plan, &err) == 0))
		return;
	if (combinations[row].flags_of_others && type != SPEC_NS_CGROUP)
		clone |= ns_types[type].flag;
	CHECK(plan.clone_flags == clone);
	CHECK(plan.unshare_flags == (type == SPEC_NS_CGROUP && other == NEW ? CLONE_NEWCGROUP : 0));
	CHECK(plan.has_middle == combinations[row].has_middle);
	CHECK(plan.join_count == (unsigned int)(user == JOIN) + (other >= JOIN));
	CHECK(ns_is_private(&plan, SPEC_NS_USER) == (user != NONE) && ns_is_new(&plan, SPEC_NS_USER) == (user == NEW));
	CHECK(!plan.uids == (user != NEW) && !plan.gids == (user != NEW));
	for (unsigned int i = 0; i < plan.join_count; i++) {
		plan.joins[i].is_owned = other == JOIN_OWNED; /* which ns_open() finds out */
		check_join(row, &plan, &plan.joins[i]);
	}
}

static void a_user_namespace_is_entered_after_what_it_does_not_own_and_before_what_it_does(void)
{
	for (size_t row = 0; row < ARRAY_SIZE(combinations); row++)
		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			check_combination(row, others[i]);
}

/* Offsets can be set only before anybody is inside: not by clone3.  Who makes the namespace must be in the user namespace that
 * is to own it. */
static void a_time_namespace_with_offsets_is_unshared(void)
{
	static const struct {
		enum how user;
		bool is_guests;
	} rows[] = { { NONE, true }, { NEW, true }, { JOIN, false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct list list = { .spec.linux_.time_offsets.boottime = { .is_set = true, .secs = 7 } };
		struct ns_plan plan;
		struct err err;

		add(&list, SPEC_NS_TIME, NULL);
		add_as(&list, SPEC_NS_USER, rows[i].user);
		CHECK(ns_plan(&list.spec, &plan, &err) == 0);
		CHECK(!(plan.clone_flags & CLONE_NEWTIME) && plan.offsets && ns_is_new(&plan, SPEC_NS_TIME));
		CHECK(ns_has_own_offsets(&plan) == rows[i].is_guests);
	}
}

static void prints_mappings_and_offsets(void)
{
	struct spec_id_mapping ids[] = { { 0, 100000, 1000 }, { 1000, 1, 1 } };
	struct list list = { 0 };
	struct ns_plan plan;
	struct err err;
	autobuf out = { 0 };

	list.spec.linux_.uid_mappings = (struct spec_id_mappings){ ids, 2 };
	list.spec.linux_.gid_mappings = (struct spec_id_mappings){ ids, 1 };
	list.spec.linux_.time_offsets.monotonic = (struct spec_time_offset){ true, -5, 7 };
	add(&list, SPEC_NS_USER, NULL);
	add(&list, SPEC_NS_TIME, NULL);
	add(&list, SPEC_NS_UTS, "/x");
	CHECK(ns_plan(&list.spec, &plan, &err) == 0);
	ns_plan_print(&plan, &out);
	CHECK_STR(out.data, "namespace cgroup: the caller's\n"
			    "namespace ipc: the caller's\n"
			    "namespace mount: the caller's\n"
			    "namespace network: the caller's\n"
			    "namespace pid: the caller's\n"
			    "namespace time: new, by unshare\n"
			    "  monotonic -5 s, 7 ns\n"
			    "namespace user: new, by clone3\n"
			    "  uid 0 is 100000 on the host, 1000 in all\n"
			    "  uid 1000 is 1 on the host, 1 in all\n"
			    "  gid 0 is 100000 on the host, 1000 in all\n"
			    "namespace uts: join /x\n"
			    "a process between joins, and clones the guest\n");
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
	TEST(a_user_namespace_is_entered_after_what_it_does_not_own_and_before_what_it_does),
	TEST(a_time_namespace_with_offsets_is_unshared),
	TEST(prints_mappings_and_offsets),
	TEST(prints_one_line_for_each_type),
	TEST(opens_only_namespaces_of_the_type),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
