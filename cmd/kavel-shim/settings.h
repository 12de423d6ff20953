/* What the shim is told on its command line: conmon's options, and kavel's own beside them.
 *
 * Strings are words of the command line, which live as long as the process. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/options.h"
#include "base/str.h"

enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED };

/* What becomes of output that the log cannot take now. */
enum log_policy {
	LOG_DROP_OLDEST, /* the ring keeps the newest; what is lost is counted, and a line in the log says so */
	LOG_BLOCK,	 /* the guest waits */
	LOG_RATE,	 /* as LOG_DROP_OLDEST, and at most so many bytes a second are taken at all */
};

/* What is done about a guest that became unhealthy. */
enum health_action { HEALTH_NONE, HEALTH_KILL, HEALTH_RESTART, HEALTH_STOP };

struct log_settings {
	struct option_list paths;	/* "DRIVER:PATH", "PATH", "journald"; none: no log */
	const char *id, *name, *tag;	/* of the guest, for journald */
	struct option_list labels;	/* "KEY=VALUE": further fields for journald */
	uint64_t size_max;		/* bytes of one file; 0: no limit */
	uint64_t size_max_all;		/* bytes of all files of one log together; 0: no limit */
	unsigned int files_max;		/* rotated files that are kept; 0: as with conmon, the file is begun anew */
	bool no_partial_message;	/* journald: leave CONTAINER_PARTIAL_MESSAGE out */
	enum log_policy policy;
	uint64_t ring_size;		/* bytes that wait while the log cannot take them; 0: the default */
	uint64_t rate;			/* LOG_RATE: bytes a second */
};

struct health_settings {
	const char *command;	 /* of `sh -c` in the guest, or a JSON array of words; NULL: no checks */
	unsigned int interval_ms, timeout_ms, start_period_ms, retries;
	enum health_action action;
};

struct shim_settings {
	/* the guest, and the runtime that makes it */
	const char *id, *name, *bundle;
	const char *uuid;		/* names the link below socket_dir; NULL: id */
	const char *runtime;		/* absolute path */
	struct option_list runtime_args; /* before the runtime's command */
	struct option_list runtime_opts; /* behind it */
	bool systemd_cgroup, no_pivot, no_new_keyring;
	const char *restore;		/* image to restore instead of create; NULL: none */
	/* exec instead of create */
	bool exec, exec_attach;
	bool api;			/* conmon's newer protocol on the sync pipe: --api-version 1 */
	const char *exec_process;	/* file */
	unsigned int timeout_s;		/* 0: none */
	/* standard streams */
	bool terminal, stdin, leave_stdin_open;
	bool passthrough;		/* they are the caller's own: nothing is relayed, nobody can attach */
	bool replace_listen_pid;	/* the runtime is given LISTEN_PID (sd_listen_fds(3)) whatever it said before */
	/* whom to tell what */
	const char *pid_file;		/* the guest's pid */
	const char *shim_pid_file;
	const char *exit_dir, *persist_dir;
	const char *exit_command;
	struct option_list exit_command_args;
	unsigned int exit_delay_s;
	const char *socket_dir;		/* the attach socket is reached by a path below it */
	bool full_attach;		/* by the path in the bundle instead */
	unsigned int attach_wait_ms;	/* how long the guest waits for a client that takes no output; 0: not at all */
	const char *notify_socket;	/* sd_notify(3) */
	bool sync;			/* stay the caller's child: no fork */
	struct log_settings log;
	/* kavel's own */
	const char *run_dir;		/* attach, ctl, winsz, control, status.json (specs/shim.md); NULL: in the bundle, as conmon */
	const char *exit_record;	/* file: exit.json; NULL: none */
	bool start;			/* start what was created, and again what is restarted */
	bool adopt;			/* stand beside a guest whose shim is gone, instead of create */
	int restart;			/* enum restart_policy */
	unsigned int restart_max;	/* RESTART_ON_FAILURE; 0: no limit */
	unsigned int restart_delay_ms, restart_delay_max_ms; /* doubles with each restart of a guest that did not last */
	const char *stop_signal;	/* NULL: SIGTERM */
	unsigned int stop_timeout_ms;	/* then SIGKILL */
	struct health_settings health;
	char *made[2];			/* what of the above settings_read() made up */
};

/* Read the command line; words (NULL-terminated) live as long as the settings.  Returns 0; 1 when *out is all that was asked for
 * (--version, --help); or an error: an unknown or wrong option, or what belongs to it is missing. */
int settings_read(char **words, struct shim_settings *settings, struct str_buf *out, struct err *err);
/* Free what settings_read() allocated, also when it failed. */
void settings_free(struct shim_settings *settings);
