/* Taking guests away, and giving them other names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "store/make.h"
#include "store/record.h"
#include "store/tree.h"

/* The run directory, which the shim leaves for whoever asks how it ended. */
static int remove_run(const struct store *store, const char *name, struct err *err)
{
	autofd dir = -1;
	char path[PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), "%s/.shim", store->host->root);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open %s", path);
	r = tree_remove(dir, name, NULL, err);
	(void)rmdir(path); /* of the last one */
	return r;
}

static int unlink_record(const struct guest *guest, struct err *err)
{
	return unlinkat(guest->dir, GUEST_RECORD, 0) < 0 && errno != ENOENT
		       ? err_sys(err, errno, "remove " GUEST_RECORD " of guest %s", guest->name)
		       : 0;
}

int guest_remove(const struct store *store, struct guest *guest, bool keep_data, struct tree_progress *progress,
		 struct err *err)
{
	static const char *const parts[] = { "bundle", "log", "exit.json", "pid", "layers" };
	const size_t count = ARRAY_SIZE(parts) - (keep_data ? 1 : 0);
	int r = unlink_record(guest, err); /* from here on it is no guest */

	if (r == 0)
		r = remove_run(store, guest->name, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = tree_remove(guest->dir, parts[i], progress, err);
	if (r < 0 || keep_data)
		return r;
	/* with what a killed program may have left, such as a temporary file */
	return tree_remove(AT_FDCWD, guest->path, progress, err);
}

int guest_rename(const struct store *store, const struct guest *guest, const char *name, struct err *err)
{
	char path[PATH_MAX];
	int r = container_check_id(name, err);

	if (r == 0)
		r = remove_run(store, guest->name, err);
	if (r < 0)
		return r;
	if ((size_t)snprintf(path, sizeof(path), "%s/guests/%s", store->path, name) >= sizeof(path))
		return err_sys(err, ENAMETOOLONG, "guest %s", name);
	if (renameat2(AT_FDCWD, guest->path, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EEXIST)
		return err_set(err, EEXIST, "guest \"%s\" exists already", name);
	return err_sys(err, errno, "rename guest %s to %s", guest->name, name);
}
