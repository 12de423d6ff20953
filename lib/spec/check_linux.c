/* linux, without its mappings, resources and seccomp. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "spec/check.h"
#include "spec/forms.h"

static int check_namespaces(const struct spec *spec, struct err *err)
{
	const struct spec_namespaces *namespaces = &spec->linux_.namespaces;
	size_t seen[SPEC_NS_COUNT] = { 0 }; /* index + 1 */

	for (size_t i = 0; i < namespaces->count; i++) {
		size_t *first = &seen[namespaces->items[i].type];

		if (*first)
			return err_user(err, "linux.namespaces[%zu]: same type as linux.namespaces[%zu]", i,
					*first - 1);
		*first = i + 1;
	}
	return 0;
}

static int check_user_mappings(const struct spec *spec, struct err *err)
{
	const struct spec_id_mappings *uids = &spec->linux_.uid_mappings, *gids = &spec->linux_.gid_mappings;
	int r;

	if (!uids->count && !gids->count)
		return 0;
	if (!uids->count || !gids->count)
		return err_user(err, "linux.%s: missing, while linux.%s is there",
				uids->count ? "gidMappings" : "uidMappings",
				uids->count ? "uidMappings" : "gidMappings");
	if (!spec_find_namespace(spec, SPEC_NS_USER))
		return err_user(err, "linux.uidMappings: needs a user namespace in linux.namespaces");
	r = check_mappings(uids, "linux.uidMappings", err);
	return r < 0 ? r : check_mappings(gids, "linux.gidMappings", err);
}

static int check_time_offsets(const struct spec *spec, struct err *err)
{
	const struct spec_namespace *time_ns = spec_find_namespace(spec, SPEC_NS_TIME);
	const struct spec_time_offsets *offsets = &spec->linux_.time_offsets;

	if (!offsets->monotonic.is_set && !offsets->boottime.is_set)
		return 0;
	/* time_namespaces(7): they are fixed once a process is inside */
	if (!time_ns || time_ns->path)
		return err_user(err, "linux.timeOffsets: needs a new time namespace in linux.namespaces");
	return 0;
}

static int check_devices(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->linux_.devices.count; i++) {
		const struct spec_device *device = &spec->linux_.devices.items[i];

		if (form_leaves_directory(device->path))
			return err_user(err, "linux.devices[%zu].path: must not contain \"..\"", i);
		if (device->path[strspn(device->path, "/")] == '\0')
			return err_user(err, "linux.devices[%zu].path: \"/\" is not a device", i);
		if (str_eq(device->type, "p"))
			continue;
		if (device->major < 0 || device->minor < 0)
			return err_user(err, "linux.devices[%zu].%s: missing", i,
					device->major < 0 ? "major" : "minor");
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two devices must not get one name; a name with "%d" is completed by the kernel. */
static int check_net_device_names(const struct spec_net_devices *devices, struct err *err)
{
	autofree const char **names = calloc(devices->count, sizeof(*names));
	size_t count = 0;

	if (!names)
		return err_memory(err);
	for (size_t i = 0; i < devices->count; i++) {
		const char *name = devices->items[i].name ? devices->items[i].name : devices->items[i].host_name;

		if (!strchr(name, '%'))
			names[count++] = name;
	}
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++)
		if (str_eq(names[i - 1], names[i]))
			return err_user(err, "linux.netDevices: two devices are to be named \"%s\"", names[i]);
	return 0;
}

static int check_net_devices(const struct spec *spec, struct err *err)
{
	const struct spec_net_devices *devices = &spec->linux_.net_devices;

	if (!devices->count)
		return 0;
	if (!spec_find_namespace(spec, SPEC_NS_NETWORK))
		return err_user(err, "linux.netDevices: needs a network namespace in linux.namespaces");
	for (size_t i = 0; i < devices->count; i++) {
		const struct spec_net_device *device = &devices->items[i];

		if (!form_is_interface(device->host_name))
			return err_user(err, "linux.netDevices[\"%.200s\"]: not a name of an interface",
					device->host_name);
		if (device->name && !form_is_interface_template(device->name))
			return err_user(err, "linux.netDevices[\"%s\"].name: \"%.200s\" is not a name of an interface",
					device->host_name, device->name);
	}
	return check_net_device_names(devices, err);
}

/* Which keys may be set is decided by who sets them; here only what is never one. */
static int check_sysctl(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->linux_.sysctl.count; i++) {
		const struct spec_pair *pair = &spec->linux_.sysctl.items[i];

		if (*pair->key == '.' || *pair->key == '/' || strstr(pair->key, "..") || strpbrk(pair->key, "\n\r\t ="))
			return err_user(err, "linux.sysctl[\"%.200s\"]: not a name of a sysctl", pair->key);
		if (!*pair->value) /* write(2) of nothing changes nothing and succeeds */
			return err_user(err, "linux.sysctl[\"%.200s\"]: must not be empty", pair->key);
	}
	return 0;
}

/* Names that the kernel gives to directories of its own. */
static bool is_reserved_group(const char *name)
{
	static const char *const reserved[] = { ".", "..", "info", "mon_groups", "mon_data" };

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (str_eq(name, reserved[i]))
			return true;
	return false;
}

static int check_clos_id(const char *id, struct err *err)
{
	if (!id || str_eq(id, "/"))
		return 0;
	if (strchr(id, '/') || is_reserved_group(id) || strlen(id) > NAME_MAX)
		return err_user(err, "linux.intelRdt.closID: \"%.200s\" is not a name of a directory for a group", id);
	return 0;
}

/* The specification advises against more than one line, and does not forbid them. */
static int check_cache_schema(const char *text, struct err *err)
{
	autofree char *copy = text ? strdup(text) : NULL;
	char *rest = copy, *line;

	if (text && !copy)
		return err_memory(err);
	while (rest && (line = strsep(&rest, "\n")))
		if (*line && !form_is_schema(line))
			return err_user(
				err, "linux.intelRdt.l3CacheSchema: \"%.200s\" is not a line such as L3:0=f;1=f", line);
	return 0;
}

static int check_intel_rdt(const struct spec *spec, struct err *err)
{
	const struct spec_intel_rdt *rdt = &spec->linux_.intel_rdt;
	int r = check_clos_id(rdt->clos_id, err);

	if (r == 0)
		r = check_cache_schema(rdt->l3_cache_schema, err);
	if (r < 0)
		return r;
	if (rdt->mem_bw_schema && !str_after(rdt->mem_bw_schema, "MB:"))
		return err_user(err, "linux.intelRdt.memBwSchema: must begin with \"MB:\"");
	if (rdt->mem_bw_schema && !form_is_schema(rdt->mem_bw_schema))
		return err_user(err, "linux.intelRdt.memBwSchema: \"%.200s\" is not a line such as MB:0=50;1=100",
				rdt->mem_bw_schema);
	for (size_t i = 0; i < rdt->schemata.count; i++)
		if (!form_is_schema(rdt->schemata.items[i]))
			return err_user(err,
					"linux.intelRdt.schemata[%zu]: \"%.200s\" is not a line such as L3:0=f;1=f", i,
					rdt->schemata.items[i]);
	return 0;
}

static int check_memory_policy(const struct spec *spec, struct err *err)
{
	const char *nodes = spec->linux_.memory_policy.nodes;

	if (nodes && !form_is_number_list(nodes))
		return err_user(err, "linux.memoryPolicy.nodes: invalid memory policy node list \"%.200s\"", nodes);
	return 0;
}

static int check_cgroups_path(const struct spec *spec, struct err *err)
{
	const char *path = spec->linux_.cgroups_path;

	if (path && form_leaves_directory(path))
		return err_user(err, "linux.cgroupsPath: must not contain \"..\"");
	return 0;
}

static int check_all_resources(const struct spec *spec, struct err *err)
{
	return check_resources(&spec->linux_.resources, err);
}

static int (*const checks[])(const struct spec *spec, struct err *err) = {
	check_namespaces,  check_user_mappings, check_time_offsets,  check_devices,	  check_net_devices, check_sysctl,
	check_cgroups_path, check_intel_rdt,	check_memory_policy, check_all_resources, check_seccomp,
};

int check_linux(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int r = checks[i](spec, err);

		if (r < 0)
			return r;
	}
	return 0;
}
