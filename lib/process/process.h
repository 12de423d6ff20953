/* What the guest's first process is: one group of properties per file, each a pure x_plan() and an x_apply() that
 * runs on the guest side.  The order in which they are applied is the table in container/guest.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"

/* ---------------------------------------------------------------- rlimits.c */
struct rlimit_item {
	const char *name; /* RLIMIT_NOFILE */
	int resource;
	struct rlimit value;
};
struct rlimits_plan {
	struct rlimit_item items[RLIM_NLIMITS];
	unsigned int count;
};
/* Errors: unknown type; a type twice; soft above hard. */
int rlimits_plan(const struct spec_process *process, struct rlimits_plan *ret, struct err *err);
int rlimits_apply(const struct rlimits_plan *plan, struct err *err);
/* Raise the hard limits of process `pid` where they are below the plan's, so that it can apply it itself without
 * CAP_SYS_RESOURCE. */
int rlimits_raise(const struct rlimits_plan *plan, pid_t pid, struct err *err);

/* ---------------------------------------------------------------- caps.c (the only file that knows libcap) */
struct caps_plan {
	bool is_set;	/* false: capabilities are left as they are */
	uint64_t bounding, effective, inheritable, permitted, ambient; /* bit n: capability n */
};
/* Unknown names are a warning, as the specification asks, by log_warning(); with refuses_unknown an error. */
int caps_plan(const struct spec_process *process, bool refuses_unknown, struct caps_plan *ret, struct err *err);
/* Drop the bounding set; needs CAP_SETPCAP, so it comes before the user changes. */
int caps_apply_bounding(const struct caps_plan *plan, struct err *err);
/* Set the others and the ambient set, after the user has changed under PR_SET_KEEPCAPS; then read them back. */
int caps_apply(const struct caps_plan *plan, struct err *err);
/* A seccomp filter without no_new_privs needs CAP_SYS_ADMIN when it is loaded, which is after these are applied.  Where the
 * guest's sets do not give it to the launcher, add it to them (before they are applied), and return what to tell the launcher
 * (launch.drop_admin), which gives it up before the filter is loaded, so that the user's program never has it.  0: the sets
 * are as they were. */
unsigned int caps_keep_admin(struct caps_plan *plan, uid_t uid);
/* Names of all capabilities that are understood, lowest first, NULL-terminated: for `features`. */
const char *const *caps_names(struct arena *arena);

/* ---------------------------------------------------------------- user.c */
/* What becomes of the additional groups. */
enum user_groups { USER_SET_GROUPS, USER_KEEP_GROUPS /* those of the caller */ };

/* In a user namespace: become the user and group under which the guest is set up, and drop all additional groups unless they
 * are to be kept, or the namespace denies setgroups(2).  That is its root; where an ID 0 is not mapped there, the ID that the process is to have, so
 * that what is made can have an owner at all.  Capabilities stay. */
int user_enter(const struct spec_user *user, enum user_groups groups, struct err *err);
/* setgroups, setresgid, setresuid (in that order, capabilities kept), then read back and compare; umask when set. */
int user_apply(const struct spec_user *user, enum user_groups groups, bool keep_caps, struct err *err);

/* ---------------------------------------------------------------- env.c */
struct env_plan {
	char **items; /* NULL-terminated, duplicates resolved to the last, in first-seen order */
	size_t count;
	bool has_home; /* HOME is set and not empty */
};
/* extra: further KEY=VALUE items that win over the spec's (LISTEN_FDS, NOTIFY_SOCKET); may be NULL.
 * Errors: an item without "=", or with an empty name. Linear in the number of items. */
int env_plan(const struct spec_process *process, const char *const *extra, struct arena *arena, struct env_plan *ret,
	     struct err *err);
/* Guest side, after the root switch: when HOME is missing or empty, take it from the guest's /etc/passwd (never blocks;
 * only a regular file), "/" otherwise. */
int env_add_home(struct env_plan *plan, uid_t uid, struct arena *arena, struct err *err);

/* ---------------------------------------------------------------- cwd.c */
/* Make the working directory if it is missing.  The root is the guest's already, and not yet read-only. */
int cwd_make(const char *cwd, struct err *err);
/* Change to it; the result must lie below the root (CVE-2024-21626). */
int cwd_apply(const char *cwd, struct err *err);

/* ---------------------------------------------------------------- exec.c */
/* Find args[0] by the PATH of the guest's environment, inside the guest's root.  *ret_path: what execve(2) gets.
 * Errors: ENOENT: `exec: "foo": executable file not found in $PATH`; EACCES: `permission denied`. */
int exec_find(const struct spec_process *process, const struct env_plan *env, struct arena *arena, const char **ret_path,
	      struct err *err);
/* After execve(2) of path, inside the root directory `root`, failed with errno `number`: say why in words: missing interpreter, CRLF script, wrong
 * architecture, not executable, a directory, no #! line.  The text begins with `exec <path>: ` and the errno's meaning
 * in lower case, as callers match "no such file or directory" and "permission denied".  Returns -number. */
int exec_explain(int root, const char *path, int number, struct err *err);

/* ---------------------------------------------------------------- oom.c, hostname.c, sysctl.c, keyring.c */
/* Written by the guest while it may still. */
int oom_apply(const struct opt_i64 *score, struct err *err);
/* Set this process' own, and tell what it was (ret_old may be NULL): children inherit it. */
int oom_exchange(int score, int *ret_old, struct err *err);
/* sethostname(2), setdomainname(2).  Errors at plan time: no UTS namespace of its own; longer than 64 bytes. */
int hostname_plan(const struct spec *spec, bool has_uts_ns, struct err *err);
int hostname_apply(const struct spec *spec, struct err *err);
/* Only namespaced keys, and only of namespaces that the guest has for itself: kernel.shm*, msg*, sem, fs.mqueue.* (ipc),
 * net.* (network), kernel.domainname, kernel.hostname (uts), user.* (user).  No "..", no newline (CVE-2022-0811). */
int sysctl_plan(const struct spec *spec, bool has_ipc_ns, bool has_network_ns, bool has_uts_ns, bool has_user_ns,
		struct err *err);
/* Written through a verified procfs (CVE-2025-52881), before the root switch. */
int sysctl_apply(const struct spec *spec, struct err *err);
/* A session keyring named after the container; a kernel without keyrings is not an error. */
int keyring_apply(const char *id, struct err *err);

/* ---------------------------------------------------------------- scheduler.c */
struct scheduler_plan {
	bool is_set;
	bool has_cpus; /* linux.resources.cpu.cpus restricts the container, which the kernel may refuse */
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* nanoseconds */
};
/* process.scheduler.  Errors: a member that the policy does not have, or one that it needs; values that the kernel would
 * refuse (sched(7)). */
int scheduler_plan(const struct spec_process *process, bool has_cpus, struct scheduler_plan *ret, struct err *err);
/* Of process pid (0: the caller), while the guest has its cgroup already and CAP_SYS_NICE still.  Kept across execve(2). */
int scheduler_apply(const struct scheduler_plan *plan, pid_t pid, struct err *err);

/* ---------------------------------------------------------------- ioprio.c */
struct ioprio_plan {
	bool is_set;
	int value; /* of ioprio_set(2) */
};
int ioprio_plan(const struct spec_process *process, struct ioprio_plan *ret, struct err *err);
/* Of process pid (0: the caller).  IOPRIO_CLASS_RT needs CAP_SYS_NICE or CAP_SYS_ADMIN. */
int ioprio_apply(const struct ioprio_plan *plan, pid_t pid, struct err *err);

/* ---------------------------------------------------------------- personality.c */
struct personality_plan {
	bool is_set;
	unsigned long value; /* of personality(2) */
};
/* linux.personality.  Errors: an unknown domain; any flag, as the specification has none. */
int personality_plan(const struct spec_linux *spec, struct personality_plan *ret, struct err *err);
/* Before the seccomp filter, which may forbid it. */
int personality_apply(const struct personality_plan *plan, struct err *err);

/* ---------------------------------------------------------------- affinity.c */
#define AFFINITY_CPUS 8192 /* the largest NR_CPUS of a Linux kernel */
struct affinity_set {
	unsigned int count; /* 0: not asked for */
	unsigned long bits[AFFINITY_CPUS / (8 * sizeof(unsigned long))];
};
struct affinity_plan {
	struct affinity_set initial, final;
};
/* process.execCPUAffinity, which concerns exec alone.  Errors: not a list of processors. */
int affinity_plan(const struct spec_cpu_affinity *spec, struct affinity_plan *ret, struct err *err);
/* name: "initial", for the runtime before its process is in the container's cgroup, or "final", for that process then. */
int affinity_apply(const struct affinity_set *set, const char *name, struct err *err);
/* Allow the caller all CPUs of its cgroup: those that whoever started this program is bound to are not meant for a guest. */
void affinity_reset(void);

/* ---------------------------------------------------------------- mempolicy.c */
#define MEMPOLICY_NODES 1024 /* the largest MAX_NUMNODES of a Linux kernel */
struct mempolicy_plan {
	bool is_set;
	int mode;	    /* with the flags */
	unsigned int count; /* bits of `nodes` that the kernel is told of; 0: none */
	unsigned long nodes[MEMPOLICY_NODES / (8 * sizeof(unsigned long))];
};
/* linux.memoryPolicy.  Errors: unknown mode or flag; nodes that are not a list, too large, missing for a mode that needs
 * them, or given for one that has none. */
int mempolicy_plan(const struct spec_linux *spec, struct mempolicy_plan *ret, struct err *err);
/* While the guest has its cgroup already: the cpuset's nodes count.  Kept across execve(2). */
int mempolicy_apply(const struct mempolicy_plan *plan, struct err *err);
