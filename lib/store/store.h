/* Guests by name: what an administrator keeps on a server, as folders of plain files.
 *
 *	STORE/guests/NAME/	STORE: /var/lib/kavel, or $XDG_DATA_HOME/kavel (~/.local/share/kavel) for a user
 *		guest.json	the settings: what the shim is told, and what `up` was called with; see struct guest_settings
 *		bundle/		an ordinary bundle: config.json says all about the guest, `kavel run --bundle` works with it
 *		layers/		upper and work: what the guest wrote to its root file system
 *		log/guest.log	what it printed
 *		exit.json	how it ended last (specs/shim.md)
 *	STATE/.shim/NAME/	run directory of its shim: sockets, pid, status.json (specs/shim.md)
 *	STATE/NAME/		the container of that name, as `kavel state NAME` sees it
 *
 * A guest exists when it has a guest.json, which is written last when it is made and goes first when it is removed: what a
 * killed program leaves is made anew by `up` and taken away by `rm --force`.  The directory is the lock (flock(2)) of what
 * changes the guest; the lock of a process that dies is gone with it. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "container/container.h"

struct store {
	const char *path;		   /* absolute */
	const struct container_host *host; /* its state directory has the containers and the run directories */
};

/* The store unless another is named: /var/lib/kavel; for a user who is not root $XDG_DATA_HOME/kavel or
 * ~/.local/share/kavel.  Errors: neither XDG_DATA_HOME nor HOME is an absolute path. */
int store_default_path(char *path, size_t room, struct err *err);

/* Names of all guests, sorted; *ret is a NULL-terminated array, freed with container_ids_free().  A store that does not
 * exist has none. */
int store_list(const struct store *store, char ***ret, size_t *ret_count, struct err *err);

/* ---------------------------------------------------------------- one guest */

struct guest_words {
	const char **items;
	size_t count;
};

struct guest_log {
	const char *driver; /* "k8s-file", "json-file", "journald", "none", "passthrough" */
	uint64_t size;	    /* bytes of one file; 0: no limit */
	uint32_t files;	    /* older files that are kept */
	const char *policy; /* "drop-oldest", "block", "rate"; NULL: the shim's default */
};

struct guest_health {
	const char *command; /* for the shim's --health-cmd; NULL: no checks */
	uint32_t interval_ms, timeout_ms, start_period_ms, retries; /* 0: the shim's default */
	const char *action;  /* "none", "kill", "restart", "stop"; NULL: the default */
};

/* guest.json.  Strings are the guest's (struct guest.arena), or the caller's who saves it. */
struct guest_settings {
	uint64_t version;	/* GUEST_VERSION */
	const char *created;	/* RFC 3339 */
	const char *rootfs;	/* "host", or an absolute path */
	uint64_t id_base;	/* first ID on the host of its user namespace, where the store chose it; 0: none */
	bool is_system;		/* its program is an init, which stops by its stop signal */
	bool is_enabled;	/* started when the system boots */
	bool is_temporary;	/* removed when it has ended for good */
	bool terminal, input;	/* of its standard streams */
	const char *restart;	/* "no", "always", "unless-stopped", "on-failure[:N]" */
	const char *stop_signal;
	uint32_t stop_timeout_ms;
	struct guest_log log;
	struct guest_health health;
	struct guest_words labels;  /* KEY=VALUE */
	struct guest_words options; /* what `up` was given before the command */
	struct guest_words command;
};

#define GUEST_VERSION 1

struct guest {
	const char *name;
	const char *path;	 /* STORE/guests/NAME */
	const char *bundle;	 /* PATH/bundle */
	const char *layers;	 /* PATH/layers */
	const char *log;	 /* PATH/log/guest.log, also where the driver writes no file */
	const char *exit_record; /* PATH/exit.json */
	const char *run;	 /* STATE/.shim/NAME, for control.h; need not exist */
	int dir;		 /* of PATH; locked when guest_open() was asked to */
	struct guest_settings settings;
	struct arena arena;
	void *json;
};
#define GUEST_CLOSED { .dir = -1 }

/* Open a guest and read its settings; guest_close() in any case.  locked: wait for the lock, at most 10 s.
 * Errors: ENOENT `guest "web" does not exist`; EINVAL no name, or guest.json is damaged; EBUSY. */
int guest_open(const struct store *store, const char *name, bool locked, struct guest *ret, struct err *err);

/* The same for one that may be half made: returns 1 with the paths and the lock, without settings, when there is a
 * directory (made here where `make` says so) but no guest.json. */
int guest_open_any(const struct store *store, const char *name, bool make, struct guest *ret, struct err *err);

/* Give the lock back, keeping the guest open. */
void guest_unlock(struct guest *guest);

/* Write guest.json.  The guest is locked. */
int guest_save(const struct guest *guest, struct err *err);

void guest_close(struct guest *guest);

/* ---------------------------------------------------------------- what it does now */

enum guest_state {
	GUEST_STOPPED,	 /* no process */
	GUEST_RUNNING,	 /* under its shim, which tells more in `status` */
	GUEST_UNATTENDED /* it runs, but its shim is gone: `up` puts a new one beside it */
};

struct guest_status {
	enum guest_state state;
	bool has_container; /* the runtime knows it */
	pid_t pid, shim;    /* 0: none */
	/* of status.json; NULL and 0 where the shim said nothing */
	const char *status; /* in words: "running", "backing-off", "paused", "stopped", "unattended", ... never NULL */
	const char *started, *health, *error;
	uint64_t restarts;
	/* of exit.json */
	const char *finished;
	bool has_ended, has_exit_code;
	int64_t exit_code;
	char *status_text, *exit_text; /* the documents, or NULL; freed by guest_status_free() */
	struct arena arena;
	void *status_json, *exit_json;
};

/* Find out without a lock and without asking the shim.  Errors: ENOMEM, and the state directory cannot be read. */
int guest_status(const struct store *store, const struct guest *guest, struct guest_status *ret, struct err *err);
void guest_status_free(struct guest_status *status);
