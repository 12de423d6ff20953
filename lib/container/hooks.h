/* The six hooks of the specification (config.md, POSIX-platform Hooks): programs run in listed order, each with the state
 * document on its standard input, a time limit, and its output kept for the error. */
#pragma once

#include "base/err.h"
#include "base/filter.h"
#include "spec/spec.h"

/* Files that get what hooks print, instead of the error of one that fails; 0: none. */
struct hook_output {
	int out, err;
};

struct label_exec;

/* What the hooks of one stage have in common. */
struct hook_stage {
	const char *name;	 /* in the document: "createRuntime" */
	const char *state_json;	 /* what they read, */
	int input;		 /* or a descriptor of hooks_make_input() with it, where a limit may forbid to make one now; 0: none */
	int launcher;		 /* of launch_open() with the filter, for the same reason; 0: none */
	int handover;		 /* socket for the listener of the filter, if it has one */
	unsigned int drop_admin; /* of caps_keep_admin(): what they must not have, though the caller has it */
	const struct seccomp_filter *filter; /* for them, too; NULL: none */
	const struct label_exec *label;	     /* the same */
	bool no_new_privileges;		     /* where there is a label, set after it */
	struct hook_output output;
	const char *dir;	 /* their current directory; NULL: this program's */
	bool is_interruptible;	 /* SIGHUP, SIGINT, SIGQUIT and SIGTERM end them although this program has them blocked */
	char *const *env;	 /* of those that have none in the document; NULL: this program's */
};

/* Make what hooks read.  Errors: those of memfd_create(2) and write(2). */
int hooks_make_input(const char *state_json, int *ret_fd, struct err *err);

/* Open the files that the annotations run.oci.hooks.stdout and run.oci.hooks.stderr name, to append to them; they are made with
 * mode 0600.  Errors: those of open(2), with the annotation. */
int hooks_open_output(const struct spec *spec, struct hook_output *ret, struct err *err);
void hooks_close_output(struct hook_output *output);

/* Run the hooks of one stage.
 * Errors: `error running createRuntime hook #0: ...: exit status 1 (output: ...)`, with the last 4 KiB of its standard error, or
 * output if there is none: the first that cannot be executed, exits with a status other than 0, is killed, or exceeds its
 * timeout (its whole session is then killed). */
int hooks_run(const struct hook_stage *stage, const struct spec_hook_list *hooks, struct err *err);

/* The hooks of poststop.  Each failure is only a warning, and the others still run. */
void hooks_run_poststop(const struct spec *spec, const char *state_json, const char *bundle);
