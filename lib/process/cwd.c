#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"

/* Where we are now, from the kernel: a directory that is not below the root is told as "(unreachable)/...", and one that
 * was removed is an error (CVE-2024-21626). */
static int verify(const char *cwd, struct err *err)
{
	char here[PATH_MAX];

	if (sys_getcwd(here, sizeof(here)) < 0)
		return err_sys(err, errno, "process.cwd: %s", cwd);
	if (here[0] != '/')
		return err_set(err, EXDEV, "process.cwd: %s is outside of the container", cwd);
	return 0;
}

int cwd_make(const char *cwd, struct err *err)
{
	autofd root = -1, dir = -1;

	/* any other failure is that of entering it */
	if (!cwd || cwd[0] != '/' || access(cwd, F_OK) == 0 || errno != ENOENT)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(err, errno, "open the container's root");
	return path_make_dir(root, cwd, 0755, &dir, NULL, err) < 0 ? err_in(err, "process.cwd") : 0;
}

int cwd_apply(const char *cwd, struct err *err)
{
	if (!cwd || cwd[0] != '/')
		return err_user(err, "process.cwd: \"%s\" is not an absolute path", cwd ? cwd : "");
	if (chdir(cwd) < 0)
		return err_sys(err, errno, "process.cwd: enter %s", cwd);
	return verify(cwd, err);
}
