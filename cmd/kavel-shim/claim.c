#include "claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"

static int refuse(int fd, const char *run_dir, struct err *err)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n > 0)
		pid[strcspn(pid, "\n")] = '\0';
	return err_set(err, EBUSY, "a shim is there already: process %s has %s", pid, run_dir);
}

int claim_run_dir(const char *run_dir, int *ret_fd, struct err *err)
{
	autofd dir = open(run_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd fd = -1;
	char text[16];
	struct stat st;
	int size, r;

	if (dir < 0)
		return err_sys(err, errno, "open %s", run_dir);
	fd = openat(dir, "pid", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "open %s/pid", run_dir);
	if (!S_ISREG(st.st_mode))
		return err_user(err, "%s/pid is no regular file", run_dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? refuse(fd, run_dir, err) : err_sys(err, errno, "lock %s/pid", run_dir);
	size = snprintf(text, sizeof(text), "%d\n", getpid());
	r = ftruncate(fd, 0) < 0 ? -errno : fd_write_all(fd, text, (size_t)size);
	if (r < 0)
		return err_sys(err, -r, "write %s/pid", run_dir);
	*ret_fd = take_fd(&fd);
	return 0;
}
