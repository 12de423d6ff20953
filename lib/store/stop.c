/* Stopping a guest. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "store/control.h"
#include "store/shim.h"

#define TELL_MS	  250
#define MARGIN_MS 30000 /* beyond the time that the guest has: for SIGKILL, hooks and what the runtime takes away */

/* The shim has answered, and ends: only then another may take its place.  It holds a lock as long as it lives. */
static int await_shim(const struct guest *guest, struct err *err)
{
	const int64_t deadline = clock_ms() + MARGIN_MS;
	autofd run = open(guest->run, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), pid = -1;

	if (run >= 0)
		pid = openat(run, "pid", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	while (pid >= 0 && flock(pid, LOCK_SH | LOCK_NB) < 0) {
		const struct timespec step = { .tv_nsec = 5000000 };

		if (clock_ms() > deadline)
			return err_set(err, ETIMEDOUT, "the shim of guest %s does not end", guest->name);
		(void)nanosleep(&step, NULL); /* flock(2) has no timeout */
	}
	return 0;
}

/* One word to the shim, and the wait for its answer.  Returns 0, 1 when there is no shim, or an error. */
static int stop_by_shim(const struct guest *guest, const struct guest_stop *how, struct err *err)
{
	autobuf answer = { 0 };
	char request[64];
	int r;

	(void)snprintf(request, sizeof(request), "stop %u", how->timeout_ms);
	r = control_request(guest->run, request, (int)how->timeout_ms + MARGIN_MS, how->tell, how->context, &answer,
			    err);
	return r == 0 ? await_shim(guest, err) : r;
}

/* Wait for the end of the first process.  Returns 0, or 1 when the time was up. */
static int wait_end(int pidfd, const struct guest_stop *how, int64_t timeout_ms)
{
	const int64_t deadline = clock_ms() + timeout_ms;

	for (;;) {
		struct pollfd wait = { .fd = pidfd, .events = POLLIN };
		int64_t left = deadline - clock_ms();

		if (poll(&wait, 1, left < TELL_MS ? (int)(left > 0 ? left : 0) : TELL_MS) > 0)
			return 0;
		if (left <= 0)
			return 1;
		if (how->tell)
			how->tell(how->context);
	}
}

/* The shim is gone, and so are restarts: no one is told. */
static int stop_directly(const struct store *store, const struct guest *guest, const struct guest_stop *how, pid_t pid,
			 struct err *err)
{
	autofd pidfd = sys_pidfd_open(pid, 0);
	int r;

	if (pidfd < 0)
		return errno == ESRCH ? 0 : err_sys(err, errno, "open process %d", pid);
	r = container_kill(store->host, guest->name, how->number, false, err);
	if (r == 0 && wait_end(pidfd, how, how->timeout_ms) == 1) {
		r = container_kill(store->host, guest->name, SIGKILL, false, err);
		if (r == 0 && wait_end(pidfd, how, MARGIN_MS) == 1)
			return err_set(err, ETIMEDOUT, "guest %s does not die", guest->name);
	}
	return r == -ESRCH ? 0 : r;
}

/* What the runtime still keeps: nothing, if the shim had its way. */
static int forget_container(const struct store *store, const struct guest *guest, struct err *err)
{
	struct container_info info;
	int r = container_info(store->host, guest->name, &info, err);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		container_info_free(&info);
	return container_delete(store->host, guest->name, true, err);
}

int shim_stop(const struct store *store, const struct guest *guest, const struct guest_stop *how, struct err *err)
{
	struct guest_status status;
	bool ran;
	int r = guest_status(store, guest, &status, err);

	if (r < 0)
		return r;
	ran = status.pid || status.shim;
	if (status.shim)
		r = stop_by_shim(guest, how, err);
	/* it was killed meanwhile, or before */
	if (r == 1 || (r == 0 && !status.shim))
		r = status.pid ? stop_directly(store, guest, how, status.pid, err) : 0;
	guest_status_free(&status);
	if (r == 0)
		r = forget_container(store, guest, err);
	if (r < 0)
		return r;
	return ran ? 0 : 1;
}
