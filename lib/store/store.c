/* The store itself: where it is, and who is in it. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/user.h"

int store_default_path(char *path, size_t room, struct err *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME"), *user = getenv("USER");
	int size;

	/* as for the state directory: root of a user namespace that a user made for himself still has that user's */
	if (geteuid() == 0 && ((user && str_eq(user, "root")) || user_is_host_root()))
		size = snprintf(path, room, "/var/lib/kavel");
	else if (data && *data == '/')
		size = snprintf(path, room, "%s/kavel", data);
	else if (home && *home == '/')
		size = snprintf(path, room, "%s/.local/share/kavel", home);
	else
		return err_user(err, "no place for guests: HOME is not set (use --store DIR)");
	return (size_t)size < room ? 0 : err_sys(err, ENAMETOOLONG, "the path of the store");
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **items;
	size_t count, room;
};

static int add_name(struct names *names, const char *name)
{
	if (names->count + 1 >= names->room) {
		size_t room = names->room ? names->room * 2 : 16;
		char **more = reallocarray(names->items, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		names->items = more;
		names->room = room;
	}
	names->items[names->count] = strdup(name);
	if (!names->items[names->count])
		return -ENOMEM;
	names->items[++names->count] = NULL;
	return 0;
}

/* A directory without guest.json is what a killed program left: it is no guest.  Returns 0 or -errno. */
static int read_names(DIR *list, struct names *names)
{
	for (int r = 0; r == 0;) {
		const struct dirent *entry;
		char record[NAME_MAX + 16];
		struct err ignored;

		errno = 0;
		entry = readdir(list);
		if (!entry)
			return -errno;
		if (container_check_id(entry->d_name, &ignored) < 0)
			continue;
		(void)snprintf(record, sizeof(record), "%s/guest.json", entry->d_name);
		if (faccessat(dirfd(list), record, F_OK, 0) == 0)
			r = add_name(names, entry->d_name);
	}
	return -ENOMEM;
}

int store_list(const struct store *store, char ***ret, size_t *ret_count, struct err *err)
{
	struct names names = { .items = NULL };
	autodir list = NULL;
	char path[PATH_MAX];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/guests", store->path) >= sizeof(path))
		return err_sys(err, ENAMETOOLONG, "store %s", store->path);
	list = opendir(path);
	if (!list && errno != ENOENT)
		return err_sys(err, errno, "open %s", path);
	r = list ? read_names(list, &names) : 0;
	if (r < 0) {
		container_ids_free(names.items);
		return err_sys(err, -r, "read %s", path);
	}
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare);
	*ret = names.items;
	*ret_count = names.count;
	return 0;
}
