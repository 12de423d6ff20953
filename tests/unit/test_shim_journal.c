/* kavel-shim/log_journald.c: what a journal gets; a socket here stands for journald. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "folder.h"
#include "logs.h"
#include "unit.h"

#define ID "0123456789abcdef0123"

static struct folder folder;
static struct loop *loop;
static struct log_settings settings;
static struct logs *logs;
static struct err err;
static char spec[128], entry[1 << 20];
static const char *specs[1] = { spec };
static int journald = -1;
static int continued;

static void count_continue(void *owner)
{
	(void)owner;
	continued++;
}

static void start_journald(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder.path);
	journald = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(journald >= 0 && bind(journald, (const struct sockaddr *)&address, sizeof(address)) == 0);
}

static void stop_journald(void)
{
	(void)close(journald);
	folder_unlink(&folder, "socket");
}

static void prepare(void)
{
	folder_make(&folder);
	CHECK(loop_open(&loop, &err) == 0);
	(void)snprintf(spec, sizeof(spec), "journald:%s/socket", folder.path);
	settings = (struct log_settings){ .paths = { .items = specs, .count = 1 }, .id = ID, .name = "web" };
	start_journald();
}

static void start(void)
{
	logs = NULL;
	if (!CHECK(logs_open(&settings, loop, count_continue, NULL, &logs, &err) == 0))
		printf("# %s\n", err.text);
}

static void finish(void)
{
	logs_close(logs);
	loop_close(loop);
	stop_journald();
	folder_remove(&folder);
}

static void out(const char *text)
{
	logs_write(logs, STREAM_STDOUT, text, strlen(text));
}

/* The next entry, or "" if there is none. */
static size_t next_entry(void)
{
	int file;
	ssize_t size = fd_receive(journald, entry, sizeof(entry) - 1, &file);
	autofd memory = size >= 0 ? file : -1;

	if (size == 0 && memory >= 0) {
		const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

		CHECK((fcntl(memory, F_GET_SEALS) & seals) == seals);
		CHECK(lseek(memory, 0, SEEK_SET) == 0);
		size = fd_read_all(memory, entry, sizeof(entry) - 1);
	}
	if (size < 0)
		size = 0;
	entry[size] = '\0';
	return (size_t)size;
}

static void next_is(const char *wanted)
{
	(void)next_entry();
	CHECK_STR(entry, wanted);
}

#define SAME "CONTAINER_ID=0123456789ab\nCONTAINER_ID_FULL=" ID "\nCONTAINER_NAME=web\n"

static void an_entry_has_the_fields_of_conmon(void)
{
	prepare();
	start();
	out("one\n");
	logs_write(logs, STREAM_STDERR, "oops\n", 5);
	next_is("PRIORITY=6\nMESSAGE=one\n" SAME "SYSLOG_IDENTIFIER=0123456789ab\n");
	next_is("PRIORITY=3\nMESSAGE=oops\n" SAME "SYSLOG_IDENTIFIER=0123456789ab\n");
	next_is("");
	finish();
}

static void a_part_of_a_line_waits_for_its_rest(void)
{
	prepare();
	start();
	out("one\npa");
	logs_write(logs, STREAM_STDERR, "<2>", 3);
	next_is("PRIORITY=6\nMESSAGE=one\n" SAME "SYSLOG_IDENTIFIER=0123456789ab\n");
	next_is("");
	out("rt");
	out(" two\n");
	next_is("PRIORITY=6\nMESSAGE=part two\n" SAME "SYSLOG_IDENTIFIER=0123456789ab\n");
	logs_write(logs, STREAM_STDERR, "oops", 4);
	next_is("");
	logs_end(logs, STREAM_STDERR);
	next_is("PRIORITY=2\nMESSAGE=oops\n" SAME "SYSLOG_IDENTIFIER=0123456789ab\n");
	out("");
	logs_end(logs, STREAM_STDOUT);
	next_is("");
	finish();
}

/* How many bytes of the letter the message of the next entry has. */
static size_t next_length(char letter)
{
	const char *text;

	(void)next_entry();
	text = strstr(entry, "MESSAGE=");
	return text ? strspn(text + 8, (const char[]){ letter, 0 }) : 0;
}

static void a_long_line_is_divided(void)
{
	static char line[20000];

	prepare();
	start();
	memset(line, 'x', sizeof(line));
	logs_write(logs, STREAM_STDOUT, line, 8000);
	logs_write(logs, STREAM_STDOUT, line, sizeof(line));
	out("x\nnext\n");
	CHECK(next_length('x') == 8000);
	CHECK_HAS(entry, "CONTAINER_PARTIAL_MESSAGE=true\n");
	CHECK(next_length('x') == 8192 && next_length('x') == 8192);
	CHECK_HAS(entry, "CONTAINER_PARTIAL_MESSAGE=true\n");
	CHECK(next_length('x') == 20001 - 2 * 8192);
	CHECK(!strstr(entry, "CONTAINER_PARTIAL_MESSAGE"));
	CHECK(next_length('n') == 1);
	finish();
}

static void tag_and_labels_are_fields(void)
{
	static const char *labels[] = { "KEY=value=1", "LINES_2=a\nb" };
	uint64_t size = htole64(3);
	const char *lines;

	prepare();
	settings.tag = "tag";
	settings.labels = (struct option_list){ .items = labels, .count = 2 };
	start();
	out("one\n");
	(void)next_entry();
	CHECK_HAS(entry, "MESSAGE=one\n" SAME "CONTAINER_TAG=tag\nSYSLOG_IDENTIFIER=tag\nKEY=value=1\nLINES_2\n");
	lines = strstr(entry, "LINES_2\n");
	CHECK(lines && memcmp(lines + 8, &size, 8) == 0 && strcmp(lines + 16, "a\nb\n") == 0);
	finish();
}

static void parts_are_not_called_so_where_that_is_not_wanted(void)
{
	static char line[10000];

	prepare();
	settings.no_partial_message = true;
	start();
	memset(line, 'x', sizeof(line));
	logs_write(logs, STREAM_STDOUT, line, sizeof(line));
	CHECK(next_length('x') == 8192);
	CHECK(!strstr(entry, "PARTIAL"));
	finish();
}

static void a_line_may_begin_with_its_priority(void)
{
	prepare();
	start();
	out("<4>warning\n<8>no\n<4no\n<");
	out("0>more\nnone\n");
	(void)next_entry();
	CHECK(strncmp(entry, "PRIORITY=4\nMESSAGE=warning\n", 27) == 0);
	(void)next_entry();
	CHECK(strncmp(entry, "PRIORITY=6\nMESSAGE=<8>no\n", 25) == 0);
	(void)next_entry();
	CHECK(strncmp(entry, "PRIORITY=6\nMESSAGE=<4no\n", 24) == 0);
	(void)next_entry();
	CHECK(strncmp(entry, "PRIORITY=0\nMESSAGE=more\n", 24) == 0);
	(void)next_entry();
	CHECK(strncmp(entry, "PRIORITY=6\nMESSAGE=none\n", 24) == 0);
	finish();
}

static void any_byte_may_be_in_a_message(void)
{
	prepare();
	start();
	logs_write(logs, STREAM_STDOUT, "a\0\xff\n", 4);
	CHECK(next_entry() > 30 && memcmp(entry, "PRIORITY=6\nMESSAGE=a\0\xff\nCONT", 27) == 0);
	finish();
}

static void an_entry_too_large_for_a_datagram_is_a_sealed_file(void)
{
	autofree char *label = malloc(300001);
	const char *labels[] = { label };

	prepare();
	memset(label, 'x', 300000);
	memcpy(label, "LARGE=", 6);
	label[300000] = '\0';
	settings.labels = (struct option_list){ .items = labels, .count = 1 };
	start();
	out("message\n");
	CHECK(next_entry() > 300000);
	CHECK_HAS(entry, "PRIORITY=6\nMESSAGE=message\n" SAME);
	CHECK_HAS(entry, "\nLARGE=xxxx");
	finish();
}

static int stop(struct loop_timer *timer, struct err *failure)
{
	(void)timer;
	(void)failure;
	loop_stop(loop);
	return 0;
}

static void run_for(int64_t ms)
{
	struct loop_timer timer = { .expired = stop };

	loop_after(loop, &timer, ms);
	CHECK(loop_run(loop, &err) == 0);
}

static void a_journal_that_does_not_read_is_waited_for(void)
{
	int written = 0, read = 0;

	prepare();
	start();
	for (; written < 2000; written++) {
		char line[32];

		(void)snprintf(line, sizeof(line), "line %d\n", written);
		out(line);
	}
	CHECK(logs_counters(logs).bytes < logs_counters(logs).dropped + 2000 * 9);
	CHECK(logs_counters(logs).dropped == 0);
	for (int round = 0; round < 2000 && read < written; round++) {
		while (next_entry()) {
			char wanted[64];

			(void)snprintf(wanted, sizeof(wanted), "PRIORITY=6\nMESSAGE=line %d\n", read++);
			if (!CHECK(strncmp(entry, wanted, strlen(wanted)) == 0))
				break;
		}
		run_for(1);
	}
	CHECK(read == written);
	/* nothing waits: the loop is not woken by a socket that could take more */
	out("last\n");
	CHECK(next_entry() > 0 && strncmp(entry, "PRIORITY=6\nMESSAGE=last\n", 24) == 0);
	finish();
}

static void a_journal_that_was_restarted_gets_what_was_written_meanwhile(void)
{
	prepare();
	start();
	out("one\n");
	(void)next_entry();
	stop_journald();
	out("two\n");
	out("three\n");
	start_journald();
	run_for(250);
	(void)next_entry();
	CHECK(strncmp(entry, "PRIORITY=6\nMESSAGE=two\n", 23) == 0);
	(void)next_entry();
	CHECK(strncmp(entry, "PRIORITY=6\nMESSAGE=three\n", 25) == 0);
	CHECK(logs_counters(logs).bytes == 14);
	finish();
}

static void check_label(const char *label)
{
	settings.labels = (struct option_list){ .items = &label, .count = 1 };
	CHECK(logs_open(&settings, loop, count_continue, NULL, &logs, &err) < 0);
	CHECK_HAS(err.text, "log label");
	settings.labels = (struct option_list){ 0 };
}

static void labels_that_no_field_can_have_are_refused(void)
{
	prepare();
	check_label("none");
	check_label("=x");
	check_label("lower=x");
	check_label("_TRUSTED=x");
	check_label("1ST=x");
	start();
	finish();
}

static void a_host_without_a_journal_is_refused(void)
{
	prepare();
	stop_journald();
	CHECK(logs_open(&settings, loop, count_continue, NULL, &logs, &err) < 0);
	CHECK_HAS(err.text, "connect to the journal at /tmp/");
	start_journald();
	start();
	finish();
}

static const struct unit_test tests[] = {
	TEST(an_entry_has_the_fields_of_conmon),
	TEST(a_part_of_a_line_waits_for_its_rest),
	TEST(a_long_line_is_divided),
	TEST(tag_and_labels_are_fields),
	TEST(parts_are_not_called_so_where_that_is_not_wanted),
	TEST(a_line_may_begin_with_its_priority),
	TEST(any_byte_may_be_in_a_message),
	TEST(an_entry_too_large_for_a_datagram_is_a_sealed_file),
	TEST(a_journal_that_does_not_read_is_waited_for),
	TEST(a_journal_that_was_restarted_gets_what_was_written_meanwhile),
	TEST(labels_that_no_field_can_have_are_refused),
	TEST(a_host_without_a_journal_is_refused),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
