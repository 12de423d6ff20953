#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/log.h"
#include "container/agent.h"
#include "container/container.h"
#include "container/foreground.h"
#include "container/lifecycle.h"
#include "container/oom.h"
#include "container/notify.h"
#include "container/plan.h"
#include "container/socket.h"
#include "container/spawn.h"
#include "container/state.h"
#include "container/undo.h"
#include "container/wire.h"

/* Why the launcher's execve(2) failed, by what is seen in the guest's root. The launcher waits meanwhile. */
static int explain(const struct state *state, int number, int stage, struct err *err)
{
	struct spec_document *document = NULL;
	const char *program = "the program";
	struct label_plan label = { .property = "process" };
	struct err ignored; /* the name is all that is wanted of it */
	int r;

	if (state_load_config(state, &document, &ignored) == 0 && spec_of(document)->process.args.count) {
		program = spec_of(document)->process.args.items[0];
		(void)plan_label(&spec_of(document)->process, &label, &ignored);
	}
	r = spawn_explain_launch(state->init.pid, program, &label, number, stage, err);
	spec_free(document);
	return r;
}

static int poststart(struct state *state, struct err *err)
{
	struct spec_document *document = NULL;
	struct err other;
	sigset_t before;
	int r;

	if (!state->has_hooks)
		return 0;
	foreground_hold_ends(&before);
	r = state_load_config(state, &document, err);
	if (r == 0)
		r = container_poststart(state, spec_of(document), err);
	if (r < 0 && container_undo(state, document ? spec_of(document) : NULL, &other) < 0)
		log_warning("%s", other.text);
	spec_free(document);
	foreground_release_ends(&before);
	return r;
}

static bool is_alive(const struct state *state)
{
	autofd pidfd = -1;
	struct err ignored;

	return proc_open(&state->init, &pidfd, &ignored) == 0;
}

/* Ask the waiting guest to go on.  Returns when its program was executed. */
static int release(const struct state *state, struct agent *agent, struct err *err)
{
	int number = 0, stage = 0, r;
	autofd connection = -1;

	r = socket_connect(state->dir, STATE_START_SOCKET, &connection, err);
	if (r > 0) {
		/* nobody listens: a start that was killed had already released it */
		(void)unlinkat(state->dir, STATE_START_SOCKET, 0);
		return lifecycle_refuse("start", state->id, CONTAINER_RUNNING, err);
	}
	if (r < 0)
		return r;
	r = agent->path ? agent_prepare_wire(connection, err) : 0;
	if (r < 0)
		return r;
	r = fd_send(connection, "", 1, -1);
	if (r < 0)
		return err_sys(err, -r, "tell the guest to start");
	r = agent_await_launch(agent, connection, &number, &stage, err);
	if (r == -WIRE_GONE) { /* or, with startContainer hooks, an earlier start was killed, but its hooks ran on */
		bool alive = is_alive(state);

		r = lifecycle_refuse("start", state->id, alive ? CONTAINER_RUNNING : CONTAINER_STOPPED, err);
		return alive ? r : oom_explain(state, err);
	}
	if (r > 0)
		r = explain(state, number, stage, err);
	if (r == 0)
		(void)unlinkat(state->dir, STATE_START_SOCKET, 0); /* from now on it counts as running */
	return r;
}

/* With a seccomp agent: connect to that first.  If it is not there, the guest is still to be started. */
static int release_with_agent(const struct state *state, struct err *err)
{
	struct agent agent = AGENT_NONE;
	struct spec_document *document = NULL;
	int r;

	if (!state->agent)
		return release(state, &agent, err);
	r = state_load_config(state, &document, err);
	if (r == 0) {
		agent.path = state->agent;
		agent.metadata = spec_of(document)->linux_.seccomp.listener_metadata;
		agent.status = "creating"; /* as when it is sent by create, which other runtimes do */
		agent.state = state;
		r = agent_connect(&agent, err);
	}
	if (r == 0)
		r = release(state, &agent, err);
	agent_close(&agent);
	spec_free(document);
	return r;
}

/* With a NOTIFY_SOCKET, and a guest that was created with one: start returns when the guest says that it is ready. */
static int start_and_await(struct state *state, struct err *err)
{
	autofd notify = -1, pidfd = -1;
	const bool wanted = notify_is_wanted() && faccessat(state->dir, NOTIFY_DIR, F_OK, 0) == 0;
	int r = wanted ? notify_bind(state->dir, &notify, err) : 0;

	if (r == 0 && wanted)
		r = proc_open(&state->init, &pidfd, err);
	if (r > 0)
		return lifecycle_refuse("start", state->id, CONTAINER_STOPPED, err);
	if (r == 0)
		r = release_with_agent(state, err);
	if (r == 0)
		r = poststart(state, err);
	if (r < 0 || !wanted)
		return r;
	/* that may take for ever, and others may want to end it */
	state_unlock(state);
	return notify_await_ready(notify, state->init.pid, pidfd, err);
}

int container_start(const struct container_host *host, const char *id, struct err *err)
{
	struct state state;
	int r = lifecycle_open(host, id, LIFECYCLE_START, &state, err);

	if (r == 0 && !state.has_process)
		r = err_user(err, "cannot start %s: process is missing in its config.json", id);
	if (r == 0)
		r = start_and_await(&state, err);
	state_close(&state);
	return r;
}
