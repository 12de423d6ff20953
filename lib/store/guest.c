/* One guest's directory: opening, locking, saving. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/file.h"
#include "store/record.h"

#define LOCK_STEP_MS	20
#define LOCK_TIMEOUT_MS 10000

static int does_not_exist(const char *name, struct err *err)
{
	return err_set(err, ENOENT, "guest \"%s\" does not exist", name);
}

static int fill_paths(const struct store *store, const char *name, struct guest *guest, struct err *err)
{
	struct arena *arena = &guest->arena;

	guest->name = arena_strdup(arena, name);
	guest->path = arena_printf(arena, "%s/guests/%s", store->path, name);
	guest->bundle = arena_printf(arena, "%s/guests/%s/bundle", store->path, name);
	guest->layers = arena_printf(arena, "%s/guests/%s/layers", store->path, name);
	guest->log = arena_printf(arena, "%s/guests/%s/log/guest.log", store->path, name);
	guest->exit_record = arena_printf(arena, "%s/guests/%s/exit.json", store->path, name);
	guest->run = arena_printf(arena, "%s/.shim/%s", store->host->root, name);
	if (!guest->name || !guest->path || !guest->bundle || !guest->layers || !guest->log || !guest->exit_record ||
	    !guest->run)
		return err_memory(err);
	if (strlen(guest->path) + 64 >= PATH_MAX)
		return err_sys(err, ENAMETOOLONG, "guest %s", name);
	return 0;
}

static int lock(const struct guest *guest, struct err *err)
{
	for (int waited = 0; flock(guest->dir, LOCK_EX | LOCK_NB) < 0; waited += LOCK_STEP_MS) {
		const struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };

		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return err_sys(err, errno, "lock guest %s", guest->name);
		if (waited >= LOCK_TIMEOUT_MS)
			return err_set(err, EBUSY, "guest %s is busy: another command on it has not ended for %d s",
				       guest->name, LOCK_TIMEOUT_MS / 1000);
		(void)nanosleep(&step, NULL); /* flock(2) has no timeout */
	}
	return 0;
}

/* Has the name gone to another directory, or to none, while we waited for the lock? */
static bool is_still_named(const struct guest *guest)
{
	struct stat ours, named;

	return fstat(guest->dir, &ours) == 0 && lstat(guest->path, &named) == 0 && ours.st_ino == named.st_ino &&
	       ours.st_dev == named.st_dev;
}

/* Make a directory and those above it.  Others may go through to a guest's files that are theirs, and see no names. */
static int make_all(const char *path, struct err *err)
{
	char part[PATH_MAX];

	(void)snprintf(part, sizeof(part), "%s", path); /* shorter than the guest's own */
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0711) < 0 && errno != EEXIST)
			return err_sys(err, errno, "make %s", part);
		*slash = '/';
	}
	return 0;
}

static int make_dir(const struct guest *guest, struct err *err)
{
	int r;

	if (mkdir(guest->path, 0700) == 0 || errno == EEXIST)
		return 0;
	r = errno == ENOENT ? make_all(guest->path, err) : 0;
	if (r == 0 && mkdir(guest->path, 0700) < 0 && errno != EEXIST)
		r = err_sys(err, errno, "make %s", guest->path);
	return r;
}

/* Returns 0; 1 when there is no directory; or an error. */
static int open_dir(struct guest *guest, bool locked, struct err *err)
{
	for (;;) {
		int r;

		guest->dir = open(guest->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (guest->dir < 0)
			return errno == ENOENT ? 1 : err_sys(err, errno, "open %s", guest->path);
		r = locked ? lock(guest, err) : 0;
		if (r < 0 || !locked || is_still_named(guest))
			return r;
		(void)close(guest->dir);
		guest->dir = -1;
	}
}

/* Returns 0; 1 when there is no guest.json; or an error. */
static int read_record(struct guest *guest, struct err *err)
{
	autofree char *text = NULL;
	size_t size;
	int r = file_read(guest->dir, GUEST_RECORD, GUEST_RECORD_MAX, &text, &size, err);

	if (r == -ENOENT)
		return 1;
	if (r == 0)
		r = guest_decode(text, size, guest, err);
	return r < 0 ? err_in(err, "guest %s", guest->name) : 0;
}

static int start_opening(const struct store *store, const char *name, struct guest *ret, struct err *err)
{
	int r;

	*ret = (struct guest)GUEST_CLOSED;
	r = container_check_id(name, err);
	return r < 0 ? r : fill_paths(store, name, ret, err);
}

int guest_open(const struct store *store, const char *name, bool locked, struct guest *ret, struct err *err)
{
	int r = start_opening(store, name, ret, err);

	if (r == 0)
		r = open_dir(ret, locked, err);
	if (r == 0)
		r = read_record(ret, err);
	return r == 1 ? does_not_exist(name, err) : r;
}

int guest_open_any(const struct store *store, const char *name, bool make, struct guest *ret, struct err *err)
{
	int r = start_opening(store, name, ret, err);

	if (r < 0)
		return r;
	do {
		r = make ? make_dir(ret, err) : 0;
		if (r == 0)
			r = open_dir(ret, true, err);
	} while (r == 1 && make); /* removed in between */
	if (r == 1)
		return does_not_exist(name, err);
	return r < 0 ? r : read_record(ret, err);
}

void guest_unlock(struct guest *guest)
{
	(void)flock(guest->dir, LOCK_UN); /* cannot fail for an open directory */
}

int guest_save(const struct guest *guest, struct err *err)
{
	autobuf text = { 0 };
	int r;

	if (guest_encode(guest, &text) < 0)
		return err_memory(err);
	r = file_replace(guest->dir, GUEST_RECORD, text.data, text.size, 0600, err);
	return r < 0 ? err_in(err, "guest %s", guest->name) : 0;
}

void guest_close(struct guest *guest)
{
	if (guest->json)
		json_decref(guest->json);
	auto_close(&guest->dir);
	arena_free(&guest->arena);
	*guest = (struct guest)GUEST_CLOSED;
}
