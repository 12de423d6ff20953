/* config.md, Process. */
#include "spec/tables.h"

FIELDS(console_size_fields, struct spec_console_size) {
	U16(struct spec_console_size, "height", height, UINT16_MAX, F_REQUIRED),
	U16(struct spec_console_size, "width", width, UINT16_MAX, F_REQUIRED),
	END
};

FIELDS(user_fields, struct spec_user) {
	U32(struct spec_user, "uid", uid, ID_MAX, F_REQUIRED),
	U32(struct spec_user, "gid", gid, ID_MAX, F_REQUIRED),
	OPT_U64(struct spec_user, "umask", umask, 07777, 0),
	U32S(struct spec_user, "additionalGids", additional_gids, ID_MAX, 0),
	END
};

/* getrlimit(2) */
static const struct field_names rlimit_names = {
	"resource limit",
	(const char *const[]){
		"RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA",
		"RLIMIT_FSIZE", "RLIMIT_LOCKS", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE",
		"RLIMIT_NICE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS",
		"RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
		NULL,
	},
};

FIELDS(rlimit_fields, struct spec_rlimit) {
	STR_OF(struct spec_rlimit, "type", type, rlimit_names, F_REQUIRED),
	U64(struct spec_rlimit, "soft", soft, UINT64_MAX, F_REQUIRED),
	U64(struct spec_rlimit, "hard", hard, UINT64_MAX, F_REQUIRED),
	END
};

/* The names are not checked here: an unknown one is a warning (config.md), given by who applies them. */
FIELDS(capabilities_fields, struct spec_capabilities) {
	STRINGS(struct spec_capabilities, "bounding", bounding, 0),
	STRINGS(struct spec_capabilities, "effective", effective, 0),
	STRINGS(struct spec_capabilities, "inheritable", inheritable, 0),
	STRINGS(struct spec_capabilities, "permitted", permitted, 0),
	STRINGS(struct spec_capabilities, "ambient", ambient, 0),
	END
};

static const struct field_names scheduler_policies = {
	"scheduling policy",
	(const char *const[]){
		"SCHED_OTHER",
		"SCHED_FIFO",
		"SCHED_RR",
		"SCHED_BATCH",
		"SCHED_ISO",
		"SCHED_IDLE",
		"SCHED_DEADLINE",
		NULL,
	},
};

static const struct field_names scheduler_flags = {
	"scheduling flag",
	(const char *const[]){
		"SCHED_FLAG_RESET_ON_FORK",
		"SCHED_FLAG_RECLAIM",
		"SCHED_FLAG_DL_OVERRUN",
		"SCHED_FLAG_KEEP_POLICY",
		"SCHED_FLAG_KEEP_PARAMS",
		"SCHED_FLAG_UTIL_CLAMP_MIN",
		"SCHED_FLAG_UTIL_CLAMP_MAX",
		NULL,
	},
};

/* sched(7): nice values and static priorities */
FIELDS(scheduler_fields, struct spec_scheduler) {
	STR_OF(struct spec_scheduler, "policy", policy, scheduler_policies, F_REQUIRED),
	I32(struct spec_scheduler, "nice", nice, -20, 19, 0),
	I32(struct spec_scheduler, "priority", priority, 0, 99, 0),
	STRINGS_OF(struct spec_scheduler, "flags", flags, scheduler_flags, 0),
	U64(struct spec_scheduler, "runtime", runtime, UINT64_MAX, 0),
	U64(struct spec_scheduler, "deadline", deadline, UINT64_MAX, 0),
	U64(struct spec_scheduler, "period", period, UINT64_MAX, 0),
	END
};

static const struct field_names io_classes = {
	"I/O scheduling class",
	(const char *const[]){
		"IOPRIO_CLASS_RT",
		"IOPRIO_CLASS_BE",
		"IOPRIO_CLASS_IDLE",
		NULL,
	},
};

/* The text of config.md requires priority, its JSON schema does not, and for IDLE it has no meaning. */
FIELDS(io_priority_fields, struct spec_io_priority) {
	STR_OF(struct spec_io_priority, "class", class, io_classes, F_REQUIRED),
	I32(struct spec_io_priority, "priority", priority, 0, 7, 0),
	END
};

FIELDS(cpu_affinity_fields, struct spec_cpu_affinity) {
	STR(struct spec_cpu_affinity, "initial", initial, F_EMPTY_IS_ABSENT),
	STR(struct spec_cpu_affinity, "final", final, F_EMPTY_IS_ABSENT),
	END
};

FIELDS_EXPORT(spec_process_fields) {
	BOOL(struct spec_process, "terminal", terminal, 0),
	OBJECT_SET(struct spec_process, "consoleSize", console_size, console_size_fields, 0),
	OBJECT(struct spec_process, "user", user, user_fields, 0),
	STRINGS(struct spec_process, "args", args, F_REQUIRED | F_FILLED),
	STRINGS(struct spec_process, "env", env, 0),
	STR(struct spec_process, "cwd", cwd, F_REQUIRED | F_ABSOLUTE),
	OBJECT_SET(struct spec_process, "capabilities", capabilities, capabilities_fields, 0),
	ARRAY(struct spec_process, "rlimits", rlimits, rlimit_fields, 0),
	BOOL(struct spec_process, "noNewPrivileges", no_new_privileges, 0),
	STR(struct spec_process, "apparmorProfile", apparmor_profile, F_LINE | F_EMPTY_IS_ABSENT),
	OPT_I64(struct spec_process, "oomScoreAdj", oom_score_adj, -1000, 1000, 0),
	OBJECT_SET(struct spec_process, "scheduler", scheduler, scheduler_fields, 0),
	STR(struct spec_process, "selinuxLabel", selinux_label, F_LINE | F_EMPTY_IS_ABSENT),
	OBJECT_SET(struct spec_process, "ioPriority", io_priority, io_priority_fields, 0),
	OBJECT_SET(struct spec_process, "execCPUAffinity", exec_cpu_affinity, cpu_affinity_fields, 0),
	END
};
