/* The guest's program: environment, user, rights. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/user.h"
#include "store/config.h"
#include "store/user.h"

#define ENV_FILE_MAX	 (1u << 20) /* bytes */
#define DESCRIPTORS_SOFT 65536
#define DESCRIPTORS_HARD 524288

/* What programs of a server need that begin as root and give their rights up: no raw sockets, no devices, nothing of the host. */
static const char *const capabilities[] = {
	"CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",	    "CAP_FSETID", "CAP_KILL",	    "CAP_NET_BIND_SERVICE",
	"CAP_SETFCAP", "CAP_SETGID",	  "CAP_SETPCAP",    "CAP_SETUID", "CAP_SYS_CHROOT", NULL,
};

/* In the order of their numbers. */
static const char *const all_capabilities[] = {
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
	"CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
	"CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE", NULL,
};

/* Of an init: what confines it is the user namespace, or, without one, who trusts it.  Without those for hardware, modules and the
 * clock, so that services that need them are not even tried. */
static const char *const system_capabilities[] = {
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_RAW",
	"CAP_IPC_OWNER", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
	"CAP_SYS_RESOURCE", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", NULL,
};

static const char *const capability_sets[] = { "bounding", "effective", "permitted" };

static json_t *string_array(const char *const *items)
{
	json_t *array = json_array();

	for (; array && *items; items++)
		(void)json_array_append_new(array, json_string(*items)); /* a missing one is noticed by its absence */
	return array;
}

/* Without a user namespace nobody can give what he has not: a host may be a guest itself. */
static bool can_give(const struct config *config, const char *name)
{
	for (int number = 0; all_capabilities[number]; number++)
		if (str_eq(all_capabilities[number], name))
			return config->request->has_user_ns || user_has_capability(number);
	return false;
}

static json_t *capability_array(const struct config *config, const char *const *names)
{
	json_t *array = json_array();

	for (; array && *names; names++)
		if (can_give(config, *names))
			(void)json_array_append_new(array, json_string(*names)); /* as in string_array() */
	return array;
}

static int set_capabilities(struct config *config, const char *const *names, struct err *err)
{
	int r = config_set(config, "process.capabilities", json_object(), err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(capability_sets); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "process.capabilities.%s", capability_sets[i]);
		r = config_set(config, path, capability_array(config, names), err);
	}
	return r;
}

static int set_env(struct config *config, const char *word, struct err *err)
{
	json_t *env = json_object_get(json_object_get(config->doc, "process"), "env");
	const size_t size = strcspn(word, "=") + 1;
	const json_t *item;
	size_t i;

	json_array_foreach(env, i, item)
	{
		if (strncmp(json_string_value(item), word, size) != 0)
			continue;
		return json_array_set_new(env, i, json_string(word)) < 0 ? err_memory(err) : 0;
	}
	return json_array_append_new(env, json_string(word)) < 0 ? err_memory(err) : 0;
}

/* Few servers can do with 1024 descriptors, and some programs break with a million.  Other limits are those of the caller, above
 * whose hard one not everybody may go. */
static int set_descriptors(struct config *config, struct err *err)
{
	struct rlimit limit;
	char value[80];

	(void)json_object_del(json_object_get(config->doc, "process"), "rlimits"); /* it may not be there */
	if (config->request->is_system || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0; /* an init sets its own */
	if (limit.rlim_max > DESCRIPTORS_HARD)
		limit.rlim_max = DESCRIPTORS_HARD;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS_SOFT ? limit.rlim_max : DESCRIPTORS_SOFT;
	(void)snprintf(value, sizeof(value), "nofile=%llu:%llu", (unsigned long long)limit.rlim_cur,
		       (unsigned long long)limit.rlim_max);
	return config_ulimit(config, value, err);
}

int config_process_base(struct config *config, struct err *err)
{
	const struct guest_request *request = config->request;
	static const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
					   "container=kavel", NULL };
	int r = config_set(config, "process.args", string_array((const char *const *)request->command), err);
	if (r == 0)
		r = config_set(config, "process.env", string_array(env), err);
	if (r == 0 && (request->options->terminal || request->is_system))
		r = set_env(config, "TERM=xterm", err);
	if (r == 0)
		r = set_capabilities(config, request->is_system ? system_capabilities : capabilities, err);
	/* its network is its own then */
	if (r == 0 && request->is_system && request->has_user_ns)
		r = config_cap_add(config, "CAP_NET_ADMIN", err);
	/* a system has programs that change to another user, such as sudo(8) */
	if (r == 0)
		r = config_set(config, "process.noNewPrivileges", json_boolean(!request->is_system), err);
	return r < 0 ? r : set_descriptors(config, err);
}

int config_env(struct config *config, const char *value, struct err *err)
{
	autofree char *word = NULL;
	const char *inherited;

	if (!*value || *value == '=')
		return err_user(err, "expected NAME=VALUE, or the NAME of a variable of the caller");
	if (strchr(value, '='))
		return set_env(config, value, err);
	inherited = getenv(value);
	if (!inherited)
		return 0; /* as with other engines: what the caller has not, the guest has not */
	if (asprintf(&word, "%s=%s", value, inherited) < 0)
		return err_memory(err);
	return set_env(config, word, err);
}

/* Lines NAME=VALUE; empty ones and those that begin with # do not count. */
int config_env_file(struct config *config, const char *value, struct err *err)
{
	autofree char *text = NULL;
	size_t size, line = 0;
	char *next;
	int r = file_read(AT_FDCWD, value, ENV_FILE_MAX, &text, &size, err);

	for (char *at = text; r == 0 && at && *at; at = next) {
		next = strchrnul(at, '\n');
		if (*next)
			*next++ = '\0';
		line++;
		at += strspn(at, " \t");
		if (*at && *at != '#')
			r = config_env(config, at, err);
		if (r == -EINVAL)
			r = err_in(err, "line %zu", line);
	}
	return r;
}

int config_user(struct config *config, const char *value, struct err *err)
{
	struct guest_user user = { 0 };
	int r = user_find(config->request, value, &user, err);

	if (r == 0)
		r = config_set(config, "process.user.uid", json_integer(user.uid), err);
	if (r == 0)
		r = config_set(config, "process.user.gid", json_integer(user.gid), err);
	for (size_t i = 0; r == 0 && i < user.group_count; i++)
		r = config_add(config, "process.user.additionalGids", json_integer(user.groups[i]), err);
	free(user.groups);
	return r;
}

int config_workdir(struct config *config, const char *value, struct err *err)
{
	if (*value != '/')
		return err_user(err, "expected an absolute path");
	return config_set(config, "process.cwd", json_string(value), err);
}

/* "net_admin", "CAP_NET_ADMIN": the name that the specification has; NULL: there is none. */
static const char *find_capability(const char *value)
{
	const char *name = strncasecmp(value, "CAP_", 4) == 0 ? value + 4 : value;

	for (const char *const *at = all_capabilities; *at; at++)
		if (strcasecmp(*at + 4, name) == 0)
			return *at;
	return NULL;
}

static void drop_capability(json_t *set, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(set, i, item)
	{
		if (!str_eq(json_string_value(item), name))
			continue;
		(void)json_array_remove(set, i); /* it is there */
		return;
	}
}

static int change_capability(struct config *config, const char *value, bool add, struct err *err)
{
	const json_t *sets = json_object_get(json_object_get(config->doc, "process"), "capabilities");
	static const char *const none[] = { NULL };
	const char *name = find_capability(value);

	if (strcasecmp(value, "all") == 0)
		return set_capabilities(config, add ? all_capabilities : none, err);
	if (!name)
		return err_user(err, "there is no such capability (see capabilities(7))");
	for (size_t i = 0; i < ARRAY_SIZE(capability_sets); i++) {
		json_t *set = json_object_get(sets, capability_sets[i]);

		drop_capability(set, name);
		if (add && json_array_append_new(set, json_string(name)) < 0)
			return err_memory(err);
	}
	return 0;
}

int config_cap_add(struct config *config, const char *value, struct err *err)
{
	return change_capability(config, value, true, err);
}

int config_cap_drop(struct config *config, const char *value, struct err *err)
{
	return change_capability(config, value, false, err);
}

static int set_annotation(struct config *config, const char *key, size_t size, const char *value, struct err *err)
{
	autofree char *name = strndup(key, size);
	json_t *annotations;
	int r = 0;

	if (!name)
		return err_memory(err);
	if (!json_object_get(config->doc, "annotations"))
		r = config_set(config, "annotations", json_object(), err);
	annotations = json_object_get(config->doc, "annotations");
	if (r == 0 && json_object_set_new(annotations, name, json_string(value)) < 0)
		r = err_memory(err);
	return r;
}

int config_annotation(struct config *config, const char *value, struct err *err)
{
	const size_t size = strcspn(value, "=");

	if (!size || !value[size])
		return err_user(err, "expected KEY=VALUE");
	return set_annotation(config, value, size, value + size + 1, err);
}

/* A label is for people and is shown by inspect; to the runtime it is an annotation that it does not know. */
int config_label(struct config *config, const char *value, struct err *err)
{
	const size_t size = strcspn(value, "=");

	if (!size)
		return err_user(err, "expected KEY=VALUE");
	return set_annotation(config, value, size, value[size] ? value + size + 1 : "", err);
}
