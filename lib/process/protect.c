#include "process/protect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"

#define SELF	      "/proc/self/exe"
#define SEALS	      (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define ARGUMENTS_MAX (8u << 20) /* bytes: more than execve(2) takes */

static int make_file(int *ret_fd, struct err *err)
{
	int fd = memfd_create("kavel", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 every one may be executed */
		fd = memfd_create("kavel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) {
		(void)err_sys(err, errno, "make a copy of this program in memory");
		return err->number == EACCES ? err_hint(err, "the sysctl vm.memfd_noexec is 2: set it to 1 or 0")
					     : -err->number;
	}
	*ret_fd = fd;
	return 0;
}

static int copy(int from, int to, struct err *err)
{
	struct stat st;
	off_t at = 0;

	if (fstat(from, &st) < 0)
		return err_sys(err, errno, "stat " SELF);
	while (at < st.st_size)
		if (sendfile(to, from, &at, (size_t)(st.st_size - at)) <= 0)
			return err_sys(err, errno, "copy this program into memory");
	/* sealed by nobody else before, and for good */
	if (fcntl(to, F_ADD_SEALS, SEALS) < 0)
		return err_sys(err, errno, "seal the copy of this program");
	return 0;
}

/* The arguments of this process, as the kernel has them: pointers into `text`. */
static char **split(char *text, size_t size)
{
	size_t count = 0, i = 0;
	char **argv;

	for (size_t at = 0; at < size; at++)
		count += !text[at];
	argv = calloc(count + 1, sizeof(*argv));
	for (size_t at = 0; argv && i < count; at += strlen(text + at) + 1)
		argv[i++] = text + at;
	return argv;
}

int protect_binary(struct err *err)
{
	autofd self = open(SELF, O_RDONLY | O_CLOEXEC), sealed = -1;
	autofree char *text = NULL;
	autofree char **argv = NULL;
	size_t size;
	int r;

	if (self < 0)
		return err_sys(err, errno, "open " SELF);
	if (fcntl(self, F_GET_SEALS) == SEALS) /* an ordinary file has none */
		return 0;
	r = file_read_stream("/proc/self/cmdline", ARGUMENTS_MAX, &text, &size, err);
	if (r == 0)
		r = make_file(&sealed, err);
	if (r == 0)
		r = copy(self, sealed, err);
	if (r < 0)
		return r;
	argv = split(text, size);
	if (!argv)
		return err_memory(err);
	(void)sys_execveat(sealed, "", argv, environ, AT_EMPTY_PATH);
	return err_sys(err, errno, "execute the copy of this program");
}
