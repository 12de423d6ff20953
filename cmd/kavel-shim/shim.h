/* The parts of the shim, and how they are tied together. */
#pragma once

#include <stdbool.h>

#include "attach.h"
#include "base/err.h"
#include "children.h"
#include "console.h"
#include "guest.h"
#include "logs.h"
#include "loop.h"
#include "notify_proxy.h"
#include "relay.h"
#include "runtime.h"
#include "settings.h"
#include "signals.h"
#include "sync.h"

struct shim {
	struct shim_settings settings;
	struct sync sync;
	int claim; /* of the run directory */
	struct loop *loop;
	struct children *children;
	struct signals signals;
	struct logs *logs;
	struct relay *relay;
	struct attach *attach;
	struct notify_proxy notify;
	struct runtime runtime;
	struct console console;
	struct guest *guest;
	pid_t guest_pid;     /* 0: not created yet, or it has ended */
	bool is_told;	     /* who called knows how the creation went */
	bool has_failed;     /* there was no guest, or not to the end */
};
#define SHIM_EMPTY                                                                                                    \
	{                                                                                                             \
		.claim = -1, .sync = { -1, -1, -1, NULL }, .signals = { .source = { .fd = -1 } }, .notify = NOTIFY_PROXY_NONE,     \
		.runtime = { .error = { .fd = -1 } }, .console = CONSOLE_NONE,                                        \
	}

/* Open all parts, in their order.  What was opened before a failure is closed by shim_close(). */
int shim_open(struct shim *shim, struct err *err);
/* Make the guest, and serve it until it has ended for good. */
int shim_serve(struct shim *shim, struct err *err);
/* Close all parts but the sync pipe, in reverse order. */
void shim_close(struct shim *shim);
