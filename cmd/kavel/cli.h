/* The command line: what its parts share.
 *
 * main() finds the command in a table, takes the options out of the words, opens the log and calls the command.
 * A command is a constant descriptor and a function of some ten lines that calls lib/container and prints. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "container/container.h"
#include "base/options.h"
#include "store/options.h"
#include "store/shim.h"
#include "store/store.h"

/* Where the peers' callers expect contradictory things, the name that the program is called by decides. */
enum cli_dialect { CLI_KAVEL, CLI_RUNC, CLI_CRUN };

enum cli_format { CLI_TABLE, CLI_JSON };

#define CLI_EXIT_FAILURE    1
#define CLI_EXIT_USAGE_CRUN 64 /* crun's callers know a wrong usage by EX_USAGE of sysexits.h */

/* Every option of every command; the tables name the members they set. */
struct cli_options {
	/* global */
	const char *root, *log;
	int log_format;	    /* enum cli_log_format of globals.c */
	int log_level;	    /* enum log_level */
	int cgroup_manager; /* enum cgroup_manager */
	int rootless;	    /* accepted and without effect: kavel finds out itself */
	bool help, version;
	/* of one or several commands */
	struct container_create_options create;
	struct container_exec_options exec;
	struct option_list env, caps, gids;
	struct {
		const char *resources, *memory, *memory_reservation, *memory_swap, *kernel_memory, *kernel_memory_tcp;
		const char *cpu_share, *cpu_quota, *cpu_period, *cpu_burst, *cpu_idle, *cpu_rt_runtime, *cpu_rt_period;
		const char *cpuset_cpus, *cpuset_mems, *pids_limit, *blkio_weight;
		const char *l3_cache_schema, *mem_bw_schema;
	} update;
	struct {
		const char *since, *until, *tail, *stream, *file;
		bool follow, timestamps;
	} logs;
	const char *store;
	struct guest_options up;
	bool replace, temporary, detached, attached, keep_data;
	const char *timeout;
	const char *interval;
	int stats_format; /* enum stats_format of stats.c */
	bool only_stats, no_stream;
	int format; /* enum cli_format */
	bool all, force, regex, quiet, rootless_spec;
	const char *doctor_host;
	bool repair;
	struct {
		const char *detach_keys;
		bool no_stdin, sig_proxy;
	} attach;
	struct {
		const char *image_path, *parent_path;
		int cgroups_mode, network_lock;
		unsigned int status_fd;
	} checkpoint;
};

struct cli_command;

/* One call of the program. */
struct cli {
	const char *program; /* "kavel", "runc" or "crun" */
	enum cli_dialect dialect;
	const char *handler; /* the name of crun's that the program was called by, which asks for a handler; NULL: none */
	struct cli_options options;
	const struct cli_command *command; /* NULL: none was given */
	struct container_host host;
	bool stdout_is_closed; /* it was when the program started */
	char root[PATH_MAX];   /* what host.root points to */
	char store[PATH_MAX];  /* what struct store of cli_find_store() points to */
};

struct cli_command {
	const char *name;
	const char *arguments;		     /* for the usage line: "ID [SIGNAL]" */
	const char *crun_arguments;	     /* the same as crun's callers expect it; NULL: its ID is called CONTAINER */
	const char *summary;		     /* one line */
	const char *details;		     /* more lines for the command's own help; NULL: none */
	const struct option_row *options[5]; /* tables, ended by NULL */
	size_t words_min, words_max;	     /* arguments that are no options */
	bool first_is_id;		     /* the first argument is the ID of a container: failures name it */
	bool rest_is_free;		     /* after the first argument nothing is an option of ours */
	bool needs_no_root;		     /* works without a state directory */

	int failure_status; /* exit status of a failure; 0: CLI_EXIT_FAILURE */

	/* words: the arguments, NULL-terminated.  Returns the exit status, or a negative errno with a text that
	 * main() reports. */
	int (*run)(struct cli *cli, char **words, struct err *err);
};

extern const struct cli_command cli_create, cli_delete, cli_exec, cli_features, cli_help, cli_kill, cli_list, cli_pause,
	cli_plan, cli_ps, cli_resume, cli_run, cli_spec, cli_start, cli_state, cli_update,
	cli_events, cli_stats, cli_top, cli_mounts, cli_checkpoint, cli_restore, cli_logs, cli_doctor,
	cli_attach;

extern const struct cli_command cli_up, cli_down, cli_restart, cli_rm, cli_rename, cli_inspect, cli_status, cli_enable,
	cli_disable, cli_wait;

/* main.c: all commands, ended by NULL, in the order of the help; and one of them, or NULL. */
extern const struct cli_command *const cli_commands[];
const struct cli_command *cli_command_find(const char *name);

/* main.c: report a command that does not exist.  Returns -errno. */
int cli_unknown_command(const struct cli *cli, const char *name, struct err *err);

/* main.c: say before a failure which command met it, and for which container (NULL: none), unless the text does so.
 * Returns -errno. */
int cli_add_context(const struct cli *cli, const char *id, struct err *err);

/* globals.c: the options that belong to no command. */
extern const struct option_row cli_global_options[];

/* Open the log as the options say.  Errors: a destination that is not supported; log_open()'s. */
int cli_open_log(const struct cli *cli, struct err *err);

/* Fill in cli->host: the state directory, and how cgroups are managed.  needs_root: false if the command does
 * without a state directory.  Errors: no default state directory; an unusable one was named. */
int cli_find_host(struct cli *cli, bool needs_root, struct err *err);

/* globals.c: values of --format: enum cli_format. */
extern const struct str_name cli_formats[];

/* bundle.c: --bundle and --config; and what create and run share. */
extern const struct option_row cli_bundle_options[];
extern const struct option_row cli_create_options[];

/* guests.c: --store; and the store that it names, or the default one. */
extern const struct option_row cli_store_options[];
int cli_find_store(struct cli *cli, struct store *ret, struct err *err);

/* guests.c: how the shim of this call's guests is started. */
int cli_find_shim(const struct cli *cli, struct shim_call *ret, struct arena *arena, struct err *err);

/* guests.c: stop a guest whose lock is held, and say on a terminal that it takes long.  Returns 0, 1 when it was stopped
 * already, or an error. */
int cli_stop_guest(const struct cli *cli, const struct store *store, const struct guest *guest, struct err *err);

/* up.c: start a guest whose lock is held, unless it runs, and print its name.  Returns 0 or an error. */
int cli_start_guest(const struct cli *cli, const struct store *store, const struct guest *guest, struct err *err);

/* up_options.c: the options of `up`, and those that were given, as words of a command line; NULL: memory ran out. */
extern const struct option_row cli_up_options[];
const char **cli_up_words(const struct cli *cli, struct arena *arena, size_t *ret_count);

/* progress.c: a line on standard error that tells how far something is, if that is a terminal and it takes long. */
struct cli_progress {
	const char *doing; /* "removing web" */
	int64_t since;	   /* clock_ms(); 0: not begun */
	bool is_shown, is_terminal;
};
void cli_progress_begin(struct cli_progress *progress, const char *doing);
void cli_progress_tell(struct cli_progress *progress, const char *how_far);
void cli_progress_end(struct cli_progress *progress);

/* checkpoint.c: what checkpoint and restore share; and their answer. */
extern const struct option_row cli_criu_options[];
int cli_refuse_criu(struct cli *cli, struct err *err);

/* help.c: the help of the program (command NULL) or of one command, on standard output.  Returns an exit status. */
int cli_help_print(const struct cli *cli, const struct cli_command *command, struct err *err);

/* version.c: the version, on standard output.  Returns an exit status. */
int cli_version_print(const struct cli *cli, struct err *err);

/* duration.c: a time as Go writes it ("1m30s", "1.5h", "500ms") in milliseconds, from 1 ms to 24 h.  option: for messages. */
int cli_duration(const char *option, const char *text, uint64_t *ret_ms, struct err *err);

/* output.c: write a text to standard output, completely.  Returns 0, the exit status.  Errors: memory ran out while
 * the text was made; the write failed (a full disk, a reader that is gone, a closed descriptor). */
int cli_print(const struct cli *cli, const struct str_buf *text, struct err *err);

/* match.c: what is done to one container. */
typedef int (*cli_one)(struct cli *cli, const char *id, void *context, struct err *err);

/* Call `one` for each container whose ID matches the extended regular expression anywhere (regex(7)), and report each
 * failure in the log.  Returns an exit status: 1 if one of them failed.  Errors: the expression is not valid; the
 * containers cannot be listed. */
int cli_for_matching(struct cli *cli, const char *pattern, cli_one one, void *context, struct err *err);
