/* guest.json: settings to text and back. */
#pragma once

#include "store/store.h"

#define GUEST_RECORD	 "guest.json"
#define GUEST_RECORD_MAX (1u << 20) /* bytes */

/* Append the document.  Returns 0 or -ENOMEM. */
int guest_encode(const struct guest *guest, struct str_buf *out);

/* Read it into guest->settings; strings belong to guest->json and guest->arena.
 * Errors: EINVAL, it is damaged or of a newer version. */
int guest_decode(const char *text, size_t size, struct guest *guest, struct err *err);
