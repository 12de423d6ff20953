/* Plan is what will be: every decision about one create, taken before anything is made, from the spec, the options and a
 * few facts about the host.  It does not change afterwards; the guest side receives it by the fork. */
#pragma once

#include <limits.h>

#include "base/arena.h"
#include "base/filter.h"
#include "cgroups/cgroup.h"
#include "container/container.h"
#include "namespaces/ns.h"
#include "process/label.h"
#include "process/process.h"
#include "resctrl/resctrl.h"
#include "rootfs/rootfs.h"
#include "spec/spec.h"

struct plan {
	const struct container_host *host;
	const struct container_create_options *options;
	const char *bundle;	 /* absolute */
	char *config_text;	 /* as it was read: what is kept in the state directory */
	size_t config_size;
	struct spec_document *document;
	const struct spec *spec; /* of the document */
	const struct spec_process *process; /* what runs: the spec's, or that of an exec */
	struct arena arena;

	struct cgroup_layout layout;
	struct ns_plan ns;
	struct cgroup_plan *cgroup;
	struct resctrl_plan resctrl;
	struct spec_mounts own_mounts; /* beside the spec's: the notify socket */
	struct rootfs_plan *rootfs;
	bool prepares_mounts; /* the host side does */
	struct rlimits_plan rlimits;
	struct caps_plan caps;
	struct scheduler_plan scheduler;
	struct ioprio_plan ioprio;
	struct personality_plan personality;
	struct mempolicy_plan mempolicy;
	struct affinity_plan affinity; /* exec alone */
	struct env_plan env;
	struct label_plan label;
	struct seccomp_filter filter;
	const char *agent;	   /* socket of who answers for it; NULL: nobody has to */
	unsigned int drop_admin;   /* what the launcher gives up before it loads the filter */
	unsigned int preserve_fds; /* --preserve-fds and LISTEN_FDS */
	bool keeps_groups;	   /* additional groups are not set: an annotation of crun's */
	bool has_notify;	   /* the caller has a NOTIFY_SOCKET, so the guest gets one */
	bool waits_for_start;	   /* create: the guest is started by container_start() later */
};

/* Read the bundle's config and decide everything.  waits_for_start: create, not run.  compile_filter: also build the
 * seccomp program, which `kavel plan` does not need.  plan_free() in any case. */
int plan_make(const struct container_host *host, const struct container_create_options *options, bool waits_for_start,
	      bool compile_filter, struct plan *ret, struct err *err);
void plan_free(struct plan *plan);

/* The part of it that concerns plan->process: limits, capabilities, environment; and the spec's seccomp filter for it. */
int plan_process(struct plan *plan, struct err *err);
int plan_filter(struct plan *plan, struct err *err);

/* The security label that the process asks for.  Errors: the host has no module that could enforce it. */
int plan_label(const struct spec_process *process, struct label_plan *ret, struct err *err);

/* Who answers for SCMP_ACT_NOTIFY: linux.seccomp.listenerPath, run.oci.seccomp.receiver, RUN_OCI_SECCOMP_RECEIVER. */
int plan_agent(struct plan *plan, struct err *err);

/* True if the caller can have no namespaces but in a user namespace of his own.  Costs root nothing. */
bool plan_is_unprivileged(void);

/* What a caller without privilege lacks: refuse a spec without a user namespace, unless the host's makes_user_ns adds it, and
 * find the mappings of one that has none.  is_carried_out: otherwise the plan is only looked at, perhaps for somebody else. */
int plan_user_ns(struct plan *plan, bool is_carried_out, struct err *err);

/* Refuse a terminal without anybody to take its master, and a console socket without a terminal.  detached: the caller does
 * not stay with the process. */
int plan_check_terminal(const struct spec_process *process, const char *console_socket, bool detached, struct err *err);

/* ---------------------------------------------------------------- predicates of the stage tables */
bool plan_has_process(const struct plan *plan);
bool plan_has_runtime_hooks(const struct plan *plan);   /* prestart or createRuntime */
bool plan_has_container_hooks(const struct plan *plan); /* createContainer */
bool plan_has_start_hooks(const struct plan *plan);     /* startContainer */
bool plan_runs_start_hooks(const struct plan *plan);    /* startContainer, which this side waits for: run */
bool plan_has_hook_output(const struct plan *plan);     /* it goes to a file, and there are hooks of create */
bool plan_has_scope(const struct plan *plan);	  /* systemd makes the cgroup, around the guest's process */
bool plan_has_no_scope(const struct plan *plan);
bool plan_has_hostname(const struct plan *plan);
bool plan_has_sysctl(const struct plan *plan);
bool plan_has_new_network(const struct plan *plan);
bool plan_prepares_mounts(const struct plan *plan);
bool plan_has_net_devices(const struct plan *plan);
bool plan_has_intel_rdt(const struct plan *plan);
bool plan_has_mount_ns(const struct plan *plan);
bool plan_has_user_ns(const struct plan *plan);      /* new or joined */
bool plan_gives_cgroup(const struct plan *plan);
bool plan_delegates_in_scope(const struct plan *plan);   /* the same, below the one that systemd makes */
bool plan_delegates_early(const struct plan *plan);	 /* and elsewhere, where the group is there before the guest */
bool plan_delegates_cgroup(const struct plan *plan);     /* to the user of the process */
bool plan_has_time_offsets(const struct plan *plan); /* of a time namespace that the guest makes */
bool plan_has_oom_score(const struct plan *plan);
bool plan_may_make_cwd(const struct plan *plan);
bool plan_has_rlimits(const struct plan *plan);
bool plan_has_scheduler(const struct plan *plan);
bool plan_has_ioprio(const struct plan *plan);
bool plan_has_personality(const struct plan *plan);
bool plan_has_mempolicy(const struct plan *plan);
bool plan_has_no_affinity(const struct plan *plan);
bool plan_has_final_affinity(const struct plan *plan);
bool plan_has_no_new_privileges(const struct plan *plan); /* and no label, which comes first */
bool plan_has_label(const struct plan *plan);
bool plan_wants_keyring(const struct plan *plan);
bool plan_has_notify(const struct plan *plan);
bool plan_has_agent(const struct plan *plan);
bool plan_has_terminal(const struct plan *plan);
bool plan_wants_pid_file(const struct plan *plan);
bool plan_wants_pidfd_socket(const struct plan *plan);
bool plan_waits_for_start(const struct plan *plan);
