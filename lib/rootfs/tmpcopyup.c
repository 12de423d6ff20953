/* The content of an image's directory, copied into the tmpfs that covers it.  Everything is opened by descriptor and
 * without following symlinks; only a regular file is ever opened for reading. */
#include "rootfs/setup.h"

#include <errno.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/auto.h"
#include "base/sys.h"

#define DEPTH_MAX  200	       /* directories within directories */
#define CHUNK_SIZE (1u << 30) /* of one sendfile(2) */

/* Returns 0 or -errno. */
static int copy_dir(int from, int to, const struct stat *st, unsigned int depth);

/* What the tmpfs has no place for, or this process no right to set, stays behind: attributes of the class "user" before Linux 6.6,
 * labels without their module, all but "user" in a user namespace. */
static bool may_stay_behind(int number)
{
	return number == ENOTSUP || number == EPERM || number == EINVAL;
}

/* ACLs, file capabilities, labels and the rest. */
static int copy_xattrs(int from, int to)
{
	autofree char *names = malloc(XATTR_LIST_MAX), *value = malloc(XATTR_SIZE_MAX);
	ssize_t total = names && value ? flistxattr(from, names, XATTR_LIST_MAX) : -1;

	if (total < 0)
		return !names || !value ? -ENOMEM : may_stay_behind(errno) ? 0 : -errno;
	for (const char *name = names; name < names + total; name += strlen(name) + 1) {
		ssize_t size = fgetxattr(from, name, value, XATTR_SIZE_MAX);

		if (size >= 0 && fsetxattr(to, name, value, (size_t)size, 0) < 0 && !may_stay_behind(errno))
			return -errno;
	}
	return 0;
}

/* Owner first, as it clears the setuid bit and the file capabilities; times last. */
static int copy_attributes(int from, int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	int r;

	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
		return -errno;
	r = copy_xattrs(from, to);
	return r == 0 && futimens(to, times) < 0 ? -errno : r;
}

static int copy_file(int from_dir, int to_dir, const char *name)
{
	autofd from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	autofd to = -1;
	struct stat st;
	ssize_t n;

	if (from < 0 || fstat(from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL; /* exchanged since it was looked at */
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	do {
		n = sendfile(to, from, NULL, CHUNK_SIZE);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : copy_attributes(from, to, &st);
}

static int copy_link(int from_dir, int to_dir, const char *name, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (size < 0)
		return -errno;
	target[size] = '\0';
	if (symlinkat(target, to_dir, name) < 0 ||
	    fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int copy_node(int to_dir, const char *name, const struct stat *st)
{
	/* the tmpfs is new: nobody else can have put a symlink there in between */
	if (mknodat(to_dir, name, st->st_mode, st->st_rdev) < 0 ||
	    fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	return 0;
}

static int copy_subdir(int from_dir, int to_dir, const char *name, const struct stat *st, unsigned int depth)
{
	autofd from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	autofd to = -1;

	if (from < 0 || mkdirat(to_dir, name, 0700) < 0)
		return -errno;
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return to < 0 ? -errno : copy_dir(from, to, st, depth + 1);
}

static int copy_entry(int from_dir, int to_dir, const char *name, unsigned int depth)
{
	struct stat st;

	if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return depth < DEPTH_MAX ? copy_subdir(from_dir, to_dir, name, &st, depth) : -ELOOP;
	if (S_ISREG(st.st_mode))
		return copy_file(from_dir, to_dir, name);
	if (S_ISLNK(st.st_mode))
		return copy_link(from_dir, to_dir, name, &st);
	return copy_node(to_dir, name, &st);
}

static int copy_dir(int from, int to, const struct stat *st, unsigned int depth)
{
	int list = fcntl(from, F_DUPFD_CLOEXEC, 3);
	autodir dir = list < 0 ? NULL : fdopendir(list);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	for (errno = 0; r == 0 && (entry = readdir(dir)); errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(from, to, entry->d_name, depth);
	if (r == 0)
		r = -errno;
	return r < 0 ? r : copy_attributes(from, to, st);
}

int rootfs_copy_up(int from, int to, struct err *err)
{
	struct stat st;
	int r;

	if (fstat(from, &st) < 0)
		return err_sys(err, errno, "tmpcopyup");
	r = copy_dir(from, to, &st, 0);
	return r < 0 ? err_sys(err, -r, "tmpcopyup: copy the directory's content") : 0;
}
