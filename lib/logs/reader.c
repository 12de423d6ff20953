#include "logs/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "logs/files.h"

#define ROOM_FIRST 131072
#define EVENTS	   (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR)

struct log_reader {
	const char *path; /* of the newest file; a copy */
	int fd;
	off_t offset; /* of what was read from the file last, its end */
	char *data;
	size_t at, size, room; /* what is in `data` and not yet delivered is from `at` to `size` */
	uint64_t strange;
	int inotify, watch; /* -1: none */
	char copy[];
};

bool log_filter_takes(const struct log_filter *filter, const struct log_entry *entry)
{
	if (!filter->streams[entry->stream])
		return false;
	if (filter->has_since && log_time_is_before(&entry->when, &filter->since))
		return false;
	return !filter->has_until || !log_time_is_before(&filter->until, &entry->when);
}

int log_reader_open(const char *path, struct log_reader **ret, struct err *err)
{
	size_t size = strlen(path) + 1;
	struct log_reader *reader = calloc(1, sizeof(*reader) + size);
	int r;

	if (!reader)
		return err_memory(err);
	memcpy(reader->copy, path, size);
	reader->path = reader->copy;
	reader->fd = reader->inotify = reader->watch = -1;
	r = log_files_open_oldest(path, &reader->fd, err);
	if (r < 0) {
		log_reader_close(reader);
		return r;
	}
	*ret = reader;
	return 0;
}

void log_reader_close(struct log_reader *reader)
{
	if (!reader)
		return;
	auto_close(&reader->fd);
	auto_close(&reader->inotify);
	free(reader->data);
	free(reader);
}

static void start_file(struct log_reader *reader, int fd, off_t offset)
{
	auto_close(&reader->fd);
	reader->fd = fd;
	reader->offset = offset;
	reader->at = reader->size = 0;
}

int log_reader_go_to_last(struct log_reader *reader, uint64_t count, const struct log_filter *filter, struct err *err)
{
	off_t offset;
	int fd, r = log_files_find_last(reader->path, count, filter, &fd, &offset, err);

	if (r < 0)
		return r;
	start_file(reader, fd, offset);
	return 0;
}

/* ---- entries */

/* Make room behind what waits. */
static int make_room(struct log_reader *reader, struct err *err)
{
	size_t waits = reader->size - reader->at;

	if (reader->at > 0) {
		memmove(reader->data, reader->data + reader->at, waits);
	} else if (waits == reader->room) {
		size_t room = reader->room ? reader->room * 2 : ROOM_FIRST;
		char *data = realloc(reader->data, room);

		if (!data)
			return err_memory(err);
		reader->data = data;
		reader->room = room;
	}
	reader->at = 0;
	reader->size = waits;
	return 0;
}

/* Read on in the file.  Returns how much; 0 at its end. */
static ssize_t read_more(struct log_reader *reader, struct err *err)
{
	ssize_t n;
	int r = make_room(reader, err);

	if (r < 0)
		return r;
	do {
		n = pread(reader->fd, reader->data + reader->size, reader->room - reader->size, reader->offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "read log file %s", reader->path);
	reader->size += (size_t)n;
	reader->offset += n;
	return n;
}

/* The next line that is complete, or longer than any entry; NULL: there is none yet. */
static char *take_line(struct log_reader *reader, size_t *ret_size)
{
	char *line = reader->data + reader->at;
	size_t waits = reader->size - reader->at;
	char *newline = waits ? memchr(line, '\n', waits) : NULL;

	if (!newline && waits < LOG_ENTRY_MAX)
		return NULL;
	*ret_size = newline ? (size_t)(newline - line) : waits;
	reader->at += newline ? *ret_size + 1 : *ret_size;
	return line;
}

/* At the end of the file: an entry that is half written is read again, as who writes may take it back; a file that became shorter
 * was begun anew. */
static void step_back(struct log_reader *reader)
{
	struct stat st;

	reader->offset -= (off_t)(reader->size - reader->at);
	reader->at = reader->size = 0;
	if (fstat(reader->fd, &st) == 0 && st.st_size < reader->offset)
		reader->offset = 0;
}

/* The file ends.  Returns 1 if there is another one, which is open now; 0: not yet; or an error. */
static int go_to_next_file(struct log_reader *reader, struct err *err)
{
	int fd, r = log_files_open_next(reader->path, reader->fd, &fd, err);
	ssize_t n;

	if (r <= 0)
		return r;
	/* what was written to this one between its end and its rename */
	n = read_more(reader, err);
	if (n != 0) {
		(void)close(fd);
		return n < 0 ? (int)n : 1;
	}
	reader->strange += reader->size > reader->at;
	start_file(reader, fd, 0);
	return 1;
}

int log_reader_next(struct log_reader *reader, struct log_entry *ret, struct err *err)
{
	for (;;) {
		size_t size;
		char *line = take_line(reader, &size);
		ssize_t n;
		int r;

		if (line && log_entry_parse(line, size, ret))
			return 1;
		if (line) {
			reader->strange += size > 0;
			continue;
		}
		n = read_more(reader, err);
		if (n < 0)
			return (int)n;
		if (n > 0)
			continue;
		r = go_to_next_file(reader, err);
		if (r == 0)
			step_back(reader);
		if (r <= 0)
			return r;
	}
}

uint64_t log_reader_strange(const struct log_reader *reader)
{
	return reader->strange;
}

/* ---- following */

/* Watch the directory, as files come and go; the one that has the name now. */
static bool add_watch(struct log_reader *reader)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(reader->path, '/');
	int size = slash ? (int)(slash - reader->path) + (slash == reader->path) : 0, watch;

	(void)snprintf(folder, sizeof(folder), "%.*s", size, reader->path);
	watch = inotify_add_watch(reader->inotify, size ? folder : ".", EVENTS);
	if (watch != reader->watch && reader->watch >= 0)
		(void)inotify_rm_watch(reader->inotify, reader->watch); /* gone already if the directory is */
	reader->watch = watch;
	return watch >= 0;
}

int log_reader_watch(struct log_reader *reader, int *ret_fd, struct err *err)
{
	reader->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (reader->inotify < 0 || !add_watch(reader))
		return err_sys(err, errno, "watch log file %s", reader->path);
	*ret_fd = reader->inotify;
	return 0;
}

/* The end of a directory is no event while its last file is open here: look at the names. */
bool log_reader_watch_on(struct log_reader *reader)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(reader->inotify, events, sizeof(events)) > 0)
		;
	return add_watch(reader) && faccessat(AT_FDCWD, reader->path, F_OK, 0) == 0;
}
