/* Idmapped mounts (mount_setattr(2), "ID-mapped mounts"). */
#include <errno.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"
#include "rootfs/setup.h"

#define MOUNTINFO_SIZE_MAX (64u << 20)
#define TYPE_MAX	   64

/* The number of the mount that a path leads to, as mountinfo has it; 0: not found. */
static uint64_t mount_id(const char *path)
{
	autofd fd = open(path, O_PATH | O_CLOEXEC);
	char name[40], text[1024];
	const char *at;

	(void)snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	if (fd < 0 || file_read_short(AT_FDCWD, name, text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, "mnt_id:\t");
	return at ? strtoull(at + strlen("mnt_id:\t"), NULL, 10) : 0;
}

/* The type of the file system at `path`: for a message, so that what fails leaves "there" instead. */
static void find_type(const char *path, char type[TYPE_MAX])
{
	uint64_t id = mount_id(path);
	autofree char *text = NULL;
	char *rest, *line, *dash;
	struct err ignored;
	size_t size;

	(void)snprintf(type, TYPE_MAX, "there");
	if (!id || file_read_stream("/proc/self/mountinfo", MOUNTINFO_SIZE_MAX, &text, &size, &ignored) < 0)
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (strtoull(line, NULL, 10) == id && (dash = strstr(line, " - ")))
			(void)snprintf(type, TYPE_MAX, "%.*s", (int)strcspn(dash + 3, " "), dash + 3);
}

static int explain(const struct idmap_item *idmap, const char *name, const char *type, int number, struct err *err)
{
	char found[TYPE_MAX];

	if (!type) {
		find_type(name, found);
		type = found;
	}
	(void)err_sys(err, number, "idmap %s", name);
	if (number == EINVAL)
		return err_hint(err, "the file system %s%s does not support idmapped mounts", type,
				idmap->is_below ? ", or one that is mounted below," : "");
	if (number == EPERM)
		return err_hint(err,
				"it is idmapped already, or its file system %s belongs to another user namespace: "
				"only that one's root may idmap it",
				type);
	return -number;
}

int rootfs_idmap(int fd, const struct idmap_item *idmap, const int *users, const char *name, const char *type,
		 struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)users[idmap->mapping] };
	unsigned int flags = AT_EMPTY_PATH | (idmap->is_below ? AT_RECURSIVE : 0);

	return sys_mount_setattr(fd, "", flags, &attr) < 0 ? explain(idmap, name, type, errno, err) : 0;
}
