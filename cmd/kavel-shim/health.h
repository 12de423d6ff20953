/* Health checks: a command that the runtime executes in the guest from time to time.
 *
 * One at a time: the next one is due an interval after the last one has ended.  A check that takes longer than it may has
 * failed, and its process group is killed.  While the guest is paused there are none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/str.h"
#include "children.h"
#include "loop.h"
#include "settings.h"

#define HEALTH_OUTPUT_MAX 4096 /* the last bytes of what a check wrote */
#define HEALTH_WORDS_MAX  32

/* When settings.h has 0. */
#define HEALTH_INTERVAL_MS 30000
#define HEALTH_TIMEOUT_MS  30000
#define HEALTH_RETRIES	   3

struct health;

enum health_status { HEALTH_STATUS_NONE, HEALTH_STATUS_STARTING, HEALTH_STATUS_HEALTHY, HEALTH_STATUS_UNHEALTHY };

struct health_parts {
	void *owner;
	bool (*is_paused)(void *owner);
	void (*changed)(void *owner); /* after each check */
	void (*checked)(void *owner); /* the check that health_check() asked for has ended */
	void (*unhealthy)(void *owner); /* it became so: once, until it was healthy again */
};

/* Returns 0 with *ret NULL when the settings have no command; the other functions then do nothing.  Errors: the command begins
 * with [ and is no array of strings. */
int health_open(const struct shim_settings *settings, struct loop *loop, struct children *children,
		const struct health_parts *parts, struct health **ret, struct err *err);
void health_close(struct health *health);

/* The guest runs: begin.  It has ended, or is being stopped: kill the running check, and have no more. */
void health_begin(struct health *health);
void health_end(struct health *health);

/* Make a check now, or join the one that is running.  Returns false when there can be none: no command, or the guest does not
 * run. */
bool health_check(struct health *health);

enum health_status health_status(const struct health *health);

/* Append the document of status.json's "health" as a member `key` of an object that is open. */
struct json_writer;
void health_put(const struct health *health, struct json_writer *writer, const char *key);
