/* The life cycle of a container: what the command line and libkavel's public functions are made of.
 *
 * Every function works on one container below one state directory, takes a lock on that container where it changes
 * something, and either does the whole or leaves nothing behind. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"
#include "cgroups/cgroup.h"

/* Version of the specification that is implemented. */
#define CONTAINER_OCI_VERSION "1.3.0"

/* What holds for every operation. */
struct container_host {
	const char *root;		  /* absolute path of the state directory */
	bool root_is_default;		  /* not named by the caller: its absence means "no containers" */
	enum cgroup_manager cgroup_manager;
	/* A caller without privilege gets a user namespace unasked, and root's without mappings has the host's IDs: as with crun. */
	bool makes_user_ns;
	bool hooks_in_bundle;		  /* createContainer hooks start in the bundle, as crun's do, not in the rootfs */
	bool refuses_unknown_caps;	  /* as crun does; the specification asks for a warning */
	const struct cgroup_layout *layout; /* of a caller that looks at many containers; NULL: found where it is needed */
};

/* The default state directory: /run/kavel, or $XDG_RUNTIME_DIR/kavel for a user who is not root, also where he is root of a
 * user namespace (unless USER says root), in `path`.  Errors: not root and XDG_RUNTIME_DIR unset or relative. */
int container_default_root(char *path, size_t room, struct err *err);

/* The state directory where it is another than the default one, else NULL: groups are named by it. */
const char *container_other_root(const struct container_host *host);

/* Options of create and run. */
struct container_create_options {
	const char *id;
	const char *bundle;	    /* directory; NULL: the current one */
	const char *config;	    /* file, relative to the bundle; NULL: config.json */
	const char *pid_file;	    /* relative to the current directory; NULL: none */
	const char *console_socket; /* NULL: none */
	const char *pidfd_socket;   /* AF_UNIX stream socket that gets a pidfd; NULL: none */
	unsigned int preserve_fds;  /* descriptors from 3 on that the guest gets */
	bool no_pivot;
	bool no_new_keyring;
	bool may_reexec; /* the calling program may be started anew from a copy: see process/protect.h */
	bool detach; /* run: return as soon as the guest runs */
	bool keep;   /* run: keep the state of the stopped container */
};

/* Check an ID: [A-Za-z0-9_+.-], not beginning with "-" or ".", at most 255 bytes. */
int container_check_id(const char *id, struct err *err);

/* Create: afterwards the guest waits for container_start().  On failure nothing is left. */
int container_create(const struct container_host *host, const struct container_create_options *options, struct err *err);

/* Create and start.  Without detach: forward signals until the guest's process ends, then delete the container
 * (unless keep); *ret_status is its exit code, or 128 + signal.  With detach *ret_status is 0. */
int container_run(const struct container_host *host, const struct container_create_options *options, int *ret_status,
		  struct err *err);

/* Start a created container: returns when the program was executed.  Errors: not created; exec or a hook failed (the
 * container is then stopped). */
int container_start(const struct container_host *host, const char *id, struct err *err);

/* Options of exec: what differs from the container's own `process`. */
struct container_exec_options {
	const char *id;
	const char *process_file;     /* JSON of a whole `process` instead of the container's; NULL: none */
	const char *const *args;      /* NULL-terminated; NULL with process_file */
	const char *cwd;	      /* NULL: the container's */
	const char *const *env;	      /* KEY=VALUE added to the container's; NULL-terminated; NULL: none */
	const char *user;	      /* "UID[:GID]"; NULL: the container's */
	const uint32_t *additional_gids;
	size_t additional_gid_count;
	const char *const *caps;      /* added to the container's sets; NULL-terminated; NULL: none */
	bool no_new_privileges;
	const char *apparmor_profile; /* NULL or "": the process' own */
	const char *selinux_label;    /* the same */
	bool terminal;
	const char *console_socket;   /* AF_UNIX stream socket that gets the terminal's master; NULL: none */
	bool may_reexec; /* as in container_create_options; and the calling program ends soon, so that a process may begin in its memory
			  * (base/borrow.h) */
	bool detach;
	bool ignore_paused;
	const char *pid_file;	      /* relative to the current directory; NULL: none */
	const char *pidfd_socket;     /* AF_UNIX stream socket that gets a pidfd; NULL: none */
	unsigned int preserve_fds;
	const char *cgroup;	      /* below the container's own: see cgroup_sub_find(); NULL: the container's itself */
};

/* Run a further process in a running container.  Without detach: forward signals until it ends; *ret_status is its exit
 * code, or 128 + signal.  With detach *ret_status is 0.  Errors: not running; paused; and those of create. */
int container_exec(const struct container_host *host, const struct container_exec_options *options, int *ret_status,
		   struct err *err);

/* Send a signal to the guest's first process; all: to every process of its cgroup, and that there is none is no failure. */
int container_kill(const struct container_host *host, const char *id, int signal, bool all, struct err *err);

/* Delete a stopped (or created) container; force: kill it first, and accept a state that cannot be read and an ID that
 * does not exist. */
int container_delete(const struct container_host *host, const char *id, bool force, struct err *err);

/* Freeze and thaw. */
int container_pause(const struct container_host *host, const char *id, struct err *err);
int container_resume(const struct container_host *host, const char *id, struct err *err);

/* What update changes: linux.resources as in config.json; what is not named stays. */
struct container_update_options {
	const char *id;
	const char *resources_file; /* "-": standard input; NULL: none */
	const char *resources;	    /* JSON text whose values come before those of the file; NULL: none */
	const char *l3_cache_schema, *mem_bw_schema; /* of linux.intelRdt; NULL: as it is */
};

/* Change the limits of a container, all or none, and what is kept of its configuration with them.
 * Errors: not created, running or paused; no cgroup; and those of create, which name linux.resources.<property>. */
int container_update(const struct container_host *host, const struct container_update_options *options, struct err *err);

/* Mount in a container that is there, or take away what is mounted: all of the file's array or nothing.  The file is `mounts` as in
 * config.json; to take away, its destinations alone count.  What is kept of the configuration does not change.
 * Errors: not created, running or paused; no mount namespace of its own; what can be mounted at create alone. */
enum container_mounts { CONTAINER_MOUNTS_ADD, CONTAINER_MOUNTS_REMOVE };
int container_mounts(const struct container_host *host, const char *id, enum container_mounts what, const char *file,
		     struct err *err);

enum container_status {
	CONTAINER_CREATING,
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_STOPPED,
};

/* "creating", "created", "running", "paused", "stopped". */
const char *container_status_name(enum container_status status);

/* What `state` and `list` tell; free with container_info_free(). */
struct container_info {
	char *id;
	enum container_status status;
	pid_t pid; /* 0 when stopped */
	char *bundle, *rootfs;
	char created[40]; /* RFC 3339 with nanoseconds, UTC */
	uid_t owner;
	char *stop_signal; /* org.opencontainers.image.stopSignal: the default of kill; NULL: SIGTERM */
	struct {
		char *key, *value;
	} *annotations;
	size_t annotation_count;
};
int container_info(const struct container_host *host, const char *id, struct container_info *ret, struct err *err);
void container_info_free(struct container_info *info);

/* The state document of the specification, as JSON text appended to `out`.  indent: pretty, with two spaces; otherwise one
 * line.  with_owner: `owner` is the user's name, otherwise "".  Returns 0 or -ENOMEM. */
int container_info_json(const struct container_info *info, bool indent, bool with_owner, struct str_buf *out);

/* IDs of all containers, sorted; *ret is a NULL-terminated array, freed with container_ids_free(). */
int container_list(const struct container_host *host, char ***ret, size_t *ret_count, struct err *err);
void container_ids_free(char **ids);

/* Host pids of all processes of a container; freed by the caller.  A stopped container has none. */
int container_pids(const struct container_host *host, const char *id, pid_t **ret_pids, size_t *ret_count, struct err *err);

/* Print what create would do with a bundle, without privilege and without doing it: appended to `out`. */
int container_plan_text(const struct container_host *host, const struct container_create_options *options,
			struct str_buf *out, struct err *err);

/* The document of `features`, as JSON text appended to `out`.  peer: who the caller takes this program for, as the prefix of
 * further annotations: "run.oci.crun", "org.opencontainers.runc"; NULL: nobody else. */
int container_features(const char *peer, struct str_buf *out, struct err *err);
