/* linux.intelRdt against a folder that stands for the file system, as few kernels and processors have it.  A folder does not fill
 * the directories that are made in it, so that is done here; what is written in which order is seen by a pipe in a file's place. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "folder.h"
#include "resctrl/resctrl.h"
#include "resctrl/schema.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct spec spec_of_rdt(const struct spec_intel_rdt *rdt)
{
	struct spec spec = { .linux_.intel_rdt = *rdt };

	spec.linux_.intel_rdt.is_set = true;
	return spec;
}

/* The file system as it is mounted on a machine with one L3 cache domain less than asked for below. */
static void make_root(struct folder *root)
{
	folder_make(root);
	folder_mkdir(root, "info");
	folder_mkdir(root, "info/L3");
	folder_mkdir(root, "info/MB");
	folder_write(root, "info/last_cmd_status", "ok\n");
	folder_write(root, "info/L3/cbm_mask", "7ff\n");
	folder_write(root, "info/L3/min_cbm_bits", "1\n");
	folder_write(root, "info/L3/num_closids", "16\n");
	folder_write(root, "info/MB/bandwidth_gran", "10\n");
	folder_write(root, "info/MB/delay_linear", "1\n");
	folder_write(root, "info/MB/min_bandwidth", "10\n");
	folder_write(root, "info/MB/num_closids", "8\n");
	folder_write(root, "schemata", "    L3:0=7ff;1=7ff\n    MB:0=100;1=100\n");
	folder_write(root, "tasks", "1\n");
	folder_mkdir(root, "mon_groups");
}

static void make_group(const struct folder *root, const char *schemata)
{
	folder_mkdir(root, "gold");
	folder_mkdir(root, "gold/mon_groups");
	folder_write(root, "gold/schemata", schemata);
	folder_write(root, "gold/tasks", "");
}

/* A pipe where a file was: what is written to it can be read in its order. */
static int make_pipe(const struct folder *root, const char *name)
{
	int fd;

	(void)unlinkat(root->fd, name, 0);
	CHECK(mkfifoat(root->fd, name, 0600) == 0);
	fd = openat(root->fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static void pipe_has(int fd, const char *text)
{
	char data[4096];
	ssize_t n = read(fd, data, sizeof(data) - 1);

	data[n > 0 ? n : 0] = '\0';
	CHECK_STR(data, text);
}

/* Plan and look; the made is in *ret. */
static int look(const struct folder *root, const struct spec_intel_rdt *rdt, struct arena *arena,
		struct resctrl_plan *plan, struct resctrl_made *ret, struct err *err)
{
	const struct spec spec = spec_of_rdt(rdt);

	*ret = (struct resctrl_made){ .root = root->path };
	CHECK(resctrl_plan(&spec, "c1", arena, plan, err) == 0);
	return resctrl_look(plan, root->fd, arena, ret, err);
}

static void schemata_are_compared_as_numbers(void)
{
	static const char has[] = "    L3:0=7f0;1=1f\n    MB:0= 20;1=100\nL2:0=ff\n";
	static const struct {
		const char *wanted;
		unsigned int granularity;
		bool matches;
	} rows[] = {
		{ "L3:0=7f0;1=1f\n", 10, true },
		{ "L3:1=1f;0=07F0\n", 10, true },
		{ "L3:1=1f\n", 10, true },
		{ "L3: 0 = 7f0 ; 1=1f;\n", 10, true },
		{ "L3:0=7f1\n", 10, false },
		{ "L3:2=1f\n", 10, false },
		{ "L4:0=1f\n", 10, false },
		{ "MB:0=20;1=100\n", 10, true },
		{ "MB:0=15\n", 10, true },
		{ "MB:0=15\n", 0, false },
		{ "MB:0=21\n", 10, false },
		{ "L3:0=7f0\nMB:0=20\n", 10, true },
		{ "L3:0=7f0\nMB:0=30\n", 10, false },
		{ "", 10, true },
		{ "L3:0\n", 10, false },
		{ "L3:x=1\n", 10, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (!CHECK(resctrl_schema_matches(rows[i].wanted, has, rows[i].granularity) == rows[i].matches))
			CHECK_STR(rows[i].wanted, NULL);
}

static void a_container_without_closid_gets_a_group_of_its_name_that_goes_with_it(void)
{
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct resctrl_made made;
	struct folder root;
	struct err err;

	make_root(&root);
	CHECK(look(&root, &(struct spec_intel_rdt){ 0 }, &arena, &plan, &made, &err) == 0);
	CHECK_STR(made.group, "c1");
	CHECK(made.made_group && !made.is_named && !made.monitor && !plan.write_count);
	CHECK(!folder_exists(&root, "c1")); /* looking changes nothing */
	CHECK(resctrl_make(root.fd, &made, &err) == 0 && folder_exists(&root, "c1"));
	folder_write(&root, "c1/tasks", "");
	CHECK(resctrl_join(&made, root.fd, 4711, &err) == 0);
	folder_has(&root, "c1/tasks", "4711");
	folder_unlink(&root, "c1/tasks");
	CHECK(resctrl_remove(&made, root.fd, false, &err) == 0 && !folder_exists(&root, "c1"));
	CHECK(resctrl_remove(&made, root.fd, false, &err) == 0); /* once more does nothing */
	folder_remove(&root);
	arena_free(&arena);
}

static void a_group_of_the_containers_name_that_exists_is_refused_and_stays(void)
{
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct resctrl_made made;
	struct folder root;
	struct err err;

	make_root(&root);
	folder_mkdir(&root, "c1");
	CHECK(look(&root, &(struct spec_intel_rdt){ 0 }, &arena, &plan, &made, &err) == -EEXIST);
	CHECK_HAS(err.text, "linux.intelRdt: a group \"c1\" exists already");
	/* one that appears between looking and making is not ours either */
	made = (struct resctrl_made){ .root = root.path, .group = "c1", .made_group = true };
	CHECK(resctrl_make(root.fd, &made, &err) == -EEXIST && !made.made_group);
	CHECK(resctrl_remove(&made, root.fd, true, &err) == 0 && folder_exists(&root, "c1"));
	folder_remove(&root);
	arena_free(&arena);
}

static void closid_without_a_schema_needs_a_group_that_exists(void)
{
	struct spec_intel_rdt rdt = { .clos_id = "gold" };
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct resctrl_made made;
	struct folder root;
	struct err err;

	make_root(&root);
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == -ENOENT);
	CHECK_HAS(err.text, "linux.intelRdt.closID: there is no group \"gold\"");
	make_group(&root, "L3:0=7f0\n");
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == 0 && !made.made_group && !made.before);
	CHECK(resctrl_make(root.fd, &made, &err) == 0 && resctrl_configure(&plan, root.fd, &err) == 0);
	CHECK(resctrl_join(&made, root.fd, 42, &err) == 0);
	folder_has(&root, "gold/tasks", "42");
	CHECK(resctrl_remove(&made, root.fd, false, &err) == 0 && folder_exists(&root, "gold"));
	CHECK(resctrl_remove(&made, root.fd, true, &err) == 0 && folder_exists(&root, "gold"));
	folder_has(&root, "gold/schemata", "L3:0=7f0");
	rdt.clos_id = "schemata"; /* a file */
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == -ENOTDIR);
	folder_remove(&root);
	arena_free(&arena);
}

static void closid_with_a_schema_makes_the_group_which_stays(void)
{
	const struct spec_intel_rdt rdt = { .clos_id = "gold", .l3_cache_schema = "L3:0=f" };
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct resctrl_made made;
	struct folder root;
	struct err err;

	make_root(&root);
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == 0 && made.made_group && made.is_named);
	CHECK(resctrl_make(root.fd, &made, &err) == 0);
	CHECK(resctrl_remove(&made, root.fd, false, &err) == 0 && folder_exists(&root, "gold"));
	/* a create that fails takes it back, unless somebody uses it by now */
	folder_write(&root, "gold/tasks", "99\n");
	CHECK(resctrl_remove(&made, root.fd, true, &err) == 0 && folder_exists(&root, "gold/tasks"));
	folder_unlink(&root, "gold/tasks");
	folder_mkdir(&root, "gold/x");
	CHECK(resctrl_remove(&made, root.fd, true, &err) == 0); /* no list of tasks: not touched */
	CHECK(folder_exists(&root, "gold"));
	folder_remove(&root);
	arena_free(&arena);
}

static void a_group_that_exists_must_have_the_schema_that_is_asked_for(void)
{
	struct spec_intel_rdt rdt = { .clos_id = "gold",
				      .l3_cache_schema = "L3:0=f0;1=0f",
				      .mem_bw_schema = "MB:0=45" };
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct resctrl_made made;
	struct folder root;
	struct err err;

	make_root(&root);
	make_group(&root, "    L3:0=f0;1=f\n    MB:0=50;1=100\n");
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == 0 && !made.made_group);
	CHECK_STR(made.before, "    L3:0=f0;1=f\n    MB:0=50;1=100");
	rdt.mem_bw_schema = "MB:0=60";
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == -EEXIST);
	CHECK_HAS(err.text, "linux.intelRdt.memBwSchema: the group \"gold\" of closID exists with another schema");
	rdt = (struct spec_intel_rdt){ .clos_id = "gold", .l3_cache_schema = "L3:0=f1" };
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == -EEXIST);
	CHECK_HAS(err.text, "linux.intelRdt.l3CacheSchema");
	folder_remove(&root);
	arena_free(&arena);
}

static void schemata_of_an_existing_group_are_written_and_given_back_by_a_failing_create(void)
{
	const char *lines[] = { "L2:0=f", "L3:0=3" };
	const struct spec_intel_rdt rdt = { .clos_id = "gold", .schemata = { .items = lines, .count = 2 } };
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct resctrl_made made;
	struct folder root;
	struct err err;
	autofd schemata = -1;

	make_root(&root);
	make_group(&root, "    L3:0=ff\n    L2:0=1\n");
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == 0);
	schemata = make_pipe(&root, "gold/schemata");
	CHECK(resctrl_configure(&plan, root.fd, &err) == 0);
	pipe_has(schemata, "L2:0=f\nL3:0=3\n");
	CHECK(resctrl_remove(&made, root.fd, true, &err) == 0);
	pipe_has(schemata, "    L3:0=ff\n    L2:0=1\n");
	/* a delete leaves them */
	CHECK(resctrl_remove(&made, root.fd, false, &err) == 0);
	pipe_has(schemata, "");
	folder_remove(&root);
	arena_free(&arena);
}

static void the_cache_is_written_first_the_bandwidth_then_and_schemata_last(void)
{
	const char *lines[] = { "L3:0=3", "SMBA:0=8" };
	const struct spec_intel_rdt rdt = { .clos_id = "/",
					    .l3_cache_schema = "MB:0=10\nL3:0=f\nMB:1=10\nL3CODE:0=1",
					    .mem_bw_schema = "MB:0=70",
					    .schemata = { .items = lines, .count = 2 } };
	const struct spec spec = spec_of_rdt(&rdt);
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct folder root;
	struct err err;
	autofd schemata = -1;

	make_root(&root);
	schemata = make_pipe(&root, "schemata");
	CHECK(resctrl_plan(&spec, "c1", &arena, &plan, &err) == 0);
	CHECK_STR(plan.group, ".");
	CHECK(resctrl_configure(&plan, root.fd, &err) == 0);
	pipe_has(schemata, "L3:0=f\nL3CODE:0=1\nMB:0=70\nL3:0=3\nSMBA:0=8\n");
	folder_remove(&root);
	arena_free(&arena);
}

static void the_default_group_is_never_removed(void)
{
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct resctrl_made made;
	struct folder root;
	struct err err;

	make_root(&root);
	CHECK(look(&root, &(struct spec_intel_rdt){ .clos_id = "/" }, &arena, &plan, &made, &err) == 0);
	CHECK(!made.made_group && resctrl_make(root.fd, &made, &err) == 0);
	CHECK(resctrl_join(&made, root.fd, 7, &err) == 0);
	folder_has(&root, "tasks", "7");
	CHECK(resctrl_remove(&made, root.fd, true, &err) == 0 && folder_exists(&root, "tasks"));
	folder_remove(&root);
	arena_free(&arena);
}

static void a_monitoring_group_is_made_joined_and_removed(void)
{
	const struct spec_intel_rdt rdt = { .clos_id = "gold", .enable_monitoring = true };
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct resctrl_made made;
	struct folder root;
	struct err err;

	make_root(&root);
	make_group(&root, "");
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == 0);
	CHECK_STR(made.monitor, "c1");
	CHECK(resctrl_make(root.fd, &made, &err) == 0 && folder_exists(&root, "gold/mon_groups/c1"));
	folder_write(&root, "gold/mon_groups/c1/tasks", "");
	CHECK(resctrl_join(&made, root.fd, 8, &err) == 0);
	folder_has(&root, "gold/tasks", "8");
	folder_has(&root, "gold/mon_groups/c1/tasks", "8");
	/* of another container's name */
	CHECK(look(&root, &rdt, &arena, &plan, &(struct resctrl_made){ 0 }, &err) == -EEXIST);
	CHECK_HAS(err.text, "linux.intelRdt.enableMonitoring");
	folder_unlink(&root, "gold/mon_groups/c1/tasks");
	CHECK(resctrl_remove(&made, root.fd, false, &err) == 0 && !folder_exists(&root, "gold/mon_groups/c1"));
	CHECK(folder_exists(&root, "gold"));
	CHECK(unlinkat(root.fd, "gold/mon_groups", AT_REMOVEDIR) == 0);
	CHECK(look(&root, &rdt, &arena, &plan, &made, &err) == -ENOTSUP);
	folder_remove(&root);
	arena_free(&arena);
}

static void a_monitoring_group_that_cannot_be_made_is_an_error_and_not_recorded(void)
{
	struct resctrl_made made = { .group = "c1", .monitor = "c1", .made_group = true };
	struct folder root;
	struct err err;

	make_root(&root);
	/* a directory made here has no mon_groups */
	CHECK(resctrl_make(root.fd, &made, &err) == -ENOENT);
	CHECK_HAS(err.text, "linux.intelRdt.enableMonitoring: make group c1/mon_groups/c1");
	CHECK(made.made_group && !made.monitor);
	CHECK(resctrl_remove(&made, root.fd, true, &err) == 0 && !folder_exists(&root, "c1"));
	folder_remove(&root);
}

static void what_the_kernel_says_of_a_refused_schema_is_told(void)
{
	const struct spec_intel_rdt rdt = { .clos_id = "gold", .l3_cache_schema = "L3:0=0" };
	const struct spec spec = spec_of_rdt(&rdt);
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct folder root;
	struct err err;

	make_root(&root);
	folder_mkdir(&root, "gold"); /* without a file to write to */
	folder_write(&root, "info/last_cmd_status", "Mask 0 has non-consecutive 1-bits\n");
	CHECK(resctrl_plan(&spec, "c1", &arena, &plan, &err) == 0);
	CHECK(resctrl_configure(&plan, root.fd, &err) == -ENOENT);
	CHECK_HAS(err.text, "linux.intelRdt.l3CacheSchema: write \"L3:0=0\" to gold/schemata");
	CHECK_HAS(err.text, "(Mask 0 has non-consecutive 1-bits)");
	folder_remove(&root);
	arena_free(&arena);
}

static void update_writes_what_is_given_and_needs_the_group(void)
{
	const struct resctrl_made made = { .group = "gold" };
	autofree char *first = NULL, *second = NULL, *none = NULL;
	struct folder root;
	struct err err;

	make_root(&root);
	CHECK(resctrl_update(&made, root.fd, "L3:0=1", NULL, &none, &err) == -ENOENT && !none);
	make_group(&root, "L3:0=f\n");
	CHECK(resctrl_update(&made, root.fd, "L3:0=1", NULL, &first, &err) == 0);
	folder_has(&root, "gold/schemata", "L3:0=1");
	CHECK_STR(first, "L3:0=f");
	CHECK(resctrl_update(&made, root.fd, NULL, "MB:0=5", &second, &err) == 0);
	folder_has(&root, "gold/schemata", "MB:0=5");
	CHECK(resctrl_restore(&made, root.fd, "L3:0=a", &err) == 0);
	folder_has(&root, "gold/schemata", "L3:0=a");
	folder_remove(&root);
}

static void statistics_are_those_of_the_group_and_of_its_machine(void)
{
	const struct resctrl_made made = { .group = "gold", .monitor = "c1" };
	struct arena arena = { NULL };
	struct resctrl_stats stats;
	struct folder root;
	struct err err;

	make_root(&root);
	make_group(&root, "    L3:0=f;1=f\n    MB:0=50;1=100\n");
	CHECK(resctrl_stats(&made, root.fd, &arena, &stats, &err) == 0 && stats.domain_count == 0);
	folder_mkdir(&root, "gold/mon_groups/c1");
	folder_mkdir(&root, "gold/mon_groups/c1/mon_data");
	folder_mkdir(&root, "gold/mon_groups/c1/mon_data/mon_L3_01");
	folder_mkdir(&root, "gold/mon_groups/c1/mon_data/mon_L3_00");
	folder_write(&root, "gold/mon_groups/c1/mon_data/mon_L3_00/llc_occupancy", "123456\n");
	folder_write(&root, "gold/mon_groups/c1/mon_data/mon_L3_00/mbm_total_bytes", "9\n");
	folder_write(&root, "gold/mon_groups/c1/mon_data/mon_L3_01/llc_occupancy", "Unavailable\n");
	CHECK(resctrl_stats(&made, root.fd, &arena, &stats, &err) == 0);
	CHECK_STR(stats.cbm_mask, "7ff");
	CHECK(stats.min_cbm_bits == 1 && stats.l3_num_closids == 16 && stats.has_mb && stats.bandwidth_gran == 10);
	CHECK(stats.delay_linear == 1 && stats.min_bandwidth == 10 && stats.mb_num_closids == 8);
	CHECK_STR(stats.l3_root, "L3:0=7ff;1=7ff");
	CHECK_STR(stats.mb_root, "MB:0=100;1=100");
	CHECK_STR(stats.l3, "L3:0=f;1=f");
	CHECK_STR(stats.mb, "MB:0=50;1=100");
	if (CHECK(stats.domain_count == 2)) {
		CHECK(stats.domains[0].llc_occupancy == 123456 && stats.domains[0].mbm_total_bytes == 9);
		CHECK(stats.domains[0].mbm_local_bytes == UINT64_MAX && stats.domains[1].llc_occupancy == UINT64_MAX);
	}
	folder_remove(&root);
	arena_free(&arena);
}

static void the_mount_point_is_found_by_its_type(void)
{
	struct arena arena = { NULL };
	const char *point = NULL;
	char path[PATH_MAX];
	struct folder folder;
	struct err err;

	folder_make(&folder);
	(void)strcpy(path, folder.path);
	(void)strcat(path, "/mountinfo");
	folder_write(&folder, "mountinfo",
		     "22 1 0:20 / /resctrl rw - ext4 resctrl rw\n23 1 0:21 / /sys rw - sysfs sysfs rw\n");
	CHECK(resctrl_mount_point(path, &arena, &point, &err) == 1);
	folder_write(&folder, "mountinfo",
		     "22 1 0:20 / / rw - ext4 /dev/x rw\nbroken\n"
		     "24 23 0:22 / /mnt/a\\040b rw,nosuid shared:9 - resctrl resctrl rw\n");
	CHECK(resctrl_mount_point(path, &arena, &point, &err) == 0);
	CHECK_STR(point, "/mnt/a b");
	folder_remove(&folder);
	arena_free(&arena);
}

static void a_folder_that_is_not_that_file_system_is_not_taken_for_it(void)
{
	struct folder folder;
	struct err err;
	int fd = -1;

	folder_make(&folder);
	CHECK(resctrl_reopen(folder.path, &fd, &err) == 1 && fd == -1);
	CHECK(resctrl_reopen("/nonexistent", &fd, &err) == 1 && fd == -1);
	folder_remove(&folder);
}

static const struct unit_test tests[] = {
	TEST(schemata_are_compared_as_numbers),
	TEST(a_container_without_closid_gets_a_group_of_its_name_that_goes_with_it),
	TEST(a_group_of_the_containers_name_that_exists_is_refused_and_stays),
	TEST(closid_without_a_schema_needs_a_group_that_exists),
	TEST(closid_with_a_schema_makes_the_group_which_stays),
	TEST(a_group_that_exists_must_have_the_schema_that_is_asked_for),
	TEST(schemata_of_an_existing_group_are_written_and_given_back_by_a_failing_create),
	TEST(the_cache_is_written_first_the_bandwidth_then_and_schemata_last),
	TEST(the_default_group_is_never_removed),
	TEST(a_monitoring_group_is_made_joined_and_removed),
	TEST(a_monitoring_group_that_cannot_be_made_is_an_error_and_not_recorded),
	TEST(what_the_kernel_says_of_a_refused_schema_is_told),
	TEST(update_writes_what_is_given_and_needs_the_group),
	TEST(statistics_are_those_of_the_group_and_of_its_machine),
	TEST(the_mount_point_is_found_by_its_type),
	TEST(a_folder_that_is_not_that_file_system_is_not_taken_for_it),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
