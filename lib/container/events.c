/* events: a stream of statistics, and of the kernel killing for memory, until the container ends. */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/auto.h"
#include "cgroups/oom.h"
#include "container/lifecycle.h"
#include "container/state.h"
#include "container/stats.h"
#include "json/encode.h"

/* One stream. */
struct stream {
	const struct container_host *host;
	const struct container_events_options *options;
	int pidfd;
	struct cgroup_oom oom;
};

static int tell(const struct stream *stream, struct str_buf *line, struct err *err)
{
	str_append(line, "\n");
	return line->failed ? err_memory(err) : stream->options->tell(stream->options->data, line, err);
}

/* Returns 0; 1 when it has ended. */
static int tell_stats(const struct stream *stream, struct err *err)
{
	const char *const ids[] = { stream->options->id, NULL };
	struct container_stats_list list;
	autobuf line = { 0 };
	struct json_writer w = JSON_WRITER(&line, 0);
	int r = container_stats(stream->host, ids, CGROUP_STATS_FULL, &list, err);

	if (r < 0) /* deleted, or stopped: with a stream that is the end */
		return !stream->options->only_stats && (r == -ENOENT || r == -ESRCH) ? 1 : r;
	if (list.items[0].lacks_cgroup && str_eq(list.items[0].lacks_cgroup, "removed")) {
		container_stats_free(&list);
		return err_set(err, ENOENT, "cannot read the statistics of %s: its cgroup was removed",
			       stream->options->id);
	}
	json_open_object(&w, NULL);
	json_put_string(&w, "type", "stats");
	json_put_string(&w, "id", stream->options->id);
	container_stats_json(&list.items[0], true, "data", &w);
	json_close(&w);
	container_stats_free(&list);
	return tell(stream, &line, err);
}

static int tell_oom(struct stream *stream, struct err *err)
{
	autobuf line = { 0 };
	struct json_writer w = JSON_WRITER(&line, 0);

	if (!cgroup_oom_happened(&stream->oom))
		return 0;
	json_open_object(&w, NULL);
	json_put_string(&w, "type", "oom");
	json_put_string(&w, "id", stream->options->id);
	json_close(&w);
	return tell(stream, &line, err);
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait for what comes until `until`.  Returns 0; 1 when the container has ended; or an error. */
static int wait_event(struct stream *stream, int64_t until, struct err *err)
{
	struct pollfd fds[] = {
		{ .fd = stream->pidfd, .events = POLLIN },
		{ .fd = stream->oom.fd, .events = stream->oom.events },
	};
	int64_t left = until - now_ms();

	if (poll(fds, ARRAY_SIZE(fds), left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left) < 0 && errno != EINTR)
		return err_sys(err, errno, "wait for events");
	if (fds[1].revents || fds[0].revents) {
		/* the kill may have been of the first process itself */
		int r = tell_oom(stream, err);

		if (r < 0)
			return r;
	}
	if (fds[1].revents & (POLLHUP | POLLNVAL)) /* the group was removed */
		cgroup_oom_close(&stream->oom);
	return fds[0].revents ? 1 : 0;
}

static int follow(struct stream *stream, struct err *err)
{
	const int64_t interval = (int64_t)stream->options->interval_ms;
	int64_t next = now_ms() + interval;
	int r = 0;

	while (r == 0) {
		r = wait_event(stream, next, err);
		if (r == 0 && now_ms() >= next) {
			r = tell_stats(stream, err);
			next += interval;
			if (next < now_ms()) /* a stopped process does not catch up */
				next = now_ms() + interval;
		}
	}
	return r < 0 ? r : 0;
}

int container_events(const struct container_host *host, const struct container_events_options *options, struct err *err)
{
	struct stream stream = { .host = host, .options = options, .pidfd = -1, .oom = CGROUP_OOM_CLOSED };
	enum container_status status;
	struct cgroup_layout layout;
	struct state state;
	int r = lifecycle_open(host, options->id, LIFECYCLE_EVENTS, &state, err);

	if (r == 0 && options->only_stats)
		r = tell_stats(&stream, err);
	else if (r == 0) {
		r = state_status(&state, &status, &stream.pidfd, err);
		if (r == 0)
			r = cgroup_detect(&layout, err);
		if (r == 0 && state.cgroup.inode)
			r = cgroup_oom_open(&layout, &state.cgroup, &stream.oom, err);
		if (r >= 0) /* 1: no memory controller, so nothing of that kind happens */
			r = stream.pidfd < 0 ? 0 : follow(&stream, err);
	}
	cgroup_oom_close(&stream.oom);
	auto_close(&stream.pidfd);
	state_close(&state);
	return r;
}
