/* The pipes behind the guest's standard streams. */
#pragma once

#include "base/err.h"
#include "settings.h"

/* Three descriptors; -1: none. */
struct pipes {
	int in, out, err;
};
#define PIPES_NONE { -1, -1, -1 }

/* Make them as the settings want them.  Ours do not block.  With a terminal there is only the standard error of the runtime that
 * makes the guest. */
int pipes_make(const struct shim_settings *settings, struct pipes *ret_ours, struct pipes *ret_guests,
		 struct err *err);
/* Open ours of those that an earlier shim made in settings->run_dir. */
int pipes_adopt(const struct shim_settings *settings, struct pipes *ret_ours, struct err *err);
void pipes_close(struct pipes *pipes);
