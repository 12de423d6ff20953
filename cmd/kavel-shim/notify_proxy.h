/* --sdnotify-socket: the guest's notifications (sd_notify(3)), which it sends to notify/notify.sock in the bundle, go to the
 * socket of the service that podman runs in, as far as they concern a service's state. */
#pragma once

#include "base/err.h"
#include "loop.h"
#include "settings.h"

struct notify_proxy {
	struct loop *loop;
	struct loop_source source;
	const char *target;
};
#define NOTIFY_PROXY_NONE { .source = { .fd = -1 } }

/* Does nothing unless the settings ask for it.  Errors: there is no folder "notify" in the bundle. */
int notify_proxy_open(struct notify_proxy *proxy, const struct shim_settings *settings, struct loop *loop,
		      struct err *err);
void notify_proxy_close(struct notify_proxy *proxy);
