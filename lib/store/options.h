/* What `kavel up` can be told about a guest: words of its command line, and what becomes of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/options.h"
#include "base/str.h"
#include "store/store.h"

/* All start as zeroes: not given. */
struct guest_options {
	/* resources */
	const char *memory, *memory_swap, *memory_reservation, *cpus, *cpu_weight, *cpuset_cpus, *cpuset_mems, *pids,
		*io_weight;
	struct option_list ulimits;
	/* files */
	const char *rootfs; /* "host" or a directory; NULL: host */
	struct option_list volumes, tmpfs, devices;
	bool read_only;
	/* the process */
	struct option_list env, env_files;
	const char *user, *workdir;
	bool terminal, input, is_system;
	/* isolation */
	const char *hostname, *network, *userns, *seccomp, *apparmor;
	struct option_list caps_added, caps_dropped, security, sysctls;
	/* supervision: for the shim */
	const char *restart, *stop_signal, *stop_timeout;
	const char *health_command, *health_interval, *health_timeout, *health_start_period, *health_action;
	unsigned int health_retries;
	const char *log_driver, *log_size, *log_policy;
	unsigned int log_files;
	/* others */
	struct option_list labels, annotations;
};

/* For whom config.json is written. */
struct guest_request {
	const struct guest *guest; /* its paths */
	const struct guest_options *options;
	char *const *command;	 /* NULL-terminated */
	const char *rootfs;	 /* absolute path; NULL: the host's own system */
	bool is_rootless;
	bool is_unified;	 /* the host has cgroup v2 alone */
	bool is_system;
	bool has_user_ns;
	uint64_t id_base;	 /* of that user namespace, when the store chose it; 0: the caller's subordinate IDs */
};

#define GUEST_IDS 65536 /* how many IDs a user namespace has that the store chose */

/* Append config.json.  Errors: a value of an option that is wrong or cannot be had, "--memory 12Q: ..."; ENOMEM. */
int config_make(const struct guest_request *request, struct str_buf *out, struct err *err);

/* Fill in the settings that the shim is told from the options; strings are those of the options, of the arena or constant.
 * Errors: a value that is wrong. */
int settings_make(const struct guest_options *options, bool is_system, struct arena *arena, struct guest_settings *ret,
		  struct err *err);
