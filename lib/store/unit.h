/* Guests that are started when the system boots: a unit kavel@NAME.service of systemd each, which calls `kavel up NAME` and
 * `kavel down NAME`. */
#pragma once

#include "base/err.h"
#include "store/store.h"

/* Write the unit, and have systemd start it at boot; a user's own for one who is not root.  Errors: the name cannot be that of a
 * unit; the folder of units cannot be written. */
int unit_enable(const struct store *store, const char *name, struct err *err);

/* Undo that; one that is not enabled is disabled already. */
int unit_disable(const struct store *store, const char *name, struct err *err);

/* Append the text of the unit.  program: absolute path of kavel. */
void unit_text(const struct store *store, const char *name, const char *program, bool is_user, struct str_buf *out);
