/* Idmapped mounts and mount labels: what is decided, and what is refused. */
#include <string.h>

#include "base/auto.h"
#include "rootfs/plan.h"
#include "rootfs_text.h"
#include "spec_text.h"
#include "unit.h"

static const struct spec_id_mapping guest_ids[] = { { 0, 100000, 10 }, { 10, 5000, 5 } };
static const struct spec_id_mappings guest_mappings = { .items = (struct spec_id_mapping *)(uintptr_t)guest_ids, .count = 2 };

static void plans_idmapped_mounts(void)
{
	static const struct {
		const char *mount, *line;
	} rows[] = {
		{ "\"options\":[\"bind\",\"idmap\"]", "(bind,idmap), idmapped to the guest's user namespace\n" },
		{ "\"options\":[\"bind\",\"ridmap=\"]",
		  "(bind,ridmap=), idmapped with all below to the guest's user namespace\n" },
		{ "\"options\":[\"bind\",\"idmap=uids=0-7-1;gids=0-8-1#1-9-2\"]",
		  "idmapped by mapping 0\nmapping 0: uids 0-7-1 gids 0-8-1 1-9-2\n" },
		{ "\"options\":[\"bind\",\"idmap=uids=@0-8-4;gids=0-8-1\"]", "uids 0-100008-2 2-5000-2 gids 0-8-1\n" },
		{ "\"options\":[\"bind\"],\"uidMappings\":[{\"containerID\":0,\"hostID\":3,\"size\":1}],"
		  "\"gidMappings\":[{\"containerID\":0,\"hostID\":4,\"size\":1}]",
		  "(bind), idmapped by mapping 0\nmapping 0: uids 0-3-1 gids 0-4-1\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rootfs_context context = usual;
		autobuf members = { 0 }, out = { 0 };

		context.has_user_ns = true;
		context.uids = context.gids = &guest_mappings;
		str_append_f(&members,
			     "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/b\",%s}],"
			     "\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}",
			     rows[i].mount);
		CHECK(plan_text(members.data, &context, &out) == 0);
		CHECK_HAS(out.data, rows[i].line);
	}
}

static void refuses_mappings_in_an_option_with_the_place(void)
{
	static const struct {
		const char *option, *text;
	} rows[] = {
		{ "idmap=uids=0-1;gids=0-0-1", "\"0-1\" is not FILE-SYSTEM-ID-HOST-ID-SIZE" },
		{ "idmap=uids=0-1-1-1;gids=0-0-1", "\"0-1-1-1\" is not" },
		{ "idmap=uids=0-1-0;gids=0-0-1", "\"0-1-0\" is not" },
		{ "idmap=uids=;gids=0-0-1", "\"\" is not" },
		{ "idmap=uids=-1-1-1;gids=0-0-1", "\"-1-1-1\" is not" },
		{ "idmap=uids=0-4294967296-1;gids=0-0-1", "\"0-4294967296-1\" is not" },
		{ "idmap=uids=0-1-1", "needs both uids= and gids=" },
		{ "idmap=uids=0-1-1;uids=0-1-1", "uids= stands there twice" },
		{ "idmap=users=0-1-1", "expected uids=... or gids=..., got \"users=0-1-1\"" },
		{ "idmap=uids=@0-1-1;gids=0-0-1", "relative to mappings that linux does not have" },
		{ "idmap=uids=0-0-9#5-20-1;gids=0-0-1", "overlaps" },
		{ "idmap=uids=0-4294967295-1;gids=0-0-1", "exceed the largest id" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		autobuf members = { 0 }, out = { 0 };

		str_append_f(&members,
			     "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\",\"%s\"]}]",
			     rows[i].option);
		CHECK(plan_text(members.data, &usual, &out) == -EINVAL);
		CHECK_HAS(out.data, "mounts[0].options[1]");
		CHECK_HAS(out.data, rows[i].text);
	}
}

/* The data that the only mount of the document gets; *ret is of the arena. */
static int data_of(const char *members, bool has_selinux, struct arena *arena, const char **ret, struct err *err)
{
	struct rootfs_context context = usual;
	struct spec_document *document = NULL;
	struct rootfs_plan *plan;
	int r = spec_text_parse(FRAME_DOCUMENT, members, &document, err);

	context.has_selinux = has_selinux;
	if (r == 0)
		r = rootfs_plan(spec_of(document), &context, arena, &plan, err);
	if (r == 0)
		*ret = arena_strdup(arena, plan->mounts[0].options.data);
	spec_free(document);
	return r;
}

static void labels_what_is_mounted_anew_where_the_host_has_selinux(void)
{
	static const struct {
		const char *mount, *more, *data;
	} rows[] = {
		{ "\"type\":\"tmpfs\"", "", "context=\"u:r:t:s0:c1,c2\"" },
		{ "\"type\":\"tmpfs\",\"options\":[\"ro\",\"size=1\"]", "", "size=1,context=\"u:r:t:s0:c1,c2\"" },
		{ "\"type\":\"devpts\"", ",\"annotations\":{\"run.oci.mount_context_type\":\"rootcontext\"}",
		  "rootcontext=\"u:r:t:s0:c1,c2\"" },
		{ "\"type\":\"xfs\"", ",\"annotations\":{\"run.oci.mount_context_type\":\"defcontext\"}",
		  "defcontext=\"u:r:t:s0:c1,c2\"" },
		{ "\"type\":\"xfs\"", ",\"annotations\":{\"run.oci.mount_context_type\":\"fscontext\"}",
		  "fscontext=\"u:r:t:s0:c1,c2\"" },
		{ "\"type\":\"tmpfs\",\"options\":[\"context=own\"]", "", "context=own" },
		{ "\"type\":\"tmpfs\",\"options\":[\"size=1\",\"rootcontext=own\"]", "", "size=1,rootcontext=own" },
		{ "\"type\":\"sysfs\"", "", "" },
		{ "\"type\":\"mqueue\"", "", "" },
		{ "\"type\":\"cgroup2\"", "", "" },
		{ "\"type\":\"bind\",\"source\":\"/b\"", "", "" },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const bool has_selinux = i & 1;
		struct arena arena = { 0 };
		const char *data = NULL;
		struct err err;
		autobuf members = { 0 };

		str_append_f(&members,
			     "\"mounts\":[{\"destination\":\"/a\",%s}],\"linux\":{\"mountLabel\":\"u:r:t:s0:c1,c2\"}%s",
			     rows[i / 2].mount, rows[i / 2].more);
		CHECK(data_of(members.data, has_selinux, &arena, &data, &err) == 0);
		CHECK(data && (has_selinux || !strstr(data, "u:r:t")));
		if (has_selinux)
			CHECK_STR(data, rows[i / 2].data);
		arena_free(&arena);
	}
}

static void says_what_becomes_of_the_mount_label(void)
{
	static const char *const members = "\"linux\":{\"mountLabel\":\"u:r:t:s0\"}";
	struct rootfs_context context = usual;
	autobuf with = { 0 }, without = { 0 };

	CHECK(plan_text(members, &context, &without) == 0);
	CHECK_HAS(without.data, "mount label: without effect, as the host has no SELinux\n");
	context.has_selinux = true;
	CHECK(plan_text(members, &context, &with) == 0);
	CHECK_HAS(with.data, "mount label: context=\"u:r:t:s0\"\n");
}

static const struct unit_test tests[] = {
	TEST(plans_idmapped_mounts),
	TEST(refuses_mappings_in_an_option_with_the_place),
	TEST(labels_what_is_mounted_anew_where_the_host_has_selinux),
	TEST(says_what_becomes_of_the_mount_label),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
