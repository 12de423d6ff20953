/* Changing limits, in a folder that looks like a cgroup v2 mount. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/cgroup.h"
#include "cgroups/plan.h"
#include "folder.h"
#include "layouts.h"
#include "spec_text.h"
#include "unit.h"

struct trial {
	struct folder folder;
	struct cgroup_layout layout;
	struct cgroup_made made;
	struct spec_document *document;
	struct arena arena;
	struct cgroup_plan *plan;
	struct err err;
};

/* A container's group that has these files and values: "file=value", ended by NULL. */
static void begin(struct trial *trial, const char *const *files)
{
	const struct spec nothing = { .oci_version = "1.3.0" };
	struct cgroup_request request = { .id = "c1", .layout = &trial->layout };
	struct cgroup_plan *plan;
	int fd;

	*trial = (struct trial){ .document = NULL };
	layout_v2_in(&trial->folder, &trial->layout, "cpu io memory pids rdma\n");
	CHECK(cgroup_plan(&nothing, &request, &trial->arena, &plan, &trial->err) == 0);
	CHECK(cgroup_make(plan, &trial->made, &fd, &trial->err) == 0);
	(void)close(fd);
	folder_write(&trial->folder, "kavel-c1/cgroup.controllers", "cpu io memory pids rdma\n");
	for (; *files; files++) {
		char name[80], *value;

		(void)snprintf(name, sizeof(name), "kavel-c1/%s", *files);
		value = strchr(name, '=');
		*value++ = '\0';
		folder_write(&trial->folder, name, strchr(*files, '=') + 1);
	}
}

static int change(struct trial *trial, const char *resources)
{
	CHECK(spec_text_parse(FRAME_RESOURCES, resources, &trial->document, &trial->err) == 0);
	CHECK(cgroup_plan_update(&spec_of(trial->document)->linux_.resources, &trial->layout, &trial->made,
				 &trial->arena, &trial->plan, &trial->err) == 0);
	return cgroup_update(trial->plan, &trial->made, &trial->err);
}

static void end(struct trial *trial)
{
	spec_free(trial->document);
	arena_free(&trial->arena);
	folder_remove(&trial->folder);
}

static void writes_what_is_named_and_nothing_else(void)
{
	struct trial trial;

	begin(&trial, (const char *const[]){ "cpu.weight=100\n", "pids.max=max\n", "memory.max=max\n", NULL });
	CHECK(change(&trial, "'pids': {'limit': 5}, 'cpu': {'shares': 2}") == 0);
	folder_has(&trial.folder, "kavel-c1/pids.max", "5ax"); /* a file that is none of the kernel's is not cut */
	folder_has(&trial.folder, "kavel-c1/cpu.weight", "100");
	folder_has(&trial.folder, "kavel-c1/memory.max", "max");
	end(&trial);
}

static void hands_missing_controllers_down(void)
{
	struct trial trial;

	begin(&trial, (const char *const[]){ "pids.max=max\n", NULL });
	folder_write(&trial.folder, "kavel-c1/cgroup.controllers", "cpu\n");
	CHECK(change(&trial, "'pids': {'limit': 512}") == 0);
	folder_has(&trial.folder, "cgroup.subtree_control", "+pids");
	end(&trial);
}

static void takes_all_back_when_one_is_refused(void)
{
	struct trial trial;

	begin(&trial, (const char *const[]){ "cpu.weight=7777\n", "cpu.max=50000 100000\n", "memory.max=4096\n",
					     "io.max=8:0 rbps=1 wbps=max\n8:16 rbps=2 wbps=max\n", NULL });
	/* there is no pids.max */
	CHECK(change(&trial,
		     "'pids': {'limit': 5}, 'cpu': {'shares': 262144, 'quota': 10000}, 'memory': {'limit': 8192},"
		     "'blockIO': {'throttleReadBpsDevice': [{'major': 8, 'minor': 16, 'rate': 9}]}") == -ENOENT);
	CHECK_HAS(trial.err.text,
		  "linux.resources.pids.limit: write \"5\" to pids.max of cgroup /kavel-c1: No such file");
	folder_has(&trial.folder, "kavel-c1/cpu.weight", "77770"); /* "10000", then "7777" */
	folder_has(&trial.folder, "kavel-c1/cpu.max", "50000 100000");
	folder_has(&trial.folder, "kavel-c1/memory.max", "4096");
	end(&trial);
}

static void leaves_a_group_alone_that_is_another(void)
{
	struct trial trial;

	begin(&trial, (const char *const[]){ "pids.max=max\n", NULL });
	trial.made.inode++;
	CHECK(change(&trial, "'pids': {'limit': 5}") == -ENOENT);
	CHECK_HAS(trial.err.text, "cgroup /kavel-c1 of the container is gone");
	folder_has(&trial.folder, "kavel-c1/pids.max", "max");
	end(&trial);
}

static void passes_over_files_that_a_kernel_may_lack(void)
{
	struct trial trial;

	begin(&trial, (const char *const[]){ "io.weight=default 100\n", "memory.max=max\n", NULL });
	CHECK(change(&trial, "'blockIO': {'weight': 1000}, 'memory': {'limit': 100, 'swap': 100}") == 0);
	folder_has(&trial.folder, "kavel-c1/io.weight", "10000lt 100");
	end(&trial);
}

static const struct unit_test tests[] = {
	TEST(writes_what_is_named_and_nothing_else),
	TEST(hands_missing_controllers_down),
	TEST(takes_all_back_when_one_is_refused),
	TEST(leaves_a_group_alone_that_is_another),
	TEST(passes_over_files_that_a_kernel_may_lack),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
