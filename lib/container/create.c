/* create and run: plan, the two tables, and for a foreground run the time until the guest ends. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"
#include "container/container.h"
#include "container/foreground.h"
#include "container/hooks.h"
#include "container/notify.h"
#include "container/host.h"
#include "container/oom.h"
#include "container/print.h"
#include "container/run.h"
#include "container/socket.h"
#include "container/undo.h"
#include "process/protect.h"
#include "spec/annotations.h"

static const char *now_text(struct arena *arena)
{
	char text[CLOCK_TEXT_MAX];
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	clock_text(&now, true, text);
	return arena_strdup(arena, text);
}

static int new_state(const struct plan *plan, struct state *state, struct err *err)
{
	const struct spec *spec = plan->spec;

	state->bundle = plan->bundle;
	state->rootfs = rootfs_path(plan->rootfs);
	state->created = now_text(&state->arena);
	state->owner = getauxval(AT_UID);
	state->is_creating = true;
	state->is_readable = true;
	state->has_process = spec->process.is_set;
	state->has_hooks = spec->hooks.poststart.count || spec->hooks.poststop.count;
	state->has_pid_ns = ns_is_new(&plan->ns, SPEC_NS_PID);
	state->has_own_root = ns_is_new(&plan->ns, SPEC_NS_MOUNT) && !plan->options->no_pivot;
	state->agent = plan->agent;
	state->stop_signal = spec_annotation(spec, ANNOTATION_STOP_SIGNAL);
	state->annotations = spec->annotations;
	(void)snprintf(state->cgroup.path, sizeof(state->cgroup.path), "%s", cgroup_plan_path(plan->cgroup));
	(void)snprintf(state->cgroup.scope, sizeof(state->cgroup.scope), "%s", cgroup_plan_unit(plan->cgroup));
	state->layout = &plan->layout;
	if (!state->created)
		return err_memory(err);
	return state_name(plan->host, plan->options->id, state, err);
}

/* What stays open of a container that was made. */
struct made {
	int pidfd;
	int notify;
	int terminal;
};
#define NOT_MADE { .pidfd = -1, .notify = -1, .terminal = -1 }

static void made_close(struct made *made)
{
	auto_close(&made->pidfd);
	auto_close(&made->notify);
	auto_close(&made->terminal);
}

/* Make the container of a plan. */
static int make(const struct plan *plan, struct state *state, struct made *ret, struct err *err)
{
	const bool has_hooks = plan_has_runtime_hooks(plan) || plan_has_container_hooks(plan);
	struct run run = RUN_NONE;
	sigset_t before;
	int r = new_state(plan, state, err);

	run.plan = plan;
	run.state = state;
	if (has_hooks)
		foreground_hold_ends(&before);
	if (r == 0)
		r = host_run(&run, err);
	if (r == 0)
		*ret = (struct made){ .pidfd = take_fd(&run.pidfd),
				      .notify = take_fd(&run.notify),
				      .terminal = take_fd(&run.terminal) };
	run_close(&run);
	if (has_hooks)
		foreground_release_ends(&before);
	return r;
}

/* After the program was started. A failing poststart hook stops the container (specification 1.3, lifecycle step 10). */
int container_poststart(struct state *state, const struct spec *spec, struct err *err)
{
	struct hook_stage stage = { .name = "poststart", .dir = state->bundle, .is_interruptible = true };
	autobuf json = { 0 };
	int r;

	if (!spec->hooks.poststart.count)
		return 0;
	r = state_hook_json(state, "running", state->init.pid, &json, err);
	stage.state_json = json.data;
	if (r == 0)
		r = hooks_open_output(spec, &stage.output, err);
	if (r == 0)
		r = hooks_run(&stage, &spec->hooks.poststart, err);
	hooks_close_output(&stage.output);
	return r;
}

/* In a pid namespace that it joins the guest's first process is not alone, and seen while it is still this program. */
static int protect(const struct plan *plan, struct err *err)
{
	const bool joins = ns_is_private(&plan->ns, SPEC_NS_PID) && !ns_is_new(&plan->ns, SPEC_NS_PID);

	return joins && plan->options->may_reexec ? protect_binary(err) : 0;
}

int container_create(const struct container_host *host, const struct container_create_options *options, struct err *err)
{
	struct state state = STATE_CLOSED;
	struct made made = NOT_MADE;
	struct plan plan;
	int r = container_check_id(options->id, err);

	if (r < 0)
		return r;
	r = plan_make(host, options, true, true, &plan, err);
	if (r == 0)
		r = protect(&plan, err);
	if (r == 0)
		r = make(&plan, &state, &made, err);
	made_close(&made);
	state_close(&state);
	plan_free(&plan);
	return r;
}

static int run_foreground(const struct container_create_options *options, struct state *state, const struct spec *spec,
			  struct made *made, int *ret_status, struct err *err)
{
	struct foreground foreground = {
		.pid = state->init.pid,
		.pidfd = made->pidfd,
		.notify = made->notify,
		.terminal = take_fd(&made->terminal),
		.signals = -1,
	};
	struct err other;
	int r = foreground_wait(&foreground, ret_status, err);

	if (r == 0 && *ret_status == 128 + SIGKILL)
		oom_warn(state);
	if (r == 0)
		state->init = (struct proc_id){ 0 }; /* reaped: its number may already be another's */
	if (r < 0) {
		/* nobody would wait for it any more */
		if (container_undo(state, spec, &other) < 0)
			log_warning("%s", other.text);
		return r;
	}
	return options->keep ? 0 : container_undo(state, spec, err);
}

static int poststart_or_undo(struct state *state, const struct spec *spec, struct err *err)
{
	struct err other;
	sigset_t before;
	int r;

	if (!spec->hooks.poststart.count)
		return 0;
	foreground_hold_ends(&before);
	r = container_poststart(state, spec, err);
	if (r < 0 && container_undo(state, spec, &other) < 0)
		log_warning("%s", other.text);
	foreground_release_ends(&before);
	return r;
}

static int run_planned(const struct plan *plan, struct state *state, struct made *made, int *ret_status,
		       struct err *err)
{
	const bool detach = plan->options->detach;
	int r;

	/* before the guest exists: no signal that is to be forwarded may be lost, or end us */
	r = detach ? 0 : foreground_block_signals(err);
	if (r == 0)
		r = make(plan, state, made, err);
	if (r < 0)
		return r;
	r = poststart_or_undo(state, plan->spec, err);
	if (r < 0)
		return r;
	/* operations on this container may go on while it runs */
	state_unlock(state);
	*ret_status = 0;
	if (!detach)
		return run_foreground(plan->options, state, plan->spec, made, ret_status, err);
	return made->notify < 0 ? 0 : notify_await_ready(made->notify, state->init.pid, made->pidfd, err);
}

int container_run(const struct container_host *host, const struct container_create_options *options, int *ret_status,
		  struct err *err)
{
	struct state state = STATE_CLOSED;
	struct made made = NOT_MADE;
	struct plan plan;
	int r = container_check_id(options->id, err);

	if (r < 0)
		return r;
	r = plan_make(host, options, false, true, &plan, err);
	if (r == 0)
		r = protect(&plan, err);
	if (r == 0)
		r = run_planned(&plan, &state, &made, ret_status, err);
	made_close(&made);
	state_close(&state);
	plan_free(&plan);
	return r;
}

int container_plan_text(const struct container_host *host, const struct container_create_options *options,
			struct str_buf *out, struct err *err)
{
	struct plan plan;
	int r = plan_make(host, options, true, false, &plan, err);

	if (r == 0)
		plan_print(&plan, out);
	plan_free(&plan);
	if (r == 0 && out->failed)
		return err_memory(err);
	return r;
}
