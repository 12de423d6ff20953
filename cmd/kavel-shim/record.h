/* What is known of an incarnation's end, and the files that tell it: exit.json (specs/shim.md) and conmon's exit files. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"
#include "base/str.h"
#include "cgroups/stats.h"

struct record {
	const char *id;
	pid_t pid; /* 0: it was never created */
	bool has_pid_ns; /* its first process is pid 1 of a namespace, which reboot(2) ends by a signal */
	struct timespec created, started, finished; /* zero: it was not */
	unsigned int restarts;

	bool has_status;
	int status; /* as of waitpid(2) */
	bool has_usage;
	struct rusage usage;
	uint64_t oom_kills;
	bool timed_out;	    /* killed as it took longer than it may */
	const char *reason; /* why there is no status, or it was killed; NULL: nothing to say */
};

/* 0 to 255, 128 + signal; -1: not known. */
int record_exit_code(const struct record *record);
/* reboot(2) inside: RESTART; HALT or POWER_OFF. */
bool record_rebooted(const struct record *record);
bool record_powered_off(const struct record *record);

/* Append the document.  stats: what the group has used; NULL: not known. */
void record_text(const struct record *record, const struct cgroup_stats *stats, struct str_buf *out);

/* The name of the key "startedAt" and its like: an RFC 3339 time with nanoseconds, or null when it is zero. */
struct json_writer;
void record_put_time(struct json_writer *writer, const char *key, const struct timespec *when);
