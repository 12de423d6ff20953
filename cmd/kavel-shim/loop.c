/* The event loop: epoll(7), and a list of timers. */
#include "loop.h"

#include <stddef.h>
#include <sys/epoll.h>

#include "base/auto.h"
#include "base/clock.h"

#define EVENTS_AT_ONCE 16

struct loop {
	int epoll;
	bool stops;
	bool was_busy; /* since the last time it was idle */
	void (*idle)(void *owner);
	void *idle_owner;
	struct loop_timer *timers;
	/* those that are being delivered: an entry is emptied when its source is forgotten meanwhile */
	struct epoll_event events[EVENTS_AT_ONCE];
	int event_count;
};

int loop_open(struct loop **ret, struct err *err)
{
	autofree struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return err_sys(err, ENOMEM, "event loop");
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return err_sys(err, errno, "event loop");
	*ret = take_ptr(loop);
	return 0;
}

void loop_close(struct loop *loop)
{
	if (!loop)
		return;
	(void)close(loop->epoll);
	free(loop);
}

int loop_watch(struct loop *loop, struct loop_source *source, uint32_t events, struct err *err)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->fd, &event) == 0)
		return 0;
	if (errno == ENOENT && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) == 0)
		return 0;
	return err_sys(err, errno, "watch descriptor %d", source->fd);
}

void loop_forget(struct loop *loop, struct loop_source *source)
{
	if (source->fd >= 0)
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL); /* ENOENT: it was not watched */
	for (int i = 0; i < loop->event_count; i++)
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
}

void loop_cancel(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **at = &loop->timers;

	if (!timer->is_set)
		return;
	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
	timer->is_set = false;
}

void loop_after(struct loop *loop, struct loop_timer *timer, int64_t ms)
{
	struct loop_timer **at = &loop->timers;

	loop_cancel(loop, timer);
	timer->due = clock_ms() + ms;
	while (*at && (*at)->due <= timer->due)
		at = &(*at)->next;
	timer->next = *at;
	timer->is_set = timer->is_new = true;
	*at = timer;
}

/* For epoll_wait(2): until the first timer, or until it is idle; -1: for ever. */
static int wait_ms(const struct loop *loop)
{
	bool to_idle = loop->idle && loop->was_busy;
	int64_t ms = to_idle ? LOOP_IDLE_MS : INT32_MAX;
	int64_t left;

	if (!loop->timers)
		return to_idle ? LOOP_IDLE_MS : -1;
	left = loop->timers->due - clock_ms();
	if (left <= 0)
		return 0;
	return (int)(left < ms ? left : ms);
}

static bool timer_is_due(const struct loop *loop)
{
	return loop->timers && loop->timers->due <= clock_ms();
}

/* A timer that was set in this round waits for the next: descriptors are heard in between, such as a client who came before the
 * guest ended. */
static int expire(struct loop *loop, struct err *err)
{
	int64_t now = clock_ms();

	while (!loop->stops && loop->timers && loop->timers->due <= now && !loop->timers->is_new) {
		struct loop_timer *timer = loop->timers;
		int r;

		loop_cancel(loop, timer);
		r = timer->expired(timer, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int deliver(struct loop *loop, struct err *err)
{
	int r = 0;

	for (int i = 0; r == 0 && !loop->stops && i < loop->event_count; i++) {
		struct loop_source *source = loop->events[i].data.ptr;

		if (source)
			r = source->ready(source, loop->events[i].events, err);
	}
	loop->event_count = 0;
	return r < 0 ? r : 0;
}

int loop_run(struct loop *loop, struct err *err)
{
	loop->stops = false;
	while (!loop->stops) {
		int count = epoll_wait(loop->epoll, loop->events, EVENTS_AT_ONCE, wait_ms(loop));
		int r;

		if (count < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for events");
		loop->event_count = count < 0 ? 0 : count;
		for (struct loop_timer *timer = loop->timers; timer; timer = timer->next)
			timer->is_new = false;
		if (count > 0 || timer_is_due(loop)) {
			loop->was_busy = true;
		} else if (count == 0 && loop->was_busy && loop->idle) {
			loop->was_busy = false;
			loop->idle(loop->idle_owner);
		}
		r = deliver(loop, err);
		if (r == 0)
			r = expire(loop, err);
		if (r < 0)
			return r;
	}
	return 0;
}

void loop_on_idle(struct loop *loop, void (*idle)(void *owner), void *owner)
{
	loop->idle = idle;
	loop->idle_owner = owner;
	loop->was_busy = true;
}

void loop_stop(struct loop *loop)
{
	loop->stops = true;
}
