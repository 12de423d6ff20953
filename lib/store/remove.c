/* Taking guests away, and giving them other names. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/sys.h"
#include "base/user.h"
#include "namespaces/map.h"
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

/* ---------------------------------------------------------------- files of subordinate IDs */

/* In a namespace in which the caller is root and his subordinate IDs are mapped, as they were for the guest. */
static _Noreturn void remove_mapped(const char *path, int go)
{
	struct err ignored;
	char word;

	if (unshare(CLONE_NEWUSER) < 0 || fd_write_all(go, "", 1) < 0 || fd_read_all(go, &word, 1) != 1)
		_exit(1);
	if (sys_setresgid(0) < 0 || sys_setresuid(0) < 0)
		_exit(1);
	_exit(tree_remove(AT_FDCWD, path, NULL, &ignored) < 0);
}

static int map_child(pid_t child, int go, struct err *err)
{
	struct spec_id_mappings uids = { 0 }, gids = { 0 };
	const struct spec_user root = { 0 };
	struct arena arena = { 0 };
	char word;
	int r = fd_read_all(go, &word, 1) == 1 ? 0 : err_set(err, EPERM, "make a user namespace");

	if (r == 0)
		r = ns_map_default(&root, &arena, &uids, &gids, err);
	if (r == 0)
		r = ns_map(child, &uids, &gids, err);
	if (r == 0 && fd_write_all(go, "", 1) < 0)
		r = err_set(err, EPIPE, "go on in a user namespace");
	arena_free(&arena);
	return r;
}

/* What the guest's users made, nobody but they or root may remove. */
static int remove_as_guest(const char *path, struct err *err)
{
	int ends[2], status = 0, r;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, errno, "make a socket");
	child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		remove_mapped(path, ends[1]);
	}
	(void)close(ends[1]);
	r = child < 0 ? err_sys(err, errno, "fork") : map_child(child, ends[0], err);
	(void)close(ends[0]); /* a child that still waits ends by it */
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status)))
		r = err_set(err, EACCES, "remove %s as its owner", path);
	return r;
}

/* Remove one part of a guest. */
static int remove_part(const struct guest *guest, const char *part, struct tree_progress *progress, struct err *err)
{
	char path[PATH_MAX];
	int r = tree_remove(guest->dir, part, progress, err);

	if ((r != -EACCES && r != -EPERM) || user_is_host_root())
		return r;
	(void)snprintf(path, sizeof(path), "%s/%s", guest->path, part);
	return remove_as_guest(path, err);
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
		r = remove_part(guest, parts[i], progress, err);
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
