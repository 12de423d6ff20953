/* The six hooks of the specification (config.md, POSIX-platform Hooks): programs run in listed order, each with the state
 * document on its standard input, a time limit, and its output kept for the error. */
#pragma once

#include "base/err.h"
#include "spec/spec.h"

/* Run the hooks of one stage.  stage: its name in the document ("createRuntime").  state_json: what they read.
 * Errors: `error running createRuntime hook #0: ...: exit status 1, output: ...`: the first that cannot be executed,
 * exits with a status other than 0, is killed, or exceeds its timeout (its whole session is then killed). */
int hooks_run(const char *stage, const struct spec_hook_list *hooks, const char *state_json, struct err *err);

/* The same, but each failure is only a warning, and the others still run: poststop. */
void hooks_run_warning(const char *stage, const struct spec_hook_list *hooks, const char *state_json);
