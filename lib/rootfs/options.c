#include "rootfs/options.h"

#include "base/auto.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "rootfs/rootfs.h"

enum option_kind {
	OPTION_NOTHING,	    /* what a mount does anyway */
	OPTION_ATTRIBUTE,   /* value: MOUNT_ATTR_... */
	OPTION_ATIME,	    /* value: one of the MOUNT_ATTR__ATIME modes */
	OPTION_SUPERBLOCK,  /* value: MS_... */
	OPTION_PROPAGATION, /* value: MS_... */
	OPTION_BIND,
	OPTION_FIELD, /* value: enum option_field */
};

enum option_field { FIELD_REMOUNT, FIELD_TMPCOPYUP, FIELD_COPY_SYMLINK, FIELD_SRC_NOFOLLOW, FIELD_DEST_NOFOLLOW, FIELD_IDMAP };

struct option {
	const char *name;
	enum option_kind kind;
	bool off;   /* the value is switched off */
	bool below; /* it holds for everything below too */
	uint64_t value;
};

#define ON    false, false
#define OFF   true, false
#define R_ON  false, true
#define R_OFF true, true

/* config.md, Linux mount options; crun's three of symlinks, and its r variants of what a file system has as a whole, which
 * mean the same as those without r.  Sorted by name, for find(). */
#define OPTIONS(ROW) \
	ROW("async", OPTION_SUPERBLOCK, OFF, MS_SYNCHRONOUS) \
	ROW("atime", OPTION_ATIME, OFF, MOUNT_ATTR_NOATIME) \
	ROW("bind", OPTION_BIND, ON, 0) \
	ROW("copy-symlink", OPTION_FIELD, ON, FIELD_COPY_SYMLINK) \
	ROW("defaults", OPTION_NOTHING, ON, 0) \
	ROW("dest-nofollow", OPTION_FIELD, ON, FIELD_DEST_NOFOLLOW) \
	ROW("dev", OPTION_ATTRIBUTE, OFF, MOUNT_ATTR_NODEV) \
	ROW("diratime", OPTION_ATTRIBUTE, OFF, MOUNT_ATTR_NODIRATIME) \
	ROW("dirsync", OPTION_SUPERBLOCK, ON, MS_DIRSYNC) \
	ROW("exec", OPTION_ATTRIBUTE, OFF, MOUNT_ATTR_NOEXEC) \
	ROW("idmap", OPTION_FIELD, ON, FIELD_IDMAP) \
	ROW("iversion", OPTION_SUPERBLOCK, ON, MS_I_VERSION) \
	ROW("lazytime", OPTION_SUPERBLOCK, ON, MS_LAZYTIME) \
	ROW("loud", OPTION_SUPERBLOCK, OFF, MS_SILENT) \
	ROW("mand", OPTION_SUPERBLOCK, ON, MS_MANDLOCK) \
	ROW("noatime", OPTION_ATIME, ON, MOUNT_ATTR_NOATIME) \
	ROW("nodev", OPTION_ATTRIBUTE, ON, MOUNT_ATTR_NODEV) \
	ROW("nodiratime", OPTION_ATTRIBUTE, ON, MOUNT_ATTR_NODIRATIME) \
	ROW("noexec", OPTION_ATTRIBUTE, ON, MOUNT_ATTR_NOEXEC) \
	ROW("noiversion", OPTION_SUPERBLOCK, OFF, MS_I_VERSION) \
	ROW("nolazytime", OPTION_SUPERBLOCK, OFF, MS_LAZYTIME) \
	ROW("nomand", OPTION_SUPERBLOCK, OFF, MS_MANDLOCK) \
	ROW("norelatime", OPTION_ATIME, OFF, MOUNT_ATTR_RELATIME) \
	ROW("nostrictatime", OPTION_ATIME, OFF, MOUNT_ATTR_STRICTATIME) \
	ROW("nosuid", OPTION_ATTRIBUTE, ON, MOUNT_ATTR_NOSUID) \
	ROW("nosymfollow", OPTION_ATTRIBUTE, ON, MOUNT_ATTR_NOSYMFOLLOW) \
	ROW("private", OPTION_PROPAGATION, ON, MS_PRIVATE) \
	ROW("rasync", OPTION_SUPERBLOCK, OFF, MS_SYNCHRONOUS) \
	ROW("ratime", OPTION_ATIME, R_OFF, MOUNT_ATTR_NOATIME) \
	ROW("rbind", OPTION_BIND, R_ON, 0) \
	ROW("rdev", OPTION_ATTRIBUTE, R_OFF, MOUNT_ATTR_NODEV) \
	ROW("rdiratime", OPTION_ATTRIBUTE, R_OFF, MOUNT_ATTR_NODIRATIME) \
	ROW("rdirsync", OPTION_SUPERBLOCK, ON, MS_DIRSYNC) \
	ROW("relatime", OPTION_ATIME, ON, MOUNT_ATTR_RELATIME) \
	ROW("remount", OPTION_FIELD, ON, FIELD_REMOUNT) \
	ROW("rexec", OPTION_ATTRIBUTE, R_OFF, MOUNT_ATTR_NOEXEC) \
	ROW("ridmap", OPTION_FIELD, R_ON, FIELD_IDMAP) \
	ROW("rmand", OPTION_SUPERBLOCK, ON, MS_MANDLOCK) \
	ROW("rnoatime", OPTION_ATIME, R_ON, MOUNT_ATTR_NOATIME) \
	ROW("rnodev", OPTION_ATTRIBUTE, R_ON, MOUNT_ATTR_NODEV) \
	ROW("rnodiratime", OPTION_ATTRIBUTE, R_ON, MOUNT_ATTR_NODIRATIME) \
	ROW("rnoexec", OPTION_ATTRIBUTE, R_ON, MOUNT_ATTR_NOEXEC) \
	ROW("rnomand", OPTION_SUPERBLOCK, OFF, MS_MANDLOCK) \
	ROW("rnorelatime", OPTION_ATIME, R_OFF, MOUNT_ATTR_RELATIME) \
	ROW("rnostrictatime", OPTION_ATIME, R_OFF, MOUNT_ATTR_STRICTATIME) \
	ROW("rnosuid", OPTION_ATTRIBUTE, R_ON, MOUNT_ATTR_NOSUID) \
	ROW("rnosymfollow", OPTION_ATTRIBUTE, R_ON, MOUNT_ATTR_NOSYMFOLLOW) \
	ROW("ro", OPTION_ATTRIBUTE, ON, MOUNT_ATTR_RDONLY) \
	ROW("rprivate", OPTION_PROPAGATION, R_ON, MS_PRIVATE) \
	ROW("rrelatime", OPTION_ATIME, R_ON, MOUNT_ATTR_RELATIME) \
	ROW("rro", OPTION_ATTRIBUTE, R_ON, MOUNT_ATTR_RDONLY) \
	ROW("rrw", OPTION_ATTRIBUTE, R_OFF, MOUNT_ATTR_RDONLY) \
	ROW("rshared", OPTION_PROPAGATION, R_ON, MS_SHARED) \
	ROW("rslave", OPTION_PROPAGATION, R_ON, MS_SLAVE) \
	ROW("rstrictatime", OPTION_ATIME, R_ON, MOUNT_ATTR_STRICTATIME) \
	ROW("rsuid", OPTION_ATTRIBUTE, R_OFF, MOUNT_ATTR_NOSUID) \
	ROW("rsymfollow", OPTION_ATTRIBUTE, R_OFF, MOUNT_ATTR_NOSYMFOLLOW) \
	ROW("rsync", OPTION_SUPERBLOCK, ON, MS_SYNCHRONOUS) \
	ROW("runbindable", OPTION_PROPAGATION, R_ON, MS_UNBINDABLE) \
	ROW("rw", OPTION_ATTRIBUTE, OFF, MOUNT_ATTR_RDONLY) \
	ROW("shared", OPTION_PROPAGATION, ON, MS_SHARED) \
	ROW("silent", OPTION_SUPERBLOCK, ON, MS_SILENT) \
	ROW("slave", OPTION_PROPAGATION, ON, MS_SLAVE) \
	ROW("src-nofollow", OPTION_FIELD, ON, FIELD_SRC_NOFOLLOW) \
	ROW("strictatime", OPTION_ATIME, ON, MOUNT_ATTR_STRICTATIME) \
	ROW("suid", OPTION_ATTRIBUTE, OFF, MOUNT_ATTR_NOSUID) \
	ROW("symfollow", OPTION_ATTRIBUTE, OFF, MOUNT_ATTR_NOSYMFOLLOW) \
	ROW("sync", OPTION_SUPERBLOCK, ON, MS_SYNCHRONOUS) \
	ROW("tmpcopyup", OPTION_FIELD, ON, FIELD_TMPCOPYUP) \
	ROW("unbindable", OPTION_PROPAGATION, ON, MS_UNBINDABLE)

#define AS_ROW(name, kind, how, value)	{ name, kind, how, value },
#define AS_NAME(name, kind, how, value) name,

static const struct option options[] = { OPTIONS(AS_ROW) };
static const char *const names[] = { OPTIONS(AS_NAME) NULL };

/* mount_attr bits as flags of mount(2); the atime modes as well */
static const struct {
	uint64_t attribute;
	unsigned long flag;
} flags[] = {
	{ MOUNT_ATTR_RDONLY, MS_RDONLY },   { MOUNT_ATTR_NOSUID, MS_NOSUID },	  { MOUNT_ATTR_NODEV, MS_NODEV },
	{ MOUNT_ATTR_NOEXEC, MS_NOEXEC },   { MOUNT_ATTR_NOATIME, MS_NOATIME },	  { MOUNT_ATTR_STRICTATIME, MS_STRICTATIME },
	{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME }, { MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW },
};

static const struct option *find(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(options);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, options[middle].name);

		if (order == 0)
			return &options[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void change_attribute(struct mount_change *change, uint64_t bit, bool off)
{
	change->set = off ? change->set & ~bit : change->set | bit;
	change->clear = off ? change->clear | bit : change->clear & ~bit;
}

/* The atime modes exclude each other; "not this mode" is the default mode, unless another one was asked for. */
static void change_atime(struct mount_change *change, uint64_t mode, bool off)
{
	if (off && (change->set & MOUNT_ATTR__ATIME) != mode)
		mode = change->set & MOUNT_ATTR__ATIME;
	else if (off)
		mode = MOUNT_ATTR_RELATIME;
	change->set = (change->set & ~(uint64_t)MOUNT_ATTR__ATIME) | mode;
	change->clear |= MOUNT_ATTR__ATIME;
}

static void set_field(struct mount_options *o, const struct option *option)
{
	switch ((enum option_field)option->value) {
	case FIELD_REMOUNT:
		o->remount = true;
		break;
	case FIELD_TMPCOPYUP:
		o->tmpcopyup = true;
		break;
	case FIELD_COPY_SYMLINK:
		o->copy_symlink = true;
		break;
	case FIELD_SRC_NOFOLLOW:
		o->src_nofollow = true;
		break;
	case FIELD_DEST_NOFOLLOW:
		o->dest_nofollow = true;
		break;
	case FIELD_IDMAP:
		o->idmap = true;
		o->idmap_below = option->below;
		break;
	}
}

static void apply(const struct option *option, struct mount_options *o)
{
	struct mount_change *change = option->below ? &o->all : &o->top;

	switch (option->kind) {
	case OPTION_ATTRIBUTE:
		change_attribute(change, option->value, option->off);
		o->has_flags |= !option->below;
		break;
	case OPTION_ATIME:
		change_atime(change, option->value, option->off);
		o->has_flags |= !option->below;
		break;
	case OPTION_SUPERBLOCK:
		o->superblock = option->off ? o->superblock & ~option->value : o->superblock | option->value;
		break;
	case OPTION_PROPAGATION:
		o->propagation = option->value;
		o->propagation_below = option->below;
		break;
	case OPTION_BIND:
		o->bind = true;
		o->bind_below |= option->below;
		break;
	case OPTION_FIELD:
		set_field(o, option);
		break;
	case OPTION_NOTHING:
		break;
	}
}

static const char *keep(struct str_buf *text, struct arena *arena)
{
	return text->failed ? NULL : arena_strdup(arena, text->data ? text->data : "");
}

/* What follows "idmap=" or "ridmap=", crun's way to give mappings; NULL: another option. */
static const char *after_idmap(const char *name)
{
	return str_after(name, name[0] == 'r' ? "ridmap=" : "idmap=");
}

int mount_options_parse(const struct spec_strings *list, const char *where, bool is_bind, struct arena *arena,
			struct mount_options *ret, struct err *err)
{
	autobuf data = { 0 };
	autobuf text = { 0 };
	struct mount_options o = { .bind = is_bind };
	size_t unknown = list->count;

	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->items[i], *ranges = after_idmap(name);
		const struct option *option = ranges ? find(name[0] == 'r' ? "ridmap" : "idmap") : find(name);

		if (option && option->kind == OPTION_FIELD && option->value == FIELD_IDMAP) {
			o.idmap_index = i;
			o.idmap_ranges = ranges && *ranges ? ranges : NULL;
		}
		str_append_f(&text, "%s%s", i ? "," : "", name);
		if (option) {
			apply(option, &o);
			continue;
		}
		if (unknown == list->count && !strchr(name, '='))
			unknown = i;
		if (*name)
			str_append_f(&data, "%s%s", data.size ? "," : "", name);
	}
	if (o.bind && !o.remount && unknown < list->count)
		return err_user(err, "%s.options[%zu]: unknown option \"%s\" for a bind mount", where, unknown,
				list->items[unknown]);
	/* a word alone may be a flag misspelt; this is a file system's own, and other runtimes hand it to a kernel that does
	 * not look at it */
	if (o.bind && !o.remount && data.size) {
		log_warning("%s.options: \"%s\" has no effect on a bind mount", where, data.data);
		str_buf_free(&data);
	}
	if (data.size > MOUNT_DATA_MAX)
		return err_user(err, "%s.options: longer than the %d bytes that the kernel takes", where,
				MOUNT_DATA_MAX);
	o.data = keep(&data, arena);
	o.text = keep(&text, arena);
	if (!o.data || !o.text)
		return err_memory(err);
	*ret = o;
	return 0;
}

unsigned long mount_options_flags(const struct mount_options *o)
{
	uint64_t set = o->top.set | o->all.set;
	unsigned long result = o->superblock;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (set & flags[i].attribute)
			result |= flags[i].flag;
	return result;
}

const char *const *rootfs_option_names(void)
{
	return names;
}
