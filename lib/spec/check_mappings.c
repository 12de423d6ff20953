/* User and group mappings (user_namespaces(7)). */
#include "spec/check.h"

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
	return 0;
}

static bool is_mapped(const struct spec_id_mappings *mappings, uint32_t id)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (id >= mappings->items[i].container_id &&
		    id - mappings->items[i].container_id < mappings->items[i].size)
			return true;
	return false;
}

int check_ids_mapped(const struct spec *spec, struct err *err)
{
	const struct spec_namespace *user_ns = spec_find_namespace(spec, SPEC_NS_USER);
	const struct spec_linux *linux_ = &spec->linux_;
	const struct spec_user *user = &spec->process.user;

	/* a joined namespace has its mappings already, and an empty list is filled by the runtime */
	if (!spec->process.is_set || !user_ns || user_ns->path || !linux_->uid_mappings.count)
		return 0;
	if (!is_mapped(&linux_->uid_mappings, user->uid))
		return err_user(err, "process.user.uid: %ju is not mapped by linux.uidMappings", (uintmax_t)user->uid);
	if (!is_mapped(&linux_->gid_mappings, user->gid))
		return err_user(err, "process.user.gid: %ju is not mapped by linux.gidMappings", (uintmax_t)user->gid);
	for (size_t i = 0; i < user->additional_gids.count; i++)
		if (!is_mapped(&linux_->gid_mappings, user->additional_gids.items[i]))
			return err_user(err, "process.user.additionalGids[%zu]: %ju is not mapped by linux.gidMappings",
					i, (uintmax_t)user->additional_gids.items[i]);
	return 0;
}
