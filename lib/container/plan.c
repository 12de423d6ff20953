#include "container/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "container/notify.h"
#include "namespaces/map.h"
#include "seccomp/seccomp.h"
#include "spec/annotations.h"

/* The bundle's absolute path, without symlinks: the state names it for other callers with other directories. */
static int find_bundle(struct plan *plan, struct err *err)
{
	const char *given = plan->options->bundle ? plan->options->bundle : ".";
	autofree char *path = realpath(given, NULL);

	if (!path)
		return err_sys(err, errno, "bundle %s", given);
	plan->bundle = arena_strdup(&plan->arena, path);
	return plan->bundle ? 0 : err_memory(err);
}

static int read_config(struct plan *plan, struct err *err)
{
	const char *name = plan->options->config ? plan->options->config : "config.json";
	const char *path = *name == '/' ? name : arena_printf(&plan->arena, "%s/%s", plan->bundle, name);
	int r;

	if (!path)
		return err_memory(err);
	r = file_read(AT_FDCWD, path, SPEC_SIZE_MAX, &plan->config_text, &plan->config_size, err);
	if (r < 0)
		return r;
	r = spec_parse(plan->config_text, plan->config_size, name, &plan->document, err);
	if (r < 0)
		return r;
	plan->spec = spec_of(plan->document);
	plan->process = &plan->spec->process;
	return 0;
}

/* The number of descriptors that the caller passes by the protocol of sd_listen_fds(3). */
static unsigned int listen_fds(void)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint64_t n, whose;

	if (!count || !str_u64(count, 4096, &n))
		return 0;
	if (pid && *pid && (!str_u64(pid, INT32_MAX, &whose) || (pid_t)whose != getpid()))
		return 0;
	return (unsigned int)n;
}

static int plan_env(struct plan *plan, struct err *err)
{
	const char *extra[4] = { NULL };
	unsigned int count = listen_fds(), n = 0;

	plan->preserve_fds += count;
	if (count) {
		extra[n] = arena_printf(&plan->arena, "LISTEN_FDS=%u", count);
		if (!extra[n++])
			return err_memory(err);
		extra[n++] = "LISTEN_PID=1";
	}
	if (plan->has_notify)
		extra[n++] = "NOTIFY_SOCKET=" NOTIFY_GUEST "/notify.sock";
	return env_plan(plan->process, extra, &plan->arena, &plan->env, err);
}

/* What the host enforces is of interest only where it is asked for. */
int plan_label(const struct spec_process *process, struct label_plan *ret, struct err *err)
{
	if (!label_is_asked(process)) {
		*ret = (struct label_plan){ .kind = LABEL_NONE };
		return 0;
	}
	return label_plan(process,
			  &(struct label_host){ .apparmor = label_has_apparmor(), .selinux = label_has_selinux() }, ret,
			  err);
}

/* Anything but "0": as with the runtime whose annotation it is. */
static bool keeps_groups(const struct spec *spec)
{
	const char *value = spec_annotation(spec, ANNOTATION_KEEP_GROUPS);

	return value && !str_eq(value, "0");
}

int plan_process(struct plan *plan, struct err *err)
{
	const struct spec_process *process = plan->process;
	int r;

	plan->keeps_groups = keeps_groups(plan->spec);

	if (!process->is_set)
		return 0;
	r = rlimits_plan(process, &plan->rlimits, err);
	if (r == 0)
		r = caps_plan(process, plan->host->refuses_unknown_caps, &plan->caps, err);
	if (r == 0)
		r = scheduler_plan(process, plan->spec->linux_.resources.cpu.cpus, &plan->scheduler, err);
	if (r == 0)
		r = ioprio_plan(process, &plan->ioprio, err);
	if (r == 0)
		r = personality_plan(&plan->spec->linux_, &plan->personality, err);
	if (r == 0)
		r = mempolicy_plan(&plan->spec->linux_, &plan->mempolicy, err);
	if (r == 0)
		r = plan_label(process, &plan->label, err);
	/* no capabilities in the document means none in the guest, as with the other runtimes */
	plan->caps.is_set = true;
	if (r == 0)
		r = plan_env(plan, err);
	return r;
}

/* Only where the filter needs one; the configuration goes before an annotation, and that before the environment, as with the
 * runtime that has these two. */
static const char *find_agent(const struct plan *plan)
{
	const struct spec_seccomp *seccomp = &plan->spec->linux_.seccomp;
	const char *path = seccomp->listener_path;

	if (!path)
		path = spec_annotation(plan->spec, ANNOTATION_SECCOMP_RECEIVER);
	if (!path)
		path = getenv("RUN_OCI_SECCOMP_RECEIVER");
	return path && *path ? path : plan->agent;
}

int plan_agent(struct plan *plan, struct err *err)
{
	const char *path = find_agent(plan);
	bool is_needed = false;
	int r;

	plan->agent = NULL;
	if (!seccomp_is_asked(plan->spec) || !plan->process->is_set)
		return 0;
	if (!path && plan->spec->linux_.seccomp.listener_metadata)
		return err_user(err, "linux.seccomp.listenerMetadata: needs listenerPath");
	r = seccomp_notifies(plan->spec, &plan->arena, &is_needed, err);
	if (r < 0 || !is_needed)
		return r;
	if (!path)
		return err_user(err, "linux.seccomp: SCMP_ACT_NOTIFY needs listenerPath");
	if (*path != '/')
		return err_user(err, "the seccomp agent %s is not an absolute path", path);
	plan->agent = path;
	return 0;
}

int plan_filter(struct plan *plan, struct err *err)
{
	int r;

	if (!seccomp_is_asked(plan->spec) || !plan->process->is_set)
		return 0;
	r = seccomp_make(plan->spec, &plan->arena, &plan->filter, err);
	/* without no_new_privs the kernel asks for CAP_SYS_ADMIN, and the filter is loaded as the very last */
	if (r == 0 && !plan->process->no_new_privileges)
		plan->drop_admin = caps_keep_admin(&plan->caps, plan->process->user.uid);
	return r;
}

/* The guest's own notify socket: a directory, as a socket that is bound again at start is a new file. */
static int plan_notify(struct plan *plan, struct err *err)
{
	static const char *const options[] = { "bind", "nosuid", "noexec", "nodev", "ro" };
	struct spec_mount *mount;

	plan->has_notify = notify_is_wanted() && ns_is_new(&plan->ns, SPEC_NS_MOUNT) && plan->process->is_set;
	if (!plan->has_notify)
		return 0;
	mount = ARENA_NEW(&plan->arena, struct spec_mount, 1);
	if (!mount)
		return err_memory(err);
	mount->destination = NOTIFY_GUEST;
	mount->type = "bind";
	mount->source = arena_printf(&plan->arena, "%s/%s/" NOTIFY_DIR, plan->host->root, plan->options->id);
	mount->options.items = (const char **)(uintptr_t)options;
	mount->options.count = ARRAY_SIZE(options);
	plan->own_mounts = (struct spec_mounts){ .items = mount, .count = 1 };
	return mount->source ? 0 : err_memory(err);
}

/* With v1 hierarchies the guest gets a view of each in which it has a group of its own: in the others it is in the caller's. */
static int list_hierarchies(struct plan *plan, struct rootfs_context *context, struct err *err)
{
	const struct cgroup_layout *layout = &plan->layout;
	struct rootfs_hierarchy *items;

	if (layout->mode != CGROUP_V1 && layout->mode != CGROUP_HYBRID)
		return 0;
	items = ARENA_NEW(&plan->arena, struct rootfs_hierarchy, layout->count);
	if (!items)
		return err_memory(err);
	for (unsigned int i = 0; i < layout->count; i++)
		if (cgroup_plan_has(plan->cgroup, i))
			items[context->hierarchy_count++] =
				(struct rootfs_hierarchy){ .controllers = layout->items[i].controllers,
							   .mount_point = layout->items[i].mount_point };
	context->hierarchies = items;
	return 0;
}

static int plan_rootfs(struct plan *plan, struct err *err)
{
	struct rootfs_context context = {
		.bundle = plan->bundle,
		.no_pivot = plan->options->no_pivot,
		.has_mount_ns = ns_is_new(&plan->ns, SPEC_NS_MOUNT),
		.has_selinux = plan->spec->linux_.mount_label && label_has_selinux(),
		.has_user_ns = ns_is_private(&plan->ns, SPEC_NS_USER),
		.uids = plan->ns.uids,
		.gids = plan->ns.gids,
		.has_cgroup_ns = ns_is_private(&plan->ns, SPEC_NS_CGROUP),
		.has_network_ns = ns_is_private(&plan->ns, SPEC_NS_NETWORK),
		.cgroup_layout = cgroup_mode_name(plan->layout.mode),
		.own_mounts = &plan->own_mounts,
	};
	int r = list_hierarchies(plan, &context, err);

	if (r == 0)
		r = rootfs_plan(plan->spec, &context, &plan->arena, &plan->rootfs, err);
	plan->prepares_mounts = r == 0 && rootfs_wants_prepare(plan->rootfs);
	return r;
}

/* A process in the new user namespace can have only IDs that exist there, and groups only where they may be set. */
static int plan_mappings(struct plan *plan, struct err *err)
{
	const struct ns_plan *ns = &plan->ns;

	if (!ns->uids)
		return 0;
	if (!ns->uids->count || !ns->gids->count)
		return err_user(err, "linux.%s: missing, which a new user namespace in linux.namespaces needs",
				ns->uids->count ? "gidMappings" : "uidMappings");
	if (plan->process->user.additional_gids.count && ns_map_denies_setgroups(ns->gids))
		return err_user(err, "process.user.additionalGids: a user namespace with no more than the caller's own "
				     "group in linux.gidMappings denies setgroups(2)");
	return 0;
}

static int check_delegated(const struct plan *plan, struct err *err)
{
	if (*cgroup_plan_path(plan->cgroup) && (plan->layout.mode == CGROUP_V2 || plan->layout.mode == CGROUP_HYBRID))
		return 0;
	return err_user(err, "annotations[\"" ANNOTATION_DELEGATE_CGROUP "\"]: needs a cgroup, and cgroup v2");
}

static int decide(struct plan *plan, bool compile_filter, struct err *err)
{
	const struct spec *spec = plan->spec;
	const struct cgroup_request request = {
		.id = plan->options->id,
		.root = container_other_root(plan->host),
		.layout = &plan->layout,
		.manager = plan->host->cgroup_manager,
	};
	int r;

	r = ns_plan(spec, &plan->ns, err);
	if (r == 0)
		r = plan_user_ns(plan, compile_filter, err);
	if (r == 0)
		r = plan_mappings(plan, err);
	if (r == 0)
		r = cgroup_detect_for(spec, &plan->layout, err);
	if (r == 0)
		r = cgroup_plan(spec, &request, &plan->arena, &plan->cgroup, err);
	if (r == 0 && plan_delegates_cgroup(plan))
		r = check_delegated(plan, err);
	if (r == 0)
		r = plan_notify(plan, err);
	if (r == 0)
		r = plan_process(plan, err);
	if (r == 0)
		r = plan_agent(plan, err);
	if (r == 0)
		r = plan_rootfs(plan, err);
	if (r == 0)
		r = hostname_plan(spec, ns_is_private(&plan->ns, SPEC_NS_UTS), err);
	if (r == 0)
		r = sysctl_plan(spec, ns_is_private(&plan->ns, SPEC_NS_IPC), ns_is_private(&plan->ns, SPEC_NS_NETWORK),
				ns_is_private(&plan->ns, SPEC_NS_UTS), ns_is_private(&plan->ns, SPEC_NS_USER), err);
	if (r == 0)
		r = resctrl_plan(spec, plan->options->id, &plan->arena, &plan->resctrl, err);
	if (r == 0 && compile_filter)
		r = plan_filter(plan, err);
	return r;
}

int plan_make(const struct container_host *host, const struct container_create_options *options, bool waits_for_start,
	      bool compile_filter, struct plan *ret, struct err *err)
{
	int r;

	*ret = (struct plan){ .host = host,
			      .options = options,
			      .waits_for_start = waits_for_start,
			      .preserve_fds = options->preserve_fds };
	r = find_bundle(ret, err);
	if (r == 0)
		r = read_config(ret, err);
	if (r == 0)
		r = decide(ret, compile_filter, err);
	if (r == 0)
		annotations_warn(ret->spec);
	if (r == 0 && compile_filter)
		r = plan_check_terminal(ret->process, options->console_socket, waits_for_start || options->detach, err);
	if (r == 0 && !waits_for_start && compile_filter && !ret->process->is_set)
		r = err_user(err, "process: missing: there is nothing to run");
	return r;
}

void plan_free(struct plan *plan)
{
	spec_free(plan->document);
	free(plan->config_text);
	arena_free(&plan->arena);
}

bool plan_has_process(const struct plan *plan)
{
	return plan->process->is_set;
}

bool plan_has_runtime_hooks(const struct plan *plan)
{
	return plan->spec->hooks.prestart.count || plan->spec->hooks.create_runtime.count;
}

bool plan_has_container_hooks(const struct plan *plan)
{
	return plan->spec->hooks.create_container.count;
}

bool plan_has_start_hooks(const struct plan *plan)
{
	return plan->spec->hooks.start_container.count;
}

bool plan_runs_start_hooks(const struct plan *plan)
{
	return plan_has_start_hooks(plan) && !plan->waits_for_start;
}

bool plan_has_hook_output(const struct plan *plan)
{
	return (plan_has_runtime_hooks(plan) || plan_has_container_hooks(plan) || plan_has_start_hooks(plan)) &&
	       (spec_annotation(plan->spec, ANNOTATION_HOOKS_STDOUT) ||
		spec_annotation(plan->spec, ANNOTATION_HOOKS_STDERR));
}

bool plan_has_hostname(const struct plan *plan)
{
	return plan->spec->hostname || plan->spec->domainname;
}

bool plan_has_sysctl(const struct plan *plan)
{
	return plan->spec->linux_.sysctl.count;
}

bool plan_has_new_network(const struct plan *plan)
{
	return ns_is_new(&plan->ns, SPEC_NS_NETWORK);
}

bool plan_prepares_mounts(const struct plan *plan)
{
	return plan->prepares_mounts;
}

bool plan_has_intel_rdt(const struct plan *plan)
{
	return plan->spec->linux_.intel_rdt.is_set;
}

bool plan_has_net_devices(const struct plan *plan)
{
	return plan->spec->linux_.net_devices.count;
}

bool plan_has_mount_ns(const struct plan *plan)
{
	return ns_is_new(&plan->ns, SPEC_NS_MOUNT);
}

bool plan_has_user_ns(const struct plan *plan)
{
	return ns_is_private(&plan->ns, SPEC_NS_USER);
}

static bool is_writable_cgroup(const struct spec_mount *mount)
{
	const struct spec_strings *options = &mount->options;
	bool readonly = false;

	if (!mount->type || !(str_eq(mount->type, "cgroup") || str_eq(mount->type, "cgroup2")) ||
	    !str_eq(mount->destination, "/sys/fs/cgroup"))
		return false;
	for (size_t i = 0; i < options->count; i++)
		if (str_eq(options->items[i], "ro") || str_eq(options->items[i], "rw"))
			readonly = options->items[i][1] == 'o';
	return !readonly;
}

/* As the specification says: with cgroup v2 alone, a new cgroup namespace, and where the guest can write.  Root of the host's
 * user namespace has it anyway. */
bool plan_gives_cgroup(const struct plan *plan)
{
	const struct spec_mounts *mounts = &plan->spec->mounts;

	if (plan->layout.mode != CGROUP_V2 || !ns_is_new(&plan->ns, SPEC_NS_CGROUP) || !plan->process->is_set ||
	    !(plan_has_user_ns(plan) || plan->process->user.uid))
		return false;
	for (size_t i = mounts->count; i-- > 0;)
		if (is_writable_cgroup(&mounts->items[i]))
			return true;
	return false;
}

/* A group of its own below the container's, which has the limits. */
bool plan_delegates_cgroup(const struct plan *plan)
{
	return spec_annotation(plan->spec, ANNOTATION_DELEGATE_CGROUP);
}

bool plan_delegates_in_scope(const struct plan *plan)
{
	return plan_delegates_cgroup(plan) && plan_has_scope(plan);
}

bool plan_delegates_early(const struct plan *plan)
{
	return plan_delegates_cgroup(plan) && !plan_has_scope(plan);
}

bool plan_has_time_offsets(const struct plan *plan)
{
	return ns_has_own_offsets(&plan->ns);
}

/* A guest with a user namespace is born with it, see spawn(). */
bool plan_has_oom_score(const struct plan *plan)
{
	return plan->process->oom_score_adj.is_set && !plan_has_user_ns(plan);
}

bool plan_may_make_cwd(const struct plan *plan)
{
	return plan->process->is_set && !str_eq(plan->process->cwd, "/");
}

bool plan_has_rlimits(const struct plan *plan)
{
	return plan->rlimits.count;
}

/* With a user namespace these are the host side's to set, see rights.c. */
bool plan_has_scheduler(const struct plan *plan)
{
	return plan->scheduler.is_set && !plan_has_user_ns(plan);
}

bool plan_has_ioprio(const struct plan *plan)
{
	return plan->ioprio.is_set && !plan_has_user_ns(plan);
}

bool plan_has_personality(const struct plan *plan)
{
	return plan->personality.is_set;
}

bool plan_has_mempolicy(const struct plan *plan)
{
	return plan->mempolicy.is_set;
}

bool plan_has_no_affinity(const struct plan *plan)
{
	return !plan->affinity.initial.count && !plan->affinity.final.count;
}

bool plan_has_final_affinity(const struct plan *plan)
{
	return plan->affinity.final.count;
}

bool plan_has_no_new_privileges(const struct plan *plan)
{
	return plan->process->no_new_privileges && !plan_has_label(plan);
}

bool plan_has_label(const struct plan *plan)
{
	return plan->label.kind != LABEL_NONE;
}

bool plan_wants_keyring(const struct plan *plan)
{
	return plan->options && !plan->options->no_new_keyring;
}

int plan_check_terminal(const struct spec_process *process, const char *console_socket, bool detached, struct err *err)
{
	if (process->terminal && detached && !console_socket)
		return err_user(
			err,
			"process.terminal: a terminal needs --console-socket when kavel does not stay with the guest");
	if (console_socket && !process->terminal)
		return err_user(err, "--console-socket %s: process.terminal is not set", console_socket);
	return 0;
}

bool plan_has_agent(const struct plan *plan)
{
	return plan->agent;
}

bool plan_has_terminal(const struct plan *plan)
{
	return plan->process->is_set && plan->process->terminal;
}

bool plan_has_notify(const struct plan *plan)
{
	return plan->has_notify;
}

bool plan_wants_pid_file(const struct plan *plan)
{
	return plan->options->pid_file;
}

bool plan_wants_pidfd_socket(const struct plan *plan)
{
	return plan->options->pidfd_socket || spec_annotation(plan->spec, ANNOTATION_PIDFD_RECEIVER);
}

bool plan_has_scope(const struct plan *plan)
{
	return plan->cgroup && cgroup_plan_has_scope(plan->cgroup);
}

bool plan_has_no_scope(const struct plan *plan)
{
	return !plan_has_scope(plan);
}

bool plan_waits_for_start(const struct plan *plan)
{
	return plan->waits_for_start;
}
