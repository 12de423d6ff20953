/* What is done in the guest's network namespace. */
#pragma once

#include "base/err.h"

/* Set the loopback interface of the caller's network namespace up (netdevice(7)).  A namespace where the caller may
 * not (one that is joined and already configured) is not an error if the interface is up already. */
int netns_loopback_up(struct err *err);
