/* File systems by fsopen(2).  Idmapped ones are made so by the host side, as a mount can get a mapping only before anybody sees
 * it, and from somebody who has rights over its file system. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/sys.h"
#include "rootfs/setup.h"

/* What a file system has as a whole, by the names that fsconfig(2) knows. */
static const struct {
	unsigned long flag;
	const char *name;
} superblock_flags[] = {
	{ MS_SYNCHRONOUS, "sync" },
	{ MS_DIRSYNC, "dirsync" },
	{ MS_LAZYTIME, "lazytime" },
	{ MS_MANDLOCK, "mand" },
};

/* What the kernel says of its own accord comes as "e FILESYSTEM: TEXT" from the context. */
static int describe(const struct mount_item *m, int fs, int number, struct err *err)
{
	char text[256];
	ssize_t size = fs < 0 ? 0 : read(fs, text, sizeof(text) - 1);

	(void)err_sys(err, number, "make the file system %s for %s%s%s%s", m->type, m->destination,
		      *m->options.text ? " (" : "", m->options.text, *m->options.text ? ")" : "");
	if (number == ENODEV)
		return err_hint(err, "the kernel has no such file system");
	if (size > 2) {
		text[size] = '\0';
		return err_hint(err, "%.*s", (int)strcspn(text + 2, "\n"), text + 2);
	}
	return -number;
}

/* The next of the options, cut out in place: a value in quotes may have commas, and loses the quotes. */
static char *next_option(char **rest)
{
	char *option = *rest, *quote, *end;

	if (!option)
		return NULL;
	quote = strstr(option, "=\"");
	end = strchr(option, ',');
	if (quote && (!end || quote < end) && (end = strchr(quote + 2, '"'))) {
		memmove(quote + 1, quote + 2, (size_t)(end - quote) - 2);
		end[-1] = '\0';
		*rest = end[1] == ',' ? end + 2 : NULL;
		return option;
	}
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return option;
}

static int set_option(int fs, char *option)
{
	char *value = strchr(option, '=');

	if (!*option)
		return 0;
	if (value)
		*value++ = '\0';
	return sys_fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option, value, 0);
}

static int set_flags(int fs, unsigned long flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(superblock_flags); i++)
		if ((flags & superblock_flags[i].flag) &&
		    sys_fsconfig(fs, FSCONFIG_SET_FLAG, superblock_flags[i].name, NULL, 0) < 0)
			return -1;
	return 0;
}

static int configure(int fs, const struct mount_item *m, struct err *err)
{
	autofree char *copy = strdup(m->options.data);
	char *rest = copy;

	if (!copy)
		return err_memory(err);
	if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", m->source, 0) < 0 ||
	    set_flags(fs, m->options.superblock) < 0)
		return describe(m, fs, errno, err);
	for (char *option; (option = next_option(&rest));)
		if (set_option(fs, option) < 0)
			return describe(m, fs, errno, err);
	return sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? describe(m, fs, errno, err) : 0;
}

int rootfs_make_fs(const struct mount_item *m, int *ret_tree, struct err *err)
{
	uint64_t attributes = m->options.top.set | m->options.all.set;
	autofd fs = sys_fsopen(m->type, FSOPEN_CLOEXEC);
	autofd tree = -1;
	int r = fs < 0 ? describe(m, -1, errno, err) : configure(fs, m, err);

	if (r < 0)
		return r;
	/* a copy of what the mount covers can be made only while it can be written */
	if (m->options.tmpcopyup)
		attributes &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	tree = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned int)attributes);
	if (tree < 0)
		return describe(m, fs, errno, err);
	*ret_tree = take_fd(&tree);
	return 0;
}

int rootfs_prepare_fs(const struct mount_item *m, const int *users, int *ret_tree, struct err *err)
{
	autofd tree = -1;
	int r = rootfs_make_fs(m, &tree, err);

	if (r == 0)
		r = rootfs_idmap(tree, &m->idmap, users, m->source, m->type, err);
	if (r == 0)
		*ret_tree = take_fd(&tree);
	return r;
}
