#include "rootfs_text.h"

#include "base/arena.h"
#include "rootfs/plan.h"
#include "spec_text.h"

const struct rootfs_context usual = {
	.bundle = "/bundle",
	.has_mount_ns = true,
	.has_cgroup_ns = true,
	.has_network_ns = true,
	.cgroup_layout = "v2",
};

int plan_text(const char *members, const struct rootfs_context *context, struct str_buf *out)
{
	struct spec_document *document = NULL;
	struct arena arena = { 0 };
	struct rootfs_plan *plan;
	struct err err = { 0 };
	int r = spec_text_parse(FRAME_DOCUMENT, members, &document, &err);

	if (r == 0)
		r = rootfs_plan(spec_of(document), context, &arena, &plan, &err);
	if (r == 0)
		rootfs_plan_print(plan, out);
	else
		str_append(out, err.text);
	spec_free(document);
	arena_free(&arena);
	return r;
}
