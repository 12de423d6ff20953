/* Where the group of a caller goes who is not root, and what he may do without. */
#include <errno.h>
#include <stdio.h>

#include "base/auto.h"
#include "cgroups/delegate.h"
#include "folder.h"
#include "layouts.h"
#include "spec_text.h"
#include "unit.h"

/* A plan, and what it lives of. */
struct planned {
	struct spec_document *document;
	struct arena arena;
	struct cgroup_plan *plan;
	struct err err;
	int r;
};

/* fragment: members of linux. */
static void make_plan(const char *fragment, const struct cgroup_layout *layout, struct planned *ret)
{
	const struct cgroup_request request = { .id = "c1", .layout = layout, .manager = CGROUP_MANAGER_CGROUPFS };

	*ret = (struct planned){ .document = NULL };
	ret->r = spec_text_parse(FRAME_LINUX, fragment, &ret->document, &ret->err);
	if (CHECK(ret->r == 0))
		ret->r = cgroup_plan(spec_of(ret->document), &request, &ret->arena, &ret->plan, &ret->err);
}

static void free_plan(struct planned *planned)
{
	spec_free(planned->document);
	arena_free(&planned->arena);
}

static void path_is(const char *fragment, const struct cgroup_layout *layout, const char *wanted)
{
	struct planned planned;

	make_plan(fragment, layout, &planned);
	if (planned.r == 0)
		CHECK_STR(planned.plan->path, wanted);
	else
		CHECK_HAS(planned.err.text, wanted);
	free_plan(&planned);
}

#define PIDS   "'resources': {'pids': {'limit': 5}}"
#define DEVICES "'resources': {'devices': [{'allow': false, 'access': 'rwm'}]}"

static void goes_below_the_own_group_or_beside_it(void)
{
	struct cgroup_layout layout;
	struct folder folder;

	layout_v2_in(&folder, &layout, "pids memory");
	layout.is_root = false;
	(void)snprintf(layout.items[0].own, sizeof(layout.items[0].own), "/user/own");
	folder_mkdir(&folder, "user");
	folder_mkdir(&folder, "user/own");
	folder_write(&folder, "user/own/cgroup.subtree_control", "");
	path_is("'cgroupsPath': ''", &layout, "/user/own/kavel-c1");
	path_is(DEVICES, &layout, "/user/own/kavel-c1");
	/* the own group has the caller in it, and so cannot hand a controller down */
	path_is(PIDS, &layout, "/user/kavel-c1");
	folder_write(&folder, "user/own/cgroup.subtree_control", "memory");
	path_is(PIDS, &layout, "/user/kavel-c1");
	/* but it does already */
	folder_write(&folder, "user/own/cgroup.subtree_control", "memory pids");
	path_is(PIDS, &layout, "/user/own/kavel-c1");
	/* what the config says counts */
	path_is("'cgroupsPath': '/x', " PIDS, &layout, "/x");
	path_is("'cgroupsPath': 'x', " PIDS, &layout, "/user/own/x");
	layout.is_root = true;
	path_is(PIDS, &layout, "/kavel-c1");
	folder_remove(&folder);
}

static void goes_by_the_root_when_that_is_near(void)
{
	struct cgroup_layout layout;
	struct folder folder;

	layout_v2_in(&folder, &layout, "pids");
	layout.is_root = false;
	path_is(PIDS, &layout, "/kavel-c1"); /* from /own */
	(void)snprintf(layout.items[0].own, sizeof(layout.items[0].own), "/");
	path_is(PIDS, &layout, "/kavel-c1");
	path_is(DEVICES, &layout, "/kavel-c1");
	folder_remove(&folder);
}

static void goes_without_where_nothing_is_known(void)
{
	struct cgroup_layout layout = layout_v2("");

	layout.is_root = false;
	path_is(DEVICES, &layout, "");
	path_is("'cgroupsPath': 'x'", &layout, "the caller's own group cannot be told");
}

static void does_without_a_group_that_nothing_asks_for(void)
{
	static const struct {
		const char *fragment, *wanted_by;
		bool may;
	} rows[] = {
		{ "'cgroupsPath': '/x'", "cgroupsPath", false },
		{ PIDS, "resources.pids.limit", false },
		{ DEVICES, NULL, true },
		{ "'resources': {}", NULL, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgroup_layout layout;
		struct planned planned;
		struct folder folder;

		layout_v2_in(&folder, &layout, "pids");
		layout.is_root = false;
		make_plan(rows[i].fragment, &layout, &planned);
		if (CHECK(planned.r == 0)) {
			CHECK_STR(planned.plan->wanted_by, rows[i].wanted_by);
			CHECK(delegate_may_do_without(planned.plan, -EACCES) == rows[i].may);
			CHECK(delegate_may_do_without(planned.plan, -EROFS) == rows[i].may);
			/* that is no lack of a right */
			CHECK(!delegate_may_do_without(planned.plan, -ENOSPC));
			CHECK(delegate_forgives_devices(planned.plan, -EPERM));
			CHECK(!delegate_forgives_devices(planned.plan, -EINVAL));
		}
		free_plan(&planned);
		folder_remove(&folder);
	}
}

static void says_how_to_get_one(void)
{
	struct cgroup_layout layout;
	struct planned planned;
	struct folder folder;

	layout_v2_in(&folder, &layout, "pids");
	layout.is_root = false;
	make_plan(PIDS, &layout, &planned);
	if (CHECK(planned.r == 0)) {
		(void)err_sys(&planned.err, EACCES, "make cgroup /x");
		CHECK(delegate_explain(planned.plan, &planned.err) == -EACCES);
		CHECK_HAS(planned.err.text,
			  "linux.resources.pids.limit needs a cgroup: make cgroup /x: Permission denied");
		CHECK_HAS(planned.err.text, "systemd-run --user --scope -p Delegate=yes");
		(void)err_sys(&planned.err, ENOSPC, "make cgroup /x");
		CHECK(delegate_explain(planned.plan, &planned.err) == -ENOSPC);
		CHECK_STR(planned.err.text, "make cgroup /x: No space left on device");
	}
	free_plan(&planned);
	folder_remove(&folder);
}

static const struct unit_test tests[] = {
	TEST(goes_below_the_own_group_or_beside_it),
	TEST(goes_by_the_root_when_that_is_near),
	TEST(goes_without_where_nothing_is_known),
	TEST(does_without_a_group_that_nothing_asks_for),
	TEST(says_how_to_get_one),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
