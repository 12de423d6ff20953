#include "container/lifecycle.h"

#include <errno.h>

#define IN(status) (1u << CONTAINER_##status)

static const struct {
	const char *name;
	unsigned int allowed;
	bool locks;
} operations[LIFECYCLE_COUNT] = {
	[LIFECYCLE_START]    = { "start",  IN(CREATED),					 true },
	/* kill takes no lock: a hook of create or start may call it, and it records nothing */
	[LIFECYCLE_KILL]     = { "kill",   IN(CREATING) | IN(CREATED) | IN(RUNNING) | IN(PAUSED), false },
	/* processes may be left in the cgroup after the first one ended */
	[LIFECYCLE_KILL_ALL] = { "kill",   IN(CREATING) | IN(CREATED) | IN(RUNNING) | IN(PAUSED) | IN(STOPPED), false },
	/* a created guest has run nothing yet: both peers delete it without force */
	[LIFECYCLE_DELETE]   = { "delete", IN(CREATED) | IN(STOPPED),			 true },
	[LIFECYCLE_EXEC]     = { "exec in", IN(CREATED) | IN(RUNNING) | IN(PAUSED),	 false },
	[LIFECYCLE_PAUSE]    = { "pause",  IN(CREATED) | IN(RUNNING),			 true },
	[LIFECYCLE_RESUME]   = { "resume", IN(PAUSED),					 true },
	[LIFECYCLE_UPDATE] = { "update", IN(CREATED) | IN(RUNNING) | IN(PAUSED),			 true },
	[LIFECYCLE_MOUNTS] = { "change the mounts of", IN(CREATED) | IN(RUNNING) | IN(PAUSED),	 true },
	[LIFECYCLE_EVENTS] = { "follow", IN(CREATED) | IN(RUNNING) | IN(PAUSED),			 false },
};

static const char *const status_names[] = {
	[CONTAINER_CREATING] = "creating",
	[CONTAINER_CREATED] = "created",
	[CONTAINER_RUNNING] = "running",
	[CONTAINER_PAUSED] = "paused",
	[CONTAINER_STOPPED] = "stopped",
};

const char *container_status_name(enum container_status status)
{
	return status_names[status];
}

bool lifecycle_allows(enum lifecycle_operation operation, enum container_status status)
{
	return operations[operation].allowed & (1u << status);
}

int lifecycle_refuse(const char *operation, const char *id, enum container_status status, struct err *err)
{
	if (status == CONTAINER_STOPPED)
		return err_set(err, ESRCH, "cannot %s %s: container not running: it is stopped", operation, id);
	return err_set(err, EBUSY, "cannot %s %s: it is %s", operation, id, container_status_name(status));
}

int lifecycle_open(const struct container_host *host, const char *id, enum lifecycle_operation operation,
		   struct state *state, struct err *err)
{
	enum container_status status;
	int r = state_open_readable(host, id, operations[operation].locks ? STATE_LOCKED : STATE_UNLOCKED, state, err);

	if (r < 0)
		return r;
	r = state_status(state, &status, NULL, err);
	if (r < 0)
		return r;
	/* what has run must not be taken for what never did; start itself finds that out as it connects */
	if (operation == LIFECYCLE_DELETE && status == CONTAINER_CREATED && state_was_released(state))
		status = CONTAINER_RUNNING;
	if (!lifecycle_allows(operation, status))
		return lifecycle_refuse(operations[operation].name, id, status, err);
	return 0;
}

int lifecycle_no_cgroup(const char *operation, const char *id, struct err *err)
{
	(void)err_set(err, ENOTSUP, "cannot %s %s: it has no cgroup of its own", operation, id);
	return err_hint(err,
			"it was created where none was delegated to the caller, or with --cgroup-manager disabled");
}
