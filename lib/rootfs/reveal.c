/* Without pivot_root(2) the host's tree stays in the mount namespace, below the guest's root.  The kernel lets a user
 * namespace mount a procfs or sysfs of its own only where one is wholly visible already (mount_too_revealing() in
 * fs/namespace.c); the host's would be, and the guest could have one without masks. */
#include "rootfs/setup.h"

#include <errno.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"

#define MOUNTINFO_SIZE_MAX (64u << 20)

enum { FIELD_ROOT = 3, FIELD_PLACE = 4, FIELDS = 6 };

/* The mount point in a line of mountinfo about a whole procfs or sysfs, cut out in place; NULL: it is about another. */
static char *whole_kernel_mount(char *line)
{
	char *fields[FIELDS], *type = strstr(line, " - ");

	if (!type || (!str_after(type, " - proc ") && !str_after(type, " - sysfs ")))
		return NULL;
	for (int i = 0; i < FIELDS; i++)
		if (!(fields[i] = strsep(&line, " ")))
			return NULL;
	str_unescape_octal(fields[FIELD_PLACE]);
	return str_eq(fields[FIELD_ROOT], "/") ? fields[FIELD_PLACE] : NULL;
}

static bool is_below(const char *path, const char *dir)
{
	const char *rest = str_after(path, dir);

	return rest && (*rest == '/' || !*rest);
}

/* Nothing in this namespace is shared with the host's (the plan sees to that), so what goes here stays there.  What is
 * locked together with others by a user namespace cannot go; an empty file system on top of it hides it as well. */
static int hide(const char *place, struct err *err)
{
	/* with another one, it may have gone already */
	if (umount2(place, MNT_DETACH) == 0 || errno == ENOENT)
		return 0;
	if (mount("tmpfs", place, "tmpfs", MS_RDONLY, "size=4k") < 0)
		return err_sys(err, errno, "hide the host's %s", place);
	return 0;
}

int rootfs_hide_kernel_mounts(const struct rootfs_plan *plan, struct err *err)
{
	autofree char *text = NULL;
	char *rest, *line;
	size_t size;
	int r = file_read_stream("/proc/self/mountinfo", MOUNTINFO_SIZE_MAX, &text, &size, err);

	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n"))) {
		const char *place = whole_kernel_mount(line);

		if (place && !is_below(place, plan->path))
			r = hide(place, err);
	}
	return r;
}
