/* What separates the guest from the host and from others. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "json/read.h"
#include "namespaces/map.h"
#include "store/config.h"

#define PROFILE_MAX (16u << 20) /* bytes */

static const char *const of_host[] = { "rbind", "nosuid", "noexec", "nodev", "ro", NULL };
static const char *const of_own[] = { "nosuid", "noexec", "nodev", "ro", NULL };

/* ---------------------------------------------------------------- user namespace */

static json_t *range(uint64_t inside, uint64_t outside, uint64_t size)
{
	return json_pack("[{s:I, s:I, s:I}]", "containerID", (json_int_t)inside, "hostID", (json_int_t)outside, "size",
			 (json_int_t)size);
}

static int set_mappings(struct config *config, const char *path, const struct spec_id_mappings *list, struct err *err)
{
	int r = config_set(config, path, json_array(), err);

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = config_add(config, path,
			       json_pack("{s:I, s:I, s:I}", "containerID", (json_int_t)list->items[i].container_id,
					 "hostID", (json_int_t)list->items[i].host_id, "size",
					 (json_int_t)list->items[i].size),
			       err);
	return r;
}

static int set_user_ns(struct config *config, struct err *err)
{
	const uint64_t base = config->request->id_base;
	struct spec_id_mappings uids = { 0 }, gids = { 0 };
	const struct spec_user root = { 0 };
	int r = config_set_namespace(config, "user", config->request->has_user_ns, err);

	if (r < 0 || !config->request->has_user_ns)
		return r;
	if (base) {
		r = config_set(config, "linux.uidMappings", range(0, base, GUEST_IDS), err);
		return r < 0 ? r : config_set(config, "linux.gidMappings", range(0, base, GUEST_IDS), err);
	}
	r = ns_map_default(&root, &config->arena, &uids, &gids, err);
	if (r == 0)
		r = set_mappings(config, "linux.uidMappings", &uids, err);
	return r < 0 ? r : set_mappings(config, "linux.gidMappings", &gids, err);
}

/* ---------------------------------------------------------------- network */

/* A file of the host that tells how to use the network. */
static int bind_host_file(struct config *config, const char *path, struct err *err)
{
	static const char *const options[] = { "rbind", "ro", "nosuid", "nodev", "noexec", "rprivate", NULL };
	autofree char *real = realpath(path, NULL);

	return real ? config_add_mount(config, path, "bind", real, options, err) : 0;
}

int config_network(struct config *config, const char *value, struct err *err)
{
	const bool own = str_eq(value, "none");
	int r;

	if (!own && !str_eq(value, "host"))
		return err_user(err, "expected none or host");
	r = config_set_namespace(config, "network", own, err);
	/* sysfs shows a network, and only who owns that may mount it */
	if (r == 0 && own)
		r = config_add_mount(config, "/sys", "sysfs", "sysfs", of_own, err);
	else if (r == 0 && config->request->has_user_ns)
		r = config_add_mount(config, "/sys", "none", "/sys", of_host, err);
	if (r == 0 && !own)
		r = bind_host_file(config, "/etc/resolv.conf", err);
	if (r == 0 && !own && config->request->rootfs)
		r = bind_host_file(config, "/etc/hosts", err);
	return r;
}

/* ---------------------------------------------------------------- labels and filters */

static int set_profile(struct config *config, const char *path, struct err *err)
{
	autofree char *text = NULL;
	json_t *profile;
	size_t size;
	int r = file_read(AT_FDCWD, path, PROFILE_MAX, &text, &size, err);

	if (r == 0)
		r = json_read(text, size, path, &profile, err);
	return r < 0 ? r : config_set(config, "linux.seccomp", profile, err);
}

int config_seccomp(struct config *config, const char *value, struct err *err)
{
	if (str_eq(value, "unconfined")) {
		(void)json_object_del(json_object_get(config->doc, "linux"), "seccomp"); /* it may not be there */
		return 0;
	}
	if (str_eq(value, "default"))
		return config_set(config, "linux.seccomp", seccomp_default(config->request->is_system), err);
	return set_profile(config, value, err);
}

int config_apparmor(struct config *config, const char *value, struct err *err)
{
	return config_set(config, "process.apparmorProfile", json_string(value), err);
}

static int set_no_new_privileges(struct config *config, const char *value, struct err *err)
{
	if (*value && !str_eq(value, "true") && !str_eq(value, "false"))
		return err_user(err, "expected no-new-privileges=true or =false");
	return config_set(config, "process.noNewPrivileges", json_boolean(!str_eq(value, "false")), err);
}

/* KEY=VALUE or KEY:VALUE, as other engines have it. */
int config_security(struct config *config, const char *value, struct err *err)
{
	static const struct {
		const char *key;
		config_apply apply;
	} keys[] = {
		{ "seccomp", config_seccomp },
		{ "apparmor", config_apparmor },
		{ "no-new-privileges", set_no_new_privileges },
	};
	const size_t size = strcspn(value, "=:");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == size && strncmp(keys[i].key, value, size) == 0)
			return keys[i].apply(config, value[size] ? value + size + 1 : "", err);
	if (strncmp(value, "label", size) == 0 && size == 5)
		return config_set(config, "process.selinuxLabel", json_string(value[size] ? value + size + 1 : ""),
				  err);
	return err_user(err, "expected seccomp=, apparmor=, label= or no-new-privileges=");
}

/* ---------------------------------------------------------------- all */

int config_hostname(struct config *config, const char *value, struct err *err)
{
	if (!*value || strlen(value) > 64)
		return err_user(err, "expected a name of 1 to 64 bytes");
	return config_set(config, "hostname", json_string(value), err);
}

int config_isolation_base(struct config *config, struct err *err)
{
	const struct guest_request *request = config->request;
	char name[65];
	int r = set_user_ns(config, err);

	(void)snprintf(name, sizeof(name), "%s", request->guest->name); /* the kernel takes no more */
	if (r == 0)
		r = config_set(config, "hostname", json_string(name), err);
	if (r == 0 && !request->options->network)
		r = config_network(config, "none", err);
	return r < 0 ? r : config_seccomp(config, "default", err);
}
