/* kavel-shim: logs.c, log_*.c: what is in the files. */
#include <sys/resource.h>

#include "shim_logs.h"

/* ---- formats */

static void a_line_is_full_and_a_part_of_one_is_partial(void)
{
	struct stat st;

	prepare("k8s-file:");
	start();
	out("one\ntwo\nthr");
	errors("oops\n");
	out("ee\n\n");
	has("log", "stdout F one\nstdout F two\nstdout P thr\nstderr F oops\nstdout F ee\nstdout F \n");
	CHECK(logs_counters(logs).bytes == 20 && logs_counters(logs).dropped == 0);
	CHECK(fstatat(folder.fd, "log", &st, 0) == 0 && (st.st_mode & 0777) == 0600);
	finish();
}

static void a_path_alone_is_a_k8s_file_and_is_appended_to(void)
{
	prepare("");
	start();
	out("one\n");
	logs_close(logs);
	start();
	out("two\n");
	has("log", "stdout F one\nstdout F two\n");
	finish();
}

static void the_last_line_is_ended_when_its_stream_ends(void)
{
	prepare("");
	start();
	out("no newline");
	logs_end(logs, STREAM_STDOUT);
	logs_end(logs, STREAM_STDERR);
	errors("also");
	logs_close(logs);
	has("log", "stdout P no newline\nstdout F \nstderr P also\nstderr F \n");
	start();
	finish();
}

static void a_long_line_goes_on_in_the_next_entry(void)
{
	autofree char *line = malloc(20001), *lines = NULL;

	prepare("");
	start();
	memset(line, 'x', 20000);
	line[20000] = '\n';
	logs_write(logs, STREAM_STDOUT, line, 20001);
	lines = k8s("log");
	CHECK(strlen(lines) == strlen("stdout P \nstdout P \nstdout F \n") + 20000);
	CHECK(strncmp(lines, "stdout P x", 10) == 0);
	CHECK(lines[9 + 8192] == '\n' && strncmp(lines + 9 + 8193, "stdout P x", 10) == 0);
	finish();
}

static void any_byte_is_logged(void)
{
	autofree char *data = NULL;
	size_t size;

	prepare("");
	start();
	logs_write(logs, STREAM_STDOUT, "a\0b\xff\x80\r\n", 7);
	CHECK(file_read(folder.fd, "log", 1000, &data, &size, &err) == 0);
	CHECK(size == TIME_SIZE + 9 + 7 && memcmp(data + TIME_SIZE, "stdout F a\0b\xff\x80\r\n", 16) == 0);
	finish();
}

static void a_character_is_not_torn(void)
{
	prepare("");
	start();
	out("x\xe2\x82");
	out("\xacy\n\xc3");
	out("z\n\xf0\x9f");
	out("\x98");
	logs_end(logs, STREAM_STDOUT);
	has("log", "stdout P x\nstdout P \xe2\x82\xac\nstdout F y\nstdout P \xc3\nstdout F z\nstdout P "
		   "\xf0\x9f\x98\nstdout F \n");
	finish();
}

static void json_is_as_docker_writes_it(void)
{
	autofree char *data = NULL;
	const char *time;

	prepare("json-file:");
	start();
	logs_write(logs, STREAM_STDOUT, "a\"\\\t\r\0\x1b<&>\x7f\n", 12);
	errors("\xe2\x82\xac \xe2\x80\xa8 \xff \xc0\xaf \xed\xa0\x80 \xf0\x9f\x98\x80");
	data = whole("log");
	CHECK_HAS(data, "{\"log\":\"a\\\"\\\\\\u0009\\r\\u0000\\u001b\\u003c\\u0026\\u003e\x7f\\n\",\"stream\":"
			"\"stdout\",\"time\":\"");
	CHECK_HAS(data, "\"}\n{\"log\":\"\xe2\x82\xac \\u2028 \\ufffd \\ufffd\\ufffd \\ufffd\\ufffd\\ufffd "
			"\xf0\x9f\x98\x80\",\"stream\":\"stderr\",\"time\":\"");
	time = strstr(data, "\"time\":\"");
	CHECK(time && time[8 + 10] == 'T' && strncmp(time + 8 + 29, "Z\"}\n", 4) == 0);
	finish();
}

static void several_logs_get_the_same(void)
{
	autofree char *data = NULL;
	char second[128];

	prepare("");
	(void)snprintf(second, sizeof(second), "json-file:%s/json", folder.path);
	specs[1] = second;
	specs[2] = "none";
	settings.paths.count = 3;
	start();
	out("one\n");
	has("log", "stdout F one\n");
	data = whole("json");
	CHECK_HAS(data, "{\"log\":\"one\\n\"");
	finish();
}

/* ---- what is refused, and what is not followed */

static void check_refused(const char *text, const char *why)
{
	bool passes;

	specs[0] = text;
	CHECK(logs_open(&settings, loop, count_continue, NULL, &logs, &err) < 0);
	CHECK_HAS(err.text, why);
	specs[0] = "none";
	CHECK(logs_pass_through(&settings, &passes, &err) == 0 && !passes);
}

static void what_cannot_be_a_log_is_refused(void)
{
	prepare("");
	CHECK(symlinkat("/etc/passwd", folder.fd, "log") == 0);
	check_refused(spec, "is a symbolic link");
	folder_unlink(&folder, "log");
	CHECK(mkfifoat(folder.fd, "log", 0600) == 0);
	check_refused(spec, "log is not a regular file");
	check_refused("k8s-file", "needs a path");
	check_refused("json-file:", "needs a path");
	check_refused("gelf:/x", "log driver gelf is not known");
	check_refused("/nowhere/at/all/log", "open log file /nowhere/at/all/log: No such file");
	check_refused("/dev/null", "not a regular file");
	start();
	finish();
}

static void passthrough_is_known_and_stands_alone(void)
{
	bool passes;

	prepare("");
	specs[0] = "passthrough";
	CHECK(logs_pass_through(&settings, &passes, &err) == 0 && passes);
	start();
	out("nowhere\n");
	logs_mark(logs, "nowhere");
	CHECK(logs_counters(logs).bytes == 0);
	specs[1] = "journald";
	settings.paths.count = 2;
	CHECK(logs_pass_through(&settings, &passes, &err) < 0);
	CHECK_HAS(err.text, "passthrough cannot be combined");
	finish();
}

/* ---- limits and rotation */

static void without_rotated_files_the_file_is_begun_anew(void)
{
	prepare("");
	settings.size_max = 2 * LINE_SIZE;
	start();
	numbers(1, 5);
	has("log", "stdout F line 05\n");
	CHECK(!folder_exists(&folder, "log.1") && !folder_exists(&folder, "log.tmp"));
	finish();
}

static void rotated_files_are_numbered_and_the_oldest_is_deleted(void)
{
	prepare("");
	settings.size_max = 2 * LINE_SIZE;
	settings.files_max = 2;
	start();
	numbers(1, 9);
	has("log", "stdout F line 09\n");
	has("log.1", "stdout F line 07\nstdout F line 08\n");
	has("log.2", "stdout F line 05\nstdout F line 06\n");
	CHECK(!folder_exists(&folder, "log.3"));
	finish();
}

static void one_write_fills_many_files_and_no_line_is_split(void)
{
	prepare("json-file:");
	settings.size_max = 200;
	settings.files_max = 100;
	start();
	out("1\n2\n3\n4\n5\n6\n7\n8\n9\n");
	for (int i = 0; i < 5; i++) {
		char name[16], wanted[16];
		autofree char *data = NULL;

		(void)snprintf(name, sizeof(name), i ? "log.%d" : "log", i);
		(void)snprintf(wanted, sizeof(wanted), "{\"log\":\"%d\\n", 9 - 2 * i);
		data = whole(name);
		CHECK_HAS(data, wanted);
		CHECK(strlen(data) <= 200 && data[0] == '{' && data[strlen(data) - 1] == '\n');
	}
	finish();
}

static void an_entry_larger_than_a_file_may_be_is_alone_in_it(void)
{
	prepare("");
	settings.size_max = 10;
	settings.files_max = 1;
	start();
	out("one\ntwo\n");
	has("log", "stdout F two\n");
	has("log.1", "stdout F one\n");
	finish();
}

static void the_limit_of_all_files_is_kept(void)
{
	prepare("");
	settings.size_max = 2 * LINE_SIZE;
	settings.files_max = 100;
	settings.size_max_all = 7 * LINE_SIZE;
	start();
	numbers(1, 40);
	CHECK(size_of("log") + size_of("log.1") + size_of("log.2") <= 7 * LINE_SIZE);
	has("log", "stdout F line 39\nstdout F line 40\n");
	has("log.2", "stdout F line 35\nstdout F line 36\n");
	CHECK(!folder_exists(&folder, "log.3"));
	finish();
}

static void the_limit_of_all_files_alone_is_divided(void)
{
	prepare("");
	settings.files_max = 3;
	settings.size_max_all = 8 * LINE_SIZE;
	start();
	numbers(1, 40);
	CHECK(size_of("log") + size_of("log.1") + size_of("log.2") + size_of("log.3") <= 8 * LINE_SIZE);
	has("log.3", "stdout F line 33\nstdout F line 34\n");
	finish();
}

static void an_existing_file_counts_and_its_torn_end_is_ended(void)
{
	prepare("");
	folder_write(&folder, "log", "2026-01-02T03:04:05.123456789+00:00 stdout F torn");
	settings.size_max = 2 * LINE_SIZE;
	settings.files_max = 1;
	start();
	numbers(1, 2);
	has("log.1", "stdout F torn\nstdout F line 01\n");
	has("log", "stdout F line 02\n");
	finish();
}

static void a_file_that_was_moved_away_is_opened_anew_when_told(void)
{
	prepare("");
	start();
	out("one\n");
	CHECK(renameat(folder.fd, "log", folder.fd, "moved") == 0);
	out("two\n");
	logs_reopen(logs);
	out("three\n");
	has("moved", "stdout F one\nstdout F two\n");
	has("log", "stdout F three\n");
	finish();
}

static void a_mark_is_a_line_of_its_own(void)
{
	prepare("");
	start();
	out("half");
	errors("half");
	logs_mark(logs, "a new shim");
	out("rest\n");
	has("log",
	    "stdout P half\nstderr P half\nstdout F \nstderr F \nstderr F [kavel-shim: a new shim]\nstdout F rest\n");
	finish();
}

static void a_line_of_100_MB_needs_no_memory(void)
{
	static char piece[65536];
	struct rusage before, after;

	prepare("");
	settings.size_max = 1 << 20;
	start();
	memset(piece, 'x', sizeof(piece));
	CHECK(getrusage(RUSAGE_SELF, &before) == 0);
	for (int i = 0; i < 100 * 16; i++)
		logs_write(logs, STREAM_STDOUT, piece, sizeof(piece));
	CHECK(getrusage(RUSAGE_SELF, &after) == 0);
	CHECK(after.ru_maxrss - before.ru_maxrss < 2048);
	CHECK(logs_counters(logs).bytes == 100 << 20 && size_of("log") <= 1 << 20);
	finish();
}

static const struct unit_test tests[] = {
	TEST(a_line_is_full_and_a_part_of_one_is_partial),
	TEST(a_path_alone_is_a_k8s_file_and_is_appended_to),
	TEST(the_last_line_is_ended_when_its_stream_ends),
	TEST(a_long_line_goes_on_in_the_next_entry),
	TEST(any_byte_is_logged),
	TEST(a_character_is_not_torn),
	TEST(json_is_as_docker_writes_it),
	TEST(several_logs_get_the_same),
	TEST(what_cannot_be_a_log_is_refused),
	TEST(passthrough_is_known_and_stands_alone),
	TEST(without_rotated_files_the_file_is_begun_anew),
	TEST(rotated_files_are_numbered_and_the_oldest_is_deleted),
	TEST(one_write_fills_many_files_and_no_line_is_split),
	TEST(an_entry_larger_than_a_file_may_be_is_alone_in_it),
	TEST(the_limit_of_all_files_is_kept),
	TEST(the_limit_of_all_files_alone_is_divided),
	TEST(an_existing_file_counts_and_its_torn_end_is_ended),
	TEST(a_file_that_was_moved_away_is_opened_anew_when_told),
	TEST(a_mark_is_a_line_of_its_own),
	TEST(a_line_of_100_MB_needs_no_memory),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
