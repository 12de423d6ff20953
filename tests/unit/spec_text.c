#include "spec_text.h"

#include <errno.h>

#include "base/str.h"
#include "unit.h"

#define DOCUMENT   "{'ociVersion':'1.3.0','root':{'path':'rootfs'},"
#define NAMESPACES "'namespaces':[{'type':'pid'},{'type':'network'},{'type':'ipc'},{'type':'uts'}," \
		   "{'type':'mount'},{'type':'cgroup'}],"

static const struct {
	const char *before, *after;
} frames[] = {
	[FRAME_NONE] = { "", "" },
	[FRAME_DOCUMENT] = { DOCUMENT, "}" },
	[FRAME_PROCESS] = { DOCUMENT "'process':{'args':['sh'],'cwd':'/',", "}}" },
	[FRAME_LINUX] = { DOCUMENT "'linux':{" NAMESPACES, "}}" },
	[FRAME_RESOURCES] = { DOCUMENT "'linux':{" NAMESPACES "'resources':{", "}}}" },
	[FRAME_SECCOMP] = { DOCUMENT "'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW',", "}}}" },
	[FRAME_RULE] = { DOCUMENT "'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{"
				  "'names':['mount','umount2'],", "}]}}}" },
};

int spec_text_parse(enum spec_frame frame, const char *fragment, struct spec_document **ret, struct err *err)
{
	autobuf text = { 0 };

	str_append(&text, frames[frame].before);
	str_append(&text, fragment);
	str_append(&text, frames[frame].after);
	if (text.failed)
		return err_memory(err);
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] == '\'')
			text.data[i] = '"';
	return spec_parse(text.data ? text.data : "", text.size, "config.json", ret, err);
}

void spec_text_refused(const struct spec_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct spec_document *document = NULL;
		struct err err = { 0 };

		if (!CHECK(spec_text_parse(rows[i].frame, rows[i].fragment, &document, &err) == -EINVAL))
			CHECK_STR(rows[i].fragment, "refused");
		CHECK_HAS(err.text, rows[i].message);
		CHECK(strlen(err.text) < 1000 && !strchr(err.text, '\n'));
		CHECK(!document);
		spec_free(document);
	}
}
