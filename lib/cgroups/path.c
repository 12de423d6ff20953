#include "cgroups/path.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/str.h"

#define PROPERTY "linux.cgroupsPath"

/* So many characters are kept of an ID that is too long for the name of a directory, or with ".scope" of a unit. */
#define ID_CUT	 200
#define DEFAULT_MAX (NAME_MAX - 6)

const char *cgroup_own(const struct cgroup_layout *layout)
{
	for (unsigned int i = 0; i < layout->count; i++)
		if (!layout->items[i].controllers[0])
			return layout->items[i].own;
	return layout->count ? layout->items[0].own : "";
}

static bool has_systemd_form(const char *path)
{
	const char *first = strchr(path, ':');

	return !strchr(path, '/') && first && strchr(first + 1, ':');
}

static int check_text(const char *path, struct err *err)
{
	for (const char *at = path; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return err_user(err, PROPERTY ": a control character in \"%s\"", path);
	if (has_systemd_form(path))
		return err_user(err,
				PROPERTY
				": \"%s\" has the form slice:prefix:name, which only the systemd cgroup manager "
				"understands",
				path);
	return 0;
}

/* Append the components of `path` to `out`, each with a "/" before it. */
static int append_components(const char *path, char *out, size_t room, struct err *err)
{
	size_t used = strlen(out);

	while (*path) {
		size_t n = (size_t)(strchrnul(path, '/') - path);

		if (n == 2 && memcmp(path, "..", 2) == 0)
			return err_user(err, PROPERTY ": `..` components are not allowed");
		if (n > NAME_MAX || used + n + 2 > room)
			return err_set(err, ENAMETOOLONG, PROPERTY ": too long");
		if (n && !(n == 1 && *path == '.')) {
			out[used++] = '/';
			memcpy(out + used, path, n);
			used += n;
			out[used] = '\0';
		}
		path += n + (path[n] != '\0');
	}
	return 0;
}

/* A group that holds the caller, or one above it, is never the container's: it would be killed with it. */
static int check_not_above(const char *path, const struct cgroup_layout *layout, struct err *err)
{
	if (!*path)
		return err_user(err, PROPERTY ": the root of the hierarchy cannot be a container's group");
	for (unsigned int i = 0; i < layout->count; i++) {
		const char *rest = str_after(layout->items[i].own, path);

		if (rest && (*rest == '\0' || *rest == '/'))
			return err_user(err, PROPERTY ": %s is the caller's own group %s or above it", path,
					layout->items[i].own);
	}
	return 0;
}

/* FNV-1a: the names only have to differ. */
static uint64_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	return h;
}

const char *cgroup_default_name(const char *id, const char *root, struct arena *arena)
{
	/* no ID has "@" or "~" in it */
	const char *mark = root ? arena_printf(arena, "@%08" PRIx32, (uint32_t)hash(root)) : "";

	if (!mark)
		return NULL;
	if (strlen("kavel-") + strlen(id) + strlen(mark) <= DEFAULT_MAX)
		return arena_printf(arena, "kavel-%s%s", id, mark);
	return arena_printf(arena, "kavel-%.*s~%016" PRIx64 "%s", ID_CUT, id, hash(id), mark);
}

int cgroup_path(const char *cgroups_path, const char *default_name, const struct cgroup_layout *layout,
		struct arena *arena, const char **ret, struct err *err)
{
	char path[sizeof(((struct cgroup_made *)NULL)->path)] = "";
	const char *copy, *name = cgroups_path;
	bool is_relative;
	int r = 0;

	if (!name || !*name) {
		name = arena_printf(arena, "%s%s", layout->is_root ? "/" : "", default_name);
		if (!name)
			return err_memory(err);
	}
	is_relative = *name != '/';
	r = check_text(name, err);
	if (r == 0 && is_relative) {
		if (!*cgroup_own(layout))
			return err_user(err, PROPERTY ": \"%s\" is relative, and the caller's own group cannot be told",
					name);
		r = append_components(cgroup_own(layout), path, sizeof(path), err);
	}
	if (r == 0)
		r = append_components(name, path, sizeof(path), err);
	if (r == 0)
		r = check_not_above(path, layout, err);
	if (r < 0)
		return r;
	copy = arena_strdup(arena, path);
	if (!copy)
		return err_memory(err);
	*ret = copy;
	return 0;
}
