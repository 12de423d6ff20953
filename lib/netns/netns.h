/* What is done in the guest's network namespace. */
#pragma once

#include "base/err.h"

/* Set the loopback interface of the caller's network namespace, which must be a new one, up (netdevice(7)).
 * A close-on-exec descriptor is left open, to be closed with the others of the guest's set-up.  Errors: those of
 * ioctl(2). */
int netns_loopback_up(struct err *err);
