/* The guest side of create: the table, and its one-line adapters.
 *
 * Everything here runs in the process that becomes the guest's first one.  It has a copy of the host side's memory, and
 * from the launch on nothing of it. */
#include "container/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/sys.h"
#include "container/hooks.h"
#include "container/run.h"
#include "container/step.h"
#include "netns/netns.h"
#include "process/label.h"
#include "process/launch.h"
#include "process/process.h"
#include "process/terminal.h"

/* Signals that nohup(1), a shell's background job, or this program's own start may have set to be ignored; an ignored one
 * would stay so through exec. */
static const int reset_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE };

/* The first number above all descriptors that this side still needs. */
static int first_free(const struct run *run)
{
	const int used[] = { 2 + (int)run->plan->preserve_fds,
			     run->wire,
			     run->listen,
			     run->terminal,
			     run->hook_output.out,
			     run->hook_output.err,
			     log_fd(),
			     rootfs_highest(&run->rootfs) };
	int highest = 2;

	for (size_t i = 0; i < ARRAY_SIZE(used); i++)
		if (used[i] > highest)
			highest = used[i];
	return highest + 1;
}

static int session(struct run *run, struct err *err)
{
	sigset_t none;
	mode_t before;

	/* not readable and not traceable by another process of the guest's user (CVE-2016-9962); exec undoes it.  It is the memory that
	 * is (un)dumpable: where that is the host side's, no process of the guest sees this one, nor has rights over it. */
	if (!run->lends && prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(err, errno, "make this process undumpable");
	/* descriptors that the caller left open; ours are close-on-exec already (CVE-2024-21626) */
	if (sys_close_range(3 + run->plan->preserve_fds, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys(err, errno, "mark descriptors close-on-exec");
	for (size_t i = 0; i < ARRAY_SIZE(reset_signals); i++)
		(void)signal(reset_signals[i], SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (setsid() < 0)
		return err_sys(err, errno, "setsid");
	/* modes of what is made in the rootfs are exact; restored before the launch */
	before = umask(0);
	if (run->init >= 0)
		run->caller_umask = before;
	agent_close(&run->agent);
	/* the lock on the container is the host side's, and must not outlive it here, in a mount or hook that hangs */
	if (run->init < 0) {
		auto_close(&run->state->dir);
		run->state->dir = -1;
	}
	run->rootfs.sweep_from = first_free(run);
	return 0;
}

static int join_cgroup(struct run *run, struct err *err)
{
	return cgroup_join(run->plan->cgroup, &run->state->cgroup, run->cgroup >= 0, err);
}

/* exec: the groups as they were recorded, as the plan of their making is gone. */
static int join_cgroup_again(struct run *run, struct err *err)
{
	return cgroup_rejoin(&run->plan->layout, &run->state->cgroup, &run->sub_group, 0, run->cgroup >= 0, err);
}

/* exec: the groups of linux.intelRdt, where the container has some. */
static int join_resctrl(struct run *run, struct err *err)
{
	const struct resctrl_made *made = &run->state->resctrl;
	autofd root = -1;
	int r = made->root ? resctrl_reopen(made->root, &root, err) : 1;

	return r == 0 ? resctrl_join(made, root, 0, err) : r < 0 ? r : 0;
}

static int join_container(struct run *run, struct err *err)
{
	return ns_join_beside(&run->beside, err);
}

static int enter_time(struct run *run, struct err *err)
{
	return ns_enter_time(&run->ns, err);
}

static enum user_groups groups_of(const struct run *run)
{
	return run->plan->keeps_groups ? USER_KEEP_GROUPS : USER_SET_GROUPS;
}

static int enter_user(struct run *run, struct err *err)
{
	int r = user_enter(&run->plan->process->user, groups_of(run), err);

	return r < 0 || run->init >= 0 ? r : rootfs_check_access(run->plan->rootfs, &run->rootfs, err);
}

static int enter_namespaces(struct run *run, struct err *err)
{
	return ns_enter(&run->ns, err);
}

static int enter_delegated(struct run *run, struct err *err)
{
	autofd procs = take_fd(&run->delegated);

	return write(procs, "0", 1) < 0 ? err_sys(err, errno, "move to the delegated cgroup") : 0;
}

/* exec: nobody has mounted over procfs here, and nobody of the guest sees this process. */
static int open_own_label(struct run *run, struct err *err)
{
	return label_open_own(&run->label_files, err);
}

static int open_label(struct run *run, struct err *err)
{
	int r = label_open(&run->label_files, err);

	if (r == 0 && run->rootfs.sweep_from <= run->label_files.dir)
		run->rootfs.sweep_from = run->label_files.dir + 1;
	return r;
}

static int keyring(struct run *run, struct err *err)
{
	int r = label_begin_keys(&run->plan->label, &run->label_files, err);

	if (r == 0)
		r = keyring_apply(run->state->id, err);
	return r == 0 ? label_end_keys(&run->plan->label, &run->label_files, err) : r;
}

static int hostname(struct run *run, struct err *err)
{
	return hostname_apply(run->plan->spec, err);
}

static int loopback(struct run *run, struct err *err)
{
	(void)run;
	return netns_loopback_up(err);
}

static int oom_score(struct run *run, struct err *err)
{
	return oom_apply(&run->plan->process->oom_score_adj, err);
}

static int sysctl(struct run *run, struct err *err)
{
	return sysctl_apply(run->plan->spec, err);
}

static int open_rootfs(struct run *run, struct err *err)
{
	return rootfs_open(run->plan->rootfs, &run->rootfs, err);
}

static int mount_all(struct run *run, struct err *err)
{
	return rootfs_mount(run->plan->rootfs, &run->rootfs, err);
}

static int make_devices(struct run *run, struct err *err)
{
	return rootfs_devices(run->plan->rootfs, &run->rootfs, err);
}

static int switch_root(struct run *run, struct err *err)
{
	return rootfs_switch(run->plan->rootfs, &run->rootfs, err);
}

static int make_terminal(struct run *run, struct err *err)
{
	const struct spec_process *process = run->plan->process;

	return terminal_make(process->user.uid, &process->console_size, run->init < 0, &run->terminal, err);
}

static int protect(struct run *run, struct err *err)
{
	return rootfs_protect(run->plan->rootfs, &run->rootfs, err);
}

/* With the caller's umask; afterwards it is what it was: the set-up's, or the guest's own by now. */
static int run_hooks(const struct run *run, const struct hook_stage *stage, const struct spec_hook_list *hooks,
		     struct err *err)
{
	mode_t own = umask(run->caller_umask);
	int r = hooks_run(stage, hooks, err);

	(void)umask(own);
	return r;
}

static int container_hooks(struct run *run, struct err *err)
{
	const struct plan *plan = run->plan;
	struct hook_stage stage = { .name = "createContainer",
				    .output = run->hook_output,
				    .dir = plan->host->hooks_in_bundle ? plan->bundle : rootfs_path(plan->rootfs) };
	autobuf json = { 0 };
	char self[32] = "";
	uint64_t pid;
	int r;

	/* the host's procfs is still there, and tells our number on the host */
	if (readlink("/proc/self", self, sizeof(self) - 1) < 0 || !str_u64(self, INT32_MAX, &pid))
		return err_sys(err, errno, "read /proc/self");
	r = state_hook_json(run->state, "creating", (pid_t)pid, &json, err);
	stage.state_json = json.data;
	return r < 0 ? r : run_hooks(run, &stage, &plan->spec->hooks.create_container, err);
}

/* What startContainer hooks read, with the number that the guest's own procfs shows. */
static int prepare_start_hooks(struct run *run, struct err *err)
{
	autobuf json = { 0 };
	int r = state_hook_json(run->state, "created", getpid(), &json, err);

	return r < 0 ? r : hooks_make_input(json.data, &run->hook_input, err);
}

static int rlimits(struct run *run, struct err *err)
{
	return rlimits_apply(&run->plan->rlimits, err);
}

static int scheduler(struct run *run, struct err *err)
{
	/* exec: set by the host side, for the process that is made last */
	return run->init >= 0 ? 0 : scheduler_apply(&run->plan->scheduler, 0, err);
}

static int ioprio(struct run *run, struct err *err)
{
	return ioprio_apply(&run->plan->ioprio, 0, err);
}

static int reset_affinity(struct run *run, struct err *err)
{
	(void)run;
	(void)err;
	affinity_reset();
	return 0;
}

static int cpu_affinity(struct run *run, struct err *err)
{
	return affinity_apply(&run->plan->affinity.final, "final", err);
}

static int mempolicy(struct run *run, struct err *err)
{
	return mempolicy_apply(&run->plan->mempolicy, err);
}

static int personality(struct run *run, struct err *err)
{
	return personality_apply(&run->plan->personality, err);
}

/* A log file or pipe that the caller made for the guest becomes the guest user's and group's, so that /dev/stdout can be
 * opened again inside.  Devices, /dev/null among them, are never touched. */
static int give_stdio(struct run *run, struct err *err)
{
	const struct spec_user *user = &run->plan->process->user;
	struct stat st;

	/* may open them again anyway; or the host side has done it */
	if (user->uid == 0 || plan_has_user_ns(run->plan))
		return 0;
	for (int fd = 0; fd <= 2; fd++) {
		if (fstat(fd, &st) < 0)
			return err_sys(err, errno, "stat descriptor %d", fd);
		if (st.st_uid == user->uid || !(S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			continue;
		/* EROFS, EPERM: then the guest can use it, but not open it again */
		(void)!fchown(fd, user->uid, user->gid);
	}
	return 0;
}

static int home(struct run *run, struct err *err)
{
	run->env = run->plan->env;
	return env_add_home(&run->env, run->plan->process->user.uid, &run->arena, err);
}

static int bounding_set(struct run *run, struct err *err)
{
	return caps_apply_bounding(&run->plan->caps, err);
}

static int open_launcher(struct run *run, struct err *err)
{
	const struct seccomp_filter *filter = &run->plan->filter;

	return launch_open(filter->instructions ? filter : NULL, &run->launcher, err);
}

static int label(struct run *run, struct err *err)
{
	return label_prepare(&run->plan->label, &run->label_files, run->plan->process->no_new_privileges, &run->label,
			     err);
}

static int make_working_directory(struct run *run, struct err *err)
{
	return cwd_make(run->plan->process->cwd, err);
}

static int working_directory(struct run *run, struct err *err)
{
	return cwd_apply(run->plan->process->cwd, err);
}

static int user(struct run *run, struct err *err)
{
	return user_apply(&run->plan->process->user, groups_of(run), run->plan->caps.is_set, err);
}

static int capabilities(struct run *run, struct err *err)
{
	return caps_apply(&run->plan->caps, err);
}

static int no_new_privileges(struct run *run, struct err *err)
{
	(void)run;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? err_sys(err, errno, "PR_SET_NO_NEW_PRIVS") : 0;
}

static int program(struct run *run, struct err *err)
{
	const struct spec_strings *args = &run->plan->process->args;

	/* of create it is asked that it fails; an exec fails by execve(2) itself */
	if (run->init >= 0 && args->count && args->items[0][0] == '/') {
		run->program = args->items[0];
		return 0;
	}
	return exec_find(run->plan->process, &run->env, &run->arena, &run->program, err);
}

static int restore_umask(struct run *run, struct err *err)
{
	(void)err;
	/* the specification: unset means the caller's, unchanged */
	if (!run->plan->process->user.umask.is_set)
		(void)umask(run->caller_umask);
	return 0;
}

static bool has_no_process(const struct plan *plan)
{
	return !plan_has_process(plan);
}

static unsigned int birth_of(const struct run *run)
{
	if (run->init < 0)
		return 0;
	return LAUNCH_BIRTH_PLAIN | (plan_has_terminal(run->plan) ? LAUNCH_BIRTH_TERMINAL : 0) |
	       (run->plan->scheduler.is_set ? LAUNCH_BIRTH_WAIT : 0);
}

static int become_launcher(struct run *run, struct err *err)
{
	const struct spec_process *process = run->plan->process;
	const int listen = run->start_connection >= 0 ? -1 : run->listen;
	const struct launch launcher = {
		.path = run->program,
		.argv = (char *const *)(uintptr_t)process->args.items,
		.envp = run->env.items,
		.listen_fd = listen,
		.status_fd = listen >= 0 ? -1 : run->wire,
		.filter = run->plan->filter.instructions ? &run->plan->filter : NULL,
		.drop_admin = run->plan->drop_admin,
		.label = plan_has_label(run->plan) ? &run->label : NULL,
		.no_new_privileges = process->no_new_privileges,
		.program_fd = run->launcher,
		.birth = birth_of(run),
	};

	return launch(&launcher, err);
}

static bool waits_here(const struct plan *plan)
{
	return plan_waits_for_start(plan) && plan_has_start_hooks(plan);
}

/* These run in the guest as it is when its program starts: with the label and the filter, and without what only the launcher
 * needs. */
static int start_hooks(struct run *run, struct err *err)
{
	const struct plan *plan = run->plan;
	const struct hook_stage stage = {
		.name = "startContainer",
		.input = run->hook_input,
		.launcher = run->launcher,
		.handover = run->wire,
		.drop_admin = plan->drop_admin,
		.filter = &plan->filter,
		.label = plan_has_label(plan) ? &run->label : NULL,
		.no_new_privileges = plan->process->no_new_privileges,
		.output = run->hook_output,
		.env = run->env.items,
	};

	if (stage.label && !*run->label_files.prefix)
		return err_set(
			err, ENOTSUP,
			"hooks.startContainer: no procfs can be mounted here, so hooks cannot have the label that "
			"%s asks for",
			plan->label.property);
	return run_hooks(run, &stage, &plan->spec->hooks.start_container, err);
}

/* What makes a process of the guest what it is: the same for the first one and for those of exec.
 *
 * working directory	as root: one that only root may enter is allowed by the specification
 * launcher		its file is written before a limit could forbid that; it also holds the seccomp filter
 * label		what the launcher is to write; the profile of a caller that is confined counts, whoever the user is
 * rlimits		raising one needs CAP_SYS_RESOURCE; lowering one must not disturb what is above
 * scheduler ...	in its cgroup already, whose cpuset counts, and with CAP_SYS_NICE still
 * user			between the bounding set, which needs CAP_SETPCAP, and the sets that a change of the user would clear
 * program		as the guest's user, who needs the right to execute it */
#define PROCESS_ROWS							\
	DO	("home directory",	home,			NULL),	\
	DO	("standard streams",	give_stdio,		NULL),	\
	DO	("working directory",	working_directory,	NULL),	\
	DO	("launcher",		open_launcher,		NULL),	\
	DO_IF	(plan_has_label,	NULL,			label,		NULL), \
	DO_IF	(plan_has_rlimits,	"rlimits",		rlimits,	NULL), \
	DO_IF	(plan_has_scheduler,	"scheduler",		scheduler,	NULL), \
	DO_IF	(plan_has_ioprio,	"I/O priority",		ioprio,		NULL), \
	DO_IF	(plan_has_mempolicy,	"memory policy",	mempolicy,	NULL), \
	DO_IF	(plan_has_personality,	"personality",		personality,	NULL), \
	DO	("capabilities",	bounding_set,		NULL),	\
	DO	("user",		user,			NULL),	\
	DO	("capabilities",	capabilities,		NULL),	\
	DO_IF	(plan_has_no_new_privileges, "no new privileges", no_new_privileges, NULL), \
	DO	(NULL,			program,		NULL)

const struct step guest_create[] = {
	/* a user namespace is useless before its mappings; while an unprivileged caller can still open this process' files in /proc */
	HEAR_IF	(plan_has_user_ns,	MSG_RIGHTS_GIVEN),
	/* the same */
	DO_IF	(plan_has_time_offsets,	"time namespace",	enter_time,	NULL),
	/* first of all: nothing of the caller's may reach what comes */
	DO	("session",		session,		NULL),
	HEAR_IF	(plan_has_scope,	MSG_PLACED),
	/* before the cgroup namespace, whose root is the group of that moment, and while the host's tree is there */
	DO_IF	(plan_has_no_scope,	"cgroup",		join_cgroup,		NULL),
	/* the cgroup's cpuset is the limit */
	DO_IF	(plan_has_no_affinity,	"CPU affinity",	reset_affinity,	NULL),
	DO	("namespaces",		enter_namespaces,	NULL),
	/* the container's group is the root of the cgroup namespace, this one below it is seen */
	DO_IF	(plan_delegates_cgroup,	"delegated cgroup",	enter_delegated, NULL),
	/* however it got its network namespace: this is the one */
	TELL_IF	(plan_has_net_devices,	MSG_WANT_DEVICES),
	/* in the guest's pid namespace, and while a procfs can still be mounted */
	DO_IF	(plan_has_label,	"security label",	open_label,	NULL),
	DO_IF	(plan_wants_keyring,	"session keyring",	keyring,	NULL),
	DO_IF	(plan_has_hostname,	"hostname",		hostname,	NULL),
	DO_IF	(plan_has_new_network,	"loopback",		loopback,	NULL),
	/* these write to procfs while it is still the host's, which no image can have replaced */
	DO_IF	(plan_has_oom_score,	"oom score",		oom_score,	NULL),
	/* as the caller, who may reach a path that the root of a user namespace may not */
	DO	("rootfs",		open_rootfs,		NULL),
	/* what is made from here on has an owner in the user namespace */
	DO_IF	(plan_has_user_ns,	"user namespace",	enter_user,	NULL),
	/* some are of a device */
	HEAR_IF	(plan_has_net_devices,	MSG_DEVICES_READY),
	/* as its root, who alone may write some of them */
	DO_IF	(plan_has_sysctl,	"sysctl",		sysctl,		NULL),
	DO_IF	(plan_has_mount_ns,	NULL,			mount_all,	NULL),
	DO_IF	(plan_has_mount_ns,	"devices",		make_devices,	NULL),
	/* createRuntime hooks find the mounts in place, as with other runtimes, and the root not yet switched */
	TELL_IF	(plan_has_runtime_hooks, MSG_WANT_HOOKS),
	/* from here on the guest is on record: if the host side dies, this ends in an error and nothing is left */
	HEAR	(MSG_HOST_READY),
	DO_IF	(plan_has_container_hooks, NULL,		container_hooks, NULL),
	DO	("root switch",		switch_root,		NULL),
	/* in the guest's own devpts, and while /dev/console can still be made in a root that becomes read-only */
	DO_IF	(plan_has_terminal,	"terminal",		make_terminal,	NULL),
	TELL_IF	(plan_has_terminal,	MSG_TERMINAL),
	/* while the root can still be written */
	DO_IF	(plan_may_make_cwd,	"working directory",	make_working_directory, NULL),
	DO	("rootfs protection",	protect,		NULL),
	DO_IF	(has_no_process,	NULL,			guest_wait_for_kill,	NULL),
	/* before a limit could forbid to write a file */
	DO_IF	(plan_has_start_hooks,	"startContainer hooks",	prepare_start_hooks, NULL),
	PROCESS_ROWS,
	DO_IF	(waits_here,		"start",		guest_await_start,	NULL),
	DO_IF	(plan_has_start_hooks,	NULL,			start_hooks,	NULL),
	DO	("umask",		restore_umask,		NULL),
	DO	("launch",		become_launcher,	NULL),
	STEPS_END
};

/* A further process: what create does to namespaces and mounts has been done. */
const struct step guest_exec[] = {
	HEAR_IF	(plan_has_user_ns,	MSG_RIGHTS_GIVEN),
	/* undumpable before it joins a user namespace, whose root could trace it (CVE-2016-9962) */
	DO	("session",		session,		NULL),
	DO	("cgroup",		join_cgroup_again,	NULL),
	DO_IF	(plan_has_intel_rdt,	NULL,			join_resctrl,	NULL),
	DO_IF	(plan_has_no_affinity,	"CPU affinity",	reset_affinity,	NULL),
	/* while procfs is still the host's: the guest's may be anything by now */
	DO_IF	(plan_has_oom_score,	"oom score",		oom_score,	NULL),
	/* in sight of the host's procfs, too */
	DO_IF	(plan_has_label,	"security label",	open_own_label,	NULL),
	/* the pid namespace is that of the process which the launcher makes: this one stays out of the guest's sight */
	DO	("namespaces",		join_container,		NULL),
	DO_IF	(plan_has_user_ns,	"user namespace",	enter_user,	NULL),
	DO_IF	(plan_wants_keyring,	"session keyring",	keyring,	NULL),
	DO_IF	(plan_has_terminal,	"terminal",		make_terminal,	NULL),
	TELL_IF	(plan_has_terminal,	MSG_TERMINAL),
	DO_IF	(plan_has_final_affinity, "CPU affinity",	cpu_affinity,	NULL),
	PROCESS_ROWS,
	DO	("umask",		restore_umask,		NULL),
	DO	("launch",		become_launcher,	NULL),
	STEPS_END
};

void guest_main(struct run *run)
{
	struct err err;

	if (steps_run(run->guest_table, run, &err) < 0)
		wire_tell_failure(run->wire, &err);
	_exit(1);
}
