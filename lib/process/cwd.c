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

static int make_and_enter(const char *cwd, struct err *err)
{
	autofd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd dir = -1;
	int r;

	if (root < 0)
		return err_sys(err, errno, "open the container's root");
	r = path_make_dir(root, cwd, 0755, &dir, NULL, err);
	if (r < 0)
		return err_in(err, "process.cwd");
	return fchdir(dir) < 0 ? err_sys(err, errno, "process.cwd: enter %s", cwd) : 0;
}

int cwd_apply(const char *cwd, struct err *err)
{
	int r = 0;

	if (!cwd || cwd[0] != '/')
		return err_user(err, "process.cwd: \"%s\" is not an absolute path", cwd ? cwd : "");
	if (chdir(cwd) < 0) {
		if (errno != ENOENT)
			return err_sys(err, errno, "process.cwd: enter %s", cwd);
		r = make_and_enter(cwd, err);
	}
	return r < 0 ? r : verify(cwd, err);
}
