/* Who owns a group (config-linux.md, Cgroup ownership): in the files that the kernel lists for that, a delegated group's owner
 * may make groups below it and move processes between them, and change none of its limits. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "cgroups/group.h"

#define DELEGATE_FILE	  "/sys/kernel/cgroup/delegate"
#define DELEGATE_SIZE_MAX 4096

static int give(int dir, const char *name, uid_t uid, struct err *err)
{
	if (fchownat(dir, name, uid, (gid_t)-1, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	/* listed is what some groups have; a caller without privilege can give nothing away, and nobody counts on it */
	if (errno == ENOENT || (errno == EPERM && geteuid() != 0))
		return 0;
	return err_sys(err, errno, "give the cgroup%s%s to user %u", *name ? "'s " : "", name, uid);
}

int cgroup_give(const struct cgroup_layout *layout, const struct cgroup_made *made, const char *sub_group, uid_t uid,
		struct err *err)
{
	/* of kernels without the list: what has been in it from the beginning */
	char names[DELEGATE_SIZE_MAX] = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control",
	     listed[DELEGATE_SIZE_MAX];
	char *rest = names, *name;
	autofd group = -1;
	int r = cgroup_open(layout, made, sub_group, &group, err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (file_read_short(AT_FDCWD, DELEGATE_FILE, listed, sizeof(listed)) > 0)
		rest = listed;
	r = give(group, "", uid, err);
	while (r == 0 && (name = strsep(&rest, "\n")))
		if (*name && !strchr(name, '/'))
			r = give(group, name, uid, err);
	return r;
}

int cgroup_make_below(int group, const char *name, int *ret_procs, struct err *err)
{
	char path[NAME_MAX + sizeof("/cgroup.procs")];

	if (mkdirat(group, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make cgroup %s below the container's", name);
	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", name);
	*ret_procs = openat(group, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	return *ret_procs < 0 ? err_sys(err, errno, "open %s", path) : 0;
}
