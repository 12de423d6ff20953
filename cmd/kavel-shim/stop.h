/* Ending the guest: a signal, then, when it did not help in time, SIGKILL, then whatever the runtime's delete --force can do. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "loop.h"
#include "settings.h"

/* After SIGKILL, before the runtime is asked: for a guest that is paused (v1), and for processes outside its pid namespace. */
#define STOP_KILL_MS 2000

struct stop {
	struct loop *loop;
	struct loop_timer timer;
	int pidfd; /* of the guest, who owns it */
	bool is_killed;
	void (*stuck)(struct stop *stop); /* SIGKILL did not end it */
	void *owner;
};

/* How a guest is to be stopped. */
struct stop_request {
	int signal;
	int64_t timeout_ms;
};

/* "[TIMEOUT_MS [SIGNAL]]", as on the control socket; what is left out is as the settings say.  Errors: EINVAL. */
int stop_parse(const struct shim_settings *settings, const char *words, struct stop_request *ret, struct err *err);

/* The settings' signal, or the one of the bundle's annotation org.opencontainers.image.stopSignal, or SIGTERM. */
int stop_signal(const struct shim_settings *settings);

/* Begin.  Called once more it shortens the time that is left, and sends the signal again.  stop->loop, pidfd, stuck and owner are
 * set. */
void stop_begin(struct stop *stop, const struct stop_request *request);
/* The guest has ended. */
void stop_end(struct stop *stop);
