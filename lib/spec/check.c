/* The document itself: version, names of the host, mounts; and the order in which the sections are checked. */
#include "spec/check.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "spec/forms.h"

static int check_version(const char *version, struct err *err)
{
	unsigned int major;

	if (!form_is_version(version, &major))
		return err_user(err, "ociVersion: \"%.100s\" is not a semantic version", version);
	if (major != 1)
		return err_user(err, "ociVersion: %.100s is not supported (1.x is)", version);
	return 0;
}

/* sethostname(2), setdomainname(2): at most 64 bytes, of the caller's UTS namespace. */
static int check_host_name(const struct spec *spec, const char *name, const char *place, struct err *err)
{
	if (!name)
		return 0;
	if (strnlen(name, HOST_NAME_MAX + 1) > HOST_NAME_MAX)
		return err_user(err, "%s: longer than %d bytes", place, HOST_NAME_MAX);
	if (!spec_find_namespace(spec, SPEC_NS_UTS))
		return err_user(err, "%s: needs a uts namespace in linux.namespaces", place);
	return 0;
}

static bool has_option(const struct spec_mount *mount, const char *name, const char *recursive_name)
{
	for (size_t i = 0; i < mount->options.count; i++)
		if (str_eq(mount->options.items[i], name) || str_eq(mount->options.items[i], recursive_name))
			return true;
	return false;
}

/* config.md: both kinds of mappings or none; an option that asks for them needs some. */
static int check_mount_mappings(const struct spec *spec, size_t index, struct err *err)
{
	const struct spec_mount *mount = &spec->mounts.items[index];
	char place[64];
	int r;

	if (!mount->uid_mappings.count != !mount->gid_mappings.count)
		return err_user(err, "mounts[%zu].%s: missing, while mounts[%zu].%s is there", index,
				mount->uid_mappings.count ? "gidMappings" : "uidMappings", index,
				mount->uid_mappings.count ? "uidMappings" : "gidMappings");
	if (!mount->uid_mappings.count) {
		if (has_option(mount, "idmap", "ridmap") && !spec_find_namespace(spec, SPEC_NS_USER))
			return err_user(err,
					"mounts[%zu].options: idmap needs uidMappings and gidMappings, or a user "
					"namespace in linux.namespaces",
					index);
		return 0;
	}
	(void)snprintf(place, sizeof(place), "mounts[%zu].uidMappings", index);
	r = check_mappings(&mount->uid_mappings, place, err);
	if (r < 0)
		return r;
	(void)snprintf(place, sizeof(place), "mounts[%zu].gidMappings", index);
	return check_mappings(&mount->gid_mappings, place, err);
}

int spec_check_mounts(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];
		bool is_bind = (mount->type && str_eq(mount->type, "bind")) || has_option(mount, "bind", "rbind");
		int r;

		if (is_bind && !mount->source)
			return err_user(err, "mounts[%zu].source: missing, which a bind mount needs", i);
		r = check_mount_mappings(spec, i, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Engines differ in whether fileMode includes the type of the file, which `type` tells already; a FIFO has no numbers. */
static void normalize_devices(struct spec_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++) {
		struct spec_device *device = &devices->items[i];

		device->file_mode.value &= 07777;
		if (device->type[0] == 'p')
			device->major = device->minor = 0;
	}
}

static int check_top(const struct spec *spec, struct err *err)
{
	int r = check_version(spec->oci_version, err);

	if (r == 0)
		r = check_host_name(spec, spec->hostname, "hostname", err);
	if (r == 0)
		r = check_host_name(spec, spec->domainname, "domainname", err);
	return r;
}

static int check_process_if_any(const struct spec *spec, struct err *err)
{
	return spec->process.is_set ? check_process(&spec->process, err) : 0;
}

static int check_all_hooks(const struct spec *spec, struct err *err)
{
	return check_hooks(&spec->hooks, err);
}

/* linux comes first: others look into its namespaces. */
static int (*const checks[])(const struct spec *spec, struct err *err) = {
	check_linux,	      check_top,	spec_check_mounts,   check_process_if_any,
	check_ids_mapped, check_all_hooks, check_annotations,
};

int check_document(struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int r = checks[i](spec, err);

		if (r < 0)
			return r;
	}
	normalize_devices(&spec->linux_.devices);
	return 0;
}
