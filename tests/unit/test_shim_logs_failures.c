/* kavel-shim: log_output.c, log_file.c: logs that fail, and what is lost. */
#include <signal.h>
#include <sys/resource.h>

#include "shim_logs.h"

/* A full disk, for files beyond this size. */
static void set_disk(rlim_t size)
{
	CHECK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ size, RLIM_INFINITY }) == 0);
}

static void output_waits_while_the_disk_is_full_and_no_entry_is_torn(void)
{
	prepare("");
	start();
	set_disk(3 * LINE_SIZE + 20);
	out("line 01\nline 02\nline 03\nline 04\nline 05\n");
	has("log", "stdout F line 01\nstdout F line 02\nstdout F line 03\n");
	out("line 06\n");
	CHECK(logs_counters(logs).bytes == 24 && logs_counters(logs).dropped == 0);
	set_disk(RLIM_INFINITY);
	run_for(300);
	has("log", "stdout F line 01\nstdout F line 02\nstdout F line 03\nstdout F line 04\nstdout F line 05\nstdout F "
		   "line 06\n");
	CHECK(logs_counters(logs).bytes == 48);
	finish();
}

static void what_is_lost_is_marked_and_counted(void)
{
	autofree char *lines = NULL;
	const int count = 100000; /* 800,000 bytes */
	unsigned long long missing = 0;
	struct logs_counters counters;
	const char *mark;

	prepare("");
	settings.ring_size = 1;
	start();
	out("before");
	set_disk(1);
	for (int i = 0; i < count; i += 50)
		numbers(i % 100, i % 100 + 49);
	counters = logs_counters(logs);
	CHECK(counters.dropped > 500000 && counters.dropped % 8 == 0);
	set_disk(RLIM_INFINITY);
	run_for(500);
	lines = k8s("log");
	CHECK(strncmp(lines, "stdout P before\nstdout F \nstderr F [kavel-shim: ", 48) == 0);
	mark = strchr(lines, '[');
	CHECK(mark && sscanf(mark, "[kavel-shim: %llu bytes", &missing) == 1);
	CHECK(missing == counters.dropped);
	counters = logs_counters(logs);
	CHECK(counters.bytes + counters.dropped == 6 + 8ULL * count);
	CHECK(strcmp(lines + strlen(lines) - 17, "stdout F line 99\n") == 0);
	finish();
}

static void a_folder_that_was_deleted_is_noticed_and_used_again_when_it_is_back(void)
{
	prepare("");
	folder_mkdir(&folder, "sub");
	(void)snprintf(spec, sizeof(spec), "%s/sub/log", folder.path);
	start();
	out("one\n");
	folder_unlink(&folder, "sub/log");
	CHECK(unlinkat(folder.fd, "sub", AT_REMOVEDIR) == 0);
	run_for(1001);
	out("two\n");
	run_for(250);
	out("three\n");
	folder_mkdir(&folder, "sub");
	run_for(1000);
	has("sub/log", "stdout F two\nstdout F three\n");
	finish();
}

static void a_rotation_that_fails_is_made_up_for(void)
{
	prepare("");
	settings.size_max = 2 * LINE_SIZE;
	settings.files_max = 1;
	folder_mkdir(&folder, "log.1");
	folder_write(&folder, "log.1/x", "");
	start();
	numbers(1, 5);
	has("log", "stdout F line 01\nstdout F line 02\n");
	folder_unlink(&folder, "log.1/x");
	CHECK(unlinkat(folder.fd, "log.1", AT_REMOVEDIR) == 0);
	run_for(500);
	has("log.1", "stdout F line 03\nstdout F line 04\n");
	has("log", "stdout F line 05\n");
	finish();
}

static void with_the_policy_block_nothing_is_lost(void)
{
	autofree char *lines = NULL;
	int written = 0;

	prepare("");
	settings.policy = LOG_BLOCK;
	start();
	set_disk(1);
	while (!logs_are_full(logs) && written < 1000000) {
		numbers(1, 50);
		written += 50;
	}
	CHECK(written < 1000000 && continued == 0);
	set_disk(RLIM_INFINITY);
	run_for(500);
	CHECK(continued == 1 && !logs_are_full(logs));
	CHECK(logs_counters(logs).dropped == 0 && logs_counters(logs).bytes == 8ULL * (unsigned int)written);
	lines = k8s("log");
	CHECK(!strstr(lines, "missing") && strlen(lines) == 17UL * (unsigned int)written);
	finish();
}

static void a_rate_is_kept_and_the_rest_is_marked(void)
{
	autofree char *lines = NULL;
	const char *mark;

	prepare("");
	settings.policy = LOG_RATE;
	settings.rate = 20;
	start();
	/* a second of the clock may end in between: then more is taken */
	out("line 01\nline 02\nline 03\n");
	out("line 04\n");
	run_for(1001);
	out("line 05\n");
	lines = k8s("log");
	CHECK(strncmp(lines, "stdout F line 01\nstdout F line 02\n", 34) == 0);
	mark = strstr(lines, "stderr F [kavel-shim: ");
	CHECK(mark && strstr(mark, " bytes of output are missing here]\nstdout F line 05\n"));
	CHECK(logs_counters(logs).dropped >= 8 && logs_counters(logs).bytes + logs_counters(logs).dropped == 40);
	finish();
}

static const struct unit_test tests[] = {
	TEST(output_waits_while_the_disk_is_full_and_no_entry_is_torn),
	TEST(what_is_lost_is_marked_and_counted),
	TEST(a_folder_that_was_deleted_is_noticed_and_used_again_when_it_is_back),
	TEST(a_rotation_that_fails_is_made_up_for),
	TEST(with_the_policy_block_nothing_is_lost),
	TEST(a_rate_is_kept_and_the_rest_is_marked),
	TEST_END,
};

int main(void)
{
	(void)signal(SIGXFSZ, SIG_IGN);
	return unit_run(tests);
}
