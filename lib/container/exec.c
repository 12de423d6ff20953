/* exec: one more process in a running container.
 *
 * A process is cloned straight into the cgroup, joins the namespaces by one setns(2) on the pidfd of the container's first process,
 * and becomes all that the program's process is to be, except one that the guest can see: joining a pid namespace concerns children
 * alone.  It turns into the launcher, which has neither our memory and environment nor our descriptors, and only then makes the
 * process in which the program runs. */
#include "container/exec.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/types.h>

#include "base/auto.h"
#include "base/borrow.h"
#include "base/sys.h"
#include "cgroups/stats.h"
#include "container/foreground.h"
#include "container/handover.h"
#include "container/lifecycle.h"
#include "container/rights.h"
#include "container/run.h"
#include "container/spawn.h"
#include "container/step.h"
#include "container/terminal.h"
#include "container/wire.h"
#include "process/protect.h"

#define END_TIMEOUT_MS 200 /* from the first sign of a process's end to the last */

static bool is_frozen(const struct cgroup_layout *layout, const struct run *run)
{
	return run->cgroup >= 0 ? cgroup_is_frozen_at(run->cgroup) : cgroup_is_frozen(layout, &run->state->cgroup);
}

/* Open the container, its first process and its cgroup, where it has one in v2. */
static int open_container(const struct container_host *host, const struct container_exec_options *o,
			  struct cgroup_layout *layout, struct run *run, struct err *err)
{
	struct state *state = run->state;
	bool ended = false;
	int r = state_open_readable(host, o->id, STATE_UNLOCKED, state, err);

	if (r == 0)
		r = state_find(state, &ended, &run->init, err);
	if (r < 0)
		return r;
	if (ended || state->is_creating || run->init < 0)
		return lifecycle_refuse("exec in", o->id, ended ? CONTAINER_STOPPED : CONTAINER_CREATING, err);
	if (!state->cgroup.inode)
		return 0;
	r = cgroup_detect(layout, err);
	if (r == 0)
		r = cgroup_open(layout, &state->cgroup, NULL, &run->cgroup, err);
	if (r >= 0 && is_frozen(layout, run) && !o->ignore_paused)
		return err_set(err, EBUSY, "cannot exec in a paused container (resume it, or use --ignore-paused)");
	return r < 0 ? r : 0;
}

/* The container's first process may have left the group that was made for it. */
static int open_init_cgroup(struct run *run, struct err *err)
{
	int r;

	auto_close(&run->cgroup);
	run->cgroup = -1;
	r = cgroup_open_current(&run->plan->layout, run->state->init.pid, &run->cgroup, err);
	/* the number was that process' all the time */
	if (r == 0 && sys_pidfd_send_signal(run->init, 0) < 0)
		return lifecycle_refuse("exec in", run->state->id, CONTAINER_STOPPED, err);
	return r;
}

/* The group in which the process is to be born. */
static int choose_cgroup(const struct container_exec_options *o, struct exec_plan *plan, struct run *run,
			 struct err *err)
{
	struct cgroup_layout *layout = &plan->plan.layout;
	int r;

	if (!run->state->cgroup.inode)
		return 0;
	if (!o->cgroup) /* without: removed by others, as systemd does */
		return run->cgroup >= 0 ? 0 : open_init_cgroup(run, err);
	r = cgroup_sub_find(layout, o->cgroup, &run->sub_group, err);
	if (r < 0 || !run->sub_group.is_unified)
		return r;
	auto_close(&run->cgroup);
	run->cgroup = -1;
	return cgroup_open(layout, &run->state->cgroup, run->sub_group.path, &run->cgroup, err);
}

static int finish(const struct container_exec_options *o, struct run *run, int *ret_status, struct err *err)
{
	int r = 0;

	if (o->pid_file)
		r = handover_pid_file(o->pid_file, run->child, err);
	if (r == 0 && o->pidfd_socket)
		r = handover_pidfd(o->pidfd_socket, run->pidfd, err);
	*ret_status = 0;
	if (r == 0 && !o->detach)
		r = foreground_wait(&(struct foreground){ .pid = run->child,
							  .pidfd = run->pidfd,
							  .notify = -1,
							  .signals = run->signals,
							  .terminal = take_fd(&run->terminal) },
				    ret_status, err);
	return r;
}

/* Hand the master to the caller's socket, or keep it for the foreground. */
static int take_terminal(const struct container_exec_options *o, struct run *run, struct err *err)
{
	autofd master = -1;
	int r;

	if (!plan_has_terminal(run->plan))
		return 0;
	r = wire_hear(run->wire, MSG_TERMINAL, &run->terminal, err);
	if (r < 0 || !o->console_socket)
		return r;
	master = take_fd(&run->terminal);
	return terminal_send(o->console_socket, master, err);
}

/* A container without a user or time namespace of its own: its other types, own or not, are joined by one call.  Otherwise
 * only those that differ, as entering the own user namespace is an error, and others may need rights that the caller has not. */
static int find_namespaces(const struct container_exec_options *o, struct run *run, struct err *err)
{
	const struct ns_plan *ns = &run->plan->ns;

	run->beside = (struct ns_beside){
		.init = run->init,
		.pid = run->state->init.pid,
		.has_own_root = run->state->has_own_root,
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP,
	};
	if (ns_is_private(ns, SPEC_NS_USER) || ns_is_private(ns, SPEC_NS_TIME))
		return ns_differ(run->beside.pid, &run->beside.flags, err);
	/* a process that enters a user namespace needs this one meanwhile, which stands still; for entering a time namespace the
	 * kernel asks that nobody shares the memory; in a paused container it may take as long as it likes */
	run->lends = o->may_reexec && !o->ignore_paused && borrow_is_possible();
	return 0;
}

static int start_process(const struct container_exec_options *o, struct run *run, struct err *err)
{
	int r = find_namespaces(o, run, err);

	if (r == 0)
		r = spawn(run, err);

	/* a guest such as systemd hands controllers down to groups below its own, which then takes no process itself */
	if (r == -EBUSY && run->cgroup >= 0 && !o->cgroup) {
		auto_close(&run->wire);
		run->wire = -1;
		r = open_init_cgroup(run, err);
		if (r == 0)
			r = spawn(run, err);
	}
	if (r == 0 && plan_has_user_ns(run->plan)) {
		r = rights_give(run, err);
		if (r == 0)
			r = wire_tell(run->wire, MSG_RIGHTS_GIVEN, -1, err);
	}
	if (r == 0)
		r = take_terminal(o, run, err);
	if (r == 0 && o->ignore_paused && run->signals >= 0)
		r = foreground_await_start(run->signals, run->wire, run->pidfd, err);
	if (r == 0)
		r = spawn_hear_birth(run, err);
	if (r == 0 && run->plan->scheduler.is_set) { /* not all that it can be passes from a process to the next */
		r = scheduler_apply(&run->plan->scheduler, run->child, err);
		if (r == 0)
			r = wire_go_on(run->wire, err);
	}
	return r == 0 ? spawn_await(run, err) : r;
}

/* Did the container end while its process was joined?  Then that is the reason of what failed, whatever it looks like.
 * is_likely: give the end, which has begun then, its time. */
static bool has_ended(const struct run *run, bool is_likely)
{
	struct err ignored;

	return proc_wait_end(run->init, is_likely ? END_TIMEOUT_MS : 0, &ignored) == 0;
}

/* No process could be made: the container's own limit is the likely reason. */
static int explain_no_process(const struct run *run, struct err *err)
{
	struct arena arena = { .blocks = NULL };
	struct cgroup_stats stats;
	struct err ignored;

	if (run->state->cgroup.inode &&
	    cgroup_stats_read(&run->plan->layout, &run->state->cgroup, CGROUP_STATS_BRIEF, &arena, &stats, &ignored) ==
		    0 &&
	    stats.pids.limit.is_set && stats.pids.limit.value != CGROUP_NO_LIMIT)
		(void)err_hint(err,
			       "linux.resources.pids.limit: pids.max is %" PRIu64 ", and the container has %" PRIu64
			       " processes and threads",
			       stats.pids.limit.value, stats.pids.current.value);
	arena_free(&arena);
	return -err->number;
}

/* The same, with all that can be said about a failure. */
static int start_or_explain(const struct container_exec_options *o, struct run *run, struct err *err)
{
	int r = start_process(o, run, err);
	bool is_likely;

	/* by itself it could only move to the container's own group */
	if (r == -WIRE_GONE && !o->cgroup && spawn_died_at_birth(run))
		r = start_process(o, run, err);
	if (r == 0)
		return 0;
	is_likely = r == -ESRCH || r == -ENOMEM || r == -WIRE_GONE;
	if (r == -WIRE_GONE)
		r = spawn_explain_death(run, err);
	/* the end of a pid namespace waits until all its processes are reaped, ours too */
	spawn_kill(run);
	if (r == -EAGAIN)
		r = explain_no_process(run, err);
	return has_ended(run, is_likely) ? lifecycle_refuse("exec in", o->id, CONTAINER_STOPPED, err) : r;
}

static int connect_agent(struct run *run, struct err *err)
{
	if (!plan_has_agent(run->plan))
		return 0;
	run->agent = (struct agent){
		.path = run->plan->agent,
		.metadata = run->plan->spec->linux_.seccomp.listener_metadata,
		.status = "running",
		.state = run->state,
		.connection = -1,
	};
	return agent_connect(&run->agent, err);
}

static int exec_planned(const struct container_exec_options *o, struct run *run, int *ret_status, struct err *err)
{
	int r;

	r = plan_check_terminal(run->plan->process, o->console_socket, o->detach, err);

	if (r == 0 && !o->detach)
		r = foreground_block_signals(err);
	if (r == 0 && !o->detach)
		r = foreground_open_signals(&run->signals, err);
	/* for this process, and so for the one that it makes until that is in the container's cgroup */
	if (r == 0)
		r = affinity_apply(&run->plan->affinity.initial, "initial", err);
	if (r == 0)
		r = connect_agent(run, err);
	if (r == 0)
		r = start_or_explain(o, run, err);
	if (r == 0)
		r = finish(o, run, ret_status, err);
	if (r < 0)
		spawn_kill(run);
	return r;
}

static int exec_opened(const struct container_host *host, const struct container_exec_options *options,
		       struct exec_plan *plan, struct run *run, int *ret_status, struct err *err)
{
	int r = exec_plan_make(host, run->state, options, plan, err);

	run->guest_table = guest_exec;
	if (r == 0)
		r = choose_cgroup(options, plan, run, err);
	return r == 0 ? exec_planned(options, run, ret_status, err) : r;
}

int container_exec(const struct container_host *host, const struct container_exec_options *options, int *ret_status,
		   struct err *err)
{
	struct state state = STATE_CLOSED;
	struct exec_plan plan = { .file = NULL };
	struct run run = RUN_NONE;
	int r;

	run.state = &state;
	run.plan = &plan.plan;
	r = open_container(host, options, &plan.plan.layout, &run, err);
	/* where this process itself may be seen by the guest's; before anything is read that can be read only once */
	if (r == 0 && options->may_reexec && !state.has_pid_ns)
		r = protect_binary(err);
	if (r == 0)
		r = exec_opened(host, options, &plan, &run, ret_status, err);
	exec_plan_free(&plan);
	run_close(&run);
	state_close(&state);
	return r;
}
