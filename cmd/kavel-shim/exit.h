/* What conmon does in the end: exit files for who looks for them, and a last command. */
#pragma once

#include "base/err.h"
#include "settings.h"

/* Write the exit code to exit_dir/ID and persist_dir/exit, as far as the settings name them, atomically. */
int exit_write_files(const struct shim_settings *settings, int code, struct err *err);

/* Wait for the delay, run the exit command, and wait for its end, and for that of all other children.  Returns its exit status;
 * 0 without one.  Every descriptor but the standard streams is closed before. */
int exit_run_command(const struct shim_settings *settings);
