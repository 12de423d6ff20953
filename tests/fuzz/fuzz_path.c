/* Any symlinks in a small tree, and any path in it: the walk in steps leads where openat2(2) leads, and what is made is made
 * below the root.
 *
 * An input is lines: each "a=TARGET" to "f=TARGET" is a symlink, in the root or (upper case) in a folder of it; the last line
 * is the path. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/str.h"
#include "folder.h"
#include "unit.h"
#include "walked_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The checks of the helpers end the run. */
bool unit_check(bool holds, const char *condition, const char *file, int line)
{
	(void)condition;
	(void)file;
	(void)line;
	if (!holds)
		abort(); /* how a fuzzer is told */
	return holds;
}

bool unit_check_str(const char *text, const char *wanted, const char *file, int line)
{
	return unit_check(str_eq(text, wanted), wanted, file, line);
}

static void add_link(const struct folder *folder, const char *line)
{
	char name[] = "root/dir/x";

	if (!isalpha((unsigned char)line[0]) || tolower((unsigned char)line[0]) > 'f' || line[1] != '=' || !line[2])
		return;
	name[9] = (char)tolower((unsigned char)line[0]);
	if (islower((unsigned char)line[0])) {
		name[5] = name[9];
		name[6] = '\0';
	}
	(void)symlinkat(line + 2, folder->fd, name); /* a second one of that name is left out */
}

static void compare(int root, const char *path, int flags)
{
	autofd kernel_fd = -1, walked_fd = -1;
	struct stat a, b;
	struct err err;
	int kernel = path_open(root, path, flags, &kernel_fd, &err);
	int walked = walked_open(root, path, flags, &walked_fd, &err);

	/* too many links, a name that is too long: which of several failures comes first may differ */
	CHECK((kernel == 0) == (walked == 0));
	if (kernel == 0)
		CHECK(fstat(kernel_fd, &a) == 0 && fstat(walked_fd, &b) == 0 && a.st_ino == b.st_ino &&
		      a.st_dev == b.st_dev);
}

static void make(const struct folder *folder, int root, const char *path)
{
	autofd by_kernel = -1, by_walk = -1, file = -1;
	bool made = false;
	struct err err;

	(void)path_make_dir(root, path, 0755, &by_kernel, &made, &err);
	(void)walked_make_dir(root, path, 0755, &by_walk, &made, &err);
	(void)path_make_file(root, path, 0644, &file, &err);
	/* beside the root there is what was there */
	CHECK(unlinkat(folder->fd, "outside", AT_REMOVEDIR) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = strndup((const char *)data, size);
	char *line = text, *next;
	struct folder folder;
	autofd root = -1;

	CHECK(text != NULL);
	if (size > 600)
		return 0;
	folder_make(&folder);
	folder_mkdir(&folder, "outside");
	folder_mkdir(&folder, "root");
	folder_mkdir(&folder, "root/dir");
	folder_write(&folder, "root/dir/file", "x");
	root = openat(folder.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (; (next = strchr(line, '\n')); line = next + 1) {
		*next = '\0';
		add_link(&folder, line);
	}
	compare(root, line, O_PATH);
	compare(root, line, O_PATH | O_DIRECTORY);
	compare(root, line, O_PATH | O_NOFOLLOW);
	make(&folder, root, line);
	folder_remove(&folder);
	return 0;
}
