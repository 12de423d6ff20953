#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "unit.h"

void folder_make(struct folder *folder)
{
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/kavel-unit-XXXXXX");
	CHECK(mkdtemp(folder->path) != NULL);
	folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(folder->fd >= 0);
}

static void empty(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	autodir entries = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!entries)
		return;
	while ((entry = readdir(entries))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		empty(dirfd(entries), entry->d_name);
		(void)unlinkat(dirfd(entries), entry->d_name, 0);
		(void)unlinkat(dirfd(entries), entry->d_name, AT_REMOVEDIR);
	}
}

void folder_remove(struct folder *folder)
{
	empty(folder->fd, ".");
	(void)close(folder->fd);
	CHECK(rmdir(folder->path) == 0);
}

void folder_write(const struct folder *folder, const char *name, const char *text)
{
	autofd fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && fd_write_all(fd, text, strlen(text)) == 0);
}

void folder_mkdir(const struct folder *folder, const char *name)
{
	CHECK(mkdirat(folder->fd, name, 0700) == 0);
}

void folder_unlink(const struct folder *folder, const char *name)
{
	CHECK(unlinkat(folder->fd, name, 0) == 0);
}

bool folder_exists(const struct folder *folder, const char *name)
{
	return faccessat(folder->fd, name, F_OK, 0) == 0;
}

void folder_has(const struct folder *folder, const char *name, const char *text)
{
	char data[4096];

	if (CHECK(file_read_short(folder->fd, name, data, sizeof(data)) >= 0))
		CHECK_STR(data, text);
}
