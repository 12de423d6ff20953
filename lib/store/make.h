/* Making a guest: its folders, its config.json and its settings. */
#pragma once

#include "store/options.h"

struct guest_make {
	const struct guest_options *options;
	char *const *command;	    /* NULL-terminated; empty for a system: /sbin/init */
	bool is_temporary;	    /* removed when it has ended */
	struct guest_words words;   /* the options as they were given, to be shown */
};

/* Make the guest, whose directory is there and locked (guest_open_any()); what an earlier one of that name wrote to its layers is
 * kept.  Afterwards it can be started.  Errors: a value of an option; what the runtime will not do, in its words; the root file
 * system is not that of the layers that are there. */
int guest_make(const struct store *store, struct guest *guest, const struct guest_make *how, struct err *err);

/* Write the tree of the host again where it is gone, and folders that a starting guest needs. */
int guest_prepare(const struct guest *guest, struct err *err);

/* Remove all that a guest has on disk.  It is stopped and locked.  keep_data: its layers stay, for the next one of that name.
 * progress may be NULL. */
struct tree_progress;
int guest_remove(const struct store *store, struct guest *guest, bool keep_data, struct tree_progress *progress, struct err *err);

/* Give a stopped, locked guest another name.  Errors: EEXIST. */
int guest_rename(const struct store *store, const struct guest *guest, const char *name, struct err *err);
