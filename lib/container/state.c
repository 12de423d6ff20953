#include "container/state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "container/record.h"
#include "container/socket.h"

#define LOCK_TIMEOUT_MS 10000
#define LOCK_STEP_MS	10
#define RECORD_MAX	(32u << 20) /* bytes: annotations may be large */

/* The sticky bit keeps those who clean $XDG_RUNTIME_DIR by age away from it (XDG Base Directory Specification). */
#define ROOT_MODE 01700

static int cannot_make(const char *path, int number, struct err *err)
{
	(void)err_sys(err, number, "make state directory %s", path);
	if (number != EACCES && number != EPERM && number != EROFS)
		return -number;
	return err_hint(err, "name another by --root DIR, or by XDG_RUNTIME_DIR for a user who is not root");
}

/* Make a directory with its parents, as mkdir -p. */
static int make_root(const char *path, struct err *err)
{
	autofree char *parent = NULL;
	char *slash;
	int r;

	if (mkdir(path, ROOT_MODE) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return cannot_make(path, errno, err);
	parent = strdup(path);
	if (!parent)
		return err_memory(err);
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return err_sys(err, ENOENT, "make state directory %s", path);
	*slash = '\0';
	r = make_root(parent, err);
	if (r < 0)
		return r;
	return mkdir(path, ROOT_MODE) == 0 || errno == EEXIST ? 0 : cannot_make(path, errno, err);
}

/* Make the container's directory, and the one of all containers where that is missing.  Returns 0 or -errno. */
static int make_dir(const struct state *state, struct err *err)
{
	autofree char *parent = NULL;
	int r;

	if (mkdir(state->path, 0700) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	parent = strndup(state->path, strlen(state->path) - strlen(state->id) - 1);
	r = parent ? make_root(parent, err) : -ENOMEM;
	if (r < 0)
		return r;
	return mkdir(state->path, 0700) < 0 ? -errno : 0;
}

/* Tell whether the open directory still has its name: it was not deleted while we waited for its lock.  Returns 1, 0, or
 * -errno. */
static int is_linked(int dir)
{
	struct stat st;

	return fstat(dir, &st) < 0 ? -errno : st.st_nlink > 0;
}

int state_make(struct state *state, struct err *err)
{
	autofd dir = -1;
	int r;

	*err = (struct err){ 0 };
	r = make_dir(state, err);
	if (r == -EEXIST)
		return err_set(err, EEXIST, "container \"%s\" already exists", state->id);
	if (r < 0)
		return err->number ? r : cannot_make(state->path, -r, err);
	dir = open(state->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0) {
		int number = errno;

		if (number != EWOULDBLOCK) /* a delete that came between holds the lock and removes it */
			(void)rmdir(state->path);
		return number == EWOULDBLOCK ? err_set(err, EBUSY, "container \"%s\" is being deleted", state->id)
					     : err_sys(err, number, "lock %s", state->id);
	}
	r = is_linked(dir);
	if (r < 0) {
		(void)rmdir(state->path); /* ours: we hold its lock */
		return err_sys(err, -r, "look at %s", state->path);
	}
	if (!r) /* a delete has removed it already, and the name may be another's by now */
		return err_set(err, EBUSY, "container \"%s\" was deleted while it was created", state->id);
	state->dir = take_fd(&dir);
	/* from here on state_remove() undoes it */
	return state_save(state, err);
}

static int lock(int dir, const char *id, struct err *err)
{
	for (int waited = 0; flock(dir, LOCK_EX | LOCK_NB) < 0; waited += LOCK_STEP_MS) {
		const struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };

		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return err_sys(err, errno, "lock container %s", id);
		if (waited >= LOCK_TIMEOUT_MS)
			return err_set(err, EBUSY,
				       "container %s is busy: another operation on it has not ended for %d s", id,
				       LOCK_TIMEOUT_MS / 1000);
		(void)nanosleep(&step, NULL); /* flock(2) has no timeout */
	}
	return 0;
}

static int does_not_exist(const char *id, struct err *err)
{
	return err_set(err, ENOENT, "container \"%s\" does not exist", id);
}

static void read_record(struct state *state)
{
	autofree char *text = NULL;
	struct err err;
	size_t size;
	int r = file_read(state->dir, STATE_RECORD, RECORD_MAX, &text, &size, &err);

	state->is_creating = r == -ENOENT;
	if (r == -ENOENT)
		r = file_read(state->dir, STATE_INTENT, RECORD_MAX, &text, &size, &err);
	if (r == -ENOENT) { /* it was renamed in between */
		r = file_read(state->dir, STATE_RECORD, RECORD_MAX, &text, &size, &err);
		state->is_creating = false;
	}
	if (r == 0)
		r = record_decode(text, size, state, &err);
	state->is_readable = r == 0;
	if (r < 0)
		log_debug("container %s: %s", state->id, err.text);
}

int state_name(const struct container_host *host, const char *id, struct state *state, struct err *err)
{
	state->path = arena_printf(&state->arena, "%s/%s", host->root, id);
	if (!state->path)
		return err_memory(err);
	state->id = state->path + strlen(host->root) + 1;
	return 0;
}

int state_open(const struct container_host *host, const char *id, enum state_lock locked, struct state *state,
	       struct err *err)
{
	int r;

	*state = (struct state)STATE_CLOSED;
	state->layout = host->layout;
	r = container_check_id(id, err);
	if (r == 0)
		r = state_name(host, id, state, err);
	if (r < 0)
		return r;
	state->dir = open(state->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (state->dir < 0)
		return errno == ENOENT ? does_not_exist(id, err)
				       : err_sys(err, errno, "open the state of container %s", id);
	if (locked == STATE_LOCKED) {
		r = lock(state->dir, id, err);
		if (r < 0)
			return r;
		r = is_linked(state->dir);
		if (r <= 0)
			return r ? err_sys(err, -r, "look at %s", state->path) : does_not_exist(id, err);
	}
	read_record(state);
	return 0;
}

int state_open_readable(const struct container_host *host, const char *id, enum state_lock locked, struct state *state,
			struct err *err)
{
	int r = state_open(host, id, locked, state, err);

	if (r < 0 || state->is_readable)
		return r;
	return err_set(err, EIO, "the state of container %s cannot be read (delete --force removes it)", id);
}

int state_relock(struct state *state, struct err *err)
{
	int r = lock(state->dir, state->id, err);

	if (r < 0)
		return r;
	r = is_linked(state->dir);
	return r < 0 ? err_sys(err, -r, "look at %s", state->path) : !r;
}

void state_unlock(struct state *state)
{
	(void)flock(state->dir, LOCK_UN);
}

int state_save(const struct state *state, struct err *err)
{
	autobuf text = { 0 };
	int r = record_encode(state, &text, err);

	return r < 0 ? r : file_replace(state->dir, STATE_INTENT, text.data, text.size, 0600, err);
}

int state_change(const struct state *state, struct err *err)
{
	autobuf text = { 0 };
	int r = record_encode(state, &text, err);

	return r < 0 ? r : file_replace(state->dir, STATE_RECORD, text.data, text.size, 0600, err);
}

int state_finish(struct state *state, struct err *err)
{
	if (renameat(state->dir, STATE_INTENT, state->dir, STATE_RECORD) < 0)
		return err_sys(err, errno, "rename " STATE_INTENT " to " STATE_RECORD);
	state->is_creating = false;
	return 0;
}

/* Remove what stands in a directory; the only folder below, notify/, holds nothing but a socket. */
static int empty_dir(int dir, int depth, struct err *err)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir list = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!list) {
		int r = err_sys(err, errno, "read the state directory");

		auto_close(&copy);
		return r;
	}
	while ((entry = readdir(list))) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		if (unlinkat(dir, entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno == EISDIR && depth > 0) {
			autofd below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
			int r = below < 0 ? err_sys(err, errno, "open %s", entry->d_name)
					  : empty_dir(below, depth - 1, err);

			if (r < 0)
				return r;
			if (unlinkat(dir, entry->d_name, AT_REMOVEDIR) == 0)
				continue;
		}
		return err_sys(err, errno, "remove %s", entry->d_name);
	}
	return 0;
}

int state_remove(struct state *state, struct err *err)
{
	static const char *const usual[][2] = {
		{ STATE_RECORD, STATE_CONFIG },	      /* in this order: see state_load_config() */
		{ STATE_INTENT, STATE_START_SOCKET }, /* create has not finished, or there was no start */
	};
	int r;

	if (state->dir < 0)
		return 0;
	/* nearly always this is all there is: then the directory need not be read, which takes a descriptor that a
	 * failed create may not get */
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		(void)unlinkat(state->dir, usual[i][0], 0);
		(void)unlinkat(state->dir, usual[i][1], 0);
		if (rmdir(state->path) == 0 || errno == ENOENT)
			return 0;
	}
	r = empty_dir(state->dir, 1, err);
	if (r < 0)
		return r;
	if (rmdir(state->path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", state->path);
	return 0;
}

void state_close(struct state *state)
{
	auto_close(&state->dir);
	auto_close(&state->network_fd);
	state->dir = state->network_fd = -1;
	if (state->json)
		json_decref(state->json);
	state->json = NULL;
	arena_free(&state->arena);
}

int state_load_config(const struct state *state, struct spec_document **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t size;
	int r = file_read(state->dir, STATE_CONFIG, SPEC_SIZE_MAX, &text, &size, err);

	/* the record was there when the state was opened, and goes first: it is being deleted */
	if (r == -ENOENT && state->is_readable && !state->is_creating &&
	    faccessat(state->dir, STATE_RECORD, F_OK, 0) < 0)
		return does_not_exist(state->id, err);
	return r < 0 ? r : spec_parse(text, size, STATE_CONFIG, ret, err);
}

bool state_was_released(const struct state *state)
{
	return state->has_process && socket_is_deserted(state->dir, STATE_START_SOCKET);
}

static bool is_frozen(const struct state *state)
{
	struct cgroup_layout found;
	struct err ignored;

	if (!state->cgroup.inode)
		return false;
	if (state->layout)
		return cgroup_is_frozen(state->layout, &state->cgroup);
	return cgroup_detect(&found, &ignored) == 0 && cgroup_is_frozen(&found, &state->cgroup);
}

int state_find(const struct state *state, bool *ret_ended, int *ret_pidfd, struct err *err)
{
	int r = state->init.pid ? proc_open(&state->init, ret_pidfd, err) : 0;

	if (r >= 0)
		*ret_ended = r > 0;
	return r < 0 ? r : 0;
}

int state_status(const struct state *state, enum container_status *ret, int *ret_pidfd, struct err *err)
{
	autofd pidfd = -1;
	int r;

	if (!state->init.pid) {
		*ret = CONTAINER_CREATING;
		return 0;
	}
	r = proc_open(&state->init, &pidfd, err);
	if (r < 0)
		return r;
	if (r > 0)
		*ret = CONTAINER_STOPPED;
	else if (state->is_creating)
		*ret = CONTAINER_CREATING;
	else if (is_frozen(state))
		*ret = CONTAINER_PAUSED;
	else if (!state->has_process || faccessat(state->dir, STATE_START_SOCKET, F_OK, 0) == 0)
		*ret = CONTAINER_CREATED;
	else
		*ret = CONTAINER_RUNNING;
	if (ret_pidfd)
		*ret_pidfd = take_fd(&pidfd);
	return 0;
}
