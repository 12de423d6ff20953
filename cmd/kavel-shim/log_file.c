/* Entries are made in the scratch memory and written many at a time.
 *
 * An entry is in one file as a whole.  What a full disk cut off is taken back, so that the file always ends with a complete entry;
 * where that fails (an append-only file, a shim that was killed), the next open sees that a newline is missing, and writes it. */
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fd.h"

struct log_file {
	const struct log_target *target;
	int fd;
	bool is_torn; /* the last entry has no newline */
	time_t checked; /* second when it was last seen to have a name */
	uint64_t size;
	uint64_t size_max; /* 0: none */
};

static int open_path(const char *path, int flags, struct err *err)
{
	/* O_NONBLOCK: a FIFO must not hang.  Readable, to see how it ends */
	int fd = openat(AT_FDCWD, path,
			O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | flags, 0600);

	if (fd >= 0)
		return fd;
	if (errno == ELOOP)
		return err_user(err, "log file %s is a symbolic link", path);
	return err_sys(err, errno, "open log file %s", path);
}

/* Take what is there, if anything, as the beginning of the log. */
static int look_at(struct log_file *file, struct err *err)
{
	const char *path = file->target->path;
	struct stat st;
	char last;

	if (fstat(file->fd, &st) < 0)
		return err_sys(err, errno, "stat log file %s", path);
	if (!S_ISREG(st.st_mode))
		return err_user(err, "log file %s is not a regular file", path);
	file->size = (uint64_t)st.st_size;
	file->is_torn = st.st_size > 0 && (pread(file->fd, &last, 1, st.st_size - 1) != 1 || last != '\n');
	return 0;
}

/* The limit of one file, such that all together keep theirs, and there can be a rotated one if there is to be any. */
static uint64_t limit(const struct log_settings *settings)
{
	uint64_t most = settings->size_max_all / (settings->files_max ? 2 : 1);

	if (!settings->size_max_all)
		return settings->size_max;
	if (!settings->size_max)
		most = settings->size_max_all / ((uint64_t)settings->files_max + 1);
	else if (settings->size_max < most)
		return settings->size_max;
	return most ? most : 1;
}

int log_file_open(const struct log_target *target, void **ret_state, struct err *err)
{
	autofree struct log_file *file = calloc(1, sizeof(*file));
	int r;

	if (!file || log_scratch_get(target->scratch) < 0)
		return err_memory(err);
	file->target = target;
	file->size_max = limit(target->settings);
	file->fd = open_path(target->path, 0, err);
	if (file->fd < 0)
		return file->fd;
	r = look_at(file, err);
	if (r < 0) {
		(void)close(file->fd);
		return r;
	}
	*ret_state = take_ptr(file);
	return 0;
}

size_t log_file_close(void *state)
{
	struct log_file *file = state;

	(void)close(file->fd); /* every write has told what there is to tell */
	free(file);
	return 0;
}

/* PATH, or PATH.NUMBER. */
static int numbered(const struct log_file *file, unsigned int number, char name[PATH_MAX], struct err *err)
{
	int size = number ? snprintf(name, PATH_MAX, "%s.%u", file->target->path, number)
			  : snprintf(name, PATH_MAX, "%s", file->target->path);

	if (size < 0 || size >= PATH_MAX)
		return err_set(err, ENAMETOOLONG, "log file %s.%u: its path is too long", file->target->path, number);
	return 0;
}

/* How many rotated files are kept, the latest of those that are there: as many as fit in the limit for all. */
static int count_kept(const struct log_file *file, unsigned int *ret, struct err *err)
{
	const struct log_settings *settings = file->target->settings;
	uint64_t total = file->size_max + file->size; /* the file to come, and this one as FILE.1 */
	unsigned int kept = 0;

	while (kept + 1 < settings->files_max) {
		char name[PATH_MAX];
		struct stat st;
		int r = numbered(file, kept + 1, name, err);

		if (r < 0)
			return r;
		if (fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		total += (uint64_t)st.st_size;
		if (settings->size_max_all && total > settings->size_max_all)
			break;
		kept++;
	}
	*ret = kept;
	return 0;
}

/* FILE.1 becomes FILE.2, and so on; the file itself FILE.1. */
static int shift(const struct log_file *file, struct err *err)
{
	const unsigned int files_max = file->target->settings->files_max;
	char from[PATH_MAX], to[PATH_MAX];
	unsigned int kept;
	int r = count_kept(file, &kept, err);

	if (r < 0)
		return r;
	/* what the limits no longer allow; one gap ends the row */
	for (unsigned int number = kept + 1; number <= files_max; number++) {
		r = numbered(file, number, from, err);
		if (r < 0)
			return r;
		if (unlinkat(AT_FDCWD, from, 0) < 0)
			break;
	}
	for (unsigned int number = kept + 1; number > 0; number--) {
		r = numbered(file, number - 1, from, err);
		if (r == 0)
			r = numbered(file, number, to, err);
		if (r < 0)
			return r;
		if (renameat(AT_FDCWD, from, AT_FDCWD, to) < 0)
			return err_sys(err, errno, "rotate log file %s to %s", from, to);
	}
	return 0;
}

/* Begin the file anew, at once: a reader meets the old one or the new one. */
static int replace(struct log_file *file, struct err *err)
{
	char name[PATH_MAX];
	autofd fd = -1;

	if (snprintf(name, sizeof(name), "%s.tmp", file->target->path) >= (int)sizeof(name))
		return err_set(err, ENAMETOOLONG, "log file %s.tmp: its path is too long", file->target->path);
	(void)unlinkat(AT_FDCWD, name, 0); /* left by a shim that was killed */
	fd = open_path(name, O_EXCL, err);
	if (fd < 0)
		return fd;
	if (renameat(AT_FDCWD, name, AT_FDCWD, file->target->path) < 0) {
		int r = err_sys(err, errno, "rename %s to %s", name, file->target->path);

		(void)unlinkat(AT_FDCWD, name, 0); /* the first failure is the one to tell */
		return r;
	}
	(void)close(file->fd);
	file->fd = take_fd(&fd);
	return 0;
}

static int rotate(struct log_file *file, struct err *err)
{
	int r, fd;

	if (file->target->settings->files_max == 0) {
		r = replace(file, err);
		if (r < 0)
			return r;
	} else {
		r = shift(file, err);
		if (r < 0)
			return r;
		fd = open_path(file->target->path, O_EXCL, err);
		if (fd < 0)
			return fd;
		(void)close(file->fd);
		file->fd = fd;
	}
	file->size = 0;
	file->is_torn = false;
	return 0;
}

/* Entries that were made, and the place in the chunk of the first of them. */
struct batch {
	const struct log_chunk *chunk;
	char *data;
	size_t size;
	size_t *done;
	size_t made; /* the place behind the last of them */
};

/* Of the batch only `written` bytes were: keep its complete entries, and take the rest of the last one back. */
static void keep_entries(struct log_file *file, const struct batch *batch, size_t written)
{
	size_t kept = 0;

	for (;;) {
		const char *newline = memchr(batch->data + kept, '\n', written - kept);

		if (!newline)
			break;
		kept = (size_t)(newline - batch->data) + 1;
		*batch->done += log_next_piece(batch->chunk, *batch->done).taken;
	}
	(void)!ftruncate(file->fd, (off_t)(file->size + kept)); /* else the next open ends the entry */
}

static int write_batch(struct log_file *file, struct batch *batch, struct err *err)
{
	size_t written = 0;

	while (written < batch->size) {
		ssize_t n = write(file->fd, batch->data + written, batch->size - written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int r = err_sys(err, errno, "write log file %s", file->target->path);

			keep_entries(file, batch, written);
			return r;
		}
		written += (size_t)n;
	}
	file->size += batch->size;
	*batch->done = batch->made;
	batch->size = 0;
	return 0;
}

/* Somebody deleted the file: no reader would ever see what is written to it. */
static int check_name(struct log_file *file, time_t now, struct err *err)
{
	struct stat st;

	if (file->checked == now)
		return 0;
	file->checked = now;
	if (fstat(file->fd, &st) == 0 && st.st_nlink == 0)
		return err_set(err, ENOENT, "log file %s was deleted", file->target->path);
	return 0;
}

static int end_torn_entry(struct log_file *file, struct err *err)
{
	int r = fd_write_all(file->fd, "\n", 1);

	if (r < 0)
		return err_sys(err, -r, "write log file %s", file->target->path);
	file->size++;
	file->is_torn = false;
	return 0;
}

/* The entry of `size` bytes behind the batch does not fit in this file. */
static int go_to_next_file(struct log_file *file, struct batch *batch, size_t size, struct err *err)
{
	const char *entry = batch->data + batch->size;
	int r = write_batch(file, batch, err);

	if (r == 0)
		r = rotate(file, err);
	if (r == 0)
		memmove(batch->data, entry, size);
	return r;
}

int log_file_write(void *state, const struct log_chunk *chunk, size_t *done, struct err *err)
{
	struct log_file *file = state;
	const struct log_format *format = file->target->format;
	struct log_scratch *scratch = file->target->scratch;
	struct batch batch = { .chunk = chunk, .data = scratch->data, .done = done, .made = *done };
	char fixed[LOG_FIXED_MAX];
	size_t fixed_size = format->fixed(chunk, fixed);
	int r = check_name(file, chunk->when.tv_sec, err);

	if (r == 0 && file->is_torn)
		r = end_torn_entry(file, err);
	while (r == 0) {
		struct log_piece piece = log_next_piece(chunk, batch.made);
		size_t size;

		if (format->room(piece.size) > LOG_SCRATCH_MAX - batch.size) {
			r = write_batch(file, &batch, err);
			continue;
		}
		size = format->entry(&piece, fixed, fixed_size, batch.data + batch.size);
		if (scratch->used < batch.size + size)
			scratch->used = batch.size + size;
		if (file->size_max && file->size + batch.size > 0 && file->size + batch.size + size > file->size_max)
			r = go_to_next_file(file, &batch, size, err);
		if (r < 0)
			break;
		batch.size += size;
		batch.made += piece.taken;
		if (batch.made == chunk->size)
			return write_batch(file, &batch, err);
	}
	return r;
}
