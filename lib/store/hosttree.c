#include "store/hosttree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "store/tree.h"

#define DEPTH_MAX 32

const char *const hosttree_programs[] = { "usr", "opt", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "gnu", NULL };

static const struct {
	const char *path;
	mode_t mode;
} folders[] = {
	{ "dev", 0755 },       { "etc", 0755 },	      { "home", 0755 },	     { "mnt", 0755 },	    { "proc", 0755 },
	{ "root", 0700 },      { "run", 0755 },	      { "srv", 0755 },	     { "sys", 0755 },	    { "tmp", 01777 },
	{ "var", 0755 },       { "var/tmp", 01777 },  { "var/lib", 0755 },   { "var/log", 0755 },   { "var/cache", 0755 },
	{ "var/spool", 0755 },
};

/* Where packages make directories for their programs. */
static const char *const state_folders[] = { "var/lib", "var/log", "var/cache", "var/spool" };

/* One tree that is copied: what to take of it. */
struct copy {
	bool files;	     /* and symlinks; false: directories alone */
	bool all_readers;    /* only what every user may read */
	unsigned int depth;  /* of directories */
	bool sets_owner;     /* the caller may give files away */
};

static int copy_owner(const struct copy *copy, int fd, const struct stat *st)
{
	if (copy->sets_owner && fchown(fd, st->st_uid, st->st_gid) < 0)
		return -errno;
	return fchmod(fd, st->st_mode & 07777) < 0 ? -errno : 0;
}

static int copy_bytes(int from, int to)
{
	for (;;) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
		char data[65536];
		int r;

		if (n == 0)
			return 0;
		if (n > 0)
			continue;
		if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
			return -errno;
		n = fd_read_all(from, data, sizeof(data));
		r = n < 0 ? (int)n : fd_write_all(to, data, (size_t)n);
		if (r < 0 || n < (ssize_t)sizeof(data))
			return r;
	}
}

static int copy_file(const struct copy *copy, int from, int to, const char *name, const struct stat *st,
		     struct err *err)
{
	autofd source = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), target = -1;
	int r;

	if (source < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open %s", name);
	target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (target < 0)
		return err_sys(err, errno, "create %s", name);
	r = copy_bytes(source, target);
	if (r == 0)
		r = copy_owner(copy, target, st);
	return r < 0 ? err_sys(err, -r, "copy %s", name) : 0;
}

static int copy_link(int from, int to, const char *name, struct err *err)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(from, name, target, sizeof(target) - 1);

	if (size < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "read the symlink %s", name);
	target[size] = '\0';
	return symlinkat(target, to, name) < 0 && errno != EEXIST ? err_sys(err, errno, "make the symlink %s", name)
								  : 0;
}

static int copy_tree(struct copy copy, int from, int to, struct err *err);

static int copy_folder(const struct copy *copy, int from, int to, const char *name, const struct stat *st,
		       struct err *err)
{
	autofd source = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), target = -1;
	struct copy below = *copy;
	int r;

	if (source < 0)
		return errno == ENOENT || errno == EACCES ? 0 : err_sys(err, errno, "open %s", name);
	if (mkdirat(to, name, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make %s", name);
	target = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (target < 0)
		return err_sys(err, errno, "open %s", name);
	r = copy_owner(copy, target, st);
	if (r < 0)
		return err_sys(err, -r, "owner of %s", name);
	if (!below.depth)
		return 0;
	below.depth--;
	return copy_tree(below, source, target, err);
}

/* What lies below this very program's folder, or that of an engine, is no state of a package that the guest would run. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = { "kavel", "docker", "containerd", "containers",
					     "lxc",   "lxd",	"incus",      "machines" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

static int copy_entry(const struct copy *copy, int from, int to, const char *name, struct err *err)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "look at %s", name);
	if (S_ISDIR(st.st_mode)) {
		/* to read what is in it, one has to search it */
		if (copy->all_readers && (st.st_mode & 05) != 05)
			return 0;
		return !copy->files && is_left_out(name) ? 0 : copy_folder(copy, from, to, name, &st, err);
	}
	if (!copy->files)
		return 0;
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name, err);
	if (!S_ISREG(st.st_mode) || (copy->all_readers && !(st.st_mode & 04)))
		return 0;
	return copy_file(copy, from, to, name, &st, err);
}

static int copy_tree(struct copy copy, int from, int to, struct err *err)
{
	autodir list = NULL;
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	list = again < 0 ? NULL : fdopendir(again);
	if (!list) {
		auto_close(&again);
		return err_sys(err, errno, "read a directory");
	}
	while (r == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(list);
		if (!entry)
			return errno ? err_sys(err, errno, "read a directory") : 0;
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			r = copy_entry(&copy, from, to, entry->d_name, err);
	}
	return r;
}

/* Copy one directory of the host, which is there below the new root, too. */
static int copy_host(const struct copy *copy, int root, const char *path, struct err *err)
{
	char of_host[64];
	autofd from = -1, to = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	(void)snprintf(of_host, sizeof(of_host), "/%s", path);
	from = openat(AT_FDCWD, of_host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0)
		return 0; /* the host has none */
	if (to < 0)
		return err_sys(err, errno, "open %s", path);
	r = copy_tree(*copy, from, to, err);
	return r < 0 ? err_in(err, "/%s", path) : 0;
}

static int make_folders(int root, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(root, folders[i].path, 0700) < 0 || fchmodat(root, folders[i].path, folders[i].mode, 0) < 0)
			return err_sys(err, errno, "make %s", folders[i].path);
	if (symlinkat("../run", root, "var/run") < 0 || symlinkat("../run/lock", root, "var/lock") < 0)
		return err_sys(err, errno, "make var/run");
	return 0;
}

/* Mount points, and the symlinks of a host whose /bin is in /usr. */
static int make_programs(int root, struct err *err)
{
	autofd host = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (const char *const *name = hosttree_programs; *name; name++) {
		struct stat st;
		int r = 0;

		if (fstatat(host, *name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISLNK(st.st_mode))
			r = copy_link(host, root, *name, err);
		else if (S_ISDIR(st.st_mode) && mkdirat(root, *name, 0755) < 0)
			r = err_sys(err, errno, "make %s", *name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What must differ from the host's. */
static int make_identity(int root, const char *name, struct err *err)
{
	autofd etc = openat(root, "etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autobuf hostname = { 0 }, hosts = { 0 };
	int r;

	str_append_f(&hostname, "%s\n", name);
	str_append_f(&hosts, "127.0.0.1\tlocalhost %s\n::1\tlocalhost ip6-localhost ip6-loopback\n", name);
	if (hostname.failed || hosts.failed)
		return err_memory(err);
	r = file_replace(etc, "hostname", hostname.data, hostname.size, 0644, err);
	if (r == 0)
		r = file_replace(etc, "hosts", hosts.data, hosts.size, 0644, err);
	/* empty: whoever needs one makes one */
	return r < 0 ? r : file_replace(etc, "machine-id", "", 0, 0444, err);
}

static int fill(int root, const char *name, struct err *err)
{
	const bool sets_owner = geteuid() == 0;
	const struct copy etc = { .files = true, .all_readers = true, .depth = DEPTH_MAX, .sets_owner = sets_owner };
	const struct copy state = { .depth = 1, .sets_owner = sets_owner };
	int r = make_folders(root, err);

	if (r == 0)
		r = make_programs(root, err);
	if (r == 0)
		r = copy_host(&etc, root, "etc", err);
	if (r == 0)
		r = make_identity(root, name, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(state_folders); i++)
		r = copy_host(&state, root, state_folders[i], err);
	return r;
}

int hosttree_make(int layers, const char *name, struct err *err)
{
	autofd root = -1;
	int r;

	if (faccessat(layers, "root", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	r = tree_remove(layers, "root.new", NULL, err);
	if (r < 0)
		return r;
	if (mkdirat(layers, "root.new", 0755) < 0)
		return err_sys(err, errno, "make root.new");
	root = openat(layers, "root.new", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (root < 0 || fchmod(root, 0755) < 0)
		return err_sys(err, errno, "open root.new");
	r = fill(root, name, err);
	if (r < 0)
		return err_in(err, "copy the host's system");
	/* now it is whole */
	return renameat(layers, "root.new", layers, "root") < 0 ? err_sys(err, errno, "rename root.new") : 0;
}
