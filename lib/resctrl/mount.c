/* Where the file system is. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"
#include "resctrl/resctrl.h"

#define USUAL		"/sys/fs/resctrl"
#define MOUNTINFO	"/proc/self/mountinfo"
#define MOUNTINFO_MAX	(64u << 20)

int resctrl_reopen(const char *path, int *ret_root, struct err *err)
{
	autofd root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (root < 0)
		return errno == ENOENT ? 1 : err_sys(err, errno, "linux.intelRdt: open %s", path);
	if (fstatfs(root, &fs) < 0)
		return err_sys(err, errno, "linux.intelRdt: look at %s", path);
	if ((uint64_t)(unsigned long)fs.f_type != SYS_RESCTRL_MAGIC)
		return 1;
	*ret_root = take_fd(&root);
	return 0;
}

/* Field n of a line, from 0; the rest of the line begins with it. */
static char *field(char *line, int n)
{
	for (; n > 0 && line; n--) {
		line = strchr(line, ' ');
		line += !!line;
	}
	return line;
}

int resctrl_mount_point(const char *mountinfo, struct arena *arena, const char **ret, struct err *err)
{
	autofree char *text = NULL;
	char *rest, *line;
	size_t size;
	int r = file_read_stream(mountinfo, MOUNTINFO_MAX, &text, &size, err);

	if (r < 0)
		return r;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		/* the type stands behind the first " - " (proc_pid_mountinfo(5)) */
		char *type = strstr(line, " - "), *point = field(line, 4);

		if (!type || !point || !str_after(type, " - resctrl "))
			continue;
		point[strcspn(point, " ")] = '\0';
		str_unescape_octal(point);
		*ret = arena_strdup(arena, point);
		return *ret ? 0 : err_memory(err);
	}
	return 1;
}

int resctrl_open(struct arena *arena, const char **ret_path, int *ret_root, struct err *err)
{
	const char *path = USUAL;
	int r = resctrl_reopen(path, ret_root, err);

	if (r > 0) {
		r = resctrl_mount_point(MOUNTINFO, arena, &path, err);
		if (r == 0)
			r = resctrl_reopen(path, ret_root, err);
	}
	if (r > 0)
		return err_set(err, ENOTSUP,
			       "linux.intelRdt: no resctrl file system is mounted (mount -t resctrl resctrl " USUAL
			       ", if the kernel and the processor have it)");
	if (r == 0)
		*ret_path = path;
	return r;
}
