/* A guest whose shim was killed: what it is, what was known of it, and how its end is learned by one who is not its parent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"
#include "cgroups/cgroup.h"
#include "loop.h"
#include "settings.h"

enum adopt_status {
	ADOPT_ABSENT,	/* there is no container: its shim was killed before create, or after delete */
	ADOPT_UNFINISHED, /* its create was killed */
	ADOPT_CREATED,
	ADOPT_RUNNING, /* or paused */
	ADOPT_STOPPED,
};

struct adopted {
	enum adopt_status status;
	pid_t pid; /* of a guest that lives */
	int pidfd; /* the same; -1.  The caller closes it */
	/* of the last status.json, as far as it is this guest's */
	bool is_known;	  /* there is one */
	bool was_stopped;  /* it says that the guest is not to run */
	bool was_stopping; /* that it was being stopped, and is not to run again */
	bool was_to_start; /* that it was about to be created */
	pid_t last_pid;
	bool has_pid_ns;
	unsigned int restarts, restarts_in_a_row;
	struct timespec created, started;
	struct cgroup_made group; /* inode 0: not known.  It is there until the guest is deleted */
	uint64_t oom_kills;
	/* exit.json is of this incarnation already: the shim was killed between writing it and deleting the guest */
	bool is_recorded, has_status;
	int exit_status; /* as of waitpid(2) */
};

/* Look: by the runtime's `state`, and status.json in the run directory.  Errors: the runtime cannot tell. */
int adopt_find(const struct shim_settings *settings, struct adopted *ret, struct err *err);

/* What status.json alone has, and, after that, exit.json.  ret->pid is set. */
int adopt_read_status(const char *text, size_t size, struct adopted *ret, struct err *err);
int adopt_read_exit(const char *text, size_t size, struct adopted *ret, struct err *err);

/* ---------------------------------------------------------------- its end */

/* The end of a process that is no child. */
struct adopt_watch {
	struct loop *loop;
	/* status: as of waitpid(2); has_status false: not known, and `reason` tells why. */
	void (*ended)(struct adopt_watch *watch, bool has_status, int status, const char *reason);
	void *owner;
	struct loop_source source; /* the pidfd */
	struct loop_timer again;
	unsigned int rounds;
	pid_t pid;
};

/* Watch it; loop, ended and owner are set.  The pidfd stays the caller's. */
int adopt_watch_begin(struct adopt_watch *watch, int pidfd, pid_t pid, struct err *err);
void adopt_watch_end(struct adopt_watch *watch);
