/* v2: an open memory.events, for which epoll tells EPOLLPRI; v1: an eventfd, and the counter oom_kill of memory.oom_control.
 *
 * systemd removes the group of a scope as soon as its last process is gone, and whoever reads after that reads nothing
 * (ENODEV): so the counter is read at each event and kept. */
#include "oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/str.h"
#include "group.h"

#define AGAIN_MS   10
#define ROUNDS_MAX 9 /* 5 s in all */

/* Kills so far by memory.oom_control; false: not known, as before Linux 4.13. */
static bool read_v1(int control, uint64_t *ret)
{
	char text[256], *line, *at = text;
	ssize_t n = pread(control, text, sizeof(text) - 1, 0);

	if (n < 0)
		return false;
	text[n] = '\0';
	while ((line = strsep(&at, "\n"))) {
		const char *number = str_after(line, "oom_kill ");

		if (number)
			return str_u64(number, UINT64_MAX, ret);
	}
	return false;
}

/* Returns true if there was one since the last time. */
static bool look(struct oom *oom)
{
	uint64_t before = oom->kills, now = 0;
	bool happened = cgroup_oom_happened(&oom->watch);

	if (oom->watch.is_unified)
		now = oom->watch.seen;
	else if (oom->watch.control >= 0 && !read_v1(oom->watch.control, &now) && happened)
		now = before + 1; /* the kernel told of one, and has no counter */
	if (now > before)
		oom->kills = now;
	return oom->kills > before;
}

/* v1 tells before the kill, of which there may be none: the counter follows. */
static void look_again(struct oom *oom)
{
	oom->rounds = 0;
	loop_after(oom->loop, &oom->again, AGAIN_MS);
}

static int on_time(struct loop_timer *timer, struct err *err)
{
	struct oom *oom = timer->owner;

	(void)err;
	if (look(oom))
		oom->happened(oom);
	else if (++oom->rounds < ROUNDS_MAX)
		loop_after(oom->loop, timer, (int64_t)AGAIN_MS << oom->rounds);
	return 0;
}

static int on_event(struct loop_source *source, uint32_t events, struct err *err)
{
	struct oom *oom = source->owner;

	(void)err;
	if (look(oom))
		oom->happened(oom);
	else if (!oom->watch.is_unified)
		look_again(oom);
	else if (events & (EPOLLERR | EPOLLHUP) && !(events & (EPOLLPRI | EPOLLIN)))
		loop_forget(oom->loop, source); /* the group is gone */
	return 0;
}

/* kernfs reports EPOLLERR with EPOLLPRI at each change, and, once the group is removed, with each epoll_wait(2): events come at
 * their edge alone. */
static int watch(struct oom *oom, struct err *err)
{
	oom->again = (struct loop_timer){ .expired = on_time, .owner = oom };
	oom->source = (struct loop_source){ .fd = oom->watch.fd, .ready = on_event, .owner = oom };
	return loop_watch(oom->loop, &oom->source, (oom->watch.is_unified ? EPOLLPRI : EPOLLIN) | EPOLLET, err);
}

int oom_open(struct oom *oom, struct loop *loop, const struct cgroup_made *made, struct err *err)
{
	int r;

	oom->loop = loop;
	oom->kills = 0;
	oom->watch = (struct cgroup_oom)CGROUP_OOM_CLOSED;
	r = group_watch_oom(made, &oom->watch, err);
	if (r == 0)
		r = watch(oom, err);
	if (r != 0) {
		oom_close(oom);
		return r;
	}
	(void)look(oom); /* what an adopted guest had before */
	return 0;
}

void oom_look(struct oom *oom)
{
	if (oom->watch.fd >= 0)
		(void)look(oom);
}

void oom_close(struct oom *oom)
{
	if (oom->loop)
		loop_cancel(oom->loop, &oom->again);
	if (oom->source.fd >= 0)
		loop_forget(oom->loop, &oom->source);
	oom->source.fd = -1;
	cgroup_oom_close(&oom->watch);
}

/* ---------------------------------------------------------------- files */

static void each_file(const struct shim_settings *settings, void (*act)(int dir, const char *name))
{
	const char *const folders[] = { settings->bundle, settings->persist_dir };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		autofd dir = folders[i] ? open(folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

		if (dir >= 0)
			act(dir, folders[i]);
	}
}

static void make_file(int dir, const char *folder)
{
	autofd fd = openat(dir, "oom", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);

	if (fd < 0)
		log_warning("create %s/oom: %s", folder, strerror(errno));
}

void oom_write_files(const struct shim_settings *settings)
{
	each_file(settings, make_file);
}

static void remove_file(int dir, const char *folder)
{
	(void)folder;
	(void)unlinkat(dir, "oom", 0); /* ENOENT: nothing happened */
}

void oom_remove_files(const struct shim_settings *settings)
{
	each_file(settings, remove_file);
}
