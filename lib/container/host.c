/* The host side of create: the table, and its adapters. */
#include "container/host.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "container/foreground.h"
#include "container/handover.h"
#include "container/hooks.h"
#include "container/notify.h"
#include "container/rights.h"
#include "container/run.h"
#include "container/socket.h"
#include "container/spawn.h"
#include "container/step.h"
#include "container/terminal.h"
#include "container/wire.h"
#include "spec/annotations.h"
#include "namespaces/map.h"

#define REMOVE_TIMEOUT_MS 10000

static int state_dir_make(struct run *run, struct err *err)
{
	return state_make(run->state, err);
}

static int state_dir_remove(struct state *state, struct err *err)
{
	return state_remove(state, err);
}

static int keep_config(struct run *run, struct err *err)
{
	return file_make(run->state->dir, STATE_CONFIG, run->plan->config_text, run->plan->config_size, 0600, err);
}

static int make_cgroup(struct run *run, struct err *err)
{
	int r = cgroup_make(run->plan->cgroup, &run->state->cgroup, &run->cgroup, err);

	if (r == 0 && !run->state->cgroup.path[0] && *cgroup_plan_path(run->plan->cgroup) && !run->state->has_pid_ns)
		log_warning(
			"the container has neither a cgroup, as none is delegated to the caller, nor a pid namespace: "
			"processes that its first one leaves behind will not be found");
	return r < 0 ? r : cgroup_limit(run->plan->cgroup, &run->state->cgroup, run->cgroup, err);
}

static int make_scope(struct run *run, struct err *err)
{
	int r = cgroup_make_scope(run->plan->cgroup, run->child, &run->state->cgroup, &run->cgroup, err);

	return r < 0 ? r : cgroup_limit(run->plan->cgroup, &run->state->cgroup, run->cgroup, err);
}

static int remove_cgroup(struct state *state, struct err *err)
{
	struct cgroup_layout found;
	const struct cgroup_layout *layout = state->layout;
	int r = 0;

	/* without the directory nothing was made: the ID, and the group of that name, may be another container's */
	if (!state->cgroup.path[0] || state->dir < 0)
		return 0;
	if (!layout) {
		r = cgroup_detect(&found, err);
		layout = &found;
	}
	if (r == 0)
		r = cgroup_remove(layout, &state->cgroup, REMOVE_TIMEOUT_MS, err);
	/* Of an intent: whoever lives in a group of that name still is not of this container, whose guest would have ended
	 * with the host side. */
	return r == -EBUSY && !state->cgroup.inode ? 0 : r;
}

static int make_resctrl(struct run *run, struct err *err)
{
	struct state *state = run->state;
	struct resctrl_made made = { 0 };
	autofd root = -1;
	int r = resctrl_open(&state->arena, &made.root, &root, err);

	if (r == 0)
		r = resctrl_look(&run->plan->resctrl, root, &state->arena, &made, err);
	if (r < 0)
		return r;
	state->resctrl = made;
	r = state_save(state, err);
	if (r < 0) {
		state->resctrl = (struct resctrl_made){ 0 }; /* nothing was made */
		return r;
	}
	r = resctrl_make(root, &state->resctrl, err);
	return r < 0 ? r : resctrl_configure(&run->plan->resctrl, root, err);
}

static int remove_resctrl(struct state *state, struct err *err)
{
	autofd root = -1;
	int r = state->resctrl.root ? resctrl_reopen(state->resctrl.root, &root, err) : 1;

	return r == 0 ? resctrl_remove(&state->resctrl, root, state->is_creating, err) : r < 0 ? r : 0;
}

static int join_resctrl(struct run *run, struct err *err)
{
	const struct resctrl_made *made = &run->state->resctrl;
	autofd root = -1;
	int r = resctrl_reopen(made->root, &root, err);

	if (r > 0)
		return err_set(err, ENOTSUP, "linux.intelRdt: %s is not mounted any more", made->root);
	return r < 0 ? r : resctrl_join(made, root, run->child, err);
}

/* With create the socket itself is bound by start, which then forwards what comes. */
static int make_notify_socket(struct run *run, struct err *err)
{
	int r = notify_make_dir(run->state->dir, err);

	return r < 0 || run->plan->waits_for_start ? r : notify_bind(run->state->dir, &run->notify, err);
}

static int make_start_socket(struct run *run, struct err *err)
{
	return socket_listen(run->state->dir, STATE_START_SOCKET, &run->listen, err);
}

static int open_namespaces(struct run *run, struct err *err)
{
	run->ns = run->plan->ns;
	return ns_open(&run->ns, err);
}

/* A descriptor of a user namespace with one of the rootfs' mappings: the guest's own where it joins one. */
static int open_mapping(const struct run *run, size_t index, int *ret_fd, struct err *err)
{
	const struct spec_id_mappings *uids, *gids;
	int fd;

	if (rootfs_mapping(run->plan->rootfs, index, &uids, &gids))
		return ns_make_user(uids, gids, ret_fd, err);
	fd = ns_joined(&run->ns, SPEC_NS_USER);
	if (fd < 0)
		return err_user(err, "linux.uidMappings: missing: there is nothing that mounts could be mapped to");
	*ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret_fd < 0 ? err_sys(err, errno, "duplicate a descriptor") : 0;
}

static int prepare_mounts(struct run *run, struct err *err)
{
	size_t count = rootfs_mapping_count(run->plan->rootfs), opened = 0;
	autofree int *users = calloc(count + 1, sizeof(*users));
	int r = users ? 0 : err_memory(err);

	for (; r == 0 && opened < count; opened += r == 0)
		r = open_mapping(run, opened, &users[opened], err);
	if (r == 0)
		r = rootfs_prepare(run->plan->rootfs, users, &run->rootfs, err);
	while (opened)
		auto_close(&users[--opened]);
	return r;
}

/* By this side, as the guest may be in a user namespace by then, or have another root. */
static int open_hook_output(struct run *run, struct err *err)
{
	return hooks_open_output(run->plan->spec, &run->hook_output, err);
}

static int spawn_guest(struct run *run, struct err *err)
{
	int r;

	run->guest_table = guest_create;
	r = spawn(run, err);
	ns_close(&run->ns);
	rootfs_release(&run->rootfs);
	if (r < 0)
		return r;
	run->state->init.pid = run->child;
	return proc_identify(run->pidfd, run->child, &run->state->init, err);
}

static int give_rights(struct run *run, struct err *err)
{
	return rights_give(run, err);
}

static int give_cgroup(struct run *run, struct err *err)
{
	uid_t uid;
	int r = rights_host_user(run, &uid, err);

	return r < 0 ? r : cgroup_give(&run->plan->layout, &run->state->cgroup, NULL, uid, err);
}

static int make_delegated(struct run *run, struct err *err)
{
	return cgroup_make_below(run->cgroup, spec_annotation(run->plan->spec, ANNOTATION_DELEGATE_CGROUP),
				 &run->delegated, err);
}

static int give_delegated(struct run *run, struct err *err)
{
	const char *name = spec_annotation(run->plan->spec, ANNOTATION_DELEGATE_CGROUP);
	uid_t uid;
	int r = rights_host_user(run, &uid, err);

	return r < 0 ? r : cgroup_give(&run->plan->layout, &run->state->cgroup, name, uid, err);
}

/* Kill the first process and wait for its end; when it is our child, reap it. */
static int kill_guest(struct state *state, struct err *err)
{
	siginfo_t info = { .si_pid = 0 };
	autofd pidfd = -1;
	int r;

	if (!state->init.pid)
		return 0;
	r = proc_open(&state->init, &pidfd, err);
	if (r == 0) {
		if (sys_pidfd_send_signal(pidfd, SIGKILL) < 0 && errno != ESRCH)
			return err_sys(err, errno, "kill process %d", state->init.pid);
		r = proc_wait_end(pidfd, REMOVE_TIMEOUT_MS, err);
		if (r > 0)
			return err_set(err, EBUSY, "process %d does not end after SIGKILL", state->init.pid);
	}
	if (r < 0)
		return r;
	/* ECHILD: somebody else's child, as with every delete */
	(void)waitid(P_PID, (id_t)state->init.pid, &info, WEXITED | WNOHANG);
	return 0;
}

/* The path of the network namespace that the guest joins; NULL: it gets a new one. */
static const char *joined_network(const struct ns_plan *plan)
{
	for (unsigned int i = 0; i < plan->join_count; i++)
		if (plan->joins[i].type == SPEC_NS_NETWORK)
			return plan->joins[i].path;
	return NULL;
}

/* Kept open until create has ended: without it a guest that fails would take the devices along. */
static int open_network(struct state *state, pid_t pid, uint64_t inode, struct err *err)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return netns_open(path, inode, &state->network_fd, err);
}

static int find_devices(struct run *run, struct err *err)
{
	struct state *state = run->state;
	int r = open_network(state, run->child, 0, err);

	if (r == 0)
		r = netns_devices_find(run->plan->spec, state->network_fd, &state->arena, &state->network, err);
	if (r == 0)
		state->network.path = joined_network(&run->plan->ns);
	return r > 0 ? err_set(err, WIRE_GONE, "the guest side ended") : r;
}

static int move_devices(struct run *run, struct err *err)
{
	return netns_devices_move(&run->state->network, run->state->network_fd, err);
}

/* After a crash of create: a namespace that was joined is still there, one that was made only as long as its guest. */
static int find_network(struct state *state, struct err *err)
{
	autofd pidfd = -1;
	int r;

	if (state->network_fd >= 0)
		return 0;
	if (state->network.path)
		return netns_open(state->network.path, state->network.target, &state->network_fd, err);
	r = state->init.pid ? proc_open(&state->init, &pidfd, err) : 1;
	return r == 0 ? open_network(state, state->init.pid, state->network.target, err) : r;
}

/* Only what a create did that failed: those of a container that was made stay where they are (config-linux.md). */
static int return_devices(struct state *state, struct err *err)
{
	int r;

	if (!state->network.devices.count || !state->is_creating)
		return 0;
	r = find_network(state, err);
	return r < 0 ? r : netns_devices_return(&state->network, state->network_fd, err);
}

static int record(struct run *run, struct err *err)
{
	return state_save(run->state, err);
}

static int runtime_hooks(struct run *run, struct err *err)
{
	const struct spec_hooks *hooks = &run->plan->spec->hooks;
	autobuf json = { 0 };
	int r = state_hook_json(run->state, "creating", run->state->init.pid, &json, err);
	struct hook_stage stage = {
		.state_json = json.data, .output = run->hook_output, .dir = run->plan->bundle, .is_interruptible = true
	};

	(void)umask(run->caller_umask);
	stage.name = "prestart";
	if (r == 0)
		r = hooks_run(&stage, &hooks->prestart, err);
	stage.name = "createRuntime";
	if (r == 0)
		r = hooks_run(&stage, &hooks->create_runtime, err);
	(void)umask(022);
	return r;
}

/* Not before the hooks, which may start the agent.  With create, start will connect. */
static int find_agent(struct run *run, struct err *err)
{
	run->agent = (struct agent){
		.path = run->plan->agent,
		.metadata = run->plan->spec->linux_.seccomp.listener_metadata,
		.status = "creating",
		.state = run->state,
		.connection = -1,
	};
	return run->plan->waits_for_start ? agent_check(&run->agent, err) : agent_connect(&run->agent, err);
}

/* Hooks in the guest may take long, or hang: unlike all else that is waited for here, that can be interrupted. */
static int await_hooks(struct run *run, struct err *err)
{
	return foreground_await(run->wire, "hooks ran", err);
}

static int await_guest(struct run *run, struct err *err)
{
	return spawn_await(run, err);
}

static bool wants_console_socket(const struct plan *plan)
{
	return plan_has_terminal(plan) && plan->options->console_socket;
}

/* Without a console socket the master stays open, for the foreground. */
static int send_terminal(struct run *run, struct err *err)
{
	autofd master = take_fd(&run->terminal);

	return terminal_send(run->plan->options->console_socket, master, err);
}

static int write_pid_file(struct run *run, struct err *err)
{
	return handover_pid_file(run->plan->options->pid_file, run->child, err);
}

static int send_pidfd(struct run *run, struct err *err)
{
	const char *sockets[] = { run->plan->options->pidfd_socket,
				  spec_annotation(run->plan->spec, ANNOTATION_PIDFD_RECEIVER) };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sockets) && r == 0; i++)
		if (sockets[i])
			r = handover_pidfd(sockets[i], run->pidfd, err);
	return r;
}

static int finish(struct run *run, struct err *err)
{
	return state_finish(run->state, err);
}

const struct step host_create[] = {
	/* records what will be made before it is made: whatever happens, delete --force finds it */
	DO	(NULL,			state_dir_make,		state_dir_remove),
	DO	("configuration",	keep_config,		NULL),
	/* with its limits and device program, before anything runs in it */
	DO_IF	(plan_has_no_scope,	"cgroup",		make_cgroup,		remove_cgroup),
	DO_IF	(plan_delegates_early,	"delegated cgroup",	make_delegated,	NULL),
	DO_IF	(plan_has_intel_rdt,	NULL,			make_resctrl,	remove_resctrl),
	DO_IF	(plan_waits_for_start,	"start socket",		make_start_socket, NULL),
	DO_IF	(plan_has_notify,	"notify socket",	make_notify_socket, NULL),
	DO_IF	(plan_has_hook_output,	NULL,			open_hook_output, NULL),
	DO	("namespaces",		open_namespaces,	NULL),
	/* mounts that the guest may not make, which it gets by the fork; some are mapped to a namespace that it joins */
	DO_IF	(plan_prepares_mounts,	NULL,			prepare_mounts,	NULL),
	DO	("guest process",	spawn_guest,		kill_guest),
	/* systemd makes a group around a process that is there; this one waits.  Undone as the other is. */
	DO_IF	(plan_has_scope,	"cgroup",		make_scope,		NULL),
	DO_IF	(plan_delegates_in_scope, "delegated cgroup",	make_delegated,	NULL),
	DO_IF	(plan_has_user_ns,	"user namespace",	give_rights,	NULL),
	/* its user is known on the host, and nothing of the guest's runs yet */
	DO_IF	(plan_gives_cgroup,	"cgroup owner",		give_cgroup,	NULL),
	DO_IF	(plan_delegates_cgroup,	"delegated cgroup",	give_delegated,	NULL),
	TELL_IF	(plan_has_user_ns,	MSG_RIGHTS_GIVEN),
	TELL_IF	(plan_has_scope,	MSG_PLACED),
	HEAR_IF	(plan_has_net_devices,	MSG_WANT_DEVICES),
	DO_IF	(plan_has_net_devices,	"network devices",	find_devices,	NULL),
	DO	("state",		record,			NULL),
	/* undone while the guest, with which its network namespace may end, is still there */
	DO_IF	(plan_has_net_devices,	"network devices",	move_devices,	return_devices),
	TELL_IF	(plan_has_net_devices,	MSG_DEVICES_READY),
	DO_IF	(plan_has_intel_rdt,	NULL,			join_resctrl,	NULL),
	HEAR_IF	(plan_has_runtime_hooks, MSG_WANT_HOOKS),
	DO_IF	(plan_has_runtime_hooks, NULL,			runtime_hooks,	NULL),
	DO_IF	(plan_has_agent,	NULL,			find_agent,	NULL),
	TELL	(MSG_HOST_READY),
	DO_IF	(plan_has_container_hooks, NULL,		await_hooks,	NULL),
	HEAR_IF	(plan_has_terminal,	MSG_TERMINAL),
	DO_IF	(wants_console_socket,	"terminal",		send_terminal,	NULL),
	DO_IF	(plan_runs_start_hooks,	NULL,			await_hooks,	NULL),
	/* the guest's own error names its stage */
	DO	(NULL,			await_guest,		NULL),
	DO_IF	(plan_wants_pidfd_socket, NULL,			send_pidfd,	NULL),
	DO	("state",		finish,			NULL),
	/* the last: nothing that fails afterwards could leave the number of a dead process behind */
	DO_IF	(plan_wants_pid_file,	NULL,			write_pid_file,	NULL),
	STEPS_END
};

int host_undo(struct state *state, struct err *err)
{
	return steps_undo(host_create, state, err);
}

/* The first failure is the one to tell; what cannot be undone is a warning that says so. */
static void undo_failed_create(struct run *run)
{
	const struct plan *plan = run->plan;
	const struct spec_hook_list *poststop = &plan->spec->hooks.poststop;
	struct state *state = run->state;
	struct err err;
	autobuf json = { 0 };
	bool had_guest = state->init.pid;

	/* undoing takes descriptors, and too few of them may be why it failed */
	run_close(run);
	state->is_creating = true; /* again, if the very last failed */
	if (had_guest && poststop->count && state_hook_json(state, "stopped", 0, &json, &err) < 0)
		log_warning("poststop hooks: %s", err.text);
	if (host_undo(state, &err) < 0)
		log_warning("%s", err.text);
	if (json.data)
		hooks_run_poststop(plan->spec, json.data, plan->bundle);
}

static const struct step *find_row(int (*what)(struct run *run, struct err *err))
{
	const struct step *row = host_create;

	while (row->run != what)
		row++;
	return row;
}

int host_run(struct run *run, struct err *err)
{
	int r;

	/* modes of what is made are exact; hooks and the guest get the caller's back */
	run->caller_umask = umask(022);
	r = steps_run(host_create, run, err);
	if (r == -WIRE_GONE && spawn_died_at_birth(run))
		r = steps_run(find_row(open_namespaces), run, err);
	if (r == -WIRE_GONE)
		r = spawn_explain_death(run, err);
	(void)umask(run->caller_umask);
	if (r < 0)
		undo_failed_create(run);
	return r;
}
