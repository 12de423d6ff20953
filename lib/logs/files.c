#include "logs/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/auto.h"

#define NUMBER_MAX 1000000u
#define ATTEMPTS   100

int log_files_open(const char *path, unsigned int number, int *ret_fd, struct err *err)
{
	char name[PATH_MAX];
	autofd fd = -1;
	struct stat st;
	int size =
		number ? snprintf(name, sizeof(name), "%s.%u", path, number) : snprintf(name, sizeof(name), "%s", path);

	if (size >= (int)sizeof(name))
		return err_set(err, ENAMETOOLONG, "log file %s", path);
	/* O_NONBLOCK: a FIFO must not hang */
	fd = openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? 1 : err_sys(err, errno, "open log file %s", name);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "stat log file %s", name);
	if (!S_ISREG(st.st_mode))
		return err_user(err, "log file %s is not a regular file", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

static bool is_named(const char *path, unsigned int number, const struct stat *file)
{
	char name[PATH_MAX];
	struct stat st;

	if (number)
		(void)snprintf(name, sizeof(name), "%s.%u", path, number);
	else
		(void)snprintf(name, sizeof(name), "%s", path);
	return fstatat(AT_FDCWD, name, &st, 0) == 0 && st.st_ino == file->st_ino && st.st_dev == file->st_dev;
}

static bool exists(const char *path, unsigned int number)
{
	char name[PATH_MAX];

	(void)snprintf(name, sizeof(name), "%s.%u", path, number);
	return faccessat(AT_FDCWD, name, F_OK, 0) == 0;
}

static unsigned int count_rotated(const char *path)
{
	unsigned int count = 0;

	while (count < NUMBER_MAX && exists(path, count + 1))
		count++;
	return count;
}

/* The oldest of the files that were written to after this one, which has no name any more: it was the oldest itself, or deleted by
 * somebody while it was the newest. */
static unsigned int find_newer(const char *path, const struct stat *file)
{
	unsigned int number = count_rotated(path);

	for (; number > 0; number--) {
		char name[PATH_MAX];
		struct stat st;

		(void)snprintf(name, sizeof(name), "%s.%u", path, number);
		if (fstatat(AT_FDCWD, name, &st, 0) == 0 && log_time_is_before(&file->st_mtim, &st.st_mtim))
			break;
	}
	return number;
}

/* A file may be renamed or deleted between being found and being opened: try again. */
int log_files_open_oldest(const char *path, int *ret_fd, struct err *err)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		unsigned int number = count_rotated(path);
		int r = log_files_open(path, number, ret_fd, err);

		if (r <= 0)
			return r;
		if (number == 0)
			break;
	}
	return err_sys(err, ENOENT, "open log file %s", path);
}

/* The number that the file has now; NUMBER_MAX: none any more. */
static unsigned int find_number(const char *path, const struct stat *file)
{
	unsigned int number = 0;

	while (!is_named(path, number, file)) {
		number++;
		if (number >= NUMBER_MAX || !exists(path, number))
			return NUMBER_MAX;
	}
	return number;
}

int log_files_open_next(const char *path, int fd, int *ret_fd, struct err *err)
{
	struct stat file;

	if (fstat(fd, &file) < 0)
		return err_sys(err, errno, "stat log file %s", path);
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		unsigned int number = find_number(path, &file), next;
		int r;

		if (number == 0)
			return 0;
		next = number == NUMBER_MAX ? find_newer(path, &file) : number - 1;
		r = log_files_open(path, next, ret_fd, err);
		if (r < 0)
			return r;
		if (r > 0 && next == 0)
			return 0; /* the new one is not made yet */
		/* else it was rotated meanwhile, and another one may have that name now */
		if (r == 0 && (number == NUMBER_MAX || is_named(path, number, &file)))
			return 1;
		if (r == 0)
			(void)close(*ret_fd);
	}
	return 0;
}
