/* kavel-shim/loop.c: descriptors and timers. */
#include "loop.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "unit.h"

static struct loop *loop;
static struct loop_source first, second;
static struct loop_timer early, late;
static char order[16];

static int note_timer(struct loop_timer *timer, struct err *err)
{
	(void)err;
	strcat(order, timer == &early ? "e" : "l");
	if (timer == &late)
		loop_stop(loop);
	return 0;
}

/* Each forgets the other, whichever is delivered first. */
static int forget_other(struct loop_source *source, uint32_t events, struct err *err)
{
	(void)events;
	(void)err;
	strcat(order, "s");
	loop_forget(loop, source == &first ? &second : &first);
	loop_stop(loop);
	return 0;
}

static int fails(struct loop_source *source, uint32_t events, struct err *err)
{
	(void)source;
	(void)events;
	return err_user(err, "told to fail");
}

static void setup(void)
{
	struct err err;

	order[0] = 0;
	CHECK(loop_open(&loop, &err) == 0);
	early = (struct loop_timer){ .expired = note_timer };
	late = early;
}

static void timers_expire_in_the_order_of_their_time(void)
{
	struct err err;

	setup();
	loop_after(loop, &late, 20);
	loop_after(loop, &early, 1);
	CHECK(loop_run(loop, &err) == 0);
	CHECK_STR(order, "el");
	loop_close(loop);
}

static void a_cancelled_timer_does_not_expire(void)
{
	struct err err;

	setup();
	loop_after(loop, &early, 1);
	loop_after(loop, &late, 5);
	loop_cancel(loop, &early);
	loop_cancel(loop, &early);
	CHECK(loop_run(loop, &err) == 0);
	CHECK_STR(order, "l");
	loop_close(loop);
}

static void a_timer_that_is_set_again_expires_once(void)
{
	struct err err;

	setup();
	loop_after(loop, &early, 1);
	loop_after(loop, &early, 2);
	loop_after(loop, &late, 10);
	CHECK(loop_run(loop, &err) == 0);
	CHECK_STR(order, "el");
	loop_close(loop);
}

static void a_forgotten_source_gets_no_event_that_was_fetched_before(void)
{
	int a[2], b[2];
	struct err err;

	setup();
	CHECK(pipe2(a, O_CLOEXEC) == 0 && pipe2(b, O_CLOEXEC) == 0);
	CHECK(write(a[1], "x", 1) == 1 && write(b[1], "x", 1) == 1);
	first = (struct loop_source){ .fd = a[0], .ready = forget_other };
	second = (struct loop_source){ .fd = b[0], .ready = forget_other };
	CHECK(loop_watch(loop, &first, EPOLLIN, &err) == 0);
	CHECK(loop_watch(loop, &second, EPOLLIN, &err) == 0);
	CHECK(loop_run(loop, &err) == 0);
	CHECK_STR(order, "s");
	for (int i = 0; i < 2; i++) {
		(void)close(a[i]);
		(void)close(b[i]);
	}
	loop_close(loop);
}

static void a_failing_handler_ends_the_loop(void)
{
	int a[2];
	struct err err;

	setup();
	CHECK(pipe2(a, O_CLOEXEC) == 0);
	first = (struct loop_source){ .fd = a[0], .ready = fails };
	CHECK(loop_watch(loop, &first, 0, &err) == 0);
	(void)close(a[1]); /* a hang-up is reported even to who watches for nothing */
	CHECK(loop_run(loop, &err) < 0);
	CHECK_HAS(err.text, "told to fail");
	loop_forget(loop, &first);
	(void)close(a[0]);
	loop_close(loop);
}

static const struct unit_test tests[] = {
	TEST(timers_expire_in_the_order_of_their_time),
	TEST(a_cancelled_timer_does_not_expire),
	TEST(a_timer_that_is_set_again_expires_once),
	TEST(a_forgotten_source_gets_no_event_that_was_fetched_before),
	TEST(a_failing_handler_ends_the_loop),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
