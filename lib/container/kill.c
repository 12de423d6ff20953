/* kill, pause, resume: what is done to the processes of a container from outside. */
#include <errno.h>
#include <signal.h>

#include "base/auto.h"
#include "base/sys.h"
#include "container/container.h"
#include "container/lifecycle.h"
#include "container/members.h"
#include "container/state.h"

#define FREEZE_TIMEOUT_MS 10000

static int signal_first(const struct state *state, int signal, struct err *err)
{
	autofd pidfd = -1;
	int r = proc_open(&state->init, &pidfd, err);

	if (r < 0)
		return r;
	if (r == 0 && sys_pidfd_send_signal(pidfd, signal) == 0)
		return 0;
	if (r > 0 || errno == ESRCH)
		return lifecycle_refuse("kill", state->id, CONTAINER_STOPPED, err);
	return err_sys(err, errno, "send signal %d to process %d", signal, state->init.pid);
}

/* may_be_none: that nobody is left is no failure. */
static int signal_all(const struct state *state, int signal, bool may_be_none, struct err *err)
{
	struct cgroup_layout layout;
	size_t count;
	int r;

	if (!state->cgroup.inode && state->has_pid_ns) {
		r = members_signal(state, signal, &count, err);
		r = r == 0 && !count ? 1 : r;
	} else {
		r = cgroup_detect(&layout, err);
		if (r == 0)
			r = cgroup_kill(&layout, &state->cgroup, signal, err);
	}
	/* 1: there is no group of ours, so there is nothing in it */
	if (r > 0)
		r = may_be_none ? 0 : signal_first(state, signal, err);
	return r;
}

/* With a pid namespace the kernel ends all its processes with the first; without one, only the cgroup knows them. */
static bool wants_group(const struct state *state, int signal)
{
	return !state->has_pid_ns && signal == SIGKILL;
}

int container_kill(const struct container_host *host, const char *id, int signal, bool all, struct err *err)
{
	struct state state;
	enum container_status status;
	int r = state_open_readable(host, id, STATE_UNLOCKED, &state, err);

	if (r == 0)
		r = state_status(&state, &status, NULL, err);
	if (r == 0) {
		const bool group = all || wants_group(&state, signal);

		if (!lifecycle_allows(group ? LIFECYCLE_KILL_ALL : LIFECYCLE_KILL, status))
			r = lifecycle_refuse("kill", id, status, err);
		else if (group)
			r = signal_all(&state, signal, status == CONTAINER_STOPPED && all, err);
		else
			r = signal_first(&state, signal, err);
	}
	state_close(&state);
	return r;
}

static int set_frozen(const struct container_host *host, const char *id, bool frozen, struct err *err)
{
	struct cgroup_layout layout;
	struct state state;
	int r = lifecycle_open(host, id, frozen ? LIFECYCLE_PAUSE : LIFECYCLE_RESUME, &state, err);

	if (r == 0 && !state.cgroup.inode)
		r = lifecycle_no_cgroup(frozen ? "pause" : "resume", id, err);
	if (r == 0)
		r = cgroup_detect(&layout, err);
	if (r == 0)
		r = cgroup_freeze(&layout, &state.cgroup, frozen, FREEZE_TIMEOUT_MS, err);
	state_close(&state);
	return r;
}

int container_pause(const struct container_host *host, const char *id, struct err *err)
{
	return set_frozen(host, id, true, err);
}

int container_resume(const struct container_host *host, const char *id, struct err *err)
{
	return set_frozen(host, id, false, err);
}
