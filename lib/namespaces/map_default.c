/* What an unprivileged caller may map, read from the host. */
#include <errno.h>
#include <fcntl.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/user.h"
#include "namespaces/map.h"
#include "namespaces/map_program.h"
#include "namespaces/subids.h"

#define FILE_MAX (16u << 20) /* bytes: a line for each user of a large site */

static const struct {
	const char *file, *program;
} kinds[] = {
	{ "/etc/subuid", MAP_PROGRAM_UID },
	{ "/etc/subgid", MAP_PROGRAM_GID },
};
enum { UIDS, GIDS, KINDS };

/* The ranges of one file; a file that cannot be read grants nothing. */
static int read_ranges(const char *file, const struct subid_owner *owner, struct arena *arena,
		       struct spec_id_mappings *ret, struct err *err)
{
	autofree char *text = NULL;
	size_t size;
	int r = file_read(AT_FDCWD, file, FILE_MAX, &text, &size, err);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		log_debug("%s", err->text);
	return subids_read(r < 0 ? "" : text, owner, arena, ret, err);
}

/* *ret_why: what is missing for more than the caller alone; NULL: nothing. */
static int read_all(struct arena *arena, struct spec_id_mappings ranges[KINDS], const char **ret_why, struct err *err)
{
	char name[USER_NAME_MAX], path[MAP_PROGRAM_ROOM];
	const struct subid_owner owner = { .name = user_name(getuid(), name), .uid = getuid() };
	const char *why = NULL;

	for (int i = 0; i < KINDS; i++) {
		int r = read_ranges(kinds[i].file, &owner, arena, &ranges[i], err);

		if (r < 0)
			return r;
		if (!ranges[i].count)
			why = arena_printf(arena, "%s grants user %u no IDs", kinds[i].file, owner.uid);
		else if (!map_program_find(kinds[i].program, path))
			why = arena_printf(arena, "%s is not installed", kinds[i].program);
		else
			continue;
		if (!why)
			return err_memory(err);
		break;
	}
	*ret_why = why;
	return 0;
}

static bool has(const struct spec_id_mappings *list, uint32_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (id - list->items[i].container_id < list->items[i].size)
			return true;
	return false;
}

static int check(const struct spec_user *user, const struct spec_id_mappings *uids, const struct spec_id_mappings *gids,
		 const char *why, struct err *err)
{
	int r = 0;

	if (!has(uids, user->uid))
		r = err_user(err, "process.user.uid: %u is not mapped", user->uid);
	else if (!has(gids, user->gid))
		r = err_user(err, "process.user.gid: %u is not mapped", user->gid);
	for (size_t i = 0; r == 0 && i < user->additional_gids.count; i++)
		if (why || !has(gids, user->additional_gids.items[i]))
			r = err_user(err, "process.user.additionalGids[%zu]: %u is not mapped", i,
				     user->additional_gids.items[i]);
	if (r == 0)
		return 0;
	return err_hint(err, "%s", why ? why : "/etc/subuid and /etc/subgid grant the caller too few IDs");
}

int ns_map_default(const struct spec_user *user, struct arena *arena, struct spec_id_mappings *ret_uids,
		   struct spec_id_mappings *ret_gids, struct err *err)
{
	struct spec_id_mappings ranges[KINDS];
	const char *why;
	int r = read_all(arena, ranges, &why, err);

	if (r == 0)
		r = why ? subids_map_one(user->uid, geteuid(), arena, ret_uids, err)
			: subids_map(geteuid(), &ranges[UIDS], arena, ret_uids, err);
	if (r == 0)
		r = why ? subids_map_one(user->gid, getegid(), arena, ret_gids, err)
			: subids_map(getegid(), &ranges[GIDS], arena, ret_gids, err);
	if (r < 0)
		return r;
	if (why)
		log_info("the user namespace has the caller alone: %s", why);
	return check(user, ret_uids, ret_gids, why, err);
}
