/* Mount options: one table of all that are understood, and what a mount's list of them comes to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "spec/spec.h"

#define MOUNT_DATA_MAX 4095 /* mount(2) takes one page, with its NUL */

/* Attributes of a mount to be switched on and off (mount_setattr(2)). */
struct mount_change {
	uint64_t set, clear; /* MOUNT_ATTR_... */
};

struct mount_options {
	struct mount_change top;	 /* the mount itself */
	struct mount_change all;	 /* it and everything below: the options that begin with r, such as rro */
	bool has_flags;			 /* the list has options of the mount itself, also ones that are off anyway */
	unsigned long superblock;	 /* MS_... of the file system as a whole */
	unsigned long propagation;	 /* MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE; 0: as it comes */
	bool propagation_below;		 /* and of everything below */
	bool bind, bind_below;		 /* bind, rbind */
	bool remount;			 /* change what is mounted there */
	bool tmpcopyup;			 /* a tmpfs begins with a copy of what it covers */
	bool copy_symlink;		 /* a source that is a symlink is copied, not mounted */
	bool src_nofollow, dest_nofollow; /* the last component is taken as it is */
	bool idmap, idmap_below;	 /* idmap, ridmap: its IDs are mapped; and of everything below */
	const char *idmap_ranges;	 /* the mappings that the option itself names, unparsed; NULL: none */
	size_t idmap_index;		 /* which option it was, for messages */
	const char *data;		 /* the file system's own options, with commas between; "" when none */
	const char *text;		 /* all of them, for messages */
};

/* Decide what the options of a mount mean; where: which one, for messages, such as "mounts[3]".  Unknown ones go to the file system, so on a bind mount (by option
 * or by `is_bind`) or when they are longer than a page they are refused.  Errors name the place in the document. */
int mount_options_parse(const struct spec_strings *list, const char *where, bool is_bind, struct arena *arena,
			struct mount_options *ret, struct err *err);

/* The attributes as flags of mount(2). */
unsigned long mount_options_flags(const struct mount_options *options);
