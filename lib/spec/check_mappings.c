/* User and group mappings (user_namespaces(7)). */
#include "spec/check.h"

#include <stdio.h>
#include <sys/auxv.h>

/* The kernel's UID_GID_MAP_MAX_EXTENTS */
#define MAPPINGS_MAX 340

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t)a < (uint64_t)b + b_size && (uint64_t)b < (uint64_t)a + a_size;
}

static int check_mapping(const struct spec_id_mapping *mapping, const char *place, size_t index, struct err *err)
{
	if (!mapping->size)
		return err_user(err, "%s[%zu].size: must not be 0", place, index);
	/* the last id must not be (uid_t)-1 */
	if ((uint64_t)mapping->container_id + mapping->size > UINT32_MAX)
		return err_user(err, "%s[%zu]: containerID %ju and size %ju exceed the largest id", place, index,
				(uintmax_t)mapping->container_id, (uintmax_t)mapping->size);
	if ((uint64_t)mapping->host_id + mapping->size > UINT32_MAX)
		return err_user(err, "%s[%zu]: hostID %ju and size %ju exceed the largest id", place, index,
				(uintmax_t)mapping->host_id, (uintmax_t)mapping->size);
	return 0;
}

/* The kernel takes all lines by one write(2), and less than a page. */
static int check_text_size(const struct spec_id_mappings *mappings, const char *place, struct err *err)
{
	const size_t page = getauxval(AT_PAGESZ);
	size_t size = 0;

	for (size_t i = 0; i < mappings->count; i++)
		size += (size_t)snprintf(NULL, 0, "%u %u %u\n", mappings->items[i].container_id,
					 mappings->items[i].host_id, mappings->items[i].size);
	if (size >= page)
		return err_user(err, "%s: %zu mappings are %zu bytes, and the kernel takes no more than %zu", place,
				mappings->count, size, page - 1);
	return 0;
}

int check_mappings(const struct spec_id_mappings *mappings, const char *place, struct err *err)
{
	if (mappings->count > MAPPINGS_MAX)
		return err_user(err, "%s: %zu mappings are more than the %d that the kernel takes", place,
				mappings->count, MAPPINGS_MAX);
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *a = &mappings->items[i];
		int r = check_mapping(a, place, i, err);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++) {
			const struct spec_id_mapping *b = &mappings->items[j];

			if (overlap(a->container_id, a->size, b->container_id, b->size) ||
			    overlap(a->host_id, a->size, b->host_id, b->size))
				return err_user(err, "%s[%zu]: overlaps with %s[%zu]", place, i, place, j);
		}
	}
	return check_text_size(mappings, place, err);
}

static bool is_mapped(const struct spec_id_mappings *mappings, uint32_t id)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (id >= mappings->items[i].container_id &&
		    id - mappings->items[i].container_id < mappings->items[i].size)
			return true;
	return false;
}

static int refuse(const char *place, uint32_t id, const char *mappings, struct err *err)
{
	return err_user(err, "%s: %ju is not mapped by linux.%s", place, (uintmax_t)id, mappings);
}

/* The namespace whose IDs are those of the document's mappings: a joined one has its own, and an empty list is filled by the
 * runtime. */
static bool has_mapped_ids(const struct spec *spec)
{
	const struct spec_namespace *user_ns = spec_find_namespace(spec, SPEC_NS_USER);

	return user_ns && !user_ns->path && spec->linux_.uid_mappings.count && spec->linux_.gid_mappings.count;
}

int spec_check_user(const struct spec *spec, const struct spec_user *user, struct err *err)
{
	const struct spec_id_mappings *uids = &spec->linux_.uid_mappings, *gids = &spec->linux_.gid_mappings;
	char place[64];

	if (!has_mapped_ids(spec))
		return 0;
	if (!is_mapped(uids, user->uid))
		return refuse("process.user.uid", user->uid, "uidMappings", err);
	if (!is_mapped(gids, user->gid))
		return refuse("process.user.gid", user->gid, "gidMappings", err);
	for (size_t i = 0; i < user->additional_gids.count; i++)
		if (!is_mapped(gids, user->additional_gids.items[i])) {
			(void)snprintf(place, sizeof(place), "process.user.additionalGids[%zu]", i);
			return refuse(place, user->additional_gids.items[i], "gidMappings", err);
		}
	return 0;
}

static int check_device_owner(const struct spec *spec, size_t index, struct err *err)
{
	const struct spec_device *device = &spec->linux_.devices.items[index];
	char place[64];

	(void)snprintf(place, sizeof(place), "linux.devices[%zu].uid", index);
	if (device->uid.is_set && !is_mapped(&spec->linux_.uid_mappings, (uint32_t)device->uid.value))
		return refuse(place, (uint32_t)device->uid.value, "uidMappings", err);
	(void)snprintf(place, sizeof(place), "linux.devices[%zu].gid", index);
	if (device->gid.is_set && !is_mapped(&spec->linux_.gid_mappings, (uint32_t)device->gid.value))
		return refuse(place, (uint32_t)device->gid.value, "gidMappings", err);
	return 0;
}

int check_ids_mapped(const struct spec *spec, struct err *err)
{
	int r = spec->process.is_set ? spec_check_user(spec, &spec->process.user, err) : 0;

	if (r < 0 || !has_mapped_ids(spec))
		return r;
	for (size_t i = 0; r == 0 && i < spec->linux_.devices.count; i++)
		r = check_device_owner(spec, i, err);
	return r;
}
