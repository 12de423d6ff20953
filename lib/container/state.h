/* State is what is: what has been made for one container, and must be found again or unmade.
 *
 * It lies in <root>/<id>/, mode 0700:
 *   creating.json the record below while the container is created, replaced atomically after each lasting step
 *   state.json    what that is renamed to when create has finished
 *   config.json   the configuration as it was at create; later edits of the bundle's file change nothing
 *   start.sock    while the guest waits to be started
 *   notify/       the guest's NOTIFY_SOCKET, when the caller has one
 * The directory itself is the lock (flock(2)): it is held across create, start and delete, so that operations on one ID
 * never interleave; the lock of a process that dies is gone with it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/proc.h"
#include "cgroups/cgroup.h"
#include "container/container.h"
#include "netns/netns.h"
#include "resctrl/resctrl.h"
#include "spec/spec.h"

struct state {
	/* the record */
	const char *id;
	const char *bundle, *rootfs; /* absolute */
	const char *created;	     /* RFC 3339, UTC, nanoseconds */
	uint64_t owner;		     /* uid of the caller */
	bool is_creating;	     /* create has not finished */
	bool has_process;	     /* false: can be created, but not started */
	bool has_hooks;		     /* poststart or poststop hooks stand in config.json */
	bool has_pid_ns;	     /* its processes end with the first one */
	bool has_own_root;	     /* its root directory is that of a mount namespace of its own */
	struct proc_id init;	     /* pid 0: not made */
	struct cgroup_made cgroup;
	const char *agent;	     /* socket of the seccomp agent, if start has to connect to it; or NULL */
	struct resctrl_made resctrl; /* linux.intelRdt */
	struct netns_moved network;  /* linux.netDevices: from where to where they are moved by create */
	const char *stop_signal;     /* org.opencontainers.image.stopSignal, or NULL */
	struct spec_pairs annotations;

	/* while it is open */
	const struct cgroup_layout *layout; /* of a create that is still at hand, or the caller's; NULL: to be detected */
	int network_fd;	     /* the guest's network namespace, of a create that is at hand; -1: to be opened */
	const char *path;    /* of the directory */
	int dir;	     /* this container's; locked when state_open() was asked to */
	bool is_readable;    /* false: state.json is missing or damaged; only the directory is known */
	struct arena arena;
	void *json;	     /* memory of the strings */
};
#define STATE_CLOSED { .dir = -1, .network_fd = -1 }

/* Set the state's id and path.  Errors: ENOMEM. */
int state_name(const struct container_host *host, const char *id, struct state *state, struct err *err);

/* Make the directory of a new container, lock it, and record the intent.  Errors: EEXIST `container "c1" already
 * exists`.  state_name() and the record's members must be set.  On failure nothing is left. */
int state_make(struct state *state, struct err *err);

enum state_lock { STATE_UNLOCKED, STATE_LOCKED };

/* Open an existing container's directory and read its record.  Errors: ENOENT `container "c1" does not exist`; with
 * STATE_LOCKED, EBUSY when another operation holds the lock for more than 10 s.  A record that is missing or damaged is
 * not an error: is_readable is false then.  state_close() in any case. */
int state_open(const struct container_host *host, const char *id, enum state_lock lock, struct state *state,
	       struct err *err);

/* The same, but a record that cannot be read is an error (EIO). */
int state_open_readable(const struct container_host *host, const char *id, enum state_lock lock, struct state *state,
			struct err *err);

/* Give the lock back, and take it again.  Relocking returns 1 when the container was deleted in between. */
void state_unlock(struct state *state);
int state_relock(struct state *state, struct err *err);

/* Write the record of a container that is being created. */
int state_save(const struct state *state, struct err *err);

/* Write the record anew of a container that is there; it is locked. */
int state_change(const struct state *state, struct err *err);

/* The create has finished, and nothing of the record changed since it was saved. */
int state_finish(struct state *state, struct err *err);

/* Remove the directory and all it holds. Does nothing when it was not made. */
int state_remove(struct state *state, struct err *err);

void state_close(struct state *state);

/* Read the configuration that was kept at create; freed by spec_free(). */
int state_load_config(const struct state *state, struct spec_document **ret, struct err *err);

/* What the container does now.  *ret_pidfd (may be NULL): a pidfd of the first process unless it is stopped. */
int state_status(const struct state *state, enum container_status *ret, int *ret_pidfd, struct err *err);

/* Less than that: its first process.  *ret_ended: whether it has ended; *ret_pidfd: as above; -1 where none is on record yet. */
int state_find(const struct state *state, bool *ret_ended, int *ret_pidfd, struct err *err);

/* For a container whose status is "created": true if a start was killed right after it had let the program run, before it
 * could say so here.  Costs a connection, so only those ask for whom it matters. */
bool state_was_released(const struct state *state);

/* Name of the socket in the directory. */
#define STATE_START_SOCKET "start.sock"
#define STATE_CONFIG	   "config.json"
#define STATE_RECORD	   "state.json"
#define STATE_INTENT	   "creating.json"

/* The state document of the specification for hooks: one line of JSON. pid: as the hook's side sees it. */
int state_hook_json(const struct state *state, const char *status, pid_t pid, struct str_buf *out, struct err *err);
