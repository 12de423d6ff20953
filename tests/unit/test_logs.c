/* lib/logs: entries, files that rotate, lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "folder.h"
#include "logs/lines.h"
#include "logs/reader.h"
#include "unit.h"

#define TIME(second) "2026-01-02T03:04:" second ".000000000+00:00 "

static struct folder folder;
static char path[128];
static struct err err;
static const struct log_filter all = { .streams = { true, true } };

static bool parse(const char *text, size_t size, struct log_entry *ret)
{
	static char line[4096];

	memcpy(line, text, size);
	return log_entry_parse(line, size, ret);
}

static void check_entry(const char *line, const char *text, enum log_stream stream, bool is_complete)
{
	struct log_entry entry;

	if (!CHECK(parse(line, strlen(line), &entry))) {
		printf("# %s\n", line);
		return;
	}
	CHECK(entry.size == strlen(text) && memcmp(entry.text, text, entry.size) == 0);
	CHECK(entry.stream == stream && entry.is_complete == is_complete);
	CHECK(entry.when.tv_sec == 1767323045);
}

#define JSON(log) "{\"log\":\"" log "\",\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:05Z\"}"

static void entries_of_both_formats_are_read(void)
{
	check_entry(TIME("05") "stdout F some text", "some text", LOG_STDOUT, true);
	check_entry(TIME("05") "stderr P ", "", LOG_STDERR, false);
	check_entry("2026-01-02T04:04:05+01:00 stdout F:more:tags x", "x", LOG_STDOUT, true);
	check_entry(JSON("text\\n"), "text", LOG_STDERR, true);
	check_entry(JSON("part"), "part", LOG_STDERR, false);
	check_entry(JSON(""), "", LOG_STDERR, false);
	check_entry(JSON("\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\n"),
		    "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", LOG_STDERR, true);
	check_entry(JSON("\\ud83dx\\udc00\\n"), "\xef\xbf\xbdx\xef\xbf\xbd", LOG_STDERR, true);
	check_entry("{ \"time\" : \"2026-01-02T03:04:05.5Z\" , \"attrs\":{\"a\":[\"}\",1]}, \"n\":1 "
		    ",\"log\":\"x\\n\",\"stream\":"
		    "\"stdout\" }",
		    "x", LOG_STDOUT, true);
}

static void a_null_byte_is_text(void)
{
	struct log_entry entry;

	CHECK(parse(JSON("a\\u0000b\\n"), strlen(JSON("a\\u0000b\\n")), &entry));
	CHECK(entry.size == 3 && memcmp(entry.text, "a\0b", 3) == 0);
	CHECK(parse(TIME("05") "stdout F a\0b", 36 + 9 + 3, &entry));
	CHECK(entry.size == 3 && memcmp(entry.text, "a\0b", 3) == 0);
}

static void what_is_no_entry_is_refused(void)
{
	static const char *const lines[] = {
		"",
		"x",
		"{",
		"{}",
		"[]",
		TIME("05"),
		TIME("05") "stdout",
		TIME("05") "stdout F",
		TIME("05") "stdin F x",
		TIME("05") "stdout X x",
		TIME("05") "stdout FF x",
		TIME("05") "stdout  x",
		TIME("61") "stdout F x",
		"no stdout F x",
		JSON("\\x"),
		JSON("\\u00g0"),
		JSON("\\u12"),
		JSON("\\"),
		"{\"log\":1}",
		"{\"log\":\"x\"}",
		"{\"log\":\"x\",\"stream\":\"stdout\"}",
		"{\"log\":\"x\",\"stream\":\"stdin\",\"time\":\"2026-01-02T03:04:05Z\"}",
		"{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"never\"}",
		"{\"a\":{",
		"{\"a\":\"",
		"{\"log\"}",
		"{\"log\":",
	};
	struct log_entry entry;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!CHECK(!parse(lines[i], strlen(lines[i]), &entry)))
			printf("# %s\n", lines[i]);
}

/* ---- files */

static void prepare(void)
{
	folder_make(&folder);
	(void)snprintf(path, sizeof(path), "%s/log", folder.path);
}

static void append(const char *name, const char *text)
{
	char file[160];
	FILE *out;

	(void)snprintf(file, sizeof(file), "%s/%s", folder.path, name);
	out = fopen(file, "a");
	CHECK(out && fputs(text, out) >= 0 && fclose(out) == 0);
}

static void move(const char *from, const char *to)
{
	CHECK(renameat(folder.fd, from, folder.fd, to) == 0);
}

/* The texts of all entries that there are now, with a blank behind each. */
static void next_are(struct log_reader *reader, const char *wanted)
{
	char texts[1024] = "";
	struct log_entry entry;
	int r;

	while ((r = log_reader_next(reader, &entry, &err)) > 0) {
		(void)strncat(texts, entry.text, entry.size < 500 ? entry.size : 500);
		(void)strncat(texts, " ", 2);
	}
	CHECK(r == 0);
	CHECK_STR(texts, wanted);
}

#define LINE(second, text) TIME(second) "stdout F " text "\n"

static struct log_reader *open_reader(void)
{
	struct log_reader *reader = NULL;

	if (!CHECK(log_reader_open(path, &reader, &err) == 0))
		printf("# %s\n", err.text);
	return reader;
}

static void rotated_files_are_read_first_the_oldest_first(void)
{
	struct log_reader *reader;

	prepare();
	append("log.2", LINE("01", "a"));
	append("log.1", LINE("02", "b") LINE("03", "c"));
	append("log", LINE("04", "d"));
	reader = open_reader();
	next_are(reader, "a b c d ");
	append("log", LINE("05", "e"));
	next_are(reader, "e ");
	log_reader_close(reader);
	folder_remove(&folder);
}

static void a_reader_follows_its_file_through_rotations(void)
{
	struct log_reader *reader;

	prepare();
	append("log", LINE("01", "a"));
	reader = open_reader();
	next_are(reader, "a ");
	append("log", LINE("02", "b"));
	move("log", "log.1");
	next_are(reader, "b ");
	append("log", LINE("03", "c"));
	move("log.1", "log.2");
	move("log", "log.1");
	append("log", LINE("04", "d"));
	next_are(reader, "c d ");
	log_reader_close(reader);
	folder_remove(&folder);
}

static void a_file_that_was_deleted_is_left_for_newer_ones(void)
{
	struct log_reader *reader;

	prepare();
	append("log.1", LINE("01", "a"));
	append("log", LINE("02", "b"));
	reader = open_reader();
	next_are(reader, "a b ");
	folder_unlink(&folder, "log");
	next_are(reader, "");
	append("log", LINE("03", "c"));
	next_are(reader, "c ");
	append("log.tmp", LINE("04", "d"));
	move("log.tmp", "log");
	next_are(reader, "d ");
	log_reader_close(reader);
	folder_remove(&folder);
}

static void an_entry_that_is_half_written_is_waited_for(void)
{
	struct log_reader *reader;

	prepare();
	append("log", LINE("01", "a") TIME("02") "stdout F hal");
	reader = open_reader();
	next_are(reader, "a ");
	append("log", "f\n");
	next_are(reader, "half ");
	append("log", TIME("03") "stdout F taken back");
	next_are(reader, "");
	CHECK(truncate(path, 36 + 9 + 2 + 36 + 9 + 5) == 0);
	append("log", LINE("04", "b"));
	next_are(reader, "b ");
	CHECK(truncate(path, 0) == 0);
	next_are(reader, "");
	append("log", LINE("05", "c"));
	next_are(reader, "c ");
	log_reader_close(reader);
	folder_remove(&folder);
}

static void what_is_no_entry_is_passed_over_and_counted(void)
{
	autofree char *garbage = malloc(3000001);
	struct log_reader *reader;

	prepare();
	memset(garbage, 'x', 3000000);
	garbage[3000000] = '\0';
	append("log", "garbage\n" LINE("01", "a") "\n");
	append("log", garbage);
	append("log", "\n" LINE("02", "b"));
	reader = open_reader();
	next_are(reader, "a b ");
	CHECK(log_reader_strange(reader) >= 2);
	log_reader_close(reader);
	folder_remove(&folder);
}

static void what_is_no_log_is_refused(void)
{
	struct log_reader *reader;

	prepare();
	CHECK(log_reader_open(path, &reader, &err) == -ENOENT);
	CHECK_HAS(err.text, "log: No such file");
	folder_mkdir(&folder, "log");
	CHECK(log_reader_open(path, &reader, &err) < 0);
	CHECK_HAS(err.text, "log is not a regular file");
	CHECK(unlinkat(folder.fd, "log", AT_REMOVEDIR) == 0);
	CHECK(mkfifoat(folder.fd, "log", 0600) == 0);
	CHECK(log_reader_open(path, &reader, &err) < 0);
	CHECK_HAS(err.text, "log is not a regular file");
	folder_remove(&folder);
}

/* ---- the last lines */

static void last_are(uint64_t count, const struct log_filter *filter, const char *wanted)
{
	struct log_reader *reader = open_reader();

	if (!CHECK(log_reader_go_to_last(reader, count, filter, &err) == 0))
		printf("# %s\n", err.text);
	next_are(reader, wanted);
	log_reader_close(reader);
}

static void the_last_lines_are_found_over_all_files(void)
{
	const struct log_filter errors = { .streams = { false, true } };
	const struct log_filter since = { .streams = { true, true },
					  .has_since = true,
					  .since = { .tv_sec = 1767323043 } };
	const struct log_filter until = { .streams = { true, true },
					  .has_until = true,
					  .until = { .tv_sec = 1767323043 } };

	prepare();
	append("log.2", LINE("01", "a") TIME("01") "stderr F error\n");
	append("log.1", LINE("02", "b") TIME("03") "stderr F c\n");
	append("log", LINE("04", "d") TIME("05") "stdout P e\n" TIME("05") "stdout P f\n" LINE("05", "g"));
	last_are(0, &all, "");
	last_are(1, &all, "e f g ");
	last_are(2, &all, "d e f g ");
	last_are(3, &all, "c d e f g ");
	last_are(4, &all, "b c d e f g ");
	last_are(UINT64_MAX, &all, "a error b c d e f g ");
	last_are(1, &errors, "b c d e f g ");
	last_are(2, &errors, "a error b c d e f g ");
	last_are(9, &since, "c d e f g ");
	last_are(1, &until, "c d e f g ");
	append("log", TIME("06") "stdout P h\n");
	last_are(1, &all, "h ");
	last_are(2, &all, "e f g h ");
	folder_remove(&folder);
}

static void the_last_lines_of_a_large_file_are_found_from_its_end(void)
{
	char line[96];
	FILE *out;

	prepare();
	append("log", "");
	out = fopen(path, "a");
	for (int i = 0; out && i < 100000; i++) {
		(void)snprintf(line, sizeof(line), LINE("01", "%d"), i);
		CHECK(fputs(line, out) >= 0);
	}
	CHECK(out && fclose(out) == 0);
	last_are(3, &all, "99997 99998 99999 ");
	/* an entry that is larger than a block */
	out = fopen(path, "a");
	CHECK(out && fputs(TIME("02") "stdout F ", out) >= 0);
	for (int i = 0; out && i < 200000; i++)
		(void)fputc('x', out);
	CHECK(out && fputs("\n" LINE("03", "end"), out) >= 0 && fclose(out) == 0);
	last_are(1, &all, "end ");
	{
		struct log_reader *reader = open_reader();
		struct log_entry entry;

		CHECK(log_reader_go_to_last(reader, 2, &all, &err) == 0);
		CHECK(log_reader_next(reader, &entry, &err) == 1 && entry.size == 200000);
		log_reader_close(reader);
	}
	folder_remove(&folder);
}

/* ---- lines */

static struct log_lines lines;
static struct log_line line;

static int add(enum log_stream stream, const char *text, bool is_complete)
{
	const struct log_entry entry = {
		.time = "now",
		.time_size = 3,
		.stream = stream,
		.is_complete = is_complete,
		.text = text,
		.size = strlen(text),
	};

	return log_lines_add(&lines, &entry, &line);
}

static void line_is(const char *text, enum log_stream stream, bool begins, bool ends)
{
	CHECK(line.size == strlen(text) && memcmp(line.text, text, line.size) == 0);
	CHECK(line.stream == stream && line.begins == begins && line.ends == ends);
	CHECK(line.time_size == 3 && memcmp(line.time, "now", 3) == 0);
}

static void parts_are_joined_though_streams_are_mixed(void)
{
	CHECK(add(LOG_STDOUT, "one ", false) == 0);
	CHECK(add(LOG_STDERR, "error", true) == 1);
	line_is("error", LOG_STDERR, true, true);
	CHECK(add(LOG_STDOUT, "two ", false) == 0);
	CHECK(add(LOG_STDOUT, "three", true) == 1);
	line_is("one two three", LOG_STDOUT, true, true);
	CHECK(add(LOG_STDOUT, "", true) == 1);
	line_is("", LOG_STDOUT, true, true);
	log_lines_free(&lines);
}

static void a_line_may_come_out_in_parts(void)
{
	autofree char *large = malloc(LOG_LINE_HELD_MAX + 1);

	CHECK(!log_lines_flush(&lines, LOG_STDOUT, &line));
	CHECK(add(LOG_STDOUT, "prompt", false) == 0);
	CHECK(!log_lines_flush(&lines, LOG_STDERR, &line));
	CHECK(log_lines_flush(&lines, LOG_STDOUT, &line));
	line_is("prompt", LOG_STDOUT, true, false);
	CHECK(!log_lines_flush(&lines, LOG_STDOUT, &line));
	CHECK(add(LOG_STDOUT, "answer", true) == 1);
	line_is("answer", LOG_STDOUT, false, true);
	memset(large, 'x', LOG_LINE_HELD_MAX);
	large[LOG_LINE_HELD_MAX] = '\0';
	CHECK(add(LOG_STDOUT, "1", false) == 0);
	CHECK(add(LOG_STDOUT, large, false) == 1);
	CHECK(line.size == LOG_LINE_HELD_MAX + 1 && line.begins && !line.ends);
	CHECK(add(LOG_STDOUT, "2", false) == 0);
	CHECK(add(LOG_STDOUT, "3", true) == 1);
	line_is("23", LOG_STDOUT, false, true);
	CHECK(add(LOG_STDOUT, "next", true) == 1);
	line_is("next", LOG_STDOUT, true, true);
	log_lines_free(&lines);
}

static const struct unit_test tests[] = {
	TEST(entries_of_both_formats_are_read),
	TEST(a_null_byte_is_text),
	TEST(what_is_no_entry_is_refused),
	TEST(rotated_files_are_read_first_the_oldest_first),
	TEST(a_reader_follows_its_file_through_rotations),
	TEST(a_file_that_was_deleted_is_left_for_newer_ones),
	TEST(an_entry_that_is_half_written_is_waited_for),
	TEST(what_is_no_entry_is_passed_over_and_counted),
	TEST(what_is_no_log_is_refused),
	TEST(the_last_lines_are_found_over_all_files),
	TEST(the_last_lines_of_a_large_file_are_found_from_its_end),
	TEST(parts_are_joined_though_streams_are_mixed),
	TEST(a_line_may_come_out_in_parts),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
