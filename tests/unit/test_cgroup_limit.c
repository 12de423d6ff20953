/* Carrying a plan out, in a folder that looks like a cgroup v2 mount. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/cgroup.h"
#include "folder.h"
#include "layouts.h"
#include "spec_text.h"
#include "unit.h"

struct trial {
	struct folder folder;
	struct cgroup_layout layout;
	struct spec_document *document;
	struct arena arena;
	struct cgroup_plan *plan;
	struct cgroup_made made;
	int fd;
	struct err err;
};

static void begin(struct trial *trial, const char *resources)
{
	struct cgroup_request request = { .id = "c1", .layout = &trial->layout };

	*trial = (struct trial){ .fd = -1 };
	layout_v2_in(&trial->folder, &trial->layout, "cpu io memory pids\n");
	CHECK(spec_text_parse(FRAME_RESOURCES, resources, &trial->document, &trial->err) == 0);
	CHECK(cgroup_plan(spec_of(trial->document), &request, &trial->arena, &trial->plan, &trial->err) == 0);
}

static void end(struct trial *trial)
{
	if (trial->fd >= 0)
		(void)close(trial->fd);
	spec_free(trial->document);
	arena_free(&trial->arena);
	folder_remove(&trial->folder);
}

static void enables_controllers_only_when_a_limit_needs_them(void)
{
	struct trial trial;

	begin(&trial, "'pids': {'limit': 5}, 'memory': {'limit': 100}");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	CHECK(trial.fd >= 0 && trial.made.inode && trial.made.made_by_us);
	folder_has(&trial.folder, "cgroup.subtree_control", "+memory +pids");
	end(&trial);
	begin(&trial, "'cpu': {}");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	folder_has(&trial.folder, "cgroup.subtree_control", "");
	CHECK(cgroup_remove(&trial.layout, &trial.made, 0, &trial.err) == 0);
	CHECK(!folder_exists(&trial.folder, "kavel-c1"));
	end(&trial);
}

static void leaves_nothing_when_a_controller_cannot_be_enabled(void)
{
	struct trial trial;

	begin(&trial, "'pids': {'limit': 5}");
	folder_unlink(&trial.folder, "cgroup.subtree_control");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) < 0);
	CHECK_HAS(trial.err.text, "cgroup.subtree_control");
	CHECK(trial.fd == -1 && !trial.made.path[0]);
	CHECK(!folder_exists(&trial.folder, "kavel-c1"));
	end(&trial);
}

static void writes_the_values_in_order(void)
{
	struct trial trial;

	begin(&trial, "'cpu': {'shares': 1024, 'quota': 10, 'period': 20}, 'memory': {'limit': 100, 'swap': 150}");
	folder_mkdir(&trial.folder, "kavel-c1");
	folder_write(&trial.folder, "kavel-c1/cgroup.procs", "");
	folder_write(&trial.folder, "kavel-c1/cgroup.controllers", "cpu io memory pids\n");
	folder_write(&trial.folder, "kavel-c1/cpu.weight", "");
	folder_write(&trial.folder, "kavel-c1/cpu.max", "");
	folder_write(&trial.folder, "kavel-c1/memory.max", "");
	folder_write(&trial.folder, "kavel-c1/memory.swap.max", "");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	CHECK(!trial.made.made_by_us);
	CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == 0);
	folder_has(&trial.folder, "kavel-c1/cpu.weight", "100");
	folder_has(&trial.folder, "kavel-c1/cpu.max", "10 20");
	folder_has(&trial.folder, "kavel-c1/memory.max", "100");
	folder_has(&trial.folder, "kavel-c1/memory.swap.max", "50");
	end(&trial);
}

static void names_property_file_and_value_of_a_refused_limit(void)
{
	struct trial trial;

	begin(&trial, "'memory': {'limit': 100}");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == -ENOENT);
	CHECK_HAS(trial.err.text,
		  "linux.resources.memory.limit: write \"100\" to memory.max of cgroup /kavel-c1: No such file");
	CHECK_HAS(trial.err.text, "(this kernel does not have the setting)");
	end(&trial);
}

static void takes_bfqs_weight_where_it_is(void)
{
	struct trial trial;

	begin(&trial, "'blockIO': {'weight': 500}");
	folder_mkdir(&trial.folder, "kavel-c1");
	folder_write(&trial.folder, "kavel-c1/io.weight", "");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == 0);
	folder_has(&trial.folder, "kavel-c1/io.weight", "4950");
	folder_write(&trial.folder, "kavel-c1/io.weight", "");
	folder_write(&trial.folder, "kavel-c1/io.bfq.weight", "");
	CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == 0);
	folder_has(&trial.folder, "kavel-c1/io.bfq.weight", "500");
	folder_has(&trial.folder, "kavel-c1/io.weight", "");
	end(&trial);
}

static void needs_no_swap_file_to_have_no_swap(void)
{
	struct trial trial;

	begin(&trial, "'memory': {'limit': 100, 'swap': 100}");
	folder_mkdir(&trial.folder, "kavel-c1");
	folder_write(&trial.folder, "kavel-c1/memory.max", "");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == 0);
	end(&trial);
	begin(&trial, "'memory': {'limit': 100, 'swap': 101}");
	folder_mkdir(&trial.folder, "kavel-c1");
	folder_write(&trial.folder, "kavel-c1/memory.max", "");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == -ENOENT);
	CHECK_HAS(trial.err.text, "memory.swap");
	end(&trial);
}

static void refuses_a_limit_below_what_is_in_use_when_asked_to_check(void)
{
	struct trial trial;

	begin(&trial, "'memory': {'limit': 100, 'checkBeforeUpdate': true}");
	folder_mkdir(&trial.folder, "kavel-c1");
	folder_write(&trial.folder, "kavel-c1/memory.max", "");
	folder_write(&trial.folder, "kavel-c1/memory.current", "101\n");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == -EBUSY);
	CHECK_HAS(trial.err.text, "100 is less than the 101 bytes in use");
	folder_has(&trial.folder, "kavel-c1/memory.max", "");
	folder_write(&trial.folder, "kavel-c1/memory.current", "100\n");
	CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == 0);
	end(&trial);
}

static void refuses_a_group_that_is_in_use_or_frozen(void)
{
	struct trial trial;

	begin(&trial, "'cpu': {}");
	folder_mkdir(&trial.folder, "kavel-c1");
	folder_mkdir(&trial.folder, "kavel-c1/below");
	folder_write(&trial.folder, "kavel-c1/cgroup.procs", "");
	folder_write(&trial.folder, "kavel-c1/below/cgroup.procs", "7\n8\n7\n");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == -EBUSY);
	CHECK_HAS(trial.err.text, "container's cgroup is not empty: 2 process(es) found");
	CHECK(!trial.made.path[0] && trial.fd == -1);
	folder_write(&trial.folder, "kavel-c1/below/cgroup.procs", "");
	folder_write(&trial.folder, "kavel-c1/cgroup.freeze", "1\n");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == -EBUSY);
	CHECK_HAS(trial.err.text, "container's cgroup unexpectedly frozen");
	CHECK(folder_exists(&trial.folder, "kavel-c1"));
	end(&trial);
}

static void touches_no_group_but_the_one_that_was_made(void)
{
	struct trial trial;

	begin(&trial, "'cpu': {}");
	CHECK(cgroup_make(trial.plan, &trial.made, &trial.fd, &trial.err) == 0);
	trial.made.inode++; /* as if somebody had made it anew */
	CHECK(cgroup_kill(&trial.layout, &trial.made, 9, &trial.err) == 1);
	CHECK(cgroup_remove(&trial.layout, &trial.made, 0, &trial.err) == 0);
	CHECK(folder_exists(&trial.folder, "kavel-c1"));
	trial.made.inode = 0; /* intent only: the mark tells that kavel made it */
	CHECK(cgroup_remove(&trial.layout, &trial.made, 0, &trial.err) == 0);
	CHECK(!folder_exists(&trial.folder, "kavel-c1"));
	folder_mkdir(&trial.folder, "kavel-c1"); /* somebody else's */
	CHECK(cgroup_remove(&trial.layout, &trial.made, 0, &trial.err) == 0);
	CHECK(folder_exists(&trial.folder, "kavel-c1"));
	end(&trial);
}

static const struct unit_test tests[] = {
	TEST(enables_controllers_only_when_a_limit_needs_them),
	TEST(leaves_nothing_when_a_controller_cannot_be_enabled),
	TEST(writes_the_values_in_order),
	TEST(names_property_file_and_value_of_a_refused_limit),
	TEST(takes_bfqs_weight_where_it_is),
	TEST(needs_no_swap_file_to_have_no_swap),
	TEST(refuses_a_limit_below_what_is_in_use_when_asked_to_check),
	TEST(refuses_a_group_that_is_in_use_or_frozen),
	TEST(touches_no_group_but_the_one_that_was_made),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
