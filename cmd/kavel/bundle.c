/* The options that several commands share: where the bundle is, and how a container is created. */
#include "cli.h"

#define OPTIONS struct cli_options

const struct option_row cli_bundle_options[] = {
	OPTION_TEXT(OPTIONS, create.bundle, "bundle", 'b', "DIR", "directory of the bundle (default: the current one)"),
	OPTION_TEXT(OPTIONS, create.config, "config", 'f', "FILE", "its configuration (default: config.json)"),
	OPTION_END,
};

const struct option_row cli_create_options[] = {
	OPTION_TEXT(OPTIONS, create.pid_file, "pid-file", 0, "FILE", "write the process ID of the container to FILE"),
	OPTION_TEXT(OPTIONS, create.console_socket, "console-socket", 0, "PATH",
		    "UNIX socket that gets the terminal's master"),
	OPTION_TEXT(OPTIONS, create.pidfd_socket, "pidfd-socket", 0, "PATH", "UNIX socket that gets a pidfd"),
	OPTION_UINT(OPTIONS, create.preserve_fds, "preserve-fds", 0, "N", "pass on N descriptors, from 3 on"),
	OPTION_FLAG(OPTIONS, create.no_pivot, "no-pivot", 0, "change the root without pivot_root(2)"),
	OPTION_FLAG(OPTIONS, create.no_new_keyring, "no-new-keyring", 0, "keep the caller's session keyring"),
	OPTION_IGNORED("no-subreaper", NULL, "accepted, ignored"),
	OPTION_END,
};
