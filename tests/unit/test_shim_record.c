/* kavel-shim/record.c, durable.c, group.c, oom.c and what adopt.c reads. */
#include "record.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adopt.h"
#include "base/clock.h"
#include "base/proc.h"
#include "durable.h"
#include "folder.h"
#include "group.h"
#include "json/read.h"
#include "oom.h"
#include "restart.h"
#include "status.h"
#include "unit.h"

#define STATUS_EXIT(code) ((code) << 8)
#define STATUS_CORE	  0x80

static struct str_buf text;

static const char *text_of(const struct record *record, const struct cgroup_stats *stats)
{
	str_buf_free(&text);
	record_text(record, stats, &text);
	return text.data;
}

static bool is_json(void)
{
	struct json_t *json = NULL;
	struct err err;
	bool good = json_read(text.data, text.size, "it", &json, &err) == 0;

	json_free(json);
	return good;
}

static void the_exit_code_is_128_and_the_signal(void)
{
	struct record record = { .id = "x", .pid = 7, .has_status = true, .status = STATUS_EXIT(3) };

	CHECK(record_exit_code(&record) == 3);
	CHECK_HAS(text_of(&record, NULL), "\"exitCode\":3,\"signal\":null,\"coreDumped\":false");
	CHECK(is_json());
	record.status = SIGSEGV | STATUS_CORE;
	CHECK(record_exit_code(&record) == 139);
	CHECK_HAS(text_of(&record, NULL), "\"exitCode\":139,\"signal\":\"SIGSEGV\",\"coreDumped\":true");
	record.status = SIGSYS;
	CHECK_HAS(text_of(&record, NULL), "\"seccompKilled\":true");
	record.status = SIGKILL;
	record.oom_kills = 2;
	CHECK_HAS(text_of(&record, NULL),
		  "\"signal\":\"SIGKILL\",\"coreDumped\":false,\"oomKilled\":true,\"seccompKilled\":false");
}

static void what_is_not_known_is_null(void)
{
	const struct record record = { .id = "a\"b", .pid = 7, .reason = "its shim was killed" };

	CHECK(record_exit_code(&record) == -1);
	CHECK_HAS(text_of(&record, NULL), "\"id\":\"a\\\"b\",\"pid\":7,\"exitCode\":null,\"signal\":null");
	CHECK_HAS(text.data, "\"startedAt\":null");
	CHECK_HAS(text.data, "\"reason\":\"its shim was killed\"");
	CHECK(!strstr(text.data, "rusage") && !strstr(text.data, "memory"));
	CHECK(is_json());
}

static void only_the_first_process_of_a_namespace_can_reboot(void)
{
	struct record record = { .id = "x", .has_status = true, .status = SIGHUP };

	CHECK(!record_rebooted(&record));
	record.has_pid_ns = true;
	CHECK(record_rebooted(&record) && !record_powered_off(&record));
	record.status = SIGINT;
	CHECK(!record_rebooted(&record) && record_powered_off(&record));
	record.status = STATUS_EXIT(SIGHUP);
	CHECK(!record_rebooted(&record));
}

static void what_the_group_has_used_is_told_as_far_as_it_is_known(void)
{
	struct cgroup_io_item bytes[] = { { 8, 0, 10, "Read" }, { 8, 0, 20, "Write" }, { 9, 1, 5, "Read" } };
	struct cgroup_io_item operations[] = { { 9, 1, 4, "Read" }, { 8, 0, 1, "Read" } };
	const struct record record = { .id = "x",
				       .has_usage = true,
				       .usage = { .ru_maxrss = 900, .ru_utime = { 1, 2 } } };
	struct cgroup_stats stats = {
		.cpu = { .total = { true, 5000000 }, .psi = { .some = { .is_set = true, .total = 77 } } },
		.memory = { .memory = { .peak = { true, 4096 } } },
		.pids = { .peak = { true, 9 } },
		.io = { .is_set = true, .bytes = { bytes, 3 }, .operations = { operations, 2 } },
	};

	(void)text_of(&record, &stats);
	CHECK(is_json());
	CHECK_HAS(text.data, "\"userUs\":1000002");
	CHECK_HAS(text.data, "\"maxRssKiB\":900");
	CHECK_HAS(text.data, "\"cpu\":{\"totalUs\":5000}");
	CHECK_HAS(text.data, "\"memory\":{\"peak\":4096}");
	CHECK_HAS(text.data, "\"pids\":{\"peak\":9}");
	CHECK_HAS(text.data, "\"psi\":{\"cpu\":{\"someTotalUs\":77}}");
	CHECK_HAS(text.data,
		  "\"io\":[{\"major\":8,\"minor\":0,\"readBytes\":10,\"writeBytes\":20,\"readOperations\":1},"
		  "{\"major\":9,\"minor\":1,\"readBytes\":5,\"readOperations\":4}]");
}

/* ---------------------------------------------------------------- files */

static struct loop *loop;
static bool was_written;

static void note_written(struct durable *durable)
{
	(void)durable;
	was_written = true;
	loop_stop(loop);
}

static int give_up(struct loop_timer *timer, struct err *err)
{
	(void)timer;
	(void)err;
	loop_stop(loop);
	return 0;
}

static void write_text(struct durable *durable, const char *words)
{
	struct str_buf buf = { 0 };

	str_append(&buf, words);
	durable_write(durable, &buf);
}

static void a_file_is_replaced_as_a_whole_and_only_if_it_changes(void)
{
	struct durable durable = { 0 };
	struct folder folder;
	char path[100];
	struct err err;

	folder_make(&folder);
	CHECK(loop_open(&loop, &err) == 0);
	(void)snprintf(path, sizeof(path), "%s/file", folder.path);
	durable = (struct durable){ .path = path, .loop = loop };
	write_text(&durable, "one");
	folder_has(&folder, "file", "one");
	folder_unlink(&folder, "file");
	write_text(&durable, "one");
	CHECK(!folder_exists(&folder, "file"));
	write_text(&durable, "two");
	folder_has(&folder, "file", "two");
	CHECK(!durable_is_waiting(&durable));
	durable_drop(&durable);
	loop_close(loop);
	folder_remove(&folder);
}

static void a_folder_that_is_gone_is_not_waited_for(void)
{
	struct durable durable = { .path = "/nowhere/at/all" };
	struct err err;

	CHECK(loop_open(&loop, &err) == 0);
	durable.loop = loop;
	write_text(&durable, "one");
	CHECK(!durable_is_waiting(&durable));
	durable_drop(&durable);
	loop_close(loop);
}

/* The limit of a file's size stands for a full disk would give SIGXFSZ and EFBIG; no descriptor left is EMFILE, which passes, too. */
#include <sys/resource.h>

static void what_cannot_be_written_now_is_written_later(void)
{
	struct loop_timer limit = { .expired = give_up };
	struct rlimit before, none;
	struct durable durable;
	struct folder folder;
	char path[100];
	struct err err;

	folder_make(&folder);
	CHECK(loop_open(&loop, &err) == 0);
	(void)snprintf(path, sizeof(path), "%s/file", folder.path);
	durable = (struct durable){ .path = path, .loop = loop, .written = note_written };
	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = before;
	none.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	write_text(&durable, "one");
	CHECK(durable_is_waiting(&durable));
	write_text(&durable, "two"); /* the last one counts */
	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
	loop_after(loop, &limit, 30000);
	CHECK(loop_run(loop, &err) == 0);
	CHECK(was_written && !durable_is_waiting(&durable));
	folder_has(&folder, "file", "two");
	loop_cancel(loop, &limit);
	durable_drop(&durable);
	loop_close(loop);
	folder_remove(&folder);
}

/* ---------------------------------------------------------------- the group */

static void find(const char *mounts, const char *process, const char *caller, int wanted, struct cgroup_made *ret)
{
	char paths[3][100];
	const char *const names[] = { "mounts", "process", "caller" }, *const texts[] = { mounts, process, caller };
	struct folder folder;
	struct err err;

	folder_make(&folder);
	for (size_t i = 0; i < 3; i++) {
		folder_write(&folder, names[i], texts[i]);
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder.path, names[i]);
	}
	CHECK(group_of_process_in(paths[0], paths[1], paths[2], ret, &err) == wanted);
	folder_remove(&folder);
}

static void the_group_is_found_by_the_process_on_v1(void)
{
	char mounts[300], v1[64];
	struct folder memory;
	struct cgroup_made made;

	folder_make(&memory);
	folder_mkdir(&memory, "guest");
	(void)snprintf(mounts, sizeof(mounts), "32 31 0:30 / %s rw - cgroup cgroup rw,memory\n", memory.path);
	find(mounts, "3:memory:/guest\n", "3:memory:/\n", 0, &made);
	CHECK_STR(made.path, "/guest");
	(void)snprintf(v1, sizeof(v1), "memory:%llu:0", (unsigned long long)made.inode);
	CHECK_STR(made.v1, v1);
	find(mounts, "3:memory:/\n", "3:memory:/\n", 1, &made);
	find(mounts, "3:memory:/shared\n", "3:memory:/shared\n", 1, &made); /* the caller's own */
	find(mounts, "3:memory:/gone\n", "3:memory:/\n", 1, &made);
	CHECK(made.inode == 0);
	find("", "", "", 1, &made);
	folder_remove(&memory);
}

/* ---------------------------------------------------------------- adopting */

static void status_json_tells_the_next_shim_who_the_guest_is(void)
{
	const struct restart restart = { 5, 2 };
	const struct timespec created = { 1000, 5 }, started = { 1001, 6 };
	struct status status = {
		.id = "x",
		.name = "running",
		.pid = getpid(),
		.has_pid_ns = true,
		.restart = &restart,
		.created = &created,
		.started = &started,
	};
	struct cgroup_made group = { .path = "/g", .inode = 12, .v1 = "memory:5:1" };
	struct adopted found = { .pid = getpid() };
	struct err err;

	status.group = &group;
	CHECK(proc_stat(getpid(), NULL, &status.pid_start) == 0);
	str_buf_free(&text);
	status_text(&status, &text);
	CHECK(is_json());
	CHECK(adopt_read_status(text.data, text.size, &found, &err) == 0);
	CHECK(found.is_known && !found.was_stopped && !found.was_to_start);
	CHECK(found.restarts == 5 && found.restarts_in_a_row == 2);
	CHECK(found.created.tv_sec == 1000 && found.created.tv_nsec == 5 && found.started.tv_sec == 1001);
	CHECK(found.has_pid_ns && found.last_pid == getpid());
	CHECK(found.group.inode == 12);
	CHECK_STR(found.group.path, "/g");
	CHECK_STR(found.group.v1, "memory:5:1");

	/* another process with the same number */
	status.pid_start++;
	str_buf_free(&text);
	status_text(&status, &text);
	found = (struct adopted){ .pid = getpid() };
	CHECK(adopt_read_status(text.data, text.size, &found, &err) == 0);
	CHECK(found.restarts == 5);
	CHECK(!found.created.tv_sec && !found.group.inode && !found.last_pid);
	CHECK(adopt_read_status("{\"status\":\"backing-off\"}", 24, &found, &err) == 0);
	CHECK(found.was_to_start);
	CHECK(adopt_read_status("{\"pid\":-1}", 10, &found, &err) < 0);
	CHECK(adopt_read_status("", 0, &found, &err) < 0);
}

static void an_exit_record_of_the_same_incarnation_is_not_lost(void)
{
	struct record record = { .id = "x", .pid = 77, .created = { 1000, 5 }, .has_status = true, .status = SIGKILL };
	struct adopted found = { .last_pid = 77, .created = { 1000, 5 } };
	struct err err;

	(void)text_of(&record, NULL);
	CHECK(adopt_read_exit(text.data, text.size, &found, &err) == 0);
	CHECK(found.is_recorded && found.has_status && found.exit_status == SIGKILL);
	record.status = STATUS_EXIT(130);
	(void)text_of(&record, NULL);
	CHECK(adopt_read_exit(text.data, text.size, &found, &err) == 0);
	CHECK(found.exit_status == STATUS_EXIT(130));
	found = (struct adopted){ .last_pid = 77, .created = { 1001, 5 } };
	CHECK(adopt_read_exit(text.data, text.size, &found, &err) == 0);
	CHECK(!found.is_recorded);
}

static const struct unit_test tests[] = {
	TEST(the_exit_code_is_128_and_the_signal),
	TEST(what_is_not_known_is_null),
	TEST(only_the_first_process_of_a_namespace_can_reboot),
	TEST(what_the_group_has_used_is_told_as_far_as_it_is_known),
	TEST(a_file_is_replaced_as_a_whole_and_only_if_it_changes),
	TEST(a_folder_that_is_gone_is_not_waited_for),
	TEST(what_cannot_be_written_now_is_written_later),
	TEST(the_group_is_found_by_the_process_on_v1),
	TEST(status_json_tells_the_next_shim_who_the_guest_is),
	TEST(an_exit_record_of_the_same_incarnation_is_not_lost),
	TEST_END,
};

int main(void)
{
	int r = unit_run(tests);

	str_buf_free(&text);
	return r;
}
