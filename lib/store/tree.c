/* A guest may have made directories deeper than any program has descriptors or stack for: what lies below a directory is moved up,
 * one level at a time, instead of being followed. */
#include "store/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/str.h"

#define TELL_EVERY 4096

/* One removal: the directory that is emptied, and a number for names of what was moved up. */
struct removal {
	int top;
	dev_t device;
	uint64_t moved;
	struct tree_progress *progress;
};

static void count(struct removal *removal)
{
	struct tree_progress *progress = removal->progress;

	if (progress && ++progress->count % TELL_EVERY == 0)
		progress->tell(progress->context, progress->count);
}

/* Returns 0, or -errno. */
static int remove_entry(struct removal *removal, int dir, const char *name)
{
	char up[40];

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT) {
		count(removal);
		return 0;
	}
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0) {
		count(removal);
		return 0;
	}
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -errno;
	if (dir == removal->top)
		return 0; /* it has its turn */
	/* another name each time, that nothing of the guest's has by then: it would be moved itself */
	for (;;) {
		(void)snprintf(up, sizeof(up), "%llu", (unsigned long long)removal->moved++);
		if (renameat2(dir, name, removal->top, up, RENAME_NOREPLACE) == 0 || errno == ENOENT)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
}

/* Remove what is in `dir`, moving directories that are not empty to the top.  *ret_left: entries of the top that remain. */
static int sweep(struct removal *removal, int dir, uint64_t *ret_left)
{
	autodir list = NULL;
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	*ret_left = 0;
	list = again < 0 ? NULL : fdopendir(again);
	if (!list) {
		int number = errno;

		auto_close(&again);
		return -number;
	}
	while (r == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(list);
		if (!entry)
			return -errno;
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		r = remove_entry(removal, dir, entry->d_name);
		if (r == 0 && dir == removal->top && faccessat(dir, entry->d_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			++*ret_left;
	}
	return r;
}

/* Empty one directory of the top level. */
static int empty_folder(struct removal *removal, const char *name)
{
	autofd dir = openat(removal->top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	uint64_t left;
	int r;

	/* of a guest that took its own right to read it; ours by its owner */
	if (dir < 0 && errno == EACCES && fchmodat(removal->top, name, 0700, 0) == 0)
		dir = openat(removal->top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (fstat(dir, &st) < 0)
		return -errno;
	if (st.st_dev != removal->device)
		return -EBUSY;
	r = sweep(removal, dir, &left);
	return r;
}

static int empty_all(struct removal *removal)
{
	for (;;) {
		autodir list = NULL;
		uint64_t left;
		int again, r = sweep(removal, removal->top, &left);

		if (r < 0 || !left)
			return r;
		again = openat(removal->top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		list = again < 0 ? NULL : fdopendir(again);
		if (!list) {
			auto_close(&again);
			return -EIO;
		}
		for (const struct dirent *entry; r == 0 && (entry = readdir(list));)
			if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
				r = empty_folder(removal, entry->d_name);
		if (r < 0)
			return r;
	}
}

int tree_remove(int dir, const char *name, struct tree_progress *progress, struct err *err)
{
	struct removal removal = { .top = -1, .progress = progress };
	struct stat st;
	autofd top = -1;
	int r;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, errno, "remove %s", name);
	top = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (top < 0 || fstat(top, &st) < 0)
		return err_sys(err, errno, "remove %s", name);
	removal.top = top;
	removal.device = st.st_dev;
	r = empty_all(&removal);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	if (r < 0)
		return err_sys(err, -r, "remove %s", name);
	return 0;
}
