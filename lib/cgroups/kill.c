/* Signalling a whole group. */
#include "cgroups/kill.h"

#include <errno.h>
#include <signal.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/cgroup.h"
#include "cgroups/freeze.h"
#include "cgroups/group.h"
#include "cgroups/members.h"

#define FREEZE_TIMEOUT_MS 500
#define ROUNDS_MAX	  100

/* Without cgroup.kill, or with another signal than SIGKILL: one after the other.  A frozen group cannot fork away from
 * it meanwhile; where it cannot be frozen, new processes are followed for some rounds. */
static int signal_members(int dir, bool is_unified, int signal, const char *name)
{
	bool was_frozen = group_is_frozen(dir, is_unified);
	struct err ignored;
	bool froze = !was_frozen && group_freeze(dir, is_unified, true, FREEZE_TIMEOUT_MS, name, &ignored) == 0;
	int rounds = signal == SIGKILL && !froze && !was_frozen ? ROUNDS_MAX : 1;
	int r = 0;

	for (int i = 0; r == 0 && i < rounds; i++) {
		struct pid_list left = { 0 };

		r = group_signal(dir, signal);
		if (r == 0 && i + 1 < rounds)
			r = group_list(dir, &left);
		free(left.items);
		if (!left.count)
			break;
	}
	/* what is frozen in v1 does not even die */
	if (froze || (was_frozen && signal == SIGKILL && !is_unified))
		(void)group_freeze(dir, is_unified, false, FREEZE_TIMEOUT_MS, name, &ignored);
	return r;
}

int group_kill(int dir, bool is_unified, int signal, const char *name, struct err *err)
{
	int r = -ENOENT;

	if (signal == SIGKILL && is_unified)
		r = file_write_knob(dir, "cgroup.kill", "1");
	if (r == -ENODEV) /* removed meanwhile */
		return 0;
	if (r < 0)
		r = signal_members(dir, is_unified, signal, name);
	return r < 0 ? err_sys(err, -r, "signal the processes of cgroup %s", name) : 0;
}

int cgroup_kill(const struct cgroup_layout *layout, const struct cgroup_made *made, int signal, struct err *err)
{
	autofd dir = -1;
	bool unified;
	int r = group_open_tracking(layout, made, &dir, &unified, err);

	return r != 0 ? r : group_kill(dir, unified, signal, made->path, err);
}
