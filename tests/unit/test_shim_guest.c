/* kavel-shim/guest.c: the life of a guest, with a runtime that is played here and processes that are real. */
#include "guest.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "json/read.h"
#include "unit.h"

static struct folder folder;
static char exit_path[100];
static struct shim_settings settings;
static struct loop *loop;
static struct children *children;
static struct guest *guest;
static struct loop_timer later, limit, prodding;

/* What the played runtime does: a letter per call that is noted, and what the guest's process does. */
static char calls[200], answers[2000];
static enum guest_call called;
static bool fails[3];
static int fails_from; /* creations from this one on fail */
static int creations;
static int exit_code;
static bool lives; /* its process waits to be killed */
static bool is_finished, has_failed;
static pid_t pid;

static void note(char letter)
{
	size_t size = strlen(calls);

	if (size < sizeof(calls) - 1)
		calls[size] = letter;
}

static void start_process(void)
{
	pid = fork();
	if (pid == 0) {
		while (lives)
			(void)pause();
		_exit(exit_code);
	}
}

static int end_call(struct loop_timer *timer, struct err *err)
{
	const bool failure = fails[called] || (called == GUEST_CREATE && fails_from && creations >= fails_from);
	struct err why;

	(void)timer;
	(void)err;
	if (failure)
		(void)err_user(&why, "the runtime says no");
	else if (called == GUEST_CREATE)
		start_process();
	else if (called == GUEST_DELETE && pid > 0)
		(void)kill(pid, SIGKILL);
	guest_done(guest, called, pid, failure ? &why : NULL);
	return 0;
}

static int on_call(void *owner, enum guest_call call, struct err *err)
{
	(void)owner;
	(void)err;
	note("CSD"[call]);
	creations += call == GUEST_CREATE;
	called = call;
	later.expired = end_call;
	loop_after(loop, &later, 0);
	return 0;
}

static void on_interrupt(void *owner)
{
	(void)owner;
	note('i');
	fails[called] = true;
}

static void on_created(void *owner, pid_t created)
{
	(void)owner;
	(void)created;
	note('c');
}

static int end_drain(struct loop_timer *timer, struct err *err)
{
	(void)timer;
	(void)err;
	guest_drained(guest);
	return 0;
}

static void on_drain(void *owner)
{
	(void)owner;
	note('d');
	later.expired = end_drain;
	loop_after(loop, &later, 0);
}

static int on_adopt(void *owner, struct err *err)
{
	(void)owner;
	return err_user(err, "nothing to adopt");
}

static void on_mark(void *owner, const char *text)
{
	(void)owner;
	(void)text;
}

static struct logs_counters on_counters(void *owner)
{
	(void)owner;
	return (struct logs_counters){ 1, 2 };
}

static void on_answer(void *owner, uint64_t ticket, const char *answer)
{
	size_t size = strlen(answers);

	(void)owner;
	(void)snprintf(answers + size, sizeof(answers) - size, "%llu%s ", (unsigned long long)ticket, answer);
}

static void on_finished(void *owner, const struct err *failure)
{
	(void)owner;
	is_finished = true;
	has_failed = failure;
	loop_stop(loop);
}

static int give_up(struct loop_timer *timer, struct err *err)
{
	(void)timer;
	(void)err;
	loop_stop(loop);
	return 0;
}

static void setup(void)
{
	const struct guest_parts parts = {
		NULL,	  on_call, on_interrupt, on_created, on_drain,
		on_adopt, on_mark, on_counters,	 on_answer,  on_finished,
	};
	struct err err;

	folder_make(&folder);
	(void)snprintf(exit_path, sizeof(exit_path), "%s/exit.json", folder.path);
	settings.id = "g";
	settings.bundle = settings.run_dir = folder.path;
	settings.exit_record = exit_path;
	memset(calls, 0, sizeof(calls));
	memset(answers, 0, sizeof(answers));
	memset(fails, 0, sizeof(fails));
	fails_from = creations = exit_code = 0;
	lives = is_finished = has_failed = false;
	pid = 0;
	CHECK(loop_open(&loop, &err) == 0);
	CHECK(children_open(loop, &children, &err) == 0);
	CHECK(guest_open(&settings, loop, children, &parts, &guest, &err) == 0);
}

static void run_for(int64_t ms)
{
	struct err err;

	limit.expired = give_up;
	loop_after(loop, &limit, ms);
	CHECK(loop_run(loop, &err) == 0);
	loop_cancel(loop, &limit);
}

static void begin(void)
{
	struct err err;

	CHECK(guest_begin(guest, &err) == 0);
}

/* A moment for what has to happen first. */
static int prod_stop(struct loop_timer *timer, struct err *err)
{
	(void)timer;
	(void)err;
	guest_stop(guest);
	return 0;
}

static void teardown(void)
{
	loop_cancel(loop, &later);
	loop_cancel(loop, &prodding);
	guest_close(guest);
	children_close(children);
	loop_close(loop);
	settings = (struct shim_settings){ 0 };
	folder_unlink(&folder, "status.json");
	if (folder_exists(&folder, "exit.json"))
		folder_unlink(&folder, "exit.json");
	folder_remove(&folder);
}

static void status_has(const char *part)
{
	struct str_buf out = { 0 };

	CHECK(guest_control(guest, 1, "status", &out));
	CHECK_HAS(out.data, part);
	str_buf_free(&out);
}

/* Go on until the status has it. */
static void wait_for(const char *part)
{
	bool is_there = false;

	for (int i = 0; i < 2000 && !is_there; i++) {
		struct str_buf out = { 0 };

		run_for(10);
		CHECK(guest_control(guest, 1, "status", &out));
		is_there = strstr(out.data, part);
		str_buf_free(&out);
	}
	status_has(part);
}

static void a_guest_is_created_started_recorded_and_deleted(void)
{
	settings.start = true;
	setup();
	exit_code = 3;
	begin();
	status_has("\"status\":\"starting\"");
	run_for(20000);
	CHECK(is_finished && !has_failed);
	CHECK_STR(calls, "CcSdD");
	CHECK(guest_exit_code(guest) == 3);
	status_has("\"status\":\"stopped\",\"restarts\":0");
	CHECK(folder_exists(&folder, "exit.json"));
	teardown();
}

static void without_start_others_start_and_delete_it(void)
{
	setup();
	exit_code = 4;
	begin();
	run_for(20000);
	CHECK(is_finished && !has_failed);
	CHECK_STR(calls, "Ccd");
	CHECK(guest_exit_code(guest) == 4);
	teardown();
}

static void a_first_create_or_start_that_fails_is_the_end(void)
{
	settings.start = true;
	settings.restart = RESTART_ALWAYS;
	setup();
	fails[GUEST_CREATE] = true;
	begin();
	run_for(20000);
	CHECK(is_finished && has_failed);
	CHECK_STR(calls, "C");
	status_has("\"status\":\"failed\"");
	status_has("the runtime says no");
	teardown();

	settings.start = true;
	settings.restart = RESTART_ALWAYS;
	setup();
	lives = true;
	fails[GUEST_START] = true;
	begin();
	run_for(20000);
	CHECK(is_finished && has_failed);
	CHECK_STR(calls, "CcSD");
	teardown();
}

static void a_guest_that_fails_is_restarted_until_it_may_not(void)
{
	settings.start = true;
	settings.restart = RESTART_ON_FAILURE;
	settings.restart_max = 2;
	settings.restart_delay_ms = 1;
	setup();
	exit_code = 1;
	begin();
	run_for(20000);
	CHECK(is_finished && has_failed);
	CHECK_STR(calls, "CcSdDCcSdDCcSdD");
	status_has("\"restarts\":2");
	teardown();
}

static void a_create_that_fails_later_is_a_failure_like_others(void)
{
	settings.start = true;
	settings.restart = RESTART_ON_FAILURE;
	settings.restart_max = 3;
	settings.restart_delay_ms = 1;
	setup();
	exit_code = 1;
	fails_from = 2;
	begin();
	run_for(20000);
	CHECK(is_finished && has_failed);
	CHECK_STR(calls, "CcSdDCCC");
	status_has("the runtime says no");
	teardown();
}

static void a_delete_that_fails_does_not_stop_the_restart(void)
{
	settings.start = true;
	settings.restart = RESTART_ON_FAILURE;
	settings.restart_max = 1;
	settings.restart_delay_ms = 1;
	setup();
	exit_code = 1;
	fails[GUEST_DELETE] = true;
	begin();
	run_for(20000);
	CHECK(is_finished && has_failed);
	CHECK_STR(calls, "CcSdDCcSdD");
	teardown();
}

/* One that the played runtime has just killed may not have been reaped. */
static bool is_dead(void)
{
	bool is_gone = pid == 0;

	for (int i = 0; i < 2000 && !is_gone; i++) {
		is_gone = waitpid(pid, NULL, WNOHANG) != 0;
		if (!is_gone)
			(void)usleep(10000);
	}
	return is_gone;
}

static void a_stop_in_any_state_is_kept(void)
{
	static const int64_t moments[] = { 0, 1, 5, 50 };

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		settings.start = true;
		settings.restart = RESTART_ALWAYS;
		settings.stop_timeout_ms = 100;
		settings.restart_delay_ms = 5;
		setup();
		lives = i % 2;
		begin();
		prodding.expired = prod_stop;
		loop_after(loop, &prodding, moments[i]);
		run_for(20000);
		CHECK(is_finished && !has_failed);
		status_has("\"status\":\"stopped\"");
		CHECK(is_dead());
		teardown();
	}
}

static void a_stop_interrupts_a_create_that_takes_long(void)
{
	settings.start = true;
	settings.restart = RESTART_ALWAYS;
	setup();
	begin();
	guest_stop(guest);
	run_for(20000);
	CHECK(is_finished && !has_failed);
	CHECK_STR(calls, "CiD");
	status_has("\"status\":\"stopped\"");
	teardown();
}

static void requests_are_answered_when_they_are_done(void)
{
	struct str_buf out = { 0 };

	settings.start = true;
	settings.stop_timeout_ms = 1;
	setup();
	lives = true;
	begin();
	wait_for("\"status\":\"running\"");
	CHECK(!is_finished);
	status_has("\"log\":{\"bytes\":1,\"dropped\":2}");
	CHECK(guest_control(guest, 7, "restart 0", &out) && !out.size);
	CHECK_STR(answers, "");
	wait_for("\"status\":\"running\",\"restarts\":1");
	CHECK_STR(answers, "7{} ");
	CHECK_STR(calls, "CcSdDCcS");
	status_has("\"restarts\":1");
	CHECK(guest_control(guest, 8, "stop 0 KILL", &out) && !out.size);
	CHECK(guest_control(guest, 9, "stop", &out) && !out.size);
	run_for(20000);
	CHECK(is_finished);
	CHECK_HAS(answers, "8{} 9{} ");
	CHECK(guest_control(guest, 10, "restart", &out));
	CHECK_HAS(out.data, "error");
	str_buf_free(&out);
	teardown();
}

static void requests_that_make_no_sense_are_refused(void)
{
	static const char *const bad[] = { "stop soon", "stop 1 TERM more", "restart -1", "health", "health now" };
	struct str_buf out = { 0 };

	settings.start = true;
	setup();
	lives = true;
	begin();
	wait_for("\"status\":\"running\"");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(guest_control(guest, 1, bad[i], &out));
		CHECK_HAS(out.data, "{\"error\":");
		str_buf_free(&out);
	}
	CHECK(!guest_control(guest, 1, "stopped", &out) && !guest_control(guest, 1, "", &out) && !out.size);
	status_has("\"status\":\"running\"");
	guest_stop(guest);
	run_for(20000);
	CHECK(is_finished);
	teardown();
}

static void more_requests_than_can_wait_are_refused(void)
{
	struct str_buf out = { 0 };

	settings.start = true;
	settings.stop_timeout_ms = 60000;
	setup();
	lives = true;
	begin();
	wait_for("\"status\":\"running\"");
	for (int i = 0; i < 40 && !out.size; i++)
		CHECK(guest_control(guest, (uint64_t)i + 1, "stop 60000 WINCH", &out));
	CHECK_HAS(out.data, "too many");
	str_buf_free(&out);
	CHECK(guest_control(guest, 99, "stop 0 KILL", &out));
	(void)kill(pid, SIGKILL);
	run_for(20000);
	CHECK(is_finished);
	CHECK_HAS(answers, "16{} ");
	str_buf_free(&out);
	teardown();
}

static void a_guest_that_takes_too_long_is_killed(void)
{
	settings.timeout_s = 1;
	setup();
	lives = true;
	begin();
	run_for(20000);
	CHECK(is_finished && guest_timed_out(guest) && guest_exit_code(guest) == -1);
	teardown();
}

static void a_process_that_is_no_child_cannot_be_adopted_without_a_run_directory(void)
{
	struct err err;

	settings.start = settings.adopt = true;
	setup();
	settings.run_dir = NULL;
	CHECK(guest_begin(guest, &err) < 0);
	CHECK_HAS(err.text, "--run-dir");
	settings.run_dir = folder.path;
	folder_write(&folder, "status.json", "");
	teardown();
}

static const struct unit_test tests[] = {
	TEST(a_guest_is_created_started_recorded_and_deleted),
	TEST(without_start_others_start_and_delete_it),
	TEST(a_first_create_or_start_that_fails_is_the_end),
	TEST(a_guest_that_fails_is_restarted_until_it_may_not),
	TEST(a_create_that_fails_later_is_a_failure_like_others),
	TEST(a_delete_that_fails_does_not_stop_the_restart),
	TEST(a_stop_in_any_state_is_kept),
	TEST(a_stop_interrupts_a_create_that_takes_long),
	TEST(requests_are_answered_when_they_are_done),
	TEST(requests_that_make_no_sense_are_refused),
	TEST(more_requests_than_can_wait_are_refused),
	TEST(a_guest_that_takes_too_long_is_killed),
	TEST(a_process_that_is_no_child_cannot_be_adopted_without_a_run_directory),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
