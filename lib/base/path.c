/* The walk keeps the directories from the root to the current one on a stack of descriptors, so that ".." is
 * "one step back on our own way", never the kernel's "..", which a rename in the guest could redirect. */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "base/auto.h"
#include "base/str.h"
#include "base/sys.h"

#define WALK_DEPTH 256 /* directories below the root; PATH_MAX allows 2048, nobody nests so deep */
#define WALK_LINKS 40  /* symlinks in one walk, as the kernel's own limit */

struct walk {
	int stack[WALK_DEPTH]; /* stack[0] is the root, borrowed; the others are ours */
	int top;
	int links;
	int links_max; /* symlinks that may be followed */
	bool make; /* make what is missing */
	mode_t mode;
	bool made; /* the last step made its directory */
	char rest[2 * PATH_MAX];
};

static void walk_up(struct walk *w, int to)
{
	while (w->top > to)
		(void)close(w->stack[w->top--]);
}

/* Cut the first component off w->rest.  Returns false at the end. */
static bool walk_next(struct walk *w, char name[NAME_MAX + 1], int *ret_error)
{
	char *at = w->rest + strspn(w->rest, "/");
	size_t size = strcspn(at, "/");

	if (!size)
		return false;
	if (size > NAME_MAX) {
		*ret_error = -ENAMETOOLONG;
		return false;
	}
	memcpy(name, at, size);
	name[size] = '\0';
	memmove(w->rest, at + size, strlen(at + size) + 1);
	return true;
}

/* Replace the symlink `fd` by its target in front of the rest. */
static int walk_link(struct walk *w, int fd)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	struct statfs fs;
	size_t rest = strlen(w->rest);

	if (n < 0)
		return -errno;
	if (++w->links > w->links_max)
		return -ELOOP;
	/* procfs links may be magic: their text does not tell where they lead */
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if ((uint64_t)fs.f_type == SYS_PROC_MAGIC)
		return -ELOOP;
	target[n] = '\0';
	if ((size_t)n + rest + 1 > sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + n, w->rest, rest + 1); /* it is empty, or begins with a slash */
	memcpy(w->rest, target, (size_t)n);
	if (target[0] == '/')
		walk_up(w, 0);
	return 0;
}

/* One component down.  *ret_fd: what the last component is, when it is not a directory. */
static int walk_step(struct walk *w, const char *name, bool nofollow_last, int *ret_fd)
{
	autofd fd = -1;
	struct stat st;
	bool last = !*w->rest; /* after "name/", name is a directory */

	w->made = false;
	fd = openat(w->stack[w->top], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && w->make) {
		if (mkdirat(w->stack[w->top], name, w->mode) < 0 && errno != EEXIST)
			return -errno;
		w->made = true;
		fd = openat(w->stack[w->top], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode) && !(last && nofollow_last))
		return walk_link(w, fd);
	if (S_ISDIR(st.st_mode)) {
		if (w->top + 1 >= WALK_DEPTH)
			return -ENAMETOOLONG;
		w->stack[++w->top] = take_fd(&fd);
		return 0;
	}
	if (!last)
		return -ENOTDIR;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Walk from `root` to `path`, as w->make, w->mode and w->links_max say.  On success *ret_fd is O_PATH. */
static int walk(struct walk *w, int root, const char *path, bool nofollow_last, int *ret_fd)
{
	size_t size = strlen(path) + 1;
	char name[NAME_MAX + 1];
	autofd fd = -1;
	int r = 0;

	if (size == 1)
		return -ENOENT;
	if (size > PATH_MAX)
		return -ENAMETOOLONG;
	w->top = w->links = 0;
	w->made = false;
	w->stack[0] = root;
	memcpy(w->rest, path, size);
	while (r == 0 && fd < 0 && walk_next(w, name, &r)) {
		if (str_eq(name, "."))
			continue;
		if (str_eq(name, ".."))
			walk_up(w, w->top > 0 ? w->top - 1 : 0);
		else
			r = walk_step(w, name, nofollow_last, &fd);
	}
	if (r == 0 && fd < 0) {
		fd = w->top ? w->stack[w->top--] : openat(root, ".", O_PATH | O_CLOEXEC);
		r = fd < 0 ? -errno : 0;
	}
	walk_up(w, 0);
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Open for real what an O_PATH descriptor names. */
static int reopen(int fd, int flags, int *ret_fd)
{
	char self[40];
	int opened;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	opened = open(self, (flags & ~O_NOFOLLOW) | O_CLOEXEC | O_NOCTTY);
	if (opened < 0)
		return -errno;
	*ret_fd = opened;
	return 0;
}

/* Where the kernel's own walk cannot be had. */
static int resolve_by_walk(int root, const char *path, int flags, uint64_t limits, int *ret_fd)
{
	autofd fd = -1;
	struct walk w;
	struct stat st;
	int r;

	w.make = false;
	w.links_max = limits & RESOLVE_NO_SYMLINKS ? 0 : WALK_LINKS;
	r = walk(&w, root, path, flags & O_NOFOLLOW, &fd);
	if (r < 0)
		return r;
	if (!(flags & O_PATH))
		return reopen(fd, flags, ret_fd);
	if ((flags & O_DIRECTORY) && (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode)))
		return -ENOTDIR;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* limits: further RESOLVE_... flags.  Returns 0 or -errno. */
static int resolve(int root, const char *path, int flags, uint64_t limits, int *ret_fd)
{
	if (!(flags & O_PATH))
		flags |= O_NONBLOCK | O_NOCTTY;
	for (int attempt = 0; attempt < 64; attempt++) {
		int fd = sys_openat2(root, path, (uint64_t)(unsigned int)(flags | O_CLOEXEC), 0,
				     SYS_RESOLVE_IN_ROOT | limits);

		if (fd >= 0) {
			*ret_fd = fd;
			return 0;
		}
		/* EAGAIN: a rename or mount somewhere on the host raced with a ".." in the path */
		if (errno != EAGAIN)
			break;
	}
	if (errno != ENOSYS && errno != EPERM && errno != EAGAIN)
		return -errno;
	return resolve_by_walk(root, path, flags, limits, ret_fd);
}

int path_open(int root, const char *path, int flags, int *ret_fd, struct err *err)
{
	int r = resolve(root, path, flags, 0, ret_fd);

	return r < 0 ? err_sys(err, -r, "open %s in the rootfs", path) : 0;
}

int path_open_if_exists(int root, const char *path, int flags, int *ret_fd, struct err *err)
{
	int r = resolve(root, path, flags, 0, ret_fd);

	if (r == -ENOENT || r == -ENOTDIR)
		return 1;
	return r < 0 ? err_sys(err, -r, "open %s in the rootfs", path) : 0;
}

int path_open_literal(int root, const char *path, int flags, int *ret_fd, struct err *err)
{
	int r = resolve(root, path, flags, RESOLVE_NO_SYMLINKS, ret_fd);

	if (r == -ENOENT)
		return PATH_MISSING;
	if (r == -ELOOP)
		return PATH_SYMLINK;
	return r < 0 ? err_sys(err, -r, "open %s in the rootfs", path) : 0;
}

int path_make_dir(int root, const char *path, mode_t mode, int *ret_fd, bool *ret_made, struct err *err)
{
	int r = resolve(root, path, O_PATH | O_DIRECTORY, 0, ret_fd);

	if (r == 0) {
		if (ret_made)
			*ret_made = false;
		return 0;
	}
	if (r == -ENOENT) {
		autofd fd = -1;
		struct stat st;
		struct walk w;

		w.make = true;
		w.mode = mode;
		w.links_max = WALK_LINKS;
		r = walk(&w, root, path, false, &fd);
		if (r == 0 && fstat(fd, &st) < 0)
			r = -errno;
		if (r == 0 && !S_ISDIR(st.st_mode))
			r = -ENOTDIR;
		if (r == 0) {
			*ret_fd = take_fd(&fd);
			if (ret_made)
				*ret_made = w.made;
		}
	}
	return r < 0 ? err_sys(err, -r, "make directory %s in the rootfs", path) : 0;
}

int path_make_parent(int root, const char *path, char name[256], int *ret_dir, struct err *err)
{
	autofree char *parent = strdup(path);
	size_t size;
	char *last;

	if (!parent)
		return err_memory(err);
	size = strlen(parent);
	while (size && parent[size - 1] == '/')
		parent[--size] = '\0';
	last = strrchr(parent, '/');
	last = last ? last + 1 : parent;
	if (!*last || str_eq(last, ".") || str_eq(last, ".."))
		return err_user(err, "%s does not name a file", path);
	if (strlen(last) > NAME_MAX)
		return err_sys(err, ENAMETOOLONG, "make %s in the rootfs", path);
	memcpy(name, last, strlen(last) + 1);
	*last = '\0';
	return path_make_dir(root, *parent ? parent : "/", 0755, ret_dir, NULL, err);
}

/* Where a dangling symlink leads is a place inside the root: the file is made there. */
static int make_file_at(int root, const char *path, mode_t mode, int links, struct err *err)
{
	char name[256], target[PATH_MAX], joined[2 * PATH_MAX];
	autofd dir = -1;
	ssize_t n;
	int r;

	r = path_make_parent(root, path, name, &dir, err);
	if (r < 0)
		return r;
	if (mknodat(dir, name, S_IFREG | mode, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(err, errno, "make file %s in the rootfs", path);
	n = readlinkat(dir, name, target, sizeof(target) - 1);
	if (n < 0) /* not a symlink: somebody made it meanwhile */
		return 0;
	if (links >= WALK_LINKS)
		return err_sys(err, ELOOP, "make file %s in the rootfs", path);
	target[n] = '\0';
	if (target[0] == '/')
		return make_file_at(root, target, mode, links + 1, err);
	n = snprintf(joined, sizeof(joined), "%.*s%s", (int)(strrchr(path, '/') ? strrchr(path, '/') + 1 - path : 0),
		     path, target);
	if ((size_t)n >= PATH_MAX)
		return err_sys(err, ENAMETOOLONG, "make file %s in the rootfs", path);
	return make_file_at(root, joined, mode, links + 1, err);
}

int path_make_file(int root, const char *path, mode_t mode, int *ret_fd, struct err *err)
{
	autofd fd = -1;
	struct stat st;
	int r = resolve(root, path, O_PATH, 0, &fd);

	if (r == -ENOENT) {
		r = make_file_at(root, path, mode, 0, err);
		if (r < 0)
			return r;
		r = resolve(root, path, O_PATH, 0, &fd);
	}
	if (r < 0)
		return err_sys(err, -r, "make file %s in the rootfs", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "stat %s in the rootfs", path);
	if (S_ISDIR(st.st_mode))
		return err_sys(err, EISDIR, "make file %s in the rootfs", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int path_verify_fs(int fd, uint64_t magic, uint64_t ino, const char *what, struct err *err)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || (ino && fstat(fd, &st) < 0))
		return err_sys(err, errno, "check %s", what);
	if ((uint64_t)(unsigned long)fs.f_type != magic || (ino && st.st_ino != ino))
		return err_set(err, EXDEV, "%s is not the file system it should be: something else is mounted there",
			       what);
	return 0;
}

bool path_is_char_device(int fd, unsigned int major, unsigned int minor)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(major, minor);
}
