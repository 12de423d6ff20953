/* Statistics of a folder that looks like a cgroup v2 group. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/cgroup.h"
#include "cgroups/stats.h"
#include "folder.h"
#include "layouts.h"
#include "unit.h"

struct trial {
	struct folder folder;
	struct cgroup_layout layout;
	struct cgroup_made made;
	struct arena arena;
	struct cgroup_stats stats;
	struct err err;
};

/* files: name, text, ..., NULL */
static void begin(struct trial *trial, const char *const *files)
{
	const struct spec nothing = { .oci_version = "1.3.0" };
	struct cgroup_request request = { .id = "c1", .layout = &trial->layout };
	struct cgroup_plan *plan;
	int fd;

	*trial = (struct trial){ .made = { .path = "" } };
	layout_v2_in(&trial->folder, &trial->layout, "cpu io memory pids\n");
	CHECK(cgroup_plan(&nothing, &request, &trial->arena, &plan, &trial->err) == 0);
	CHECK(cgroup_make(plan, &trial->made, &fd, &trial->err) == 0);
	(void)close(fd);
	for (; *files; files += 2) {
		char name[80];

		(void)snprintf(name, sizeof(name), "kavel-c1/%s", files[0]);
		folder_write(&trial->folder, name, files[1]);
	}
}

static int read_stats(struct trial *trial, enum cgroup_stats_detail detail)
{
	return cgroup_stats_read(&trial->layout, &trial->made, detail, &trial->arena, &trial->stats, &trial->err);
}

static void end(struct trial *trial)
{
	arena_free(&trial->arena);
	folder_remove(&trial->folder);
}

static bool is(struct opt_u64 value, uint64_t wanted)
{
	return value.is_set && value.value == wanted;
}

static const char *const full[] = {
	"cpu.stat",	 "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 5\nnr_throttled 2\nthrottled_usec 7\n",
	"cpu.pressure",	 "some avg10=1.25 avg60=0.00 avg300=100.00 total=123\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=4\n",
	"memory.current", "4096\n", "memory.peak", "8192\n", "memory.max", "max\n",
	"memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n",
	"memory.stat",	 "anon 1\nfile 2048\n", "memory.swap.current", "12\n", "memory.swap.max", "100\n",
	"pids.current",	 "3\n", "pids.max", "100\n",
	"io.stat",	 "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n253:16 rbytes=10\n",
	"cpuset.cpus.effective", "0-1,3\n",
	NULL,
};

static void reads_what_there_is(void)
{
	struct cgroup_stats *stats;
	struct trial trial;
	uint64_t sum;

	begin(&trial, full);
	stats = &trial.stats;
	CHECK(read_stats(&trial, CGROUP_STATS_FULL) == 0);
	CHECK(is(stats->cpu.total, 30000) && is(stats->cpu.user, 20000) && is(stats->cpu.system, 10000));
	CHECK(is(stats->cpu.periods, 5) && is(stats->cpu.throttled, 2) && is(stats->cpu.throttled_time, 7000));
	CHECK(stats->cpu.psi.some.is_set && stats->cpu.psi.some.avg10 == 125 && stats->cpu.psi.some.avg300 == 10000);
	CHECK(stats->cpu.psi.some.total == 123 && stats->cpu.psi.full.avg10 == 50 && stats->cpu.psi.full.total == 4);
	CHECK(is(stats->memory.memory.usage, 4096) && is(stats->memory.memory.peak, 8192));
	CHECK(is(stats->memory.memory.limit, CGROUP_NO_LIMIT) && is(stats->memory.oom_kill, 4));
	CHECK(is(stats->memory.cache, 2048) && stats->memory.raw.count == 2);
	CHECK(is(stats->memory.swap.usage, 12) && is(stats->memory.swap.limit, 100));
	CHECK(is(stats->pids.current, 3) && is(stats->pids.limit, 100));
	CHECK(stats->io.bytes.count == 4 && stats->io.operations.count == 3);
	CHECK(cgroup_stats_io_sum(stats, &stats->io.bytes, "Read", &sum) && sum == 11);
	CHECK_STR(stats->cpuset.cpus, "0-1,3");
	end(&trial);
}

static void does_not_set_what_there_is_not(void)
{
	struct trial trial;
	uint64_t sum;

	begin(&trial, (const char *const[]){ "cpu.stat", "usage_usec 30\n", NULL });
	CHECK(read_stats(&trial, CGROUP_STATS_FULL) == 0);
	CHECK(is(trial.stats.cpu.total, 30000) && !trial.stats.cpu.user.is_set && !trial.stats.cpu.periods.is_set);
	CHECK(!trial.stats.memory.memory.usage.is_set && !trial.stats.memory.oom_kill.is_set &&
	      !trial.stats.pids.current.is_set);
	CHECK(!trial.stats.cpu.psi.some.is_set && !trial.stats.cpuset.cpus);
	CHECK(!cgroup_stats_io_sum(&trial.stats, &trial.stats.io.bytes, "Read", &sum));
	end(&trial);
}

static void passes_over_what_it_does_not_understand(void)
{
	static const char *const texts[] = { "",
					     "\n",
					     "x",
					     "usage_usec",
					     "usage_usec x",
					     "some avg10=1 total=x",
					     "8: 1",
					     "\n\n  \n",
					     "-1",
					     "18446744073709551616",
					     "some avg10=9999999999.99 total=1" };
	struct trial trial;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *const files[] = { "cpu.stat", texts[i],	     "memory.current",
					      texts[i],	  "memory.pressure", texts[i],
					      "io.stat",  texts[i],	     "memory.stat",
					      texts[i],	  "memory.events",   texts[i],
					      NULL };

		begin(&trial, files);
		CHECK(read_stats(&trial, CGROUP_STATS_FULL) == 0);
		CHECK(!trial.stats.cpu.total.is_set && !trial.stats.memory.memory.usage.is_set);
		CHECK(trial.stats.memory.psi.some.avg10 == 0 && trial.stats.io.bytes.count == 0);
		end(&trial);
	}
}

static void reads_many_devices(void)
{
	char text[8192] = "";
	struct trial trial;
	size_t used = 0;

	for (int i = 0; i < 200; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%d:0 rbytes=%d wbytes=0\n", i, i);
	begin(&trial, (const char *const[]){ "io.stat", text, NULL });
	CHECK(read_stats(&trial, CGROUP_STATS_BRIEF) == 0);
	CHECK(trial.stats.io.bytes.count == 400);
	CHECK(trial.stats.io.bytes.items[398].major == 199 && trial.stats.io.bytes.items[398].value == 199);
	end(&trial);
}

static void leaves_a_group_alone_that_is_another(void)
{
	struct trial trial;

	begin(&trial, full);
	trial.made.inode++;
	CHECK(read_stats(&trial, CGROUP_STATS_BRIEF) == 1);
	CHECK(!trial.stats.cpu.total.is_set);
	end(&trial);
}

static const struct unit_test tests[] = {
	TEST(reads_what_there_is),
	TEST(does_not_set_what_there_is_not),
	TEST(passes_over_what_it_does_not_understand),
	TEST(reads_many_devices),
	TEST(leaves_a_group_alone_that_is_another),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
