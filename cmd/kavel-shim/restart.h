/* Whether a guest that has ended is started again, and when. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

/* A guest that ran for so long has lasted: the next delay is the first one again. */
#define RESTART_LASTED_MS 10000

/* When settings.h has 0. */
#define RESTART_DELAY_MS     100
#define RESTART_DELAY_MAX_MS 60000

struct restart {
	unsigned int count;    /* restarts so far */
	unsigned int in_a_row; /* of guests that did not last */
};

/* How an incarnation ended. */
struct restart_end {
	bool stopped;	  /* on request */
	bool restarted;	  /* on request: at once, whatever the policy */
	bool rebooted;	  /* reboot(2) inside: at once, whatever the policy */
	bool powered_off; /* the same, for good: as a stop */
	bool succeeded;	  /* exit code 0.  What is not known, or was never created, did not */
	int64_t lasted_ms;
};

enum restart_verdict { RESTART_NEVER, RESTART_GIVEN_UP, RESTART_AFTER };

/* Decide, and count.  RESTART_NEVER: it stays ended, as it should; RESTART_GIVEN_UP: it failed as often as it may;
 * RESTART_AFTER: it is started again *ret_delay_ms from now.  The delay doubles with each guest that did not last. */
enum restart_verdict restart_decide(const struct shim_settings *settings, struct restart *restart,
				    const struct restart_end *end, int64_t *ret_delay_ms);
