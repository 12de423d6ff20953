/* Plans of a rootfs as text. */
#pragma once

#include "base/str.h"
#include "rootfs/rootfs.h"

/* A guest with all namespaces but user, on a v2 host; its bundle is "/bundle". */
extern const struct rootfs_context usual;

/* Plan the document that has these members; what is planned, or the refusal, is appended to `out`. */
int plan_text(const char *members, const struct rootfs_context *context, struct str_buf *out);
