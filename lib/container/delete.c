#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/log.h"
#include "container/container.h"
#include "container/foreground.h"
#include "container/hooks.h"
#include "container/host.h"
#include "container/lifecycle.h"
#include "container/state.h"
#include "container/undo.h"

static void run_held(const struct state *state, const struct spec *spec, const char *json)
{
	sigset_t before;

	foreground_hold_ends(&before);
	hooks_run_poststop(spec, json, state->bundle);
	foreground_release_ends(&before);
}

static void run_poststop(const struct state *state, const struct spec *spec)
{
	autobuf json = { 0 };
	struct err err;

	if (!spec->hooks.poststop.count)
		return;
	if (state_hook_json(state, "stopped", 0, &json, &err) < 0)
		log_warning("poststop hooks: %s", err.text);
	else
		run_held(state, spec, json.data);
}

int container_undo(struct state *state, const struct spec *spec, struct err *err)
{
	struct spec_document *document = NULL;
	struct err other;
	int r = state_relock(state, err);

	if (r != 0) /* 1: somebody else deleted it meanwhile, hooks included */
		return r < 0 ? r : 0;
	/* before the directory goes, with the configuration in it */
	if (!spec && (state->has_hooks || !state->is_readable)) {
		if (state_load_config(state, &document, &other) == 0)
			spec = spec_of(document);
		else if (state->has_hooks)
			log_warning("poststop hooks: %s", other.text);
	}
	r = host_undo(state, err);
	if (r == 0 && spec)
		run_poststop(state, spec);
	spec_free(document);
	return r;
}

/* Without a readable record, the configuration still tells where the cgroup was to be; without that, it can only be where
 * the ID alone puts it. */
static int recover(const struct container_host *host, struct state *state, struct err *err)
{
	static const struct spec nothing;
	struct spec_document *document = NULL;
	const struct spec *spec = &nothing;
	struct cgroup_plan *plan = NULL;
	struct cgroup_layout layout;
	struct cgroup_request request = {
		.id = state->id, .root = container_other_root(host), .layout = &layout, .manager = host->cgroup_manager
	};
	struct err ignored;
	int r;

	log_warning("the state of container %s cannot be read: removing what bears its name", state->id);
	if (state_load_config(state, &document, &ignored) == 0)
		spec = spec_of(document);
	r = cgroup_detect_for(spec, &layout, err);
	/* a group that bears kavel's mark there is this container's: nobody else's is let into it */
	if (r == 0 && cgroup_plan(spec, &request, &state->arena, &plan, &ignored) == 0)
		(void)cgroup_find(&layout, cgroup_plan_path(plan), &state->cgroup);
	spec_free(document);
	return r;
}

/* An operation that does not end (a hook hangs, or a mount) mostly waits for the guest, and ends with it. */
static int open_by_force(const struct container_host *host, const char *id, struct state *state, struct err *err)
{
	struct err ignored; /* what matters is whether the lock can be had then */
	int r = state_open(host, id, STATE_LOCKED, state, err);

	if (r != -EBUSY)
		return r;
	state_close(state);
	(void)container_kill(host, id, SIGKILL, false, &ignored);
	return state_open(host, id, STATE_LOCKED, state, err);
}

static int delete_by_force(const struct container_host *host, const char *id, struct err *err)
{
	struct state state;
	int r = open_by_force(host, id, &state, err);

	if (r == -ENOENT)
		r = 0; /* what callers of --force want is that it is gone */
	else if (r == 0) {
		if (!state.is_readable)
			r = recover(host, &state, err);
		if (r == 0)
			r = container_undo(&state, NULL, err);
	}
	state_close(&state);
	return r;
}

int container_delete(const struct container_host *host, const char *id, bool force, struct err *err)
{
	struct state state;
	int r;

	if (force)
		return delete_by_force(host, id, err);
	r = lifecycle_open(host, id, LIFECYCLE_DELETE, &state, err);
	if (r == 0)
		r = container_undo(&state, NULL, err);
	state_close(&state);
	return r;
}
