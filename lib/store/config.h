/* config.json while it is put together: what the parts of it share. */
#pragma once

#include <jansson.h>

#include "store/options.h"

struct config {
	json_t *doc;
	const struct guest_request *request;
	struct arena arena;
};

/* Set the member at a path such as "linux.resources.memory.limit"; objects on the way are made.  value: handed over; NULL:
 * memory ran out. */
int config_set(struct config *config, const char *path, json_t *value, struct err *err);

/* Append to the array at a path, which is made. */
int config_add(struct config *config, const char *path, json_t *value, struct err *err);

/* Append a mount, or put it in the place of the one on that destination; options: NULL-terminated. */
int config_add_mount(struct config *config, const char *destination, const char *type, const char *source,
		     const char *const *options, struct err *err);

bool config_has_mount(const struct config *config, const char *destination);

/* Add a namespace, or remove it. */
int config_set_namespace(struct config *config, const char *type, bool wanted, struct err *err);

/* One value of one option, after the other rows of the table.  The failure's text is put behind "--NAME VALUE: ". */
typedef int (*config_apply)(struct config *config, const char *value, struct err *err);

/* config_limits.c */
int config_memory(struct config *config, const char *value, struct err *err);
int config_memory_swap(struct config *config, const char *value, struct err *err);
int config_memory_reservation(struct config *config, const char *value, struct err *err);
int config_cpus(struct config *config, const char *value, struct err *err);
int config_cpu_weight(struct config *config, const char *value, struct err *err);
int config_cpuset_cpus(struct config *config, const char *value, struct err *err);
int config_cpuset_mems(struct config *config, const char *value, struct err *err);
int config_pids(struct config *config, const char *value, struct err *err);
int config_io_weight(struct config *config, const char *value, struct err *err);
int config_ulimit(struct config *config, const char *value, struct err *err);
int config_sysctl(struct config *config, const char *value, struct err *err);

/* config_mounts.c */
int config_volume(struct config *config, const char *value, struct err *err);
int config_tmpfs(struct config *config, const char *value, struct err *err);
int config_device(struct config *config, const char *value, struct err *err);

/* config_process.c */
int config_process_base(struct config *config, struct err *err);
int config_env(struct config *config, const char *value, struct err *err);
int config_env_file(struct config *config, const char *value, struct err *err);
int config_user(struct config *config, const char *value, struct err *err);
int config_workdir(struct config *config, const char *value, struct err *err);
int config_cap_add(struct config *config, const char *value, struct err *err);
int config_cap_drop(struct config *config, const char *value, struct err *err);
int config_label(struct config *config, const char *value, struct err *err);
int config_annotation(struct config *config, const char *value, struct err *err);

/* config_isolation.c */
int config_isolation_base(struct config *config, struct err *err);
int config_hostname(struct config *config, const char *value, struct err *err);
int config_network(struct config *config, const char *value, struct err *err);
int config_seccomp(struct config *config, const char *value, struct err *err);
int config_apparmor(struct config *config, const char *value, struct err *err);
int config_security(struct config *config, const char *value, struct err *err);

/* config_root.c: the root file system, and what every guest has mounted. */
int config_root_base(struct config *config, struct err *err);
int config_read_only(struct config *config, struct err *err);

/* seccomp.c: linux.seccomp for guests that name no profile of their own; NULL: memory ran out. */
json_t *seccomp_default(bool is_system);
