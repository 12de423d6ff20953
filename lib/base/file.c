#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fd.h"

#define TEMPORARY_MAX (NAME_MAX + 20)

int file_read(int dir, const char *path, size_t max, char **ret_data, size_t *ret_size, struct err *err)
{
	autofree char *data = NULL;
	autofd fd = -1;
	struct stat st;
	ssize_t n;

	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_user(err, "%s is not a regular file", path);
	if (st.st_size < 0 || (size_t)st.st_size > max)
		return err_set(err, EFBIG, "%s is larger than %zu bytes", path, max);
	data = malloc((size_t)st.st_size + 2);
	if (!data)
		return err_memory(err);
	/* one byte more than its size: a file that grows meanwhile is noticed */
	do {
		n = read(fd, data, (size_t)st.st_size + 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "read %s", path);
	if (n != st.st_size)
		return err_set(err, EAGAIN, "%s changed while it was read", path);
	data[n] = '\0';
	*ret_size = (size_t)n;
	*ret_data = take_ptr(data);
	return 0;
}

/* Read more behind the `*size` bytes that are there.  Returns what read(2) does, or -1 with errno. */
static ssize_t read_more(int fd, char **data, size_t *size, size_t *room)
{
	ssize_t n;

	if (*size + 1 >= *room) {
		size_t more = *room ? *room * 2 : 16384;
		char *grown = realloc(*data, more);

		if (!grown)
			return -1;
		*data = grown;
		*room = more;
	}
	do {
		n = read(fd, *data + *size, *room - *size - 1);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		*size += (size_t)n;
	return n;
}

int file_read_stream(const char *path, size_t max, char **ret_data, size_t *ret_size, struct err *err)
{
	autofree char *data = NULL;
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t size = 0, room = 0;
	ssize_t n;

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	do {
		n = read_more(fd, &data, &size, &room);
		if (n < 0)
			return err_sys(err, errno, "read %s", path);
		if (size > max)
			return err_set(err, EFBIG, "%s is larger than %zu bytes", path, max);
	} while (n > 0);
	data[size] = '\0';
	*ret_size = size;
	*ret_data = take_ptr(data);
	return 0;
}

ssize_t file_read_short(int dir, const char *path, char *data, size_t room)
{
	autofd fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = fd_read_all(fd, data, room - 1);
	if (n < 0)
		return n;
	if (n > 0 && data[n - 1] == '\n')
		n--;
	data[n] = '\0';
	return n;
}

int file_write_knob(int dir, const char *path, const char *text)
{
	autofd fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t size = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, size);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

int file_make(int dir, const char *name, const void *data, size_t size, mode_t mode, struct err *err)
{
	autofd fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "create %s", name);
	r = fd_write_all(fd, data, size);
	if (r == 0)
		return 0;
	(void)unlinkat(dir, name, 0); /* the first failure is the one to tell */
	return err_sys(err, -r, "write %s", name);
}

/* Make the temporary file.  One that is there already is a dead process' leftover, or another writer's: take another name. */
static int open_temporary(int dir, const char *name, mode_t mode, char temporary[TEMPORARY_MAX])
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
	int fd;

	(void)snprintf(temporary, TEMPORARY_MAX, "%.*s.tmp", NAME_MAX, name);
	fd = openat(dir, temporary, flags, mode);
	if (fd >= 0 || errno != EEXIST)
		return fd;
	(void)snprintf(temporary, TEMPORARY_MAX, "%.*s.tmp.%d", NAME_MAX, name, getpid());
	(void)unlinkat(dir, temporary, 0); /* our own number: nobody else writes to it */
	return openat(dir, temporary, flags, mode);
}

int file_replace(int dir, const char *name, const void *data, size_t size, mode_t mode, struct err *err)
{
	char temporary[TEMPORARY_MAX];
	autofd fd = open_temporary(dir, name, mode, temporary);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "create %s", temporary);
	r = fd_write_all(fd, data, size);
	if (r < 0) {
		(void)unlinkat(dir, temporary, 0); /* the first failure is the one to tell */
		return err_sys(err, -r, "write %s", name);
	}
	if (renameat(dir, temporary, dir, name) < 0) {
		r = err_sys(err, errno, "rename %s to %s", temporary, name);
		(void)unlinkat(dir, temporary, 0);
		return r;
	}
	return 0;
}
