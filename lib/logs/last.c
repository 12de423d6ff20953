/* The last lines of a log, found from its end backwards, one block and one file after the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "logs/files.h"

#define BLOCK 65536

/* A file, or the part of it that is still to be looked at: it ends where the last line that was taken begins. */
struct backwards {
	int fd;
	off_t start; /* of what is in `data` */
	char *data;
	size_t size, room;
};

/* Read the block before what is there.  Returns 0, or -errno (no text). */
static int read_before(struct backwards *file)
{
	size_t more = file->start < BLOCK ? (size_t)file->start : BLOCK, done = 0;

	if (file->size + more > file->room) {
		size_t room = file->size + more + BLOCK;
		char *data = realloc(file->data, room);

		if (!data)
			return -ENOMEM;
		file->data = data;
		file->room = room;
	}
	memmove(file->data + more, file->data, file->size);
	while (done < more) {
		ssize_t n = pread(file->fd, file->data + done, more - done, file->start - (off_t)(more - done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ESTALE; /* it became shorter */
		done += (size_t)n;
	}
	file->start -= (off_t)more;
	file->size += more;
	return 0;
}

/* The last line that was not taken yet, without its newline.  Returns 1, 0 when there is none, or -errno. */
static int take_last_line(struct backwards *file, char **ret, size_t *ret_size)
{
	for (;;) {
		bool is_ended = file->size > 0 && file->data[file->size - 1] == '\n';
		size_t end = file->size - is_ended;
		const char *newline = end ? memrchr(file->data, '\n', end) : NULL;
		size_t begin = newline ? (size_t)(newline - file->data) + 1 : 0;
		int r;

		if (newline || file->start == 0 || file->size > LOG_ENTRY_MAX) {
			if (file->size == 0)
				return 0;
			*ret = file->data + begin;
			*ret_size = end - begin;
			file->size = begin;
			return 1;
		}
		r = read_before(file);
		if (r < 0)
			return r;
	}
}

struct search {
	const struct log_filter *filter;
	uint64_t wanted, found;
	/* of the stream, what comes later in the log is the rest of a line that was counted */
	bool is_rest[LOG_STREAMS];
};

/* Count the entry.  Returns true if what is wanted begins behind it. */
static bool is_before_wanted(struct search *search, const struct log_entry *entry)
{
	if (search->filter->has_since && log_time_is_before(&entry->when, &search->filter->since))
		return true;
	if (!log_filter_takes(search->filter, entry))
		return false;
	if (!entry->is_complete && search->is_rest[entry->stream])
		return false; /* the beginning of a line that was counted */
	if (search->found == search->wanted)
		return true;
	search->found++;
	search->is_rest[entry->stream] = true;
	return false;
}

/* Look through one file.  *ret_offset: where what is wanted begins, if 1 is returned; 0: in an older file. */
static int search_file(struct search *search, struct backwards *file, off_t *ret_offset)
{
	for (;;) {
		struct log_entry entry;
		size_t size;
		char *line;
		off_t behind = file->start + (off_t)file->size;
		int r = take_last_line(file, &line, &size);

		if (r <= 0)
			return r;
		if (log_entry_parse(line, size, &entry) && is_before_wanted(search, &entry)) {
			*ret_offset = behind;
			return 1;
		}
	}
}

static int open_backwards(struct backwards *file, int fd)
{
	struct stat st;

	file->fd = fd;
	file->size = 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	file->start = st.st_size;
	return 0;
}

int log_files_find_last(const char *path, uint64_t count, const struct log_filter *filter, int *ret_fd,
			off_t *ret_offset, struct err *err)
{
	struct search search = { .filter = filter, .wanted = count };
	struct backwards file = { .data = NULL };
	autofd fd = -1;
	int found = 0, r;

	*ret_offset = 0;
	r = log_files_open(path, 0, &fd, err);
	if (r > 0)
		return log_files_open_oldest(path, ret_fd, err);
	for (unsigned int number = 1; r == 0; number++) {
		int older;

		found = open_backwards(&file, fd);
		if (found == 0)
			found = search_file(&search, &file, ret_offset);
		if (found != 0)
			break;
		r = log_files_open(path, number, &older, err);
		if (r == 0) {
			auto_close(&fd);
			fd = older;
		}
	}
	free(file.data);
	if (r < 0)
		return r;
	if (found < 0)
		return err_sys(err, -found, "read log file %s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}
