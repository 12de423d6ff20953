#include "container/stats.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "container/lifecycle.h"
#include "container/state.h"

#define NET_DEV_MAX 65536 /* some 500 interfaces; more are left out */

#define THREADS_MAX  4
#define THREAD_WORTH 100 /* containers for which another one is started */

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---------------------------------------------------------------- network */

/* "  eth0: 1 2 3 ..." of /proc/net/dev: 8 numbers of what was received, 8 of what was sent. */
static bool parse_interface(char *line, struct container_interface *ret)
{
	uint64_t numbers[16] = { 0 };
	char *colon = strrchr(line, ':'), *word, *rest;
	size_t count = 0;

	line += strspn(line, " ");
	if (!colon || colon <= line || (size_t)(colon - line) >= sizeof(ret->name))
		return false;
	*ret = (struct container_interface){ .name = "" };
	memcpy(ret->name, line, (size_t)(colon - line));
	rest = colon + 1;
	while (count < 16 && (word = strsep(&rest, " ")))
		if (*word && str_u64(word, UINT64_MAX, &numbers[count]))
			count++;
	ret->rx_bytes = numbers[0];
	ret->rx_packets = numbers[1];
	ret->rx_errors = numbers[2];
	ret->rx_dropped = numbers[3];
	ret->tx_bytes = numbers[8];
	ret->tx_packets = numbers[9];
	ret->tx_errors = numbers[10];
	ret->tx_dropped = numbers[11];
	return count == 16 && !str_eq(ret->name, "lo");
}

static int parse_interfaces(char *text, struct container_stats *stats)
{
	size_t lines = 1;
	char *line;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	stats->interfaces = ARENA_NEW(&stats->arena, struct container_interface, lines);
	if (!stats->interfaces)
		return -ENOMEM;
	while ((line = strsep(&text, "\n")))
		stats->interface_count += parse_interface(line, &stats->interfaces[stats->interface_count]);
	stats->has_interfaces = true;
	return 0;
}

/* The first process' view of it, as text to be freed; NULL: nothing can be told.  Whether the number is still that process'
 * the caller finds out afterwards. */
static char *read_net_dev(pid_t pid)
{
	autofree char *text = malloc(NET_DEV_MAX);
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/net/dev", pid);
	if (!text || file_read_short(AT_FDCWD, path, text, NET_DEV_MAX) <= 0)
		return NULL;
	return take_ptr(text);
}

/* ---------------------------------------------------------------- one container */

static int read_resctrl(const struct state *state, struct container_stats *ret, struct err *err)
{
	autofd root = -1;
	int r = state->resctrl.root ? resctrl_reopen(state->resctrl.root, &root, err) : 1;

	if (r != 0)
		return r < 0 ? r : 0;
	r = resctrl_stats(&state->resctrl, root, &ret->arena, &ret->resctrl, err);
	ret->has_resctrl = r == 0;
	return r;
}

/* Returns 0; 1 when it does not run; or an error. */
static int read_open(const struct state *state, const struct cgroup_layout *layout, enum cgroup_stats_detail detail,
		     struct container_stats *ret, struct err *err)
{
	const bool may_run = state->init.pid && !state->is_creating;
	autofree char *net_dev = may_run ? read_net_dev(state->init.pid) : NULL;
	autofd pidfd = -1;
	int r = may_run ? proc_open(&state->init, &pidfd, err) : 1;

	if (r != 0)
		return r;
	ret->pid = state->init.pid;
	ret->id = arena_strdup(&ret->arena, state->id);
	if (!ret->id)
		return err_memory(err);
	ret->lacks_cgroup = "none";
	if (state->cgroup.inode) {
		r = cgroup_stats_read(layout, &state->cgroup, detail, &ret->arena, &ret->cgroup, err);
		if (r < 0)
			return r;
		ret->lacks_cgroup = r == 0 ? NULL : "removed";
	}
	if (detail == CGROUP_STATS_FULL && read_resctrl(state, ret, err) < 0)
		return -err->number;
	ret->time_ns = now_ns();
	return net_dev && parse_interfaces(net_dev, ret) < 0 ? err_memory(err) : 0;
}

static int read_one(const struct container_host *host, const struct cgroup_layout *layout, const char *id,
		    enum cgroup_stats_detail detail, struct container_stats *ret, struct err *err)
{
	struct state state;
	int r = state_open_readable(host, id, STATE_UNLOCKED, &state, err);

	*ret = (struct container_stats){ .id = NULL };
	if (r == 0)
		r = read_open(&state, layout, detail, ret, err);
	state_close(&state);
	if (r != 0)
		arena_free(&ret->arena);
	return r;
}

/* ---------------------------------------------------------------- many containers */

/* What was read of one container. */
struct reading {
	struct container_stats stats;
	int result;	/* as read_one() */
	char *failure;	/* its text; NULL: none, or memory ran out */
};

/* The work of all threads: each takes the next container until there is none. */
struct reading_job {
	const struct container_host *host;
	const struct cgroup_layout *layout;
	const char *const *ids;
	enum cgroup_stats_detail detail;
	struct reading *readings;
	size_t count;
	_Atomic size_t next;
};

static void *read_some(void *data)
{
	struct reading_job *job = data;

	for (size_t i; (i = atomic_fetch_add(&job->next, 1)) < job->count;) {
		struct reading *reading = &job->readings[i];
		struct err err;

		reading->result = read_one(job->host, job->layout, job->ids[i], job->detail, &reading->stats, &err);
		if (reading->result < 0)
			reading->failure = strdup(err.text);
	}
	return NULL;
}

/* A table of descriptors that threads share costs them more than they gain: each has its own. */
static void *help(void *data)
{
	(void)unshare(CLONE_FILES); /* slower without */
	return read_some(data);
}

/* Nearly all of the time goes to the kernel, in some 50 system calls for each container: for many it is shared out. */
static void read_all(struct reading_job *job)
{
	const long processors = job->count < THREAD_WORTH ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
	const size_t wanted = processors < 1 ? 1 : (size_t)processors;
	pthread_t helpers[THREADS_MAX - 1];
	sigset_t all, before;
	size_t count = 0;

	if (wanted > 1) {
		(void)sigfillset(&all); /* signals are for the caller's threads */
		(void)pthread_sigmask(SIG_SETMASK, &all, &before);
		while (count < ARRAY_SIZE(helpers) && count + 1 < wanted && count < job->count / THREAD_WORTH &&
		       pthread_create(&helpers[count], NULL, help, job) == 0)
			count++; /* without one the others do its part */
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	(void)read_some(job);
	while (count)
		(void)pthread_join(helpers[--count], NULL);
}

/* Take over what one reading gave.  Returns 0 or an error, which ends the whole. */
static int take_reading(struct reading *reading, const char *id, bool is_named, struct container_stats_list *list,
			struct err *err)
{
	if (reading->result == 0) {
		list->items[list->count++] = reading->stats;
		reading->stats = (struct container_stats){ .id = NULL };
		return 0;
	}
	if (reading->result > 0)
		return is_named ? lifecycle_refuse("read the statistics of", id, CONTAINER_STOPPED, err) : 0;
	if (reading->result == -ENOMEM || !reading->failure)
		return err_memory(err);
	if (is_named)
		return err_set(err, -reading->result, "%s", reading->failure);
	if (reading->result != -ENOENT) /* else it ended meanwhile */
		log_warning("%s", reading->failure);
	return 0;
}

static int read_list(const struct container_host *host, const char *const *ids, size_t count, bool are_named,
		     enum cgroup_stats_detail detail, struct container_stats_list *list, struct err *err)
{
	struct cgroup_layout layout;
	struct reading_job job = { .host = host, .layout = &layout, .ids = ids, .detail = detail, .count = count };
	int r = cgroup_detect(&layout, err);

	if (r < 0)
		return r;
	job.readings = calloc(count + 1, sizeof(*job.readings));
	if (!job.readings)
		return err_memory(err);
	read_all(&job);
	for (size_t i = 0; i < count; i++) {
		if (r == 0)
			r = take_reading(&job.readings[i], ids[i], are_named, list, err);
		arena_free(&job.readings[i].stats.arena);
		free(job.readings[i].failure);
	}
	free(job.readings);
	return r;
}

int container_stats(const struct container_host *host, const char *const *ids, enum cgroup_stats_detail detail,
		    struct container_stats_list *ret, struct err *err)
{
	struct container_stats_list list = { .items = NULL };
	char **all = NULL;
	size_t count = 0;
	int r = 0;

	if (ids)
		while (ids[count])
			count++;
	else
		r = container_list(host, &all, &count, err);
	if (r < 0)
		return r;
	list.items = calloc(count + 1, sizeof(*list.items));
	r = list.items ? read_list(host, ids ? ids : (const char *const *)all, count, ids, detail, &list, err)
		       : err_memory(err);
	container_ids_free(all);
	if (r < 0)
		container_stats_free(&list);
	else
		*ret = list;
	return r;
}

void container_stats_free(struct container_stats_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		arena_free(&list->items[i].arena);
	free(list->items);
	*list = (struct container_stats_list){ .items = NULL };
}
