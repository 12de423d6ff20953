#include "container/oom.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/log.h"
#include "cgroups/stats.h"

/* What setting a container up takes at most, measured: 112 KiB are charged when its program is started, and 176 when a small
 * static one has ended. */
#define SETUP_NEED_KB 192

/* Returns true if the kernel killed there for lack of memory. */
static bool read_stats(const struct state *state, uint64_t *ret_limit, uint64_t *ret_peak)
{
	struct arena arena = { .blocks = NULL };
	const struct cgroup_layout *layout = state->layout;
	struct cgroup_layout found;
	struct cgroup_stats stats;
	struct err ignored;
	bool was_killed;

	if (!state->cgroup.inode || (!layout && cgroup_detect(&found, &ignored) < 0))
		return false;
	if (cgroup_stats_read(layout ? layout : &found, &state->cgroup, CGROUP_STATS_BRIEF, &arena, &stats, &ignored) !=
	    0)
		return false;
	was_killed = stats.memory.oom_kill.value > 0;
	*ret_limit = stats.memory.memory.limit.is_set ? stats.memory.memory.limit.value : CGROUP_NO_LIMIT;
	*ret_peak = stats.memory.memory.peak.value;
	arena_free(&arena);
	return was_killed;
}

/* "its limit is 65536 bytes, ..." */
static void describe(uint64_t limit, uint64_t peak, char *text, size_t room)
{
	int n;

	if (limit == CGROUP_NO_LIMIT) {
		(void)snprintf(text, room, "the host or a group above ran out of memory");
		return;
	}
	n = snprintf(text, room, "linux.resources.memory.limit is %" PRIu64 " bytes", limit);
	if (peak && (size_t)n < room)
		n += snprintf(text + n, room - (size_t)n, ", of which %" PRIu64 " were in use", peak);
	if (limit < SETUP_NEED_KB * 1024 && (size_t)n < room)
		(void)snprintf(text + n, room - (size_t)n,
			       "; starting a container takes some %d KiB, and its program more", SETUP_NEED_KB);
}

/* systemd ends a scope, with all groups below it, a moment after its last process. */
static bool is_gone_with_scope(const struct state *state)
{
	struct cgroup_layout found;
	const struct cgroup_layout *layout = state->layout;
	autofd group = -1;
	struct err ignored;

	if (!state->cgroup.scope[0] || (!layout && cgroup_detect(&found, &ignored) < 0))
		return false;
	return cgroup_open(layout ? layout : &found, &state->cgroup, NULL, &group, &ignored) > 0;
}

int oom_explain(const struct state *state, struct err *err)
{
	uint64_t limit, peak;
	char text[256];

	if (!read_stats(state, &limit, &peak)) {
		if (!is_gone_with_scope(state))
			return -err->number;
		return err_hint(
			err,
			"systemd has removed the cgroup, with what it said of memory: the kernel's log tells whether "
			"that ran out; starting a container takes some %d KiB, and its program more",
			SETUP_NEED_KB);
	}
	describe(limit, peak, text, sizeof(text));
	return err_hint(err, "out of memory: %s", text);
}

void oom_warn(const struct state *state)
{
	uint64_t limit, peak;
	char text[256];

	if (!read_stats(state, &limit, &peak))
		return;
	describe(limit, peak, text, sizeof(text));
	log_warning("container %s was killed, out of memory: %s", state->id, text);
}
