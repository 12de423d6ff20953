/* The text of status.json (specs/shim.md). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/str.h"
#include "cgroups/cgroup.h"
#include "health.h"
#include "logs.h"
#include "restart.h"

struct status {
	const char *id;
	const char *name; /* "running" and so on */
	pid_t pid;	  /* 0: no guest */
	uint64_t pid_start; /* what tells it from another with the same number: field 22 of /proc/PID/stat */
	bool has_pid_ns;
	bool wants_stop; /* it is not to be restarted */
	const struct restart *restart;
	const struct timespec *created, *started;
	const struct cgroup_made *group;
	uint64_t oom_kills;
	const struct health *health;
	struct logs_counters log;
	const char *lost;  /* what an adopted guest has no more, such as its terminal; NULL: nothing */
	const char *error; /* why it failed, or the last start did; NULL: nothing */
};

/* Append it, one line of JSON without a newline. */
void status_text(const struct status *status, struct str_buf *out);
