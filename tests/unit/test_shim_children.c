/* kavel-shim/children.c: every child is reaped, and told to who waits for it, however late. */
#include "children.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static struct loop *loop;
static struct children *children;
static int status_seen, told;

static void note(struct child *child, int status, const struct rusage *usage)
{
	(void)child;
	(void)usage;
	status_seen = status;
	told++;
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
	struct err err;

	told = 0;
	CHECK(loop_open(&loop, &err) == 0);
	CHECK(children_open(loop, &children, &err) == 0);
}

static void teardown(void)
{
	children_close(children);
	loop_close(loop);
}

static void run_for(int64_t ms)
{
	struct loop_timer limit = { .expired = give_up };
	struct err err;

	loop_after(loop, &limit, ms);
	CHECK(loop_run(loop, &err) == 0);
	loop_cancel(loop, &limit);
}

static pid_t ends_with(int code)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(code);
	return pid;
}

static void a_child_is_told_when_it_ends(void)
{
	struct child child = { .ended = note };

	setup();
	child.pid = ends_with(7);
	CHECK(children_add(children, &child));
	run_for(20000);
	CHECK(told == 1 && WIFEXITED(status_seen) && WEXITSTATUS(status_seen) == 7);
	CHECK(waitpid(child.pid, NULL, WNOHANG) < 0);
	teardown();
}

static void one_that_ended_before_it_was_added_is_told_too(void)
{
	struct child child = { .ended = note }, other = { .ended = note };

	setup();
	child.pid = ends_with(8);
	other.pid = ends_with(9); /* what is seen of it: the first one is reaped, too, or was */
	CHECK(children_add(children, &other));
	run_for(20000);
	while (kill(child.pid, 0) == 0)
		run_for(10);
	CHECK(told == 1);
	CHECK(children_add(children, &child));
	CHECK(told == 1);
	run_for(20000);
	CHECK(told == 2 && WEXITSTATUS(status_seen) == 8);
	CHECK(!children_add(children, &child)); /* told once */
	teardown();
}

static void a_grandchild_that_is_left_behind_is_a_child(void)
{
	struct child child = { .ended = note }, parent = { .ended = note };
	int ends[2], hold[2];

	setup();
	CHECK(pipe(ends) == 0 && pipe(hold) == 0);
	parent.pid = fork();
	if (parent.pid == 0) {
		pid_t pid = fork();
		char byte;

		if (pid == 0) {
			(void)close(hold[1]);
			(void)!read(hold[0], &byte, 1);
			_exit(5);
		}
		(void)!write(ends[1], &pid, sizeof(pid));
		_exit(0);
	}
	CHECK(read(ends[0], &child.pid, sizeof(child.pid)) == sizeof(child.pid));
	CHECK(children_add(children, &parent));
	run_for(20000);
	CHECK(told == 1 && status_seen == 0);
	CHECK(children_add(children, &child));
	(void)close(hold[1]);
	run_for(20000);
	CHECK(told == 2 && WEXITSTATUS(status_seen) == 5);
	(void)close(hold[0]);
	(void)close(ends[0]);
	(void)close(ends[1]);
	teardown();
}

static void a_process_that_is_no_child_is_refused(void)
{
	struct child child = { .pid = 1, .ended = note };

	setup();
	CHECK(!children_add(children, &child));
	children_remove(children, &child);
	teardown();
}

static void one_that_is_removed_is_reaped_in_silence(void)
{
	struct child child = { .ended = note };

	setup();
	child.pid = ends_with(1);
	CHECK(children_add(children, &child));
	children_remove(children, &child);
	for (int i = 0; i < 1000 && kill(child.pid, 0) == 0; i++)
		run_for(20);
	CHECK(kill(child.pid, 0) < 0);
	CHECK(told == 0);
	teardown();
}

static const struct unit_test tests[] = {
	TEST(a_child_is_told_when_it_ends),
	TEST(one_that_ended_before_it_was_added_is_told_too),
	TEST(a_grandchild_that_is_left_behind_is_a_child),
	TEST(a_process_that_is_no_child_is_refused),
	TEST(one_that_is_removed_is_reaped_in_silence),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
