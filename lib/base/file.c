#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fd.h"

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
	n = fd_read_all(fd, data, (size_t)st.st_size + 1);
	if (n < 0)
		return err_sys(err, (int)-n, "read %s", path);
	if ((size_t)n > (size_t)st.st_size)
		return err_set(err, EAGAIN, "%s changed while it was read", path);
	data[n] = '\0';
	*ret_size = (size_t)n;
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

int file_replace(int dir, const char *name, const void *data, size_t size, mode_t mode, struct err *err)
{
	char temporary[300];
	autofd fd = -1;
	int r;

	/* the process id keeps writers apart, so O_EXCL meets only a dead process' leftover */
	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.tmp.%d", name, getpid()) >= sizeof(temporary))
		return err_set(err, ENAMETOOLONG, "file name %s is too long", name);
	for (int attempt = 0; fd < 0 && attempt < 2; attempt++) {
		fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode);
		if (fd < 0 && errno == EEXIST)
			(void)unlinkat(dir, temporary, 0);
	}
	if (fd < 0)
		return err_sys(err, errno, "create %s", temporary);
	r = fchmod(fd, mode) < 0 ? -errno : 0;
	if (r == 0)
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
