/* The config.json that `kavel spec` writes: a shell in a read-only root file system with all namespaces of its own, few
 * capabilities and the usual mounts. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* Append the document.  rootless: for a caller who is not root: a user namespace in which the caller (geteuid(2),
 * getegid(2)) is root; no network namespace, since nobody would connect it; /sys of the host, as only the owner of a network
 * namespace may mount sysfs; no device rules, which need privilege.  terminal: the process gets one.
 * Errors: ENOMEM. */
int spec_default_json(bool rootless, bool terminal, struct str_buf *out, struct err *err);
