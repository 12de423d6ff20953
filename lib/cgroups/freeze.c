#include "cgroups/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "cgroups/cgroup.h"
#include "cgroups/group.h"

#define V1_INTERVAL_MS 1

/* events: of v2, or -1 for v1. */
static bool has_settled(int dir, int events, bool frozen)
{
	char text[32];

	if (events >= 0)
		return group_read_event(events, "frozen") == frozen;
	return file_read_short(dir, "freezer.state", text, sizeof(text)) >= 0 &&
	       str_eq(text, frozen ? "FROZEN" : "THAWED");
}

static int command(int dir, bool is_unified, bool frozen)
{
	if (is_unified)
		return file_write_knob(dir, "cgroup.freeze", frozen ? "1" : "0");
	return file_write_knob(dir, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

/* v2 tells by an event.  v1 has none, and settles only while its state is asked for. */
static void wait_change(int events, int64_t left_ms)
{
	if (events >= 0) {
		(void)group_wait_event(events, left_ms);
	} else {
		struct timespec interval = { .tv_nsec = V1_INTERVAL_MS * 1000000L };

		(void)nanosleep(&interval, NULL);
	}
}

int group_freeze(int dir, bool is_unified, bool frozen, int timeout_ms, const char *name, struct err *err)
{
	int64_t deadline = group_now_ms() + timeout_ms;
	autofd events = -1;
	int r = 0;

	if (is_unified) {
		events = group_open_events(dir);
		r = events < 0 ? events : 0;
	}
	if (r == 0)
		r = command(dir, is_unified, frozen);
	if (r < 0)
		return err_sys(err, -r, "%s cgroup %s", frozen ? "freeze" : "thaw", name);
	while (!has_settled(dir, events, frozen)) {
		int64_t left = deadline - group_now_ms();

		if (left <= 0) {
			if (frozen)
				(void)command(dir, is_unified, false); /* half frozen is worse than running */
			return err_set(err, ETIMEDOUT, "cgroup %s is not %s after %d ms", name,
				       frozen ? "frozen" : "thawed", timeout_ms);
		}
		wait_change(events, left);
	}
	return 0;
}

bool group_is_frozen(int dir, bool is_unified)
{
	char text[32];

	if (file_read_short(dir, is_unified ? "cgroup.freeze" : "freezer.state", text, sizeof(text)) <= 0)
		return false;
	return is_unified ? text[0] == '1' : !str_eq(text, "THAWED");
}

int cgroup_freeze(const struct cgroup_layout *layout, const struct cgroup_made *made, bool frozen, int timeout_ms,
		  struct err *err)
{
	autofd dir = -1;
	bool unified;
	int r = group_open_tracking(layout, made, &dir, &unified, err);

	if (r > 0)
		return err_set(err, ENOENT, "the container has no cgroup that could be %s",
			       frozen ? "frozen" : "thawed");
	return r < 0 ? r : group_freeze(dir, unified, frozen, timeout_ms, made->path, err);
}

bool cgroup_is_frozen(const struct cgroup_layout *layout, const struct cgroup_made *made)
{
	autofd dir = -1;
	struct err ignored;
	bool unified;

	return group_open_tracking(layout, made, &dir, &unified, &ignored) == 0 && group_is_frozen(dir, unified);
}

bool cgroup_is_frozen_at(int group)
{
	return group_is_frozen(group, true);
}
